"""What the referrals service announces."""
from __future__ import annotations

from shared.decline_reasons import DECLINE
from shared.schemas.kinds import Day, Moment, OneOf, Text, Whatever, YesNo
from shared.schemas.people import CitizenInFull, Identity, NamedPerson, Staff, key, nhs_number, practitioner, told
from shared.schemas.referrals_1 import PATHWAYS, PUBLISHER
from shared.schemas.registry import ours
from shared.schemas.shape import ListOf, Part, Shape

__all__ = ["PATHWAYS", "PUBLISHER"]


class Referral(Shape):
    """Which referral of whom, and who sent it: nobody's name where the citizen referred themself."""

    referral_id = key()
    reference = Text(40, required=True, purpose="the number people say to each other")
    citizen_id = key()
    practitioner = practitioner(required=False)


class Received(Referral):
    """A referral came in. How to reach the citizen is nobody's business before it is accepted."""

    pathway = OneOf(*PATHWAYS, required=True)
    citizen = Part(Identity, required=True)
    received_at = Moment(required=True)
    self_referral = YesNo(purpose="the citizen referred themself")


class Accepted(Received):
    """A referral was accepted; a journey opens.

    What nobody who hears it reads stays with the referral: diagnosis, social issues, what was agreed with the practitioner.
    """

    citizen = Part(CitizenInFull, required=True)
    named_person = Part(NamedPerson)
    accepted_at = Moment(required=True)
    first_meeting_due_on = Day(purpose="told to practitioner and named person")
    one_to_one_support = YesNo(personal="whoever plans the journey arranges it, or need not (R-10)",
                               purpose="the pathway's intensive one-to-one support was asked for; left out where nobody said")


class Declined(Referral):
    """A referral was declined. Its words, and what would change the answer, the practitioner reads on the referral."""

    reason = OneOf(*DECLINE, required=True, personal="owed to the practitioner (R-14): the message says it, and that the rest is to be read on the referral")
    decided_at = Moment(required=True)


class Withdrawn(Referral):
    """A referral was taken back, or merged with another of the same citizen. Why, stays with the referral."""

    merged_into = Text(40, purpose="reference of the referral it goes on with")
    withdrawn_at = Moment(required=True)


class Allocated(Referral):
    """A development worker was chosen."""

    development_worker = Part(Staff, required=True)
    allocated_at = Moment(required=True)


class Change(Shape):
    """Which referral something happened to, and whom to tell; no more about the citizen than that."""

    referral_id = key()
    reference = Text(40, required=True, purpose="the number people say to each other")
    told = told()


class Completed(Change):
    """Everything a referral needs is here and up to date."""

    completed_at = Moment(required=True)


class MoreAsked(Change):
    """The Pod asks the practitioner for more; the question itself stays with the referral."""

    question_id = key()
    asked_at = Moment(required=True)


class Answered(Change):
    """The practitioner answered; the answer stays with the referral."""

    question_id = key()
    answered_at = Moment(required=True)


class Amended(Change):
    """Something a referral says was changed; what it was and is stays with the referral."""

    amendment_id = key()
    what = ListOf(Text(100), required=True, purpose="names of what was changed; `merged` where another referral of the citizen "
                  "was merged into this one: its id is the amendment_id then; `goes_on_with` where this one was merged into "
                  "another, and that was accepted or taken back: the other's id is the amendment_id then")
    amended_at = Moment(required=True)


class MeetingOffered(Change):
    """The introductory meeting was offered, or moved."""

    starts_at = Moment(required=True, personal="so that those who take part can be there")
    ends_at = Moment(required=True, personal="so that those who take part can be there")
    mode = OneOf("in_person", "telephone", "teams", required=True)


class FirstMeetingOverdue(Change):
    """The introductory meeting was not held in time."""

    due_on = Day(required=True, purpose="the last day it could have been held in time")


class ResponseOverdue(Change):
    """A referral was not answered in time."""

    due_at = Moment(required=True)


class DocumentLapsing(Change):
    """A document a referral rests on is about to lapse."""

    kind = Text(100, required=True)
    lapses_on = Day(required=True, purpose="the last day it is up to date")


class NamedPersonNeeded(Change):
    """The named person leaves or has left; a referral cannot be accepted without one."""

    since = Day(required=True)


class AdmissionRecorded(Change):
    """The citizen of a referral not yet decided is in hospital."""

    stay_id = key()
    admitted_at = Moment(required=True, personal="so that staff know since when")


class DeathRecorded(Change):
    """The citizen of a referral not yet decided died; everything stops."""

    died_on = Day(required=True, personal="so that everything planned stops, and nobody writes to the citizen")


class Origin(Shape):
    """The envelope of the event that was recorded, as it came; its source is `urn:pod:referrals` where staff said that the citizen died."""

    source = Text(255, required=True)
    id = Text(255, required=True)
    type = Text(255, required=True)
    recordedtime = Moment(required=True)
    time = Moment(required=True)


class StayRecorded(Shape):
    """What another system said about a citizen of an open referral, a stay or any other report that journeys needs; or staff, of a death."""

    citizen_id = key()
    nhs_number = nhs_number()
    origin = Part(Origin, required=True)
    statement = Whatever(required=True, personal="what was reported, handed on so that nobody falls between",
                         purpose="the data of the original event")
    withdrawn = YesNo(purpose="the original event took something back")


ours(PUBLISHER, "referral.received", Received, "A practitioner, or the citizen themself, sent a referral.", version=2)
ours(PUBLISHER, "referral.accepted", Accepted, "A referral was accepted, so a journey opens.", version=2)
ours(PUBLISHER, "referral.declined", Declined, "A referral was declined, for a coded reason.", version=2)
ours(PUBLISHER, "referral.withdrawn", Withdrawn, "A referral was taken back, or merged with another.", version=2)
ours(PUBLISHER, "referral.allocated", Allocated, "A development worker was chosen for an accepted referral.", version=2)
ours(PUBLISHER, "referral.completed", Completed, "Everything a referral needs is here; withdrawn when something lapses.")
ours(PUBLISHER, "referral.more_asked", MoreAsked, "The Pod asked the practitioner for more.")
ours(PUBLISHER, "referral.answered", Answered, "The practitioner answered what was asked.")
ours(PUBLISHER, "referral.amended", Amended, "A referral was amended after it was sent.")
ours(PUBLISHER, "referral.meeting_offered", MeetingOffered, "The introductory meeting was offered; withdrawn when it is off.")
ours(PUBLISHER, "referral.first_meeting_overdue", FirstMeetingOverdue, "The introductory meeting was not held within 21 days.")
ours(PUBLISHER, "referral.response_overdue", ResponseOverdue, "A referral was not answered within its working days.")
ours(PUBLISHER, "referral.document_lapsing", DocumentLapsing, "A document lapses soon; withdrawn when a newer one has come.")
ours(PUBLISHER, "referral.named_person_needed", NamedPersonNeeded, "The named person goes; withdrawn when another is named.")
ours(PUBLISHER, "referral.admission_recorded", AdmissionRecorded, "The citizen of a referral under way is in hospital.")
ours(PUBLISHER, "referral.death_recorded", DeathRecorded, "The citizen of a referral under way died; everything stops.")
ours(PUBLISHER, "referral.stay_recorded", StayRecorded,
     "Another system reported something of a citizen with a referral under way (a stay, a death, a practitioner or team), "
     "or staff recorded a death, and referrals hands it on.")

