"""A private RabbitMQ node for one test run."""
from __future__ import annotations

import atexit
import itertools
import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pika
import requests

from tests.support.ground import end, free_port, kill_tree, listening, run_folder, tail, wait_until

#: The package's own scripts: the wrapper on PATH changes user and forgets our environment.
SCRIPTS = Path("/usr/lib/rabbitmq/bin")
READY_WITHIN = 60.0
#: Until a quorum queue has a leader again it says it is empty.
ALL_LED = ("length(ra_directory:list_registered(quorum_queues)) =< "
           "length([N || {N, L, _} <- ets:tab2list(ra_leaderboard), L =/= undefined]).")


class Broker:
    """One RabbitMQ node on loopback, with its own ports, cookie, data and epmd.

    `start()` after `stop()` or `kill9()` continues on the same data and the same ports.
    """

    def __init__(self) -> None:
        self.folder = run_folder("rabbitmq")
        self.port, self.http_port, self._dist, self._epmd_port = (free_port() for _ in range(4))
        self._node = f"pod{self.port}@localhost"
        self._process: subprocess.Popen[bytes] | None = None
        self._epmd: subprocess.Popen[bytes] | None = None
        self._vhosts = itertools.count(1)
        self._configure()

    @staticmethod
    def available() -> bool:
        """Say whether this machine has the server."""
        return (SCRIPTS / "rabbitmq-server").exists()

    def _configure(self) -> None:
        self._write("rabbitmq.conf", f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
                    f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {self.http_port}\n"
                    "management_agent.disable_metrics_collector = true\n"
                    "loopback_users = none\nlog.file.level = info\nlog.console = false\n"
                    "disk_free_limit.absolute = 50MB\nvm_memory_high_watermark.relative = 0.5\n")
        self._write("enabled_plugins", "[rabbitmq_management].\n")
        self._env = {
            "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(self.folder),
            "RABBITMQ_NODENAME": self._node, "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port), "RABBITMQ_DIST_PORT": str(self._dist),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none.conf"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"), "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "ERL_EPMD_ADDRESS": "127.0.0.1", "ERL_EPMD_PORT": str(self._epmd_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def start(self) -> Broker:
        """Start the node and wait until it takes AMQP connections and management requests."""
        again = (self.folder / "data").exists()
        if self._epmd is None or self._epmd.poll() is not None:
            # started by us and in the foreground, or the node would leave a daemon behind
            self._epmd = subprocess.Popen(["epmd", "-address", "127.0.0.1", "-port", str(self._epmd_port)],
                                          env=self._env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            atexit.register(self.close)
            wait_until(lambda: listening(self._epmd_port), 10, "epmd")
        with open(self.folder / "console.log", "ab") as log:
            self._process = subprocess.Popen([SCRIPTS / "rabbitmq-server"], env=self._env, cwd=self.folder, stdout=log,
                                             stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            wait_until(self._ready, READY_WITHIN, "RabbitMQ")
            if again:
                wait_until(lambda: "true" in self.rabbitmqctl("eval", ALL_LED), 30, "leaders of the quorum queues")
        except (TimeoutError, RuntimeError) as fault:
            raise RuntimeError(f"{fault}\n{tail(self.folder / 'console.log')}") from fault
        return self

    def _ready(self) -> bool:
        if not self.running:
            raise RuntimeError("RabbitMQ ended while starting")
        if not (listening(self.port) and listening(self.http_port)):
            return False
        with suppress(pika.exceptions.AMQPError, OSError):
            self.connect("/").close()
            return True
        return False

    @property
    def running(self) -> bool:
        """Say whether the node's process lives."""
        return self._process is not None and self._process.poll() is None

    def ensure(self) -> Broker:
        """Start the node unless it runs: for the test after one that left it dead."""
        return self if self.running else self.start()

    def kill9(self) -> None:
        """Kill the node as a power cut would; its data stay.

        Not those of a quorum queue declared within the last second: RabbitMQ 3.10 writes down which queues it has
        twice a second, and gives one it forgot a new, empty and leaderless life. Let a second pass first.
        """
        if self._process:
            kill_tree(self._process.pid)
            self._process.wait(10)

    def stop(self) -> None:
        """Stop the node in an orderly way; its data stay."""
        if self._process and self.running:
            self.rabbitmqctl("stop", check=False)
            end(self._process, signal.SIGTERM)

    def close(self) -> None:
        """End everything this object started."""
        self.kill9()
        if self._epmd:
            end(self._epmd)

    def url(self, vhost: str = "/", user: str = "guest", password: str = "guest") -> str:
        """Give the AMQP URL of a virtual host."""
        return f"amqp://{user}:{password}@127.0.0.1:{self.port}/{quote(vhost, safe='')}"

    def connect(self, vhost: str = "/") -> pika.BlockingConnection:
        """Open a plain pika connection to a virtual host."""
        return pika.BlockingConnection(pika.URLParameters(self.url(vhost) + "?socket_timeout=5&heartbeat=0"))

    def http(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the management API, e.g. `http("PUT", "/users/ada", {...})`; gives its JSON or None."""
        answer = requests.request(method, f"http://127.0.0.1:{self.http_port}/api{path}", json=body,
                                  auth=("guest", "guest"), timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def new_vhost(self) -> str:
        """Make an empty virtual host, so that a test shares nothing; give its name."""
        name = f"t{next(self._vhosts)}"
        self.http("PUT", f"/vhosts/{name}", {})
        self.http("PUT", f"/permissions/{name}/guest", {"configure": ".*", "write": ".*", "read": ".*"})
        return name

    def delete_vhost(self, name: str) -> None:
        """Remove a virtual host with all in it."""
        self.http("DELETE", f"/vhosts/{quote(name, safe='')}")

    def new_user(self, name: str, password: str, vhost: str, permissions: Mapping[str, str],
                 topics: Mapping[str, str] | None = None) -> None:
        """Make an account; `permissions` has configure, write, read; `topics` has exchange, write, read."""
        self.http("PUT", f"/users/{name}", {"password": password, "tags": ""})
        self.http("PUT", f"/permissions/{vhost}/{name}", dict(permissions))
        if topics:
            self.http("PUT", f"/topic-permissions/{vhost}/{name}", dict(topics))

    def depth(self, vhost: str, queue: str) -> int:
        """Count the messages ready in a queue (those with a consumer, unacknowledged, are not in it)."""
        connection = self.connect(vhost)
        try:
            return int(connection.channel().queue_declare(queue, passive=True).method.message_count)
        finally:
            connection.close()

    def memory_alarm(self, on: bool) -> None:
        """Raise or clear the memory alarm: while it is on, whoever publishes is blocked."""
        self.rabbitmqctl("set_vm_memory_high_watermark", "0" if on else "0.5")

    def rabbitmqctl(self, *words: str, check: bool = True) -> str:
        """Run rabbitmqctl on this node; takes about a second, so prefer `http`."""
        done = subprocess.run([SCRIPTS / "rabbitmqctl", *words], env=self._env, cwd=self.folder, check=check,
                              capture_output=True, text=True, timeout=60)
        return done.stdout
