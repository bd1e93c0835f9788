"""What a pathway says: who may refer, what is needed, how long things may take."""
from __future__ import annotations

from dataclasses import dataclass


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
        return _plain(name) in {_plain(known) for known in (self.name, *self.also)}


@dataclass(frozen=True)
class Document:
    """A document that must be here and up to date before anything is activated (R-06)."""

    kind: str
    words: str
    max_age_months: int


@dataclass(frozen=True)
class Strand:
    """A strand of the journey with its range of meetings (J-02)."""

    key: str
    words: str
    minimum: int
    maximum: int


@dataclass(frozen=True)
class Pathway:
    """One pathway as its file defines it; `fingerprint` changes whenever the file does (R-15).

    An empty `team` list lets everybody refer. `response_in_working_days` 0 means no target of its own.
    """

    name: str
    title: str
    purpose: str
    self_referral: bool
    nhs_number_required: bool
    named_person_required: bool
    minimum_commitment_months: int
    minimum_age: int
    condition_required: bool
    first_meeting_due_days: int
    first_meeting_breached_days: int
    review_in_working_days: int
    follow_up_in_days: int
    minimum_meetings: int
    condition: tuple[Choice, ...]
    meeting_preference: tuple[Choice, ...]
    strand: tuple[Strand, ...]
    response_in_working_days: int = 0
    team: tuple[Team, ...] = ()
    document: tuple[Document, ...] = ()
    social_issue: tuple[Choice, ...] = ()
    fingerprint: str = ""

    def may_refer(self, team: str) -> bool:
        """Say whether a team may refer to this pathway (R-02, R-10)."""
        return not self.team or any(known.is_called(team) for known in self.team)

    def words(self, key: str) -> str:
        """Give the words of a condition, document, preference, issue or strand; the key itself where unknown."""
        found = {choice.key: choice.words for choice in (*self.condition, *self.meeting_preference, *self.social_issue)}
        found |= {strand.key: strand.words for strand in self.strand}
        found |= {paper.kind: paper.words for paper in self.document}
        return found.get(key, key)


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
