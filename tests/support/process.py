"""A program of ours run as its own process, as an operator would run it."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import requests

from tests.support.ground import ROOT, end, kill_tree, tail, wait_until

#: The `pod` command, whether or not set-up has put it into the virtual environment.
POD = (sys.executable, "-m", "shared.cli")


class Process:
    """A running program; its output goes to `log`.

    `env` is added to a bare environment: no POD_ setting of the machine leaks in.
    """

    #: Where it serves HTTP, when it does.
    base = ""

    def __init__(self, command: Sequence[str | Path], log: Path, env: Mapping[str, str] | None = None):
        self.log = log
        bare = {name: value for name, value in os.environ.items() if not name.startswith("POD_")}
        with open(log, "ab") as file:
            self._process = subprocess.Popen(
                [str(word) for word in command], cwd=ROOT, stdout=file, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL, start_new_session=True,
                env={**bare, "PYTHONUNBUFFERED": "1", **(env or {})})

    @property
    def pid(self) -> int:
        """Give the process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Say whether it still runs."""
        return self._process.poll() is None

    def tail(self, lines: int = 40) -> str:
        """Give the end of its output."""
        return tail(self.log, lines)

    def wait_http(self, url: str, within: float = 30) -> None:
        """Wait until `url` answers 200; AssertionError with the end of the log when it does not."""
        def answered() -> bool:
            if not self.running:
                raise AssertionError(f"ended with {self._process.returncode} before {url} answered\n{self.tail()}")
            with suppress(requests.RequestException):
                return requests.get(url, timeout=2).status_code == 200
            return False
        try:
            wait_until(answered, within, url)
        except TimeoutError as fault:
            raise AssertionError(f"{fault}\n{self.tail()}") from None

    def kill9(self) -> None:
        """Kill it with SIGKILL, with whatever it started."""
        kill_tree(self.pid)
        self._process.wait(10)

    def terminate(self, within: float = 20) -> int:
        """Ask it to leave with SIGTERM; give its exit code. AssertionError when it has not left in time."""
        if self.running:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill9()
            raise AssertionError(f"still there {within} s after SIGTERM\n{self.tail()}") from None

    def wait(self, within: float = 60) -> int:
        """Wait until it ends by itself; give its exit code."""
        return self._process.wait(within)

    def close(self) -> None:
        """End it whatever it does."""
        end(self._process, within=5)
