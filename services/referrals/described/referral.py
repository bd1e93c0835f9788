"""A referral as it stands, as it is answered."""
from __future__ import annotations

from marshmallow import fields

from services.referrals.described.documents import DocumentRemoved, DocumentShown
from services.referrals.described.judged import Judged, ReferralBrief
from services.referrals.described.meeting import Meeting
from services.referrals.described.people import CitizenShown, SamePerson, StaffShown, Worker
from services.referrals.described.tellings import MessageShown, ToldShown, ToTell
from shared.pathways import PATHWAYS
from shared.web.described import Shown, choice, day, id_of, many, moment, number, one, text, texts, yes_no


class Answered(Shown):
    """An answer to a question of the Pod."""

    words = text("the answer")
    at = moment("when it was answered, UTC")
    by = text("name of who answered")


class Question(Shown):
    """What the Pod asked."""

    id = id_of("id of the question")
    words = text("what was asked")
    asked_at = moment("when it was asked, UTC")
    asked_by = text("name of who asked")
    answer = one(Answered, "null while it waits")
    earlier = many(Answered, "answers that were given before this one, oldest first")


class Change(Shown):
    """One field that was amended."""

    field = text("name of the field; `citizen.telephone` is a field of the citizen", example="commitment_months")
    old = fields.Raw(required=True, allow_none=True, metadata={"description": "what it was, of the field's own type; null: nothing"})
    new = fields.Raw(required=True, allow_none=True, metadata={"description": "what it is now; null: nothing"})
    only_here = yes_no("true where the Pod's record of the citizen did not follow; for staff, left out otherwise", must=False)


class Difference(Shown):
    """A field of which the referral says something else than the Pod has on record."""

    field = text("name of the field", example="citizen.telephone")
    here = fields.Raw(required=True, metadata={"description": "what the referral says, of the field's own type"})
    on_record = fields.Raw(required=True, allow_none=True, metadata={"description": "what is on record; null: nothing"})


class Elsewhere(Shown):
    """Another referral of the same citizen."""

    id = id_of("id of the referral")
    reference = text("its reference", example="R-GRRY-TKP")


class Amendment(Shown):
    """What was amended, why, and who was told."""

    id = id_of("id of the amendment")
    at = moment("when, UTC")
    by = text("name of who amended it")
    reason = text("why")
    told = texts("names of those who were told that something changed")
    elsewhere = one(Elsewhere, "where it was amended on another referral of the same citizen; told to staff only (R-13)")
    changes = many(Change, "each field that changed")


class Decision(Shown):
    """How it was decided."""

    state = choice("accepted", "declined", "withdrawn", description="what was decided")
    at = moment("when, UTC")
    by = text("name of who decided")
    reason = text("code of the reason, or one's own words", must=False)
    words = text("what the practitioner is told", must=False)
    would_change = text("what would change the answer", must=False)
    merged_into = text("reference of the referral it goes on with", must=False, example="R-GRRY-TKP")
    fingerprint = text("version of the rules it was judged by (R-15): see /pathways/{name}/{fingerprint}", must=False, example="ab5ea5c1c9a9")


class Stay(Shown):
    """A stay in hospital that goes on."""

    stay_id = text("the hospital's id of the stay")
    admitted_at = moment("when it began, UTC; null where the citizen was referred from it and no hospital has told us", null=True)
    ward = text("where the citizen is now", null=True)
    legal_status = text("Mental Health Act legal status code of now, two digits", null=True, example="02")


class SaidOfNumber(Shown):
    """What was reported of an NHS number of which nobody has found out yet whose it is."""

    died_on = day("day of death", null=True)
    in_hospital = many(Stay, "stays that go on now")


class Inpatient(Shown):
    """Where the citizen was when they were referred, as it was sent (R-09)."""

    ward = text("name of the ward")
    legal_status = text("Mental Health Act legal status code, two digits", example="02")
    stay_id = text("the hospital's id of the stay", must=False)


class Target(Shown):
    """Something to be done by a time: the answer (R-10), the introductory meeting (R-07)."""

    kind = choice("response", "first_meeting", description="what is to be done")
    due_on = day("the day by which", null=False)
    late_from = moment("the moment from which it is late, UTC")
    done_at = moment("when it was done, UTC; null before", null=True)
    state = choice("met", "late", "ahead", "due_today", "overdue", "breached",
                   description="late: done, but not in time; breached: a first meeting not held within its longest time")


class Duplicate(Shown):
    """Another referral of what may be the same citizen."""

    id = id_of("id of the other referral")
    reference = text("its reference")
    died_on = day("the day on which its citizen died, whichever of their referrals was told: nobody rings before it is settled whether this is the same person")
    in_hospital = yes_no("its citizen is in hospital")
    ward = text("where; null if not known, or not in hospital", null=True)


class DuplicateSettled(Shown):
    """How it was settled whether this is the same citizen again (R-13)."""

    outcome = choice("kept", "merged", description="merged: it goes on with the other referral")
    reason = text("why")
    into = id_of("id of the referral it goes on with; left out where it was kept", must=False)
    at = moment("when, UTC")
    by = text("id of who settled it")


class Sender(Shown):
    """Who sent a referral that was merged into this one."""

    name = text("name of the practitioner")
    team = text("their team")


class SaidThere(Shown):
    """One answer of a referral that was merged into this one, where it is another."""

    field = text("name of the field; `citizen.telephone` is a field of the citizen", example="reason")
    there = fields.Raw(required=True, allow_none=True, metadata={"description": "what the merged referral says, of the field's own type"})
    here = fields.Raw(required=True, allow_none=True, metadata={"description": "what this one says; of the citizen, what the Pod has on record"})


class MergedHere(Shown):
    """A referral that was merged into this one (R-13). Its id is the `amendment_id` of the event that tells of it."""

    id = id_of("id of the merged referral")
    reference = text("its reference", example="R-GRRY-TKP")
    self_referral = yes_no("the citizen sent it themself")
    referrer = one(Sender, "its practitioner; null where the citizen sent it themself")
    at = moment("when it was merged, UTC")
    by = text("name of who merged it")
    reason = text("why; for staff", must=False)
    told = texts("names of those who were told")
    said = many(SaidThere, "what it says differently; to a practitioner nothing of how to reach the citizen, nor of what the citizen sent themself")
    changes = many(Change, "what of this referral became new with it; of the citizen's record, for staff")
    questions = many(Question, "what the Pod asked whoever sent it, oldest first, with the answers; for staff", must=False)


class GoesOnWith(Shown):
    """Where a merged referral stands now."""

    id = id_of("id of the referral it goes on with; left out where whoever asks may not see that", must=False)
    reference = text("its reference", example="R-GRRY-TKP")
    state = choice("open", "accepted", "declined", "withdrawn", "stopped", description="stopped: its journey has closed, or the citizen has died")
    reason = text("why it was declined, in words; left out unless it was", must=False, example="Another service can help better")
    would_change = text("what would change that answer; left out unless it was declined", must=False)


class ReferralWhole(ReferralBrief):
    """A referral as it stands.

    Staff of the Pod see `duplicates`, `duplicate_reason`, `settled`, `number_of` and `differences` besides; a practitioner is not told
    whether the citizen is with the Pod already (R-13).
    """

    pathway = choice(*PATHWAYS, description="the pathway it was sent for")
    self_referral = yes_no("the citizen referred themself")
    citizen = one(CitizenShown, null=False)
    referrer = one(StaffShown, "the practitioner of today; null where the citizen referred themself")
    named_person = one(StaffShown, "who carries risk and signs off Care Act assessments (R-03)")
    named_person_goes_on = day("from when the named person works with the citizen no more")
    practitioner_goes_on = day("from when the referrer works with the citizen no more, and nobody is known to follow")
    received_at = moment("when it was sent, UTC")
    conversation_held_on = day("when the practitioner talked with the citizen (R-01)")
    reason = text("why the citizen is referred")
    conditions = texts("keys of the pathway's list")
    social_issues = texts("keys of the pathway's list")
    one_to_one_support = yes_no("the pathway's intensive one-to-one support is wanted (R-10); null where nobody said", null=True)
    meeting_preference = text("how the citizen would like to meet first", example="in_person")
    commitment_months = number("months the practitioner stays involved (R-04); null where the citizen referred themself", null=True)
    inpatient = one(Inpatient, "null where the citizen was not in hospital")
    died_on = day("day of death, as it was reported")
    journey_closes_on = day("the last day of the journey, as the journey says; from the next day on nothing is arranged here (J-11)")
    in_hospital = many(Stay, "stays that go on now, as hospitals report them (R-09)")
    documents = many(DocumentShown, "newest first")
    documents_removed = many(DocumentRemoved, "newest first")
    rules = many(Judged, "as decided where it is decided, else as of today (R-15)")
    questions = many(Question, "oldest first")
    amendments = many(Amendment, "newest first")
    merged = many(MergedHere, "referrals that were merged into this one, newest first")
    goes_on_with = one(GoesOnWith, "null unless this referral was merged into another (R-14)")
    decision = one(Decision, "null while it is open")
    development_worker = one(Worker, "null until one is chosen")
    meeting = one(Meeting, "null once the referral is declined or withdrawn")
    targets = many(Target, "what is to be done by when; empty once every clock stopped")
    first_meeting_due_on = day("the day by which the introductory meeting is due; null before its clock starts (R-07)")
    first_meeting_breached_on = day("the day after which it counts as breached; null before its clock starts (R-07)")
    days_since_receipt = number("days since it was received, in London")
    waited_for_practitioner_minutes = number("minutes of the Pod's working time in which a question waited for the practitioner")
    duplicates = many(Duplicate, "referrals of what may be the same citizen; for staff", must=False)
    duplicate_reason = text("why it was sent all the same; for staff", null=True, must=False)
    settled = one(DuplicateSettled, "how it was settled whether this is the same citizen; for staff", must=False)
    to_tell = many(ToTell, "what a citizen who referred themself has yet to be told, what waits longest first; for staff", must=False)
    told = many(ToldShown, "what they were told, newest first; for staff", must=False)
    messages = many(MessageShown, "what they wrote after they sent it, oldest first; for staff", must=False)
    kept_from_practitioner = texts("which of `died_on` and `in_hospital` were reported to another referral of the citizen before this one came: "
                                   "they are not shown to whoever sent this one before it is accepted (R-13); for staff", must=False)
    said_of_number = one(SaidOfNumber, "what was reported of the NHS number while `number_of` says that it is in doubt: it counts once the number is found "
                         "to be the citizen's, and nobody gets in touch with them before; for staff", must=False)
    number_of = one(SamePerson, "whose the NHS number is, where that is somebody of another name or date of birth; for staff", must=False)
    differences = many(Difference, "what the referral says otherwise than is on record; amend it to what it says to take that over; for staff", must=False)
