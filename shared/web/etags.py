"""ETag and If-Match: nobody overwrites what they have not seen."""
from __future__ import annotations

import re
from typing import NoReturn

from flask import request

from shared.web.problems import problem


def etag(version: int) -> str:
    """Write a version as the value of an ETag header."""
    return f'"{version}"'


def if_match() -> int | None:
    """Give the version the caller has seen; None where they do not say or say `*`.

    What is not an ETag of ours matches nothing, so it is answered with 412.
    """
    text = request.headers.get("If-Match", "").strip()
    if text in ("", "*"):
        return None
    if found := re.fullmatch(r'"(\d{1,18})"', text):
        return int(found[1])
    changed_meanwhile()


def require_if_match() -> int | None:
    """Give the version the caller has seen, or answer 428; for PUT and PATCH."""
    if "If-Match" not in request.headers:
        problem(428, "Send If-Match with the ETag you last saw.", help="GET it first; the ETag is in the answer.")
    return if_match()


def check_version(version: int) -> None:
    """Answer 412 unless `version`, read under the lock, is the one the caller has seen."""
    wanted = if_match()
    if wanted is not None and wanted != version:
        changed_meanwhile()


def changed_meanwhile() -> NoReturn:
    """Answer 412: somebody else was first."""
    problem(412, "It has changed since you last saw it.", help="GET it again, then decide again.")
