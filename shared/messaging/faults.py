"""What went wrong, in words that carry no value: kind of exception, SQLSTATE, and where in our code."""
from __future__ import annotations

import traceback


def describe(fault: BaseException) -> str:
    """Give e.g. `ProgrammingError 42804 in rows.py:87 about`; never the message, which may quote a person's data."""
    state = getattr(getattr(fault, "orig", None), "sqlstate", None)
    name = f"{type(fault).__name__} {state}" if state else type(fault).__name__
    ours = [f for f in traceback.extract_tb(fault.__traceback__) if "/site-packages/" not in f.filename]
    if not ours:
        return name
    last = ours[-1]
    return f"{name} in {last.filename.rsplit('/', 1)[-1]}:{last.lineno} {last.name}"


def trace(fault: BaseException) -> str:
    """Give what `describe` gives and the whole way there, for the log; of the values on that way none."""
    return f"{describe(fault)}\n{''.join(traceback.format_tb(fault.__traceback__))}"
