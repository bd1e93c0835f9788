"""What a step of the form is: what it asks, why, and of whom; pure."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from services.referrals import reaching
from services.referrals.drafts.answers import look
from shared.ledger.types import Data
from shared.pathways import Document, Pathway


@dataclass(frozen=True)
class Ask:
    """One field of a step.

    `kind`: line, lines, wishes (a list, one on each line), number, email, telephone, nhs, day, past_day (may lie a lifetime
    back), radio, yes_no, checks, select, team, file. `pointer` is where the answer is kept. `enter` says what to do where nothing was
    entered; it is a fault where `must`. `subject` begins other sentences about it; `wrong` replaces them where the answer has
    not the right form. `choices` are pairs, or the name of a list of the pathway. `row` is what it is called where all answers
    are shown, if that is not the label.
    """

    name: str
    kind: str
    pointer: str
    label: str
    hint: str = ""
    enter: str = ""
    must: bool = False
    subject: str = ""
    wrong: str = ""
    choices: tuple[tuple[str, str], ...] | str = ()
    width: str = ""
    row: str = ""
    autocomplete: str = "off"


#: What is wrong with the answers to a step taken together: field -> sentence.
Check = Callable[[Mapping[str, Any]], dict[str, str]]


class Odds(NamedTuple):
    """Why an answer is at odds with another: its field, a sentence, and the key of the other's step with what to do there, if not the same."""

    name: str
    words: str
    other: str = ""
    there: str = ""


@dataclass(frozen=True)
class Step:
    """One page: `why` says why it is asked; `shown` says of which pathway and with which answers before it is asked.

    `odds` looks at all answers there are: they are kept, for either step can put it right. `freely`: a citizen may write
    anything here, so they are told whom to ring if it cannot wait.
    """

    key: str
    section: str
    heading: str
    why: str
    asks: tuple[Ask, ...]
    shown: Callable[[Pathway, Data], bool] = lambda pathway, answers: True
    check: Check = lambda given: {}
    odds: Callable[[Data], Odds | None] = lambda answers: None
    optional: bool = False
    freely: bool = False

    def owns(self, pointer: str) -> bool:
        """Say whether what a pointer names is asked here."""
        return any(_within(ask.pointer, pointer) or _within(pointer, ask.pointer) for ask in self.asks)

    def ask_of(self, pointer: str) -> Ask | None:
        """Give the field whose answer a pointer names, or is in."""
        return next((ask for ask in self.asks if _within(pointer, ask.pointer)), None)

    def is_answered(self, answers: Data) -> bool:
        """Say whether all that must be answered is, and anything is."""
        found = {ask.name: look(answers, ask.pointer) for ask in self.asks}
        return any(answer is not None for answer in found.values()) and all(found[ask.name] is not None for ask in self.asks if ask.must)


def _within(pointer: str, whole: str) -> bool:
    # an upload keeps its answer nowhere
    return bool(whole) and (pointer == whole or pointer.startswith(whole + "/"))


def cannot_be_reached(answers: Data) -> Odds | None:
    """Find that the way to contact the citizen, asked last, needs what the step before has not been given."""
    need = reaching.lacking(answers.get("citizen", {}))
    return need and Odds("contact_by", f"{need.way.capitalize()} needs {need.what}: enter one, or choose another way", "reach", f"Enter {need.what}")


def support_step(words: str, section: str) -> Step:
    """Make the step that asks whether a support of the pathway is wanted (R-10)."""
    question = f"Is {words} wanted? (optional)"
    return Step(
        "one-to-one-support", section, question, "It can be asked for with the referral, so that whoever plans the journey can arrange it from the first day.",
        (Ask("one_to_one_support", "yes_no", "/one_to_one_support", question, "Leave it open if you and the citizen have not talked about it yet.",
             choices=(("yes", "Yes"), ("no", "No"))),), optional=True)


def paper_step(paper: Document) -> Step:
    """Make the step that asks for one kind of document (R-06)."""
    where, words = f"/documents/{paper.kind}", paper.words
    return Step(
        f"document-{paper.kind.replace('_', '-')}", "Documents", f"The {words}",
        f"Nothing begins before the {words} is here and not older than {paper.max_age_months} months. "
        "You can send the referral now and add it later.",
        (Ask("here", "radio", f"/said/papers/{paper.kind}", f"Do you have the {words}?", must=True, enter=f"Choose whether you have the {words}",
             choices=(("here", "Yes"), ("later", "Not yet, I will add it later"))),
         Ask("dated", "day", f"{where}/dated", f"When was the {words} written?", "For example, 27 3 2026. You can leave it empty if you do not have it yet.",
             subject=f"The date of the {words}"),
         Ask("expires_on", "day", f"{where}/expires_on", "Does it say until when it counts? (optional)", "Its last day, where the document names one.",
             subject="The last day of the document"),
         Ask("file", "file", "", "Upload it now (optional)", "PDF, Word or a picture, up to 25 MB. It is stored encrypted, and who opens it is recorded.")),
        check=_paper_check(words), optional=True)


def _paper_check(words: str) -> Check:
    def check(given: Mapping[str, Any]) -> dict[str, str]:
        if given["here"] == "here" and not given["dated"]:
            return {"dated": f"Enter the date of the {words}"}
        if given["here"] == "later" and given["dated"]:
            return {"here": f"Choose ‘Yes’, or leave the date of the {words} empty"}
        if given["dated"] and given["expires_on"] and given["expires_on"] < given["dated"]:
            return {"expires_on": "The last day of the document must not be before its date"}
        return {}
    return check
