"""The pages of the form beside what they are to be compared with: drawn by the app itself, and asked for over HTTP."""
from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tests.benchmarks.bed import Bed
from tests.support.ground import ROOT


def form_page(bed: Bed) -> dict[str, float]:
    """Give pages a second on one core: of the form, with macros made anew each time, of a page without a form, on PostgreSQL."""
    ours, rebuilt = _drawn(bed, "quick"), _drawn(bed, "rebuilt")
    served = _drawn(bed, "quick", bed.postgres.new_database())
    return {"per_s": ours["per_s"], "rebuilt_per_s": rebuilt["per_s"], "plain_per_s": ours["plain_per_s"], "postgresql_per_s": served["per_s"]}


def _drawn(bed: Bed, how: str, database: str = "") -> dict[str, Any]:
    folder = bed.folder / f"pages-{how}-{bool(database)}"
    folder.mkdir()
    command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.peers.pages_peer", how, str(folder), database]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=120)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
