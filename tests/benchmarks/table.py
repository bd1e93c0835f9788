"""The figures of a run beside their aims: as bench.json has them, and as a table to read."""
from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Aim(NamedTuple):
    """What a figure is to be: at least, or at most."""

    least: float | None = None
    most: float | None = None

    def met(self, value: float) -> bool:
        """Say whether a figure is as it is to be."""
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def __str__(self) -> str:
        """Give it in words."""
        return f">= {self.least:g}" if self.least is not None else f"<= {self.most:g}"


AIMS = {
    "intake_vs_faststream": Aim(least=10), "intake_vs_bare_consumer": Aim(least=0.1),
    "firehose_vs_bare_consumer": Aim(least=0.4), "relay_events_per_s": Aim(least=8000),
    "two_hops_p99_ms": Aim(most=100), "page_p99_ms_under_backlog": Aim(most=100), "ready_s": Aim(most=3),
    "resident_mb": Aim(most=200), "worklist_p95_vs_1000": Aim(most=1.2), "worklist_api_p95_vs_1000": Aim(most=1.2), "form_page_per_s": Aim(least=400),
}


def figures(found: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Give every figure by its name in bench.json."""
    rate = {name: one["per_s"] for name, one in found.items() if "per_s" in one}
    made = {
        "intake_events_per_s": rate["intake"], "faststream_events_per_s": rate["faststream"],
        "nameko_events_per_s": rate["nameko"], "bare_consumer_events_per_s": rate["bare"],
        "intake_vs_faststream": rate["intake"] / rate["faststream"], "intake_vs_nameko": rate["intake"] / rate["nameko"],
        "intake_vs_bare_consumer": rate["intake"] / rate["bare"],
        "firehose_events_per_s": rate["firehose"], "firehose_vs_bare_consumer": rate["firehose"] / rate["bare"],
        "relay_events_per_s": rate["relay"],
        "two_hops_p50_ms": found["two_hops"]["p50_ms"], "two_hops_p99_ms": found["two_hops"]["p99_ms"],
        "page_p50_ms_under_backlog": found["pages"]["p50_ms"], "page_p99_ms_under_backlog": found["pages"]["p99_ms"],
        "worklist_p95_vs_1000": found["worklists"]["page_ratio"], "worklist_api_p95_vs_1000": found["worklists"]["api_ratio"],
        "worklist_p95_ms": found["worklists"]["page_ms"], "worklist_api_p95_ms": found["worklists"]["api_ms"],
        "ready_s": found["ready"]["s"], "resident_mb": found["pages"]["mb"],
        "form_page_per_s": rate["forms"], "form_page_rebuilt_per_s": found["forms"]["rebuilt_per_s"],
        "plain_page_per_s": found["forms"]["plain_per_s"], "form_page_postgresql_per_s": found["forms"]["postgresql_per_s"],
    }
    return {name: _round(value) for name, value in made.items()}


def _round(value: float) -> float:
    return round(value, 3 if value < 1 else 2 if value < 10 else 1)


def text(result: Mapping[str, float]) -> str:
    """Give the table."""
    lines = [f"{'figure':30}{'measured':>12}{'aim':>12}"]
    for name, value in result.items():
        aim = AIMS.get(name)
        mark = "" if aim is None or aim.met(value) else "  missed"
        lines.append(f"{name:30}{value:>12g}{str(aim) if aim else '':>12}{mark}")
    return "\n".join(lines)
