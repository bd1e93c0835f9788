"""The answers of a draft: one tree, looked into and written by pointer; pure.

It is the API's Referral with everything optional, and beside it `said`: what only the pages ask (in hospital, who the named
person is, whether a document is at hand, times). `Content` adds what was typed and cannot be taken yet, and how far one got.
"""
from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from shared.ledger.types import Data

#: What is asked of pages only.
SAID = "said"
HERE, LATER = "here", "later"
ME = "me"
#: How a fault begins that only says that something is not there yet.
MISSING = ("is missing", "is empty")


@dataclass
class Content:
    """What a draft holds.

    `typed` keeps, by step, what has a fault: {values: [[field, text]], faults: {field: sentence}}. `done` are the steps that
    were saved. `files` are uploaded documents by kind: {id, name}.
    """

    answers: Data = field(default_factory=dict)
    typed: dict[str, Data] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    files: dict[str, Data] = field(default_factory=dict)

    def text(self) -> str:
        """Write it for the table."""
        return orjson.dumps(self).decode()


def read(text: str) -> Content:
    """Read what `Content.text` wrote."""
    return Content(**orjson.loads(text)) if text else Content()


def look(answers: Data, pointer: str) -> Any:
    """Give the answer at a pointer, None where there is none; a document is found by its kind: /documents/care_plan/dated."""
    found: Any = answers
    for name in pointer.strip("/").split("/"):
        if isinstance(found, list):
            found = next((one for one in found if isinstance(one, dict) and one.get("kind") == name), None)
        else:
            found = found.get(name) if isinstance(found, dict) else None
    return found


def put(answers: Data, pointer: str, value: Any) -> None:
    """Write an answer at a pointer; nothing takes it away, and what holds nothing more goes with it."""
    *way, last = pointer.strip("/").split("/")
    if way[:1] == ["documents"]:
        _put_document(answers, way[1], last, value)
    elif not way:
        _set(answers, last, value)
    else:
        inner = dict(answers.get(way[0]) or {})
        put(inner, "/".join([*way[1:], last]), value)
        _set(answers, way[0], inner)


def by_kind(pointer: str, papers: Sequence[Data]) -> str:
    """Give a pointer to a document by its kind, not its place."""
    parts = pointer.split("/")
    if parts[1:2] == ["documents"] and len(parts) > 2 and parts[2].isdigit() and int(parts[2]) < len(papers):
        parts[2] = str(papers[int(parts[2])].get("kind", ""))
    return "/".join(parts)


def body(answers: Data, pathway: str, self_referral: bool) -> Data:
    """Give the draft in the shape the API takes; what the pages' own answers make void is left out."""
    made = copy.deepcopy({name: value for name, value in answers.items() if name != SAID})
    said = answers.get(SAID, {})
    if said.get("in_hospital") == "no":
        made.pop("inpatient", None)
    if somebody_else(answers):
        made.pop("named_person")
    elif said.get("named") == ME and isinstance(made.get("referrer"), dict):
        made["named_person"] = {name: made["referrer"][name] for name in ("name", "email", "team") if name in made["referrer"]}
    later = {kind for kind, here in said.get("papers", {}).items() if here == LATER}
    if later and "documents" in made:
        made["documents"] = [one for one in made["documents"] if one["kind"] not in later]
    return {"pathway": pathway, **({"self_referral": True} if self_referral else {}), **made}


def somebody_else(answers: Data) -> Data:
    """Give whom the boxes of the named person name although whoever refers said it is themself; empty where nobody, or themself (R-03)."""
    boxes = {name: look(answers, f"/named_person/{name}") for name in ("name", "email", "team")}
    others = any(value and _folded(value) != _folded(look(answers, f"/referrer/{name}")) for name, value in boxes.items())
    return boxes if others and look(answers, "/said/named") == ME else {}


def counts(answers: Data, pointer: str) -> bool:
    """Say whether an answer is of any account: the boxes of the named person are of none where it is whoever refers."""
    return not (pointer.startswith("/named_person/") and look(answers, "/said/named") == ME)


def _folded(value: Any) -> str:
    return " ".join(str(value).casefold().split())


def _put_document(answers: Data, kind: str, name: str, value: Any) -> None:
    papers = [dict(one) for one in answers.get("documents", [])]
    paper = next((one for one in papers if one["kind"] == kind), None)
    if paper is None:
        papers.append(paper := {"kind": kind})
    _set(paper, name, value)
    _set(answers, "documents", [one for one in papers if len(one) > 1])


def _set(tree: Data, name: str, value: Any) -> None:
    if value in (None, "", [], {}):
        tree.pop(name, None)
    else:
        tree[name] = value
