"""What a referral is sent with: its shape, and what about it can be seen to be wrong without knowing anybody."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from marshmallow import ValidationError

from services.referrals import reaching, reasons
from services.referrals.clocks import add_months
from shared.ledger.people import CONTACTS
from shared.pathways import PATHWAYS, Choice, Pathway
from shared.schemas.kinds import Day, Email, Moment, NhsNumber, Number, OneOf, Text, YesNo, is_placeholder
from shared.schemas.people import CitizenInFull, NextOfKin, key, legal_status
from shared.schemas.shape import ListOf, Part, Shape

#: Age nobody has reached; a date of birth before it is a slip.
OLDEST = 125
#: What may be taken away: of the citizen, whose name, date of birth and NHS number are only put right, and of the referral.
CLEARABLE = (*CONTACTS, "do_not", "next_of_kin", "inpatient")
#: How a fault begins of ten equal digits, whose check is right; what to do follows.
PLACEHOLDER = "is a placeholder, not an NHS number."
SUPPORT = "the pathway's intensive one-to-one support is wanted, or is not; on pathways that name one (R-10)"
#: Of a day of death, for the OpenAPI document, and how far it may lie back: as far as another system's report.
OF_DEATH = "the day the citizen died; needed with the reason died where no death is recorded yet, and refused with any other (J-14)"
DEATH_BACK = timedelta(days=731)
KINDS = tuple(dict.fromkeys(paper.kind for pathway in PATHWAYS.values() for paper in pathway.document))
PREFERENCES = tuple(dict.fromkeys(choice.key for pathway in PATHWAYS.values() for choice in pathway.meeting_preference))


class Document(Shape):
    """A document by kind and date."""

    kind = OneOf(*KINDS, required=True)
    dated = Day(required=True)
    expires_on = Day(purpose="its own last day, where it has one")


class Referrer(Shape):
    """The practitioner who refers."""

    name = Text(required=True)
    email = Email(required=True)
    telephone = Text(40)
    role = OneOf("key_worker", "care_coordinator", required=True)
    team = Text(required=True)


class NamedPerson(Shape):
    """Who carries risk and signs off Care Act assessments."""

    name = Text(required=True)
    email = Email(required=True)
    team = Text(required=True)


class Inpatient(Shape):
    """Where a citizen in hospital is, and under which section (R-09)."""

    ward = Text(required=True)
    legal_status = legal_status(required=True)
    stay_id = key(required=False)


class Referral(Shape):
    """A referral as it is sent; of a citizen who refers themself nobody else is named."""

    pathway = OneOf(*PATHWAYS, required=True)
    self_referral = YesNo(purpose="the citizen refers themself, on a pathway that allows it")
    citizen = Part(CitizenInFull, required=True)
    conversation_held_on = Day(purpose="required unless the citizen refers themself")
    reason = Text(4000, required=True)
    conditions = ListOf(Text(), most=20)
    meeting_preference = OneOf(*PREFERENCES, required=True)
    referrer = Part(Referrer, purpose="required unless the citizen refers themself")
    named_person = Part(NamedPerson)
    commitment_months = Number(purpose="required unless the citizen refers themself")
    documents = ListOf(Part(Document), most=20)
    inpatient = Part(Inpatient)
    social_issues = ListOf(Text(), most=20)
    one_to_one_support = YesNo(purpose=SUPPORT)
    duplicate_reason = Text(2000)


class Contacts(Shape):
    """What of a citizen may be amended."""

    name = Text()
    date_of_birth = Day()
    nhs_number = NhsNumber()
    telephone = Text(40)
    email = Email()
    contact_by = OneOf("telephone", "text", "email", "letter")
    do_not = ListOf(Text())
    address = Text(500)
    contact_when = Text(500)
    interpreter = Text(100)
    access_needs = Text(2000)
    next_of_kin = Part(NextOfKin)


class Amend(Shape):
    """What of a referral is changed after it was sent, and why."""

    amendment_reason = Text(2000, required=True)
    citizen = Part(Contacts)
    clear = ListOf(OneOf(*CLEARABLE), purpose="what is not so any more, without anything new in its place")
    conversation_held_on = Day()
    reason = Text(4000)
    conditions = ListOf(Text(), most=20)
    meeting_preference = OneOf(*PREFERENCES)
    referrer = Part(Referrer)
    named_person = Part(NamedPerson)
    commitment_months = Number()
    inpatient = Part(Inpatient)
    social_issues = ListOf(Text(), most=20)
    one_to_one_support = YesNo(purpose=SUPPORT)


class Question(Shape):
    """What the practitioner is asked."""

    words = Text(4000, required=True)


class Answer(Shape):
    """What the practitioner answers."""

    words = Text(4000, required=True)


class Keep(Shape):
    """Why a referral is kept although the citizen may already be with us."""

    reason = Text(2000, required=True)


class Merge(Shape):
    """With which referral it goes on, and why."""

    reason = Text(2000, required=True)
    into = key(purpose="id of the other referral")


class Remove(Shape):
    """Why a document is taken out."""

    reason = Text(2000, required=True)


class Time(Shape):
    """A time at which somebody can."""

    starts_at = Moment(required=True)
    ends_at = Moment(required=True)


class Availability(Shape):
    """When one of those who take part can; an empty list takes back what was said."""

    whose = OneOf("citizen", "practitioner", "development_worker", required=True)
    times = ListOf(Part(Time), required=True, most=60)


class Meeting(Shape):
    """When and how the introductory meeting is offered."""

    starts_at = Moment(required=True)
    mode = OneOf(*PREFERENCES, required=True)
    place = Text(500, purpose="room, number to ring, or address of the call")
    agreed = YesNo(purpose="all have agreed to this time in another way than by giving times")


class CallOff(Shape):
    """Why the meeting is off."""

    reason = Text(2000, required=True)


class Decline(Shape):
    """Why a referral is declined, and what would change the answer."""

    reason = Text(200, required=True, purpose=reasons.described(reasons.DECLINE))
    words = Text(4000, required=True, purpose="what the practitioner is told")
    would_change = Text(4000, purpose="what would change the answer; left out, it is what is missing")
    died_on = Day(purpose=OF_DEATH)


class Withdraw(Shape):
    """Why a referral is taken back."""

    reason = Text(200, required=True, purpose=reasons.described(reasons.WITHDRAW))
    words = Text(4000)
    died_on = Day(purpose=OF_DEATH)


class Allocate(Shape):
    """Who is to work with the citizen."""

    development_worker_email = Email(required=True)
    development_worker_name = Text()


Faults = dict[str, str]


def read(shape: type[Shape], given: Any, today: date) -> tuple[dict[str, Any], Faults]:
    """Take what was sent; give it as it is kept, and a sentence for each JSON pointer at which it is wrong."""
    if not isinstance(given, dict):
        return {}, {"": "must be an object"}
    faults: Faults = {}
    try:
        taken: dict[str, Any] = shape().load(given)  # type: ignore[assignment]
    except ValidationError as fault:
        # what is right of it is looked at too, so that everything wrong is said at once
        faults, valid = dict(_pointers(fault.messages)), fault.valid_data
        taken = valid if isinstance(valid, dict) else {}
    return (_normal(taken) if shape is Referral and not faults else taken), {**dict(_unlikely(shape, taken, today)), **faults}


def judged(given: Any, today: date) -> tuple[dict[str, Any], Faults]:
    """Take a referral as `read` does, and find that the citizen cannot be reached as they would like.

    A system that sends it whole is not refused for that: the body it was promised has no place for an address, and asks for no number.
    """
    taken, faults = read(Referral, given, today)
    citizen = taken.get("citizen")
    return taken, {**(reaching.faults(citizen) if isinstance(citizen, dict) else {}), **faults}


def _unlikely(shape: type[Shape], taken: dict[str, Any], today: date) -> Iterator[tuple[str, str]]:
    """Find what has the right shape and is wrong all the same; `taken` may lack anything."""
    if shape is Document:
        yield from _unlikely_document(taken, "", today)
    elif shape in (Decline, Withdraw):
        yield from _unlikely_death(taken, today)
    elif shape is Availability:
        yield from (("/times/" + str(index), "ends before it begins") for index, one in enumerate(taken.get("times", []))
                    if {"starts_at", "ends_at"} <= set(one) and one["ends_at"] <= one["starts_at"])
    elif shape is Referral and "pathway" in taken:
        yield from _absent(taken)
        yield from _wrong(taken, PATHWAYS[taken["pathway"]], today)


def _unlikely_death(taken: dict[str, Any], today: date) -> Iterator[tuple[str, str]]:
    if "died_on" not in taken:
        return
    if taken.get("reason", reasons.DIED) != reasons.DIED:
        yield "/died_on", f"is given with the reason {reasons.DIED} only"
    yield from _future(taken, "died_on", "/died_on", today)
    if date.fromisoformat(taken["died_on"]) < today - DEATH_BACK:
        yield "/died_on", "is more than two years ago"


def amendment(pathway: Pathway, given: Any, today: date) -> tuple[dict[str, Any], Faults]:
    """Take an amendment of a referral of this pathway; as `read`."""
    taken, faults = read(Amend, given, today)
    number = {"nhs_number": "kept"}  # it need not be said again
    more = dict(_wrong({**taken, "citizen": {**number, **taken.get("citizen", {})}}, pathway, today))
    return _normal({"pathway": pathway.name, **taken}) if not faults else taken, {**more, **faults}


def _absent(taken: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Find what only a citizen who refers themself may leave out."""
    if not taken.get("self_referral"):
        yield from (("/" + name, "is missing") for name in ("referrer", "conversation_held_on", "commitment_months") if name not in taken)


def _pointers(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            yield from _pointers(inner, path if name == "_schema" else f"{path}/{name}")
    else:
        yield path, "; ".join(str(words) for words in messages)


def _normal(taken: dict[str, Any]) -> dict[str, Any]:
    """Give words of lists by their keys, whichever way they were written."""
    pathway = PATHWAYS[taken["pathway"]]
    lists = {"conditions": pathway.condition, "social_issues": pathway.social_issue}
    return {**taken, **{name: [_key(choices, word) or word for word in taken[name]] for name, choices in lists.items() if name in taken}}


def _key(choices: Iterable[Choice], word: str) -> str | None:
    for choice in choices:
        if word.casefold() in (choice.key, choice.words.casefold()):
            return choice.key
    return None


def _wrong(taken: dict[str, Any], pathway: Pathway, today: date) -> Iterator[tuple[str, str]]:
    yield from _listed(taken, "conditions", pathway.condition)
    yield from _listed(taken, "social_issues", pathway.social_issue)
    if taken.get("meeting_preference", "") not in {"", *(choice.key for choice in pathway.meeting_preference)}:
        yield "/meeting_preference", "is not offered on this pathway"
    if taken.get("one_to_one_support") and not pathway.one_to_one_support:
        yield "/one_to_one_support", "is not asked on this pathway"
    citizen = taken.get("citizen")
    yield from _wrong_citizen(citizen if isinstance(citizen, dict) else {}, pathway, today)
    yield from _future(taken, "conversation_held_on", "/conversation_held_on", today)
    for index, paper in enumerate(taken.get("documents", [])):
        yield from _unlikely_document(paper, f"/documents/{index}", today)


def _unlikely_document(paper: dict[str, Any], pointer: str, today: date) -> Iterator[tuple[str, str]]:
    yield from _future(paper, "dated", f"{pointer}/dated", today)
    if paper.get("dated") and paper.get("expires_on") and paper["expires_on"] < paper["dated"]:
        yield f"{pointer}/expires_on", "is before the date of the document"


def _wrong_citizen(citizen: dict[str, Any], pathway: Pathway, today: date) -> Iterator[tuple[str, str]]:
    number = citizen.get("nhs_number")
    if pathway.nhs_number_required and not number:
        yield "/citizen/nhs_number", "is missing"
    elif number and is_placeholder(number):
        instead = "Ask the citizen or look it up on the Spine" if pathway.nhs_number_required else "Leave it empty if you do not know it"
        yield "/citizen/nhs_number", f"{PLACEHOLDER} {instead}"
    yield from _future(citizen, "date_of_birth", "/citizen/date_of_birth", today)
    if citizen.get("date_of_birth") and date.fromisoformat(citizen["date_of_birth"]) < add_months(today, -12 * OLDEST):
        yield "/citizen/date_of_birth", f"is more than {OLDEST} years ago"


def _listed(taken: dict[str, Any], name: str, choices: tuple[Choice, ...]) -> Iterator[tuple[str, str]]:
    for index, word in enumerate(taken.get(name, [])):
        if _key(choices, word) is None:
            yield f"/{name}/{index}", f"must be one of {', '.join(c.key for c in choices)}" if choices else "is not asked on this pathway"


def _future(taken: dict[str, Any], name: str, pointer: str, today: date) -> Iterator[tuple[str, str]]:
    if taken.get(name) and date.fromisoformat(taken[name]) > today:
        yield pointer, "must not be in the future"
