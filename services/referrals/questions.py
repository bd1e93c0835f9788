"""What the Pod asked about a referral and how it was answered, as it is shown; pure."""
from __future__ import annotations

from collections.abc import Callable, Iterator

from shared.ledger.types import Data, State


def people(state: State) -> set[str]:
    """Give the ids of whoever asked or answered."""
    return {said["by"] for one in _asked(state) for said in (one, *_answers(one))}


def shown(state: State, name: Callable[[str], str]) -> list[Data]:
    """Give what was asked, oldest first: {id, words, asked_at, asked_by, answer: {words, at, by} or None, earlier: answers before it}."""
    def answer(said: Data) -> Data:
        return {"words": said["words"], "at": said["at"], "by": name(said["by"])}
    return [{"id": one["id"], "words": one["words"], "asked_at": one["at"], "asked_by": name(one["by"]),
             "answer": answer(one["answer"]) if one.get("answer") else None,
             "earlier": [answer(before) for before in _earlier(one)]}
            for one in sorted(_asked(state), key=lambda one: (one["at"], one["id"]))]


def _asked(state: State) -> list[Data]:
    return [{**one, "id": id_} for id_, one in state["questions"].items() if "at" in one]


def _answers(one: Data) -> Iterator[Data]:
    if one.get("answer"):
        yield one["answer"]
        yield from _earlier(one)


def _earlier(one: Data) -> list[Data]:
    return list((one.get("answer") or {}).get("earlier", ()))
