"""What others did while a page was open: the page carries what it showed, so that nobody writes over what they never saw."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.referrals.desk import Desk
from shared.calendar import moment_in_words

Entry = Mapping[str, Any] | None


def is_new(form: Any, entry: Entry) -> bool:
    """Say whether something else stands than the page showed that was sent; `form.stood` holds what stands from now on."""
    seen, form.stood.data = form.stood.data or "", entry["at"] if entry else ""
    return bool(seen != form.stood.data)


def by_whom(desk: Desk, entry: Mapping[str, Any]) -> str:
    """Say who did it, and when."""
    return f"{desk.names([entry['by']])[entry['by']]}, on {moment_in_words(entry['at'])}"
