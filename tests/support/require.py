"""Skip aloud what a machine cannot run; in CI nothing may be skipped."""
from __future__ import annotations

import os

import pytest


def require(there: object, what: str) -> None:
    """Go on when `there` is true; otherwise skip, naming `what` is missing, or fail when CI=true."""
    if there:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"needs {what}, and with CI=true nothing may be skipped", pytrace=False)
    pytest.skip(f"needs {what}")
