"""The template engine as Flask and the library bring it: what ours is held against, for sameness and for speed."""
from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import flask.templating
from flask import Flask
from jinja2 import BaseLoader, Environment, FunctionLoader, PackageLoader
from jinja2.filters import do_indent

#: What the suite has a template of its own for, in the place of the library's.
LIBRARY = "govuk_frontend_jinja/"
IMPORT = re.compile(r'(\{% from "(?:macros|held)\.html" import [^%]*?) %\}')


def stock(app: Flask) -> Flask:
    """Make an app draw its pages without what `shared.web.templating` does: macros made anew for each page, no memory."""
    quick = app.jinja_env
    app.jinja_environment = flask.templating.Environment
    plain = app.create_jinja_environment()
    plain.trim_blocks = plain.lstrip_blocks = True
    plain.globals.update(quick.globals, once=lambda component, params: component(params))
    plain.filters.update(quick.filters, indent=do_indent)
    plain.loader = FunctionLoader(_sources(quick))
    app.jinja_env = plain
    return app


def _sources(quick: Environment) -> Callable[[str], Any]:
    ours, library = quick.loader, PackageLoader("govuk_frontend_jinja")
    assert isinstance(ours, BaseLoader)

    def source(name: str) -> Any:
        if name.startswith(LIBRARY):
            return library.get_source(quick, name.removeprefix(LIBRARY))
        text, path, fresh = ours.get_source(quick, name)
        return IMPORT.sub(r"\1 with context %}", text), path, fresh
    return source
