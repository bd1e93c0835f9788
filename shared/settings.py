"""Every setting of the suite, in one list; a wrong or missing one is named."""
from __future__ import annotations

import base64
import binascii
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class SettingsError(Exception):
    """One or more settings are wrong; `faults` has a sentence for each, naming it."""

    def __init__(self, faults: list[str]):
        super().__init__("\n".join(faults))
        self.faults = faults


#: The file in POD_VAR that a demo leaves there.
DEMO_SECRET = "demo-secret"
DEMO_FILES_KEY = "demo-files-key"
#: Who runs the demo, as far as its pages say.
DEMO_COUNCIL = {
    "organisation": "Example City Council", "dpo_email": "data.protection@council.example", "help_email": "pod@council.example",
    # of the numbers Ofcom keeps free for drama
    "telephone": "020 7946 0123", "email": "hello@pod.example", "address": "The Pod, 1 Example Street, Example City"}


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return text
    return parse


def _address(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if not (host and colon and port.isdigit() and int(port) < 65536):
        raise ValueError("must be host:port, e.g. 127.0.0.1:8000")
    return text


def _amqp(text: str) -> str:
    if text and urlsplit(text).scheme not in ("amqp", "amqps"):
        raise ValueError("must begin with amqp:// or amqps://")
    return text


def _database(text: str) -> str:
    if text and not text.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("must begin with postgresql:// or sqlite:///")
    if text and "{service}" not in text:
        raise ValueError("must contain {service}, which stands for each service's name")
    return text


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise ValueError("must be a whole number of at least 1")
    return int(text)


def _flag(text: str) -> bool:
    return _one_of("yes", "no")(text) == "yes"


def _email(text: str) -> str:
    if text and ("@" not in text[1:-1] or any(letter.isspace() for letter in text)):
        raise ValueError("must be an e-mail address")
    return text


def _telephone(text: str) -> str:
    plain = text.removeprefix("+")
    for mark in " ()-":
        plain = plain.replace(mark, "")
    if text and not (plain.isdecimal() and 10 <= len(plain) <= 15):
        raise ValueError("must be a telephone number with its area code, e.g. 020 7946 0123")
    return text


def _postal(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be one line, with a comma between the lines of the address")
    return text


def _http(text: str) -> str:
    if text and urlsplit(text).scheme not in ("http", "https"):
        raise ValueError("must begin with https:// (or http:// for a test)")
    return text


def _keys(text: str) -> str:
    for one in text.split(",") if text else ():
        with suppress(binascii.Error, ValueError):
            if len(base64.b64decode(one.strip(), validate=True)) == 32:
                continue
        raise ValueError("must be 32 bytes in base64 (made by: openssl rand -base64 32), or several with commas, the newest first")
    return text


def _scanner(text: str) -> str:
    if text.startswith("tcp://"):
        _address(text.removeprefix("tcp://"))
    elif text and not text.startswith("unix:/"):
        raise ValueError("must be unix:/path of the daemon's socket, or tcp://host:port")
    return text


@dataclass(frozen=True)
class Setting:
    """One setting: its environment name, default, parser, and what it is for."""

    name: str
    default: str
    parse: Callable[[str], Any]
    purpose: str
    secret: bool = False


SETTINGS = (
    Setting("POD_MODE", "server", _one_of("demo", "server"), "demo: invented people, demo sign-in, tokens; server: everything real"),
    Setting("POD_AMQP_URL", "", _amqp, "the RabbitMQ of the suite; unset: embedded, no broker", True),
    Setting("POD_DATABASE_URL", "", _database, "database of each service, with {service} in it; unset: SQLite files in POD_VAR", True),
    Setting("POD_HTTP", "127.0.0.1:8000", _address, "address the pages, the API and /metrics listen on"),
    Setting("POD_VAR", "var", Path, "folder of what a running suite keeps: databases, demo secret"),
    Setting("POD_SECRET_KEY", "", str, "signs session cookies; at least 32 characters; required outside demo mode", True),
    Setting("POD_OIDC_ISSUER", "", _http, "OpenID Connect issuer that signs people in; required outside demo mode"),
    Setting("POD_OIDC_CLIENT_ID", "", str, "our client id at that issuer; required outside demo mode"),
    Setting("POD_OIDC_CLIENT_SECRET", "", str, "our client secret at that issuer; required outside demo mode", True),
    Setting("POD_OIDC_AUDIENCE", "", str, "audience a bearer token must name; default the client id"),
    Setting("POD_TRUSTED_PROXIES", "0", lambda text: int(text) if text.isdigit() else _count(text), "how many proxies in front may set X-Forwarded-*"),
    Setting("POD_COOKIE_SECURE", "yes", _flag, "session cookie over HTTPS only; demo mode on loopback says no"),
    Setting("POD_FILES", "", Path, "folder of uploaded documents, sealed; unset: the folder files in POD_VAR"),
    Setting("POD_FILES_KEY", "", _keys, "seals uploaded documents: 32 bytes in base64; to change it, new,old; required outside demo mode", True),
    Setting("POD_CLAMD", "", _scanner, "ClamAV's daemon, unix:/path or tcp://host:port; unset: uploads are not scanned"),
    Setting("POD_LOOKS_YEARS", "8", _count, "years for which it stays on record who looked at a referral; by your council's retention schedule"),
    Setting("POD_ORGANISATION", "", str, "the council that runs the suite; the privacy notice and the accessibility statement name it"),
    Setting("POD_DPO_EMAIL", "", _email, "e-mail address of its data protection officer, for the privacy notice"),
    Setting("POD_HELP_EMAIL", "", _email, "e-mail address for problems with the pages, for the accessibility statement"),
    Setting("POD_TELEPHONE", "", _telephone, "telephone number at which citizens and practitioners ring the Pod; pages that say so give it"),
    Setting("POD_EMAIL", "", _email, "e-mail address at which they write to the Pod"),
    Setting("POD_ADDRESS", "", _postal, "postal address of the Pod, a comma between its lines"),
    Setting("POD_BATCH", "800", _count, "most events a consumer takes into one transaction"),
    Setting("POD_WORKERS", "50", _count, "requests served at once by one service"),
)


@dataclass(frozen=True)
class Settings:
    """The settings as read; attribute names are the environment names without POD_, in lower case."""

    mode: str = "server"
    amqp_url: str = ""
    database_url: str = ""
    http: str = "127.0.0.1:8000"
    var: Path = Path("var")
    secret_key: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_audience: str = ""
    trusted_proxies: int = 0
    cookie_secure: bool = True
    files: Path = Path()
    files_key: str = ""
    clamd: str = ""
    looks_years: int = 8
    organisation: str = ""
    dpo_email: str = ""
    help_email: str = ""
    telephone: str = ""
    email: str = ""
    address: str = ""
    batch: int = 800
    workers: int = 50

    @property
    def demo(self) -> bool:
        """Say whether invented people and the demo sign-in are allowed."""
        return self.mode == "demo"

    @property
    def embedded(self) -> bool:
        """Say whether the suite runs without a broker."""
        return not self.amqp_url

    @property
    def files_folder(self) -> Path:
        """Give the folder of uploaded documents."""
        return self.var / "files" if self.files == Path() else self.files

    def database_for(self, service: str) -> str:
        """Give the database URL of `service`."""
        if self.database_url:
            return self.database_url.replace("{service}", service)
        return f"sqlite:///{self.var / service}.db"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check every setting.

    `NAME_FILE` may hold the path of a file with the value instead, as secrets are mounted.
    Raises SettingsError with one sentence per fault.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    faults: list[str] = []
    for setting in SETTINGS:
        try:
            values[setting.name[4:].lower()] = setting.parse(_text(setting, environ))
        except (ValueError, OSError) as fault:
            faults.append(f"{setting.name}: {fault} ({setting.purpose})")
    known = {"POD_TOKEN"} | {s.name for s in SETTINGS} | {f"{s.name}_FILE" for s in SETTINGS}
    faults += [f"{name}: no such setting; the names are listed by 'pod doctor'" for name in environ
               if name.startswith("POD_") and name not in known]
    faults += _together(values)
    if faults:
        raise SettingsError(faults)
    if values["mode"] == "demo":
        values = _demo(values, environ)
    return Settings(**values)


def _text(setting: Setting, environ: Mapping[str, str]) -> str:
    if path := environ.get(f"{setting.name}_FILE"):
        return Path(path).read_text().strip()
    return environ.get(setting.name) or setting.default


def _together(values: dict[str, Any]) -> list[str]:
    """Say what is wrong with settings that are right by themselves; those that are not are left out of `values`."""
    if values.get("mode") != "server":
        return []
    faults = [f"POD_{name.upper()}: missing; it is required unless POD_MODE is demo"
              for name in ("secret_key", "oidc_issuer", "oidc_client_id", "oidc_client_secret") if values.get(name) == ""]
    if 0 < len(values.get("secret_key", "")) < 32:
        faults.append("POD_SECRET_KEY: must be at least 32 characters long")
    return faults


def _demo(values: dict[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    if not values["secret_key"]:
        values["secret_key"] = demo_secret(values["var"])
    if "POD_COOKIE_SECURE" not in environ:
        values["cookie_secure"] = False
    return values | {name: values[name] or invented for name, invented in DEMO_COUNCIL.items()}


def left_by_demo(settings: Settings) -> list[str]:
    """Say what of a demo a server would start on: the files of its databases, and so its invented people."""
    if settings.demo or settings.database_url or not (settings.var / DEMO_SECRET).exists():
        return []
    return ["POD_VAR: the databases in it are of a demo, with its invented people; name another folder"]


def demo_secret(var: Path) -> str:
    """Give the secret that signs demo sessions and tokens, made once and kept in `var`."""
    return _made_once(var / DEMO_SECRET, lambda: secrets.token_urlsafe(48))


def demo_files_key(var: Path) -> str:
    """Give the key that seals a demo's documents, made once and kept in `var`."""
    return _made_once(var / DEMO_FILES_KEY, lambda: base64.b64encode(secrets.token_bytes(32)).decode())


def _made_once(path: Path, make: Callable[[], str]) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent) as file:
            file.write(make())
            file.flush()
            with suppress(FileExistsError):
                # whole or not there: services that start together must never read half of it
                os.link(file.name, path)
    return path.read_text().strip()
