"""ClamAV's daemon for one test run: the real one, and one written by hand that must answer the same."""
from __future__ import annotations

import atexit
import socket
import socketserver
import struct
import subprocess
import threading
from pathlib import Path
from typing import Any

from tests.support.ground import end, free_port, run_folder, tail, wait_until
from tests.support.papers import EICAR

BINARY = Path("/usr/sbin/clamd")
#: Most bytes either takes of one stream here; 100 MB as it is shipped.
STREAM_LIMIT = 1024 * 1024


class RealClamd:
    """A private clamd on loopback and on a socket of its own, that knows one signature: the test text of all scanners."""

    def __init__(self) -> None:
        self.folder, self.port = run_folder("clamd"), free_port()
        self.process: subprocess.Popen[bytes] | None = None
        (self.folder / "signatures").mkdir()
        (self.folder / "signatures" / "test.ndb").write_text(f"Pod.Test.Eicar:0:*:{EICAR.hex()}\n")
        (self.folder / "clamd.conf").write_text(
            f"Foreground yes\nDatabaseDirectory {self.folder}/signatures\nTemporaryDirectory {self.folder}\nLogFile {self.folder}/log\n"
            f"LocalSocket {self.folder}/socket\nTCPSocket {self.port}\nTCPAddr 127.0.0.1\nStreamMaxLength {STREAM_LIMIT}\nMaxThreads 2\n")

    @staticmethod
    def available() -> bool:
        """Say whether this machine has the daemon."""
        return BINARY.exists()

    @property
    def addresses(self) -> list[str]:
        """Give the two ways to reach it, as POD_CLAMD says them."""
        return [f"unix:{self.folder}/socket", f"tcp://127.0.0.1:{self.port}"]

    def start(self) -> RealClamd:
        """Start it, and wait until it listens."""
        with open(self.folder / "console.log", "ab") as log:
            self.process = subprocess.Popen([BINARY, "-c", self.folder / "clamd.conf"], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, start_new_session=True)
        atexit.register(self.stop)
        try:
            wait_until(self._listens, 20, "clamd")
        except TimeoutError as fault:
            raise RuntimeError(f"{fault}\n{tail(self.folder / 'console.log')}\n{tail(self.folder / 'log')}") from fault
        return self

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.folder / "socket")) == 0

    def stop(self) -> None:
        """End it."""
        if self.process:
            end(self.process, within=5)


class HandClamd(socketserver.ThreadingTCPServer):
    """A clamd written by hand, in this process; `says` replaces its every answer, and "" has it say nothing at all."""

    daemon_threads = allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.says: str | None = None
        self.seen: list[bytes] = []
        self.ended = threading.Event()

    @property
    def addresses(self) -> list[str]:
        """Give the way to reach it, as POD_CLAMD says it."""
        return [f"tcp://127.0.0.1:{self.server_address[1]}"]

    def start(self) -> HandClamd:
        """Listen."""
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Listen no more."""
        self.ended.set()
        self.shutdown()
        self.server_close()


class _Conversation(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        command = b""
        while not command.endswith(b"\0") and (letter := self.rfile.read(1)):
            command += letter
        answer = {b"zPING\0": lambda: "PONG", b"zVERSION\0": lambda: "ClamAV 1.4.6",
                  b"zINSTREAM\0": self._scan}.get(command, lambda: "UNKNOWN COMMAND")()
        if self.server.says == "":
            self.server.ended.wait(30)
            return
        self.wfile.write((self.server.says or answer).encode() + b"\0")

    def _scan(self) -> str:
        content = b""
        while size := struct.unpack("!I", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
            if len(content) > STREAM_LIMIT:
                return "INSTREAM size limit exceeded. ERROR"
        self.server.seen.append(content)
        return "stream: Pod.Test.Eicar.UNOFFICIAL FOUND" if EICAR in content else "stream: OK"
