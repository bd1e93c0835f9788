"""Pages and API inside a nameko container: one address per process, each service under its own prefix.

A request runs as a nameko worker, so that a stopping container finishes it. Of shared/web only this file knows
nameko and eventlet.
"""
from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import eventlet
from eventlet import wsgi
from eventlet.event import Event
from flask import Flask
from nameko.extensions import Entrypoint
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from shared import metrics
from shared.web import health
from shared.web.context import Room
from shared.web.root import create_root

log = logging.getLogger(__name__)

#: Seconds requests in flight may still take when the process is told to stop.
DRAIN = 15.0
#: Seconds the answers of those requests may take to be written.
WRITING = 2.0
#: Seconds /metrics may spend on counting what waits.
COUNTING = 1.0
#: Seconds a client may leave us waiting for its next byte.
PATIENCE = 30.0

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Site:
    """The one address of this process; services are mounted by prefix, `/metrics` and the start page come with it."""

    sites: ClassVar[dict[str, Site]] = {}

    def __init__(self, address: str):
        self.address = address
        self.rooms: list[Room] = []
        self.mounts: dict[str, Any] = {"/metrics": self._metrics}
        self._figures = metrics.wsgi_app()
        self._root: Flask | None = None
        self._server: Any = None

    @classmethod
    def at(cls, address: str) -> Site:
        """Give the site of an address, the same one to every service of the process."""
        return cls.sites.setdefault(address, cls(address))

    def mount(self, room: Room, app: WsgiApp) -> None:
        """Serve `app` under the room's prefix; the first one opens the address."""
        self.mounts[room.prefix] = app
        self.rooms.append(room)
        self._root = None
        if self._server is None:
            self._open()

    def _open(self) -> None:
        host, _, port = self.address.rpartition(":")
        # without reuse_port=False two processes bind one port in silence and share the requests by chance
        self._socket = eventlet.listen((host.strip("[]"), int(port)), reuse_port=False)
        self._socket.settimeout(None)
        self._server = eventlet.spawn(wsgi.server, self._socket, DispatcherMiddleware(self._start_page, self.mounts),
                                      log=log, log_output=False, debug=False, socket_timeout=PATIENCE)

    def _start_page(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if self._root is None:
            self._root = create_root(self.rooms[0].settings, self.rooms)
        return self._root(environ, start_response)

    def _metrics(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with eventlet.Timeout(COUNTING, False):  # a database that is away must not hide the other figures
            for room in self.rooms:
                _count_waiting(room)
        figures: Iterable[bytes] = self._figures(environ, start_response)
        return figures

    def unmount(self, room: Room) -> None:
        """Take a service out; with the last one the address takes no more connections."""
        if room not in self.rooms:
            return
        self.rooms.remove(room)
        self.mounts[room.prefix] = _stopping
        if not self.rooms:
            self.sites.pop(self.address, None)
            if self._server is not None:
                self._server.kill()  # from here on eventlet's server only finishes what it has
                self._socket.close()

    def finish(self) -> None:
        """Wait, within a bound, until the last answers are written."""
        with eventlet.Timeout(WRITING, False):
            while not self.rooms and self._server and not self._server.dead:
                eventlet.sleep(0.01)


def _count_waiting(room: Room) -> None:
    try:
        with room.database.read() as connection:
            waits = room.backlog(connection)
    except Exception as fault:
        log.debug("%s: nothing counted: %s", room.name, type(fault).__name__)
        return
    metrics.waiting(room.name, waits["outbox"], waits["deferred"], waits.get("held"))


def _stopping(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("503 Service Unavailable", [("Content-Type", "text/plain"), ("Retry-After", "10")])
    return [b"This service is stopping."]


class Web(Entrypoint):  # type: ignore[misc]
    """Serves the Flask app that `app(room)` makes; the room is `service_cls.room`."""

    def __init__(self, app: Callable[[Any], Flask], **kwargs: Any):
        self.create_app = app
        self.running: set[Any] = set()
        self.site: Site | None = None
        super().__init__(**kwargs)

    def setup(self) -> None:
        """Make the app and find the address."""
        self.room = self.container.service_cls.room
        self.app = self.create_app(self.room) if "web" in self.room.parts else health.alone(self.room)
        self.site = Site.at(self.room.settings.http)

    def start(self) -> None:
        """Begin to serve; a process without pages serves its health and /metrics, where the address is free."""
        assert self.site is not None
        try:
            self.site.mount(self.room, self._answer)
        except OSError as fault:
            if "web" in self.room.parts or fault.errno != errno.EADDRINUSE:
                raise
            log.warning("%s is taken: this process shows no health and no metrics; give it its own POD_HTTP",
                        self.room.settings.http)
            self.site.unmount(self.room)
            self.site = None

    def stop(self) -> None:
        """Take no more requests; give those in flight a while, then end them."""
        if self.site is None:
            return
        self.site.unmount(self.room)
        with eventlet.Timeout(DRAIN, False):
            while self.running:
                eventlet.sleep(0.02)
        self._end_running()
        self.site.finish()

    def _end_running(self) -> None:
        for worker in list(self.running):
            log.warning("a request took longer than %s s to finish and was ended", DRAIN)
            eventlet.kill(worker)

    def kill(self) -> None:
        """Take no more requests."""
        if self.site is not None:
            self.site.unmount(self.room)

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
            environ["wsgi.input_terminated"] = True  # eventlet ends it with its last chunk, and does not say so
        done = Event()

        def serve(environ: dict[str, Any], start_response: Any) -> None:
            worker = eventlet.getcurrent()
            self.running.add(worker)
            try:
                done.send(self.app(environ, start_response))
            except BaseException as fault:
                done.send_exception(fault)
                raise
            finally:
                self.running.discard(worker)
        self.container.spawn_worker(self, (serve, environ, start_response), {})
        answer: Iterable[bytes] = done.wait()
        return answer


web = Web.decorator


def mounted(app: Callable[[Any], Flask]) -> Callable[..., Any]:
    """Make the method of a service class that serves `app(room)`: `web = mounted(create_app)`."""
    def serve(self: Any, answer: Callable[..., None], environ: dict[str, Any], start_response: Any) -> None:
        answer(environ, start_response)
    decorated: Callable[..., Any] = web(app=app)(serve)
    return decorated
