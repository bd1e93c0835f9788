"""A wire between a service and its broker that can be cut at an acknowledgement."""
from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Collection
from contextlib import suppress

#: What a client says first, before any frame.
HEADER = 8
#: Frame type of methods, and the class and method of Basic.Ack, as AMQP 0-9-1 writes them.
METHOD, BASIC_ACK = 1, struct.pack(">HH", 60, 80)


class Wire:
    """Forwards a loopback port to the broker; the acknowledgements numbered in `cut_at` never arrive, nor what follows.

    `acknowledgements` and `cuts` count those of all connections.
    """

    def __init__(self, broker_port: int, cut_at: Collection[int] = ()):
        self.broker_port, self.cut_at = broker_port, frozenset(cut_at)
        self.acknowledgements = self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections; those that are there end with the service."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            broker = socket.create_connection(("127.0.0.1", self.broker_port))
            for way in (self._up, self._down):
                threading.Thread(target=way, args=(client, broker), daemon=True).start()

    def _down(self, client: socket.socket, broker: socket.socket) -> None:
        with suppress(OSError):
            while some := broker.recv(65536):
                client.sendall(some)
        _hang_up(client, broker)

    def _up(self, client: socket.socket, broker: socket.socket) -> None:
        """Forward whole frames, so that one can be withheld."""
        with suppress(OSError):
            source = client.makefile("rb")
            broker.sendall(source.read(HEADER))
            while head := source.read(7):
                kind, _, size = struct.unpack(">BHI", head)
                rest = source.read(size + 1)
                if kind == METHOD and rest[:4] == BASIC_ACK and self._is_cut():
                    break
                broker.sendall(head + rest)
        _hang_up(client, broker)

    def _is_cut(self) -> bool:
        self.acknowledgements += 1
        cut = self.acknowledgements in self.cut_at
        self.cuts += cut
        return cut


def _hang_up(*both: socket.socket) -> None:
    for one in both:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
