"""Closer looks at a message that seems wrong; never on the way of a good one."""
from __future__ import annotations

import json
from typing import Any

from shared.messaging.reasons import Reason


def why_not_json(body: bytes) -> tuple[Reason, str]:
    """Say why a body could not be parsed: not JSON at all, or JSON with a text no database takes."""
    try:
        json.loads(body, strict=False)
    except (ValueError, RecursionError):
        return Reason.NOT_JSON, "It could not be parsed as JSON in UTF-8."
    if any(byte < 0x20 and byte not in b"\t\n\r" for byte in body) or b"\\u" in body:
        return Reason.BAD_TEXT, "A text holds a control character or half a character (a lone surrogate)."
    return Reason.NOT_JSON, "It is not strictly JSON in UTF-8 (NaN, a line break inside a text, or the like)."


def bad_text(value: Any) -> bool:
    """Say whether any text within holds a NUL or a lone surrogate; `value` as parsed from JSON."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if "\0" in one or not (one.isascii() or encodes(one)):
                return True
        elif isinstance(one, dict):
            waiting.extend(one)
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return False


def depth(value: Any) -> int:
    """Count how deep lists and objects are nested; 0 for a plain value."""
    found = 0
    level = [value]
    while containers := [one for one in level if isinstance(one, dict | list)]:
        level = [inner for one in containers for inner in (one.values() if isinstance(one, dict) else one)]
        found += 1
    return found


def encodes(text: str) -> bool:
    """Say whether a text has no half characters, which no database and no wire takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
