"""What a pathway says: who may refer, what is needed, how long things may take."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, NamedTuple


class Range(NamedTuple):
    """The least and the most a figure may be: what lies outside is a slip of the pen."""

    least: int
    most: int


Months = Annotated[int, Range(1, 120)]
Days = Annotated[int, Range(1, 366)]
Meetings = Annotated[int, Range(0, 400)]

#: How a citizen may meet the Pod first; other systems send these words (R-07).
WAYS_TO_MEET = ("in_person", "telephone", "teams")


@dataclass(frozen=True)
class Choice:
    """One entry of a list people choose from: its key in data, its words on pages."""

    key: str
    words: str


@dataclass(frozen=True)
class Team:
    """A team that may refer, with the other names it goes by."""

    name: str
    also: tuple[str, ...] = ()

    def is_called(self, name: str) -> bool:
        """Say whether `name` is one of this team's names; case and spacing do not matter."""
        return plain(name) in map(plain, (self.name, *self.also))


@dataclass(frozen=True)
class Document:
    """A document that must be here and up to date before anything is activated (R-06)."""

    kind: str
    words: str
    max_age_months: Months


@dataclass(frozen=True)
class Strand:
    """A strand of the journey with its range of meetings (J-02)."""

    key: str
    words: str
    minimum: Meetings
    maximum: Meetings


@dataclass(frozen=True)
class Pathway:
    """One pathway as its file defines it; `fingerprint` changes whenever the file does (R-15).

    An empty `team` list lets everybody refer. `response_in_working_days` 0 means no target of its own. `one_to_one_support`
    names the intensive support a referral may ask for (R-10); empty where there is none. `allocates` are roles of Pod staff.
    A document that lapses is warned of `document_warning_days` before (R-06). An introductory meeting takes
    `first_meeting_minutes` (R-07). A referral not sent is removed after `draft_days`.
    """

    name: str
    title: str
    purpose: str
    self_referral: bool
    nhs_number_required: bool
    named_person_required: bool
    minimum_commitment_months: Annotated[int, Range(0, 120)]
    minimum_age: Annotated[int, Range(0, 120)]
    condition_required: bool
    allocates: tuple[str, ...]
    first_meeting_due_days: Days
    first_meeting_breached_days: Days
    first_meeting_minutes: Annotated[int, Range(5, 240)]
    document_warning_days: Days
    draft_days: Days
    review_in_working_days: Days
    follow_up_in_days: Days
    minimum_meetings: Meetings
    condition: tuple[Choice, ...]
    meeting_preference: tuple[Choice, ...]
    strand: tuple[Strand, ...]
    response_in_working_days: Days = 0
    one_to_one_support: str = ""
    team: tuple[Team, ...] = ()
    document: tuple[Document, ...] = ()
    social_issue: tuple[Choice, ...] = ()
    fingerprint: str = ""

    def may_refer(self, team: str) -> bool:
        """Say whether a team may refer to this pathway (R-02, R-10)."""
        return not self.team or any(known.is_called(team) for known in self.team)

    def words(self, key: str) -> str:
        """Give the words of a condition, document, preference, issue or strand; the key itself where unknown."""
        return dict(self._words()).get(key, key)

    def _words(self) -> list[tuple[str, str]]:
        """Give every key with its words; the loader has seen to it that no key is in two lists."""
        choices = (*self.condition, *self.meeting_preference, *self.social_issue)
        return [*((one.key, one.words) for one in choices), *((one.key, one.words) for one in self.strand),
                *((one.kind, one.words) for one in self.document)]


def plain(name: str) -> str:
    """Give a name as names are compared: case and spacing do not matter."""
    return " ".join(name.split()).casefold()
