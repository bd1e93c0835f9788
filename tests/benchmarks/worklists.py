"""A worklist of a hundred thousand referrals beside one of a thousand, as page and by API, on both databases."""
from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks.bed import Bed, quantile
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod
from tests.support import many

FEW, MANY = 1_000, 100_000
ROUNDS, ASKED = 5, 120
WORKER = "wren.callaghan@pod.example"
#: Pages of fifty rows at either size: what a duty worker and a manager have open all day.
PAGES = ("/?list=triage", "/?list=decide", "/all")
QUERIES: tuple[dict[str, str], ...] = ({}, {"sort": "target"}, {"state": "received"})


def against_few(bed: Bed) -> dict[str, float]:
    """Give p95 among many over p95 among few, the worse of both databases; and milliseconds among many."""
    found = [_compared(bed.folder / name, url) for name, url in (("sqlite", ""), ("postgresql", bed.postgres.new_suite()))]
    return {name: max(one[name] for one in found) for name in found[0]}


def _compared(folder: Path, url: str) -> dict[str, float]:
    few, lots = _pod(folder / "few", FEW, url and url.replace("{service}", "journeys")), _pod(folder / "many", MANY, url)
    try:
        page, api = (_ratio(few, lots, kind) for kind in (_pages, _queries))
        return {"page_ratio": page[0], "page_ms": page[1], "api_ratio": api[0], "api_ms": api[1]}
    finally:
        few.room.database.dispose()
        lots.room.database.dispose()


def _pod(folder: Path, size: int, url: str) -> Pod:
    pod = Pod(folder, url)
    many.fill(pod.room.database, size)
    return pod


def _pages(pod: Pod) -> Callable[[int], Any]:
    browser = Browser(pod, WORKER)
    return lambda turn: browser.get(PAGES[turn % len(PAGES)])


def _queries(pod: Pod) -> Callable[[int], Any]:
    return lambda turn: pod.wren.get(**QUERIES[turn % len(QUERIES)])


def _ratio(few: Pod, lots: Pod, kind: Callable[[Pod], Callable[[int], Any]]) -> tuple[float, float]:
    """Ask both in turns, so that whatever else the machine does falls on both; the median of some rounds."""
    asks = [kind(few), kind(lots)]
    rounds = [[quantile(taken, 0.95) for taken in _round(asks)] for _ in range(ROUNDS + 1)][1:]
    return statistics.median(long / short for short, long in rounds), statistics.median(long for _, long in rounds)


def _round(asks: list[Callable[[int], Any]]) -> list[list[float]]:
    taken: list[list[float]] = [[], []]
    for turn in range(ASKED):
        for ask, times in zip(asks, taken, strict=True):
            started = time.perf_counter()
            answer = ask(turn)
            times.append((time.perf_counter() - started) * 1000)
            if answer.status_code != 200:
                raise RuntimeError(f"{answer.status_code}: {answer.text[:200]}")
    return taken
