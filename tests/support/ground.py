"""Run folders, free ports and the processes of a test run: whoever starts one stops it, also on Ctrl-C."""
from __future__ import annotations

import atexit
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
PORTS = range(20_000, 32_000)
_choice = random.SystemRandom()  # no seed of a test makes two processes choose alike


def free_port() -> int:
    """Give a loopback port that nobody listens on, of those the system gives to no connection before it is used."""
    while True:
        port = _choice.choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def run_folder(name: str, owner: str | None = None) -> Path:
    """Make a folder for one server of this run; removed at exit. `owner` is a user name, for root to give it to."""
    folder = Path(tempfile.mkdtemp(prefix=f"pod-{name}-"))
    if owner:
        shutil.chown(folder, owner, owner)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def wait_until(true: Callable[[], object], within: float, what: str, every: float = 0.1) -> None:
    """Poll `true` until it holds; TimeoutError naming `what` when it does not within so many seconds."""
    end = time.monotonic() + within
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {within} s")
        time.sleep(every)


def listening(port: int) -> bool:
    """Say whether something accepts connections on a loopback port."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def kill_tree(pid: int) -> None:
    """Kill a process and its descendants with SIGKILL, as a power cut would."""
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(family, timeout=10)


def end(process: subprocess.Popen[bytes], politely: int = signal.SIGTERM, within: float = 20) -> int:
    """Ask a process to leave, then make it; give its exit code."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.kill(process.pid, politely)
        try:
            process.wait(within)
        except subprocess.TimeoutExpired:
            kill_tree(process.pid)
    return process.wait(10)


def tail(path: Path, lines: int = 40) -> str:
    """Give the last lines of a log, for a failure message."""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else "(no log)"
