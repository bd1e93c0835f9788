"""Saving one step: its own answers and no others, so that two tabs or two devices cannot overwrite each other unseen."""
from __future__ import annotations

import hashlib
from datetime import date
from typing import Any, NamedTuple

import orjson
from sqlalchemy.engine import Connection

from services.referrals.drafts import answers, forms
from services.referrals.drafts.shelf import Draft
from services.referrals.drafts.steps import Step
from services.referrals.files import records
from services.referrals.files.records import File, Owner
from services.referrals.files.unfit import Unfit

#: Letters of one step that are kept although they cannot be taken; longer ones are only shown again.
KEPT = 30_000


class Saved(NamedTuple):
    """What became of a step: `faults` by field; `too_long` where what was typed is too much to be kept with its faults."""

    faults: dict[str, str]
    too_long: bool = False


def seen(draft: Draft, step: Step) -> str:
    """Give a digest of how a step stands, for its page to say what it has seen."""
    content = draft.content
    stands = [[answers.look(content.answers, ask.pointer) for ask in step.asks if ask.pointer], content.typed.get(step.key)]
    return hashlib.blake2b(orjson.dumps(stands), digest_size=9).hexdigest()


def take(draft: Draft, step: Step, form: Any, today: date) -> Saved:
    """Put what was typed into the draft: as answers where it can be taken, else as it was typed with what is wrong."""
    made, faults = forms.read(draft, step, form, today)
    typed = _typed(step, form)
    if faults and sum(len(text) for _, text in typed) > KEPT:
        return Saved(faults, too_long=True)
    content = draft.content
    content.answers = made
    content.typed = {key: one for key, one in content.typed.items() if key != step.key}
    if faults:
        content.typed[step.key] = {"values": typed, "faults": faults}
    content.done = [*(key for key in content.done if key != step.key), *([] if faults else [step.key])]
    return Saved(faults)


def is_blank(step: Step, form: Any) -> bool:
    """Say whether nothing was typed or chosen."""
    return not any(text.strip() for _, text in _typed(step, form))


def take_file(connection: Connection, draft: Draft, step: Step, given: File | Unfit | None, who: str) -> dict[str, str]:
    """Make an uploaded file the draft's, in the place of an earlier one of its kind; give what is wrong with it."""
    if isinstance(given, Unfit):
        return {"file": given.words}
    kind = next((ask.pointer.rpartition("/")[2] for ask in step.asks if ask.pointer.startswith("/said/papers/")), "")
    if given is None or not kind:
        return {}
    owner = Owner("draft", draft.id)
    if (kept := records.claim(connection, given.id, who, owner)) is not None:
        if before := draft.content.files.get(kind):
            records.release(connection, owner, before["id"])
        draft.content.files[kind] = {"id": kept.id, "name": kept.name}
    return {}


def _typed(step: Step, form: Any) -> list[list[str]]:
    return [[ask.name, text] for ask in step.asks if ask.kind != "file" for text in form[ask.name].raw_data or []]
