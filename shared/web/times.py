"""Times of day as people write them in forms: 10am, 10:00, 10.00, 2.30pm, 1430, midday."""
from __future__ import annotations

import re
from datetime import time

NAMED = {"midday": time(12), "noon": time(12), "12 midday": time(12), "12 noon": time(12), "midnight": time(), "12 midnight": time()}
#: Hours that are no time to meet in the morning are said of the afternoon: "2:30" is half past two, "02:30" is not.
AFTERNOON = ("1", "2", "3", "4", "5", "6")
_TIME = re.compile(r"(\d{1,2})(?:\s*[:.]?\s*(\d{2}))?\s*(?:([ap])\.?\s*m\.?|hrs?|hours|o['’]?clock)?")


def read(text: str, of_meeting: bool = False) -> time | None:
    """Read a time of day; None where it is none, or an hour that may be of the morning or of the afternoon ("5").

    A time `of_meeting` is in the day: there "5" and "2:30" are of the afternoon, and "9" is of the morning.
    """
    words = " ".join(text.lower().split())
    found = _TIME.fullmatch(words)
    if not found:
        return NAMED.get(words)
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half:
        hour = hour % 12 + 12 * (half == "p") if 1 <= hour <= 12 else 24
    elif of_meeting and found[1] in AFTERNOON:
        hour += 12
    elif not of_meeting and not found[2] and 1 <= hour <= 12:
        return None
    return time(hour, minute) if hour < 24 and minute < 60 else None
