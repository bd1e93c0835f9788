"""A process with two small services on one address, as the runner makes one: patch first, then everything else."""
# ruff: noqa: E402 - the order is the point
import warnings

warnings.filterwarnings("ignore")
import eventlet

eventlet.monkey_patch()

import signal
import sys
from dataclasses import replace
from pathlib import Path

from nameko import config
from nameko.runners import ServiceRunner

from shared.web.mount import mounted
from tests.integration.web_notes import notes_app
from tests.integration.web_room import hand_room


def main(address: str, folder: str) -> None:
    """Serve /journeys and /referrals until SIGTERM."""
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(1))
    config["max_workers"] = 50
    runner = ServiceRunner()
    for name in ("journeys", "referrals"):
        (Path(folder) / name).mkdir()
        room = hand_room(Path(folder) / name)
        room.settings = replace(room.settings, http=address)
        room.name, room.prefix = name, f"/{name}"
        runner.add_service(type(name, (), {"name": name, "room": room, "web": mounted(notes_app)}))
    runner.start()
    print("serving", flush=True)
    while not stopping:
        eventlet.sleep(0.05)
    runner.stop()
    print("stopped", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
