"""The pages of the form, drawn by the referrals app itself on one core: no HTTP server, no other load.

`python -m tests.benchmarks.peers.pages_peer quick|rebuilt FOLDER [DATABASE]` prints pages a second as JSON. `rebuilt` has
the app draw as Flask and the libraries do by themselves, with the macros made anew for every page: our way before.
"""
from __future__ import annotations

import io
import json
import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from werkzeug.test import create_environ

from tests.integration.referral_room import Pod
from tests.support.drafts import AMARA, Writer
from tests.support.stock import stock

#: The same frame, and nothing of a form in it.
PLAIN = "/accessibility"
ROUNDS, SECONDS = 12, 0.4


def steps(writer: Writer) -> list[str]:
    """Begin a draft; give the addresses of its pages, each of which asks one thing."""
    root = writer.begin("core")
    writer.get(root)
    return sorted({f"{root}/{step}" for step in re.findall(rf'href="[^"]*{root}/([a-z-]+)"', writer.text)} - {f"{root}/check", f"{root}/delete"})


def asker(app: Any, cookie: str) -> Callable[[str], bytes]:
    """Give what asks the app for a page as a web server does."""
    def ask(path: str) -> bytes:
        answered: list[str] = []
        environ = {**environs[path], "wsgi.input": io.BytesIO()} if path in environs else environs.setdefault(
            path, create_environ(path, headers={"Cookie": cookie}))
        answer = app.wsgi_app(environ, lambda status, headers, fault=None: answered.append(status))
        text = b"".join(answer)
        answer.close()
        if answered != ["200 OK"]:
            raise RuntimeError(f"{path}: {answered}")
        return text
    environs: dict[str, dict[str, Any]] = {}
    return ask


def rate(ask: Callable[[str], bytes], paths: Sequence[str]) -> float:
    """Give pages a second, all paths in turn: the best of some rounds, since whatever else runs only takes away."""
    return max(_round(ask, paths) for _ in range(ROUNDS))


def _round(ask: Callable[[str], bytes], paths: Sequence[str]) -> float:
    # of this process's own core: while PostgreSQL works, a server draws other pages
    count, started = 0, time.process_time()
    while time.process_time() - started < SECONDS:
        for path in paths:
            ask(path)
        count += len(paths)
    return count / (time.process_time() - started)


def main(how: str, folder: str, database: str = "") -> int:
    """Measure, on one core; without a database, on SQLite in the folder."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    pod = Pod(Path(folder), database)
    if how == "rebuilt":
        stock(pod.app)
    writer = Writer(pod, AMARA)
    paths = steps(writer)
    cookie = writer.client.get_cookie("pod")
    ask = asker(pod.app, f"pod={cookie.value}")
    if not all(b"govuk-form-group" in ask(path) for path in paths) or b"govuk-form-group" in ask(PLAIN):
        raise RuntimeError("not the pages expected")
    print(json.dumps({"steps": len(paths), "per_s": rate(ask, paths), "plain_per_s": rate(ask, [PLAIN])}))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
