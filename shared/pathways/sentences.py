"""The rules of a pathway in words, made of its definition: the same for pages, for the API and for what is kept."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from shared.calendar import HOURS, time_in_words
from shared.pathways.definition import Document, Pathway, Strand

Sentence = tuple[str, str]
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
#: What people call a role of `allocates`.
ROLE_WORDS = {"manager": "manager", "worker": "development worker"}


def sentences(pathway: Pathway) -> list[Sentence]:
    """Give each rule of a pathway as (rule id, words); a rule may need several."""
    return [one for said in sections(pathway).values() for one in said]


def sections(pathway: Pathway) -> dict[str, list[Sentence]]:
    """Give the same by what they are about, in the order one wants to know it."""
    parts: dict[str, Callable[[Pathway], Iterator[Sentence]]] = {
        "Who may refer": _who_refers, "Who it is for": _for_whom, "Before you send": _before, "Documents": _documents,
        "The Pod’s answer": _answer, "The first meeting": _first_meeting, "After you have sent it": _afterwards,
        "The journey": _journey}
    return {heading: list(say(pathway)) for heading, say in parts.items()}


def summary(pathway: Pathway) -> dict[str, str]:
    """Give what one wants to know before one chooses a pathway, in few words, by heading."""
    months, days = pathway.minimum_commitment_months, pathway.response_in_working_days
    said = {
        "Who may refer": _teams(pathway) + (" Citizens may refer themselves." if pathway.self_referral else ""),
        "Age": f"{pathway.minimum_age} or older",
        "Condition": _list(choice.words for choice in pathway.condition) if pathway.condition_required else "None is required",
        "Documents": _list(f"{paper.words}, {_age(paper)}" for paper in pathway.document) or "None are asked for",
        "You stay involved": f"For at least {_count(months, 'month')}" if months else "For no set time",
        "The Pod responds": f"Within {_count(days, 'working day')}" if days else "",
        "First meeting": f"Within {_first_meeting_due(pathway)}"}
    return {heading: words for heading, words in said.items() if words}


def _before(pathway: Pathway) -> Iterator[Sentence]:
    yield "R-01", (f"{'A practitioner who refers must talk' if pathway.self_referral else 'Talk'} with the citizen first. "
                   "The referral says on which day you talked.")
    if pathway.social_issue:
        yield "R-10", f"Say which social issues are behind the crisis: {_list(choice.words for choice in pathway.social_issue)}."
    if pathway.one_to_one_support:
        yield "R-10", f"You can ask for {pathway.one_to_one_support}."
    yield "R-13", ("Give the citizen’s NHS number." if pathway.nhs_number_required
                   else "You can leave out the NHS number.")
    yield "R-13", ("If the citizen may already be with us on this pathway, you are asked why you send the referral. "
                   "A person then merges the two or keeps both.")
    yield "R-01", f"A referral you began and did not send is removed after {_count(pathway.draft_days, 'day')}."


def _who_refers(pathway: Pathway) -> Iterator[Sentence]:
    rule = "R-10" if pathway.response_in_working_days else "R-02"
    yield rule, _teams(pathway)
    for team in pathway.team:
        if team.also:
            yield rule, f"{_the(team.name, first=True)} is also known as {_join(team.also, 'and')}."
    yield "R-11", ("Citizens may refer themselves." if pathway.self_referral
                   else "Citizens cannot refer themselves: a practitioner refers them.")
    if pathway.named_person_required:
        yield "R-03", (f"Name a person{' of such a team' if pathway.team else ''} who carries risk and signs off Care Act assessments. "
                       "Without one the referral cannot be accepted.")
    else:
        yield "R-03", "You need not name a person who carries risk."
    yield "R-04", _commitment(pathway.minimum_commitment_months)


def _teams(pathway: Pathway) -> str:
    names = [_the(team.name) for team in pathway.team]
    return f"A practitioner of {_join(names) if names else 'any team'} may refer."


def _commitment(months: int) -> str:
    if not months:
        return "You need not stay involved for any set time."
    return (f"You stay involved for at least {_count(months, 'month')}. With less the referral cannot be accepted: "
            "a person decides whether to decline it.")


def _for_whom(pathway: Pathway) -> Iterator[Sentence]:
    yield "R-05", f"The citizen is {pathway.minimum_age} or older."
    listed = _list(choice.words for choice in pathway.condition)
    yield "R-05", (f"The citizen lives with at least one of these: {listed}." if pathway.condition_required
                   else f"No condition is required. Say so where the citizen lives with any of these: {listed}.")
    yield "R-09", ("A citizen in hospital may be referred, also one detained under section 2 or 3 of the Mental Health Act. "
                   "Say which ward and which section, so that the Pod can take part in planning the discharge.")


def _documents(pathway: Pathway) -> Iterator[Sentence]:
    if not pathway.document:
        yield "R-06", "No documents are asked for."
        return
    yield from (("R-06", _document(paper, pathway.document_warning_days)) for paper in pathway.document)
    yield "R-06", "A document that says when it expires lapses no later than that."
    yield "R-06", ("You can send the referral first and add the documents later. "
                   "It cannot be accepted while one is missing or has lapsed.")


def _document(paper: Document, warning: int) -> str:
    return (f"The {paper.words} must be here and {_age(paper)}. "
            f"You are warned {_count(warning, 'day')} before it lapses.")


def _age(paper: Document) -> str:
    return f"not older than {_count(paper.max_age_months, 'month')}"


def _answer(pathway: Pathway) -> Iterator[Sentence]:
    if days := pathway.response_in_working_days:
        yield "R-10", f"The Pod responds within {_count(days, 'working day')} of receiving the referral."
    roles = [f"a {ROLE_WORDS.get(role, role)}" for role in pathway.allocates]
    yield "R-01", f"Once it is accepted, {_join(roles)} of the Pod chooses the development worker."


def _first_meeting(pathway: Pathway) -> Iterator[Sentence]:
    yield "R-07", (f"The introductory meeting is due within {_first_meeting_due(pathway)}. "
                   f"It counts as breached after {_count(pathway.first_meeting_breached_days, 'day')}.")
    yield "R-07", (f"It takes about {_count(pathway.first_meeting_minutes, 'minute')}. The citizen chooses how to meet: "
                   f"{_list(choice.words for choice in pathway.meeting_preference)}.")
    yield "R-07", ("The citizen, the development worker and the practitioner take part." if not pathway.self_referral else
                   "The citizen and the development worker take part, and the practitioner where one refers.")
    yield "R-08", f"The Pod is open {opening_hours()}. It is closed on English bank holidays. Only these are working days."


def _first_meeting_due(pathway: Pathway) -> str:
    start = "every document is here and up to date" if pathway.document else "the referral is received"
    return f"{_count(pathway.first_meeting_due_days, 'day')} after {start}"


def _afterwards(pathway: Pathway) -> Iterator[Sentence]:
    yield "R-14", "You see each of your referrals and where it stands. You can add documents, or withdraw it with a reason."
    yield "R-14", "If a referral is declined you are told why, and what would change the answer."
    yield "R-15", ("A referral keeps the rules it was judged by, with the outcome of each: "
                   "when a rule changes, no earlier decision does.")


def _journey(pathway: Pathway) -> Iterator[Sentence]:
    if pathway.minimum_meetings:
        yield "J-02", f"The journey has at least {_count(pathway.minimum_meetings, 'meeting')}."
    yield from (("J-02", _strand(strand)) for strand in pathway.strand)
    yield "J-10", (f"When the citizen is admitted to hospital, how to go on is reviewed within "
                   f"{_count(pathway.review_in_working_days, 'working day')}.")
    yield "J-10", f"When they leave hospital, a meeting within {_count(pathway.follow_up_in_days, 'day')} is proposed."


def _strand(strand: Strand) -> str:
    if not strand.minimum:
        return f"{strand.words}: as required."
    meetings = _count(strand.maximum, "meeting")
    return f"{strand.words}: {meetings if strand.minimum == strand.maximum else f'{strand.minimum} to {meetings}'}."


def opening_hours() -> str:
    """Say when the Pod is open: Monday to Thursday 8:30am to 4:30pm and Friday 8:30am to 4pm (R-08)."""
    groups: list[list[int]] = []
    for day in sorted(HOURS):
        if groups and day == groups[-1][-1] + 1 and HOURS[day] == HOURS[groups[-1][0]]:
            groups[-1].append(day)
        else:
            groups.append([day])
    return _join((f"{_days(group)} {time_in_words(HOURS[group[0]][0])} to {time_in_words(HOURS[group[0]][1])}" for group in groups), "and")


def _days(group: list[int]) -> str:
    return DAYS[group[0]] if len(group) == 1 else f"{DAYS[group[0]]} to {DAYS[group[-1]]}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _join(words: Iterable[str], last_word: str = "or") -> str:
    *before, last = words
    return f"{', '.join(before)} {last_word} {last}" if before else last


def _list(words: Iterable[str]) -> str:
    """Write words as they stand: what somebody's name is in them we cannot know, so no letter is made small."""
    return "; ".join(words)


def _the(name: str, first: bool = False) -> str:
    """Put the article where English wants one: the Home Treatment Team, but Axholme Services."""
    if name.split()[-1].casefold() not in ("team", "service"):
        return name
    return f"{'The' if first else 'the'} {name}"
