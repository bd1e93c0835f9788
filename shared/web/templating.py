"""The template engine, quick enough for short pages: what it does most often, done with less looking up.

What comes out is what Flask's and the library's own give; `tests/integration/test_quick_pages.py` holds both against each other.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, cast

import flask.templating
import orjson
from flask import Flask
from jinja2 import BytecodeCache, Undefined
from jinja2.bccache import Bucket
from jinja2.filters import do_indent
from markupsafe import Markup, escape

_NOTHING = Undefined()
#: What every dict has as attributes: these Jinja must find before keys of that name.
_OF_DICTS = frozenset(dir(dict))


def install(app: Flask) -> None:
    """Give the templates of the app what draws parts quickly."""
    app.jinja_env.globals.update(once=once, govuk_attributes=govuk_attributes)
    app.jinja_env.filters["indent"] = indent


class Compiled(BytecodeCache):
    """Templates as they were compiled, kept in memory: the apps of one process share most of theirs."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled of the very same source."""
        bucket.code = self.kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it for the next app."""
        self.kept[bucket.key, bucket.checksum] = bucket.code


_compiled = Compiled()


class Environment(flask.templating.Environment):
    """Flask's environment; imports, compiling and the keys of dicts cost it less."""

    def __init__(self, app: Flask, **options: Any):
        # all templates are kept, so none need be counted: Jinja's usual cache notes at each import which was used last
        super().__init__(app, **{"cache_size": -1, "bytecode_cache": _compiled, **options})

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Give the globals a template sees: the environment's, read-only, where it brings none of its own.

        Jinja chains them behind an empty dict and then walks that chain, in Python, at each import of each page.
        """
        return super().make_globals(d) if d else cast("MutableMapping[str, Any]", MappingProxyType(self.globals))

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Give `obj.attribute`; of a dict the key at once, not after an AttributeError has been raised and caught."""
        if type(obj) is dict and attribute not in _OF_DICTS:
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


def once(component: Callable[[Any], Markup], params: Mapping[str, Any]) -> Markup:
    """Give a component of the frame, drawn once for each set of params.

    For what is the same on many pages: params and result stay in memory, so nothing about a person belongs in them.
    """
    return _drawn(component, orjson.dumps(params))


@lru_cache(maxsize=256)
def _drawn(component: Callable[[Any], Markup], params: bytes) -> Markup:
    return component(orjson.loads(params))


def indent(text: str, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    """Indent lines as Jinja's filter does; HTML is wrapped as such once, not line by line."""
    if not isinstance(text, Markup):
        return do_indent(text, width, first, blank)
    return Markup(do_indent(str(text), width, first, blank))


def govuk_attributes(attributes: Mapping[str, Any] | str | None = None) -> Markup:
    """Write the attributes of a tag, as `govukAttributes` of govuk-frontend-jinja does.

    A value may be `{"value": ..., "optional": true}`: then nothing is written where there is none, and a name alone for True.
    """
    if isinstance(attributes, str):
        return Markup(attributes)
    if not isinstance(attributes, Mapping):
        return Markup("")
    return Markup("".join([_attribute(name, value) for name, value in attributes.items()]))


def _attribute(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        optional, value = value.get("optional") is True, value.get("value", _NOTHING)
        if optional and (value is None or value is False or isinstance(value, Undefined)):
            return ""
        if optional and value is True:
            return f" {escape(name)}"
    elif isinstance(value, bool):
        value = str(value).lower()
    return f' {escape(name)}="{escape(value)}"'
