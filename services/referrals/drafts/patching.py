"""A draft changed by a program: what is named is replaced, null takes away, what is not ours is left out (RFC 7396)."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.referrals import body
from services.referrals.drafts.answers import HERE, SAID
from services.referrals.drafts.shelf import Draft
from shared.ledger.types import Data
from shared.schemas.shape import ListOf, Part, Shape, is_nothing, kinds_of
from shared.web.problems import problem

#: What a draft is for; another pathway is another draft.
FIXED = ("pathway", "self_referral")


def patch(draft: Draft, given: Data) -> None:
    """Change the answers of a draft; steps of which something is said anew lose what was typed for them."""
    fixed = {"pathway": draft.pathway.name, "self_referral": draft.self_referral}
    wrong = [{"pointer": f"/{name}", "detail": "cannot be changed: begin another draft"} for name in FIXED
             if name in given and given[name] != fixed[name] and not (is_nothing(given[name]) or given[name] is False)]
    if wrong:
        problem(422, "Some of what was sent is not right.", errors=wrong)
    change = {name: value for name, value in known(body.Referral, given).items() if name not in FIXED}
    draft.content.answers = {**merged(draft.content.answers, change), **_said(draft.content.answers.get(SAID, {}), change)}
    draft.content.typed = {step.key: draft.content.typed[step.key] for step in draft.steps
                           if step.key in draft.content.typed and not any(step.owns(f"/{name}") for name in change)}


def merged(target: Any, change: Any) -> Any:
    """Merge as RFC 7396 says."""
    if not isinstance(change, dict):
        return change
    made = dict(target) if isinstance(target, dict) else {}
    for name, value in change.items():
        if is_nothing(value):
            made.pop(name, None)
        else:
            made[name] = merged(made.get(name), value)
    return {name: value for name, value in made.items() if value != {}}


def known(shape: type[Shape], given: Mapping[str, Any]) -> Data:
    """Give what of an object the shape has a place for; the rest is ignored, as in all that is sent to us."""
    kinds = kinds_of(shape)
    return {name: _known(kinds[name], value) for name, value in given.items() if name in kinds}


def all_optional(schema: Any) -> Any:
    """Describe the same with nothing required, and unknown fields ignored."""
    if isinstance(schema, list):
        return [all_optional(one) for one in schema]
    if isinstance(schema, dict):
        return {name: all_optional(value) for name, value in schema.items()
                if name != "additionalProperties" and not (name == "required" and isinstance(value, list))}
    return schema


def _known(kind: Any, value: Any) -> Any:
    if isinstance(kind, Part) and isinstance(value, dict):
        return known(kind.shape, value)
    if isinstance(kind, ListOf) and isinstance(value, list):
        return [_without_nothing(_known(kind.inner, one)) for one in value]
    return value


def _without_nothing(value: Any) -> Any:
    # an entry of a list is replaced whole, so there is nothing that null could take away
    return {name: one for name, one in value.items() if not is_nothing(one)} if isinstance(value, dict) else value


def _said(said: Data, change: Data) -> Data:
    """Give what the pages ask besides, so that it agrees with what a program says."""
    made = dict(said)
    for name, word in (("inpatient", "in_hospital"), ("named_person", "named")):
        if name in change:
            made.pop(word, None)
            if change[name]:
                made[word] = {"in_hospital": "yes", "named": "other"}[word]
    if "documents" in change:
        papers = change["documents"] if isinstance(change["documents"], list) else []
        made["papers"] = {one["kind"]: HERE for one in papers if isinstance(one, dict) and isinstance(one.get("kind"), str)}
    return {SAID: made} if made else {}
