"""Run every measurement, print the table, write bench.json beside the Makefile: `python -m tests.benchmarks [name...]`."""
from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable

from tests.benchmarks import city, forms, latency, ours, rivals, whole, worklists
from tests.benchmarks.bed import Bed
from tests.benchmarks.table import AIMS, figures, text
from tests.support.ground import ROOT

Found = dict[str, dict[str, float]]
MEASUREMENTS: dict[str, Callable[[Bed], dict[str, float]]] = {
    "bare": rivals.bare, "intake": ours.intake, "faststream": rivals.faststream, "nameko": rivals.nameko,
    "firehose": ours.firehose, "relay": ours.relay, "two_hops": latency.two_hops, "ready": whole.ready, "pages": whole.pages,
    "forms": forms.form_page, "worklists": worklists.against_few,
}


def measure(names: list[str]) -> Found:
    """Run the measurements named, one after another on one pair of servers."""
    bed, found = Bed(), {}
    try:
        bed.template("city", city.found)
        for name in names:
            started = time.perf_counter()
            found[name] = MEASUREMENTS[name](bed)
            shown = ", ".join(f"{key} {value:.1f}" for key, value in found[name].items())
            print(f"{name:12}{shown}  ({time.perf_counter() - started:.0f} s)", flush=True)
    finally:
        bed.close()
    return found


def _leave(*_: object) -> None:
    """Leave in order, so that no server outlives the run."""
    raise KeyboardInterrupt


def main(names: list[str]) -> int:
    """Measure all, or only what is named (then nothing is written)."""
    signal.signal(signal.SIGTERM, _leave)
    found = measure(names or list(MEASUREMENTS))
    if names:
        return 0
    result = figures(found)
    print(text(result))
    (ROOT / "bench.json").write_text(json.dumps(result, indent=2) + "\n")
    missed = [name for name, aim in AIMS.items() if not aim.met(result[name])]
    print(f"bench.json written; {len(AIMS) - len(missed)} of {len(AIMS)} aims met" + (f", not: {', '.join(missed)}" if missed else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
