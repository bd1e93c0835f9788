"""`pod doctor`: everything that is wrong at once, each with what to do about it."""
from __future__ import annotations

import importlib
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from shared.cli import SERVICES
from shared.faults import BrokenDefinition
from shared.settings import SETTINGS, Settings, SettingsError, left_by_demo, load


class Finding(NamedTuple):
    """One line of the report; `remedy` is empty when all is well. A mild one is a warning: the suite runs all the same."""

    subject: str
    found: str
    remedy: str = ""
    mild: bool = False

    def __str__(self) -> str:
        word = "ok" if not self.remedy else "warn" if self.mild else "WRONG"
        return f"{word:<6}{self.subject}: {self.found}" + (f". {self.remedy}" if self.remedy else "")


def main(environ: Mapping[str, str] | None = None) -> int:
    """Print the report; 0 when all is well, 1 when something is wrong."""
    try:
        settings = load(environ)
    except SettingsError as fault:
        findings = [Finding("setting", sentence, "Mend it; the rest is looked at once the settings are right")
                    for sentence in fault.faults]
        _print([*findings, *_settings_there_are()])
        return 1
    findings = examine(settings)
    _print(findings)
    return int(any(finding.remedy and not finding.mild for finding in findings))


def _print(findings: list[Finding]) -> None:
    for finding in findings:
        print(finding)


def _settings_there_are() -> Iterator[Finding]:
    return (Finding(s.name, f"{s.purpose}; default {s.default or 'none'}") for s in SETTINGS)


def examine(settings: Settings) -> list[Finding]:
    """Look at everything a running suite needs; never raises, never writes."""
    looks: tuple[Callable[[Settings], list[Finding]], ...] = (_place, _waiting, _definitions, _databases, _migrations, _warnings, _services, _broker,
                                                              _assets, _notices, _reaching)
    return list(dict.fromkeys(finding for look in looks for finding in _safely(look, settings)))


def _safely(look: Callable[[Settings], list[Finding]], settings: Settings) -> list[Finding]:
    try:
        return look(settings)
    except BrokenDefinition as fault:
        return [Finding("definition", str(fault), "Mend that line: nothing starts before")]
    except Exception as fault:  # a doctor that falls ill helps nobody
        return [Finding(look.__name__.strip("_"), f"could not be looked at ({type(fault).__name__}: {fault})",
                        "Report it, with this line")]


def _place(settings: Settings) -> list[Finding]:
    if faults := left_by_demo(settings):
        return [Finding("setting", faults[0], "'pod up' refuses it")]
    column = "embedded" if settings.embedded else "server"
    return [Finding("settings", f"right; mode {settings.mode}, {column}, http://{settings.http}/")]


def _waiting(_: Settings) -> list[Finding]:
    # in this order: shared.database chooses how psycopg waits, and psycopg looks once, on import
    importlib.import_module("shared.database")
    waiting = importlib.import_module("psycopg.waiting")
    if waiting.wait is waiting.wait_select:
        return [Finding("psycopg", "waits without stopping the process")]
    return [Finding("psycopg", "stops the whole process while a query waits", "Unset PSYCOPG_WAIT_FUNC")]


def _definitions(_: Settings) -> list[Finding]:
    return [Finding("pathways", ", ".join(importlib.import_module("shared.pathways").PATHWAYS))]


def _databases(settings: Settings) -> list[Finding]:
    return [_database(service, settings.database_for(service)) for service in SERVICES]


def _database(service: str, url: str) -> Finding:
    import sqlalchemy as sa

    from shared.database import Database
    subject = f"database of {service}"
    if not _made(url):
        return Finding(subject, f"{sa.make_url(url).database} is made by the first start")
    database = Database(url)
    try:
        with database.read() as connection:
            connection.exec_driver_sql("SELECT 1")
    except sa.exc.DBAPIError as fault:
        return Finding(subject, _first_line(fault.orig), "Start it, create it, or mend POD_DATABASE_URL")
    finally:
        database.dispose()
    return Finding(subject, "answers")


def _made(url: str) -> bool:
    from shared.database import is_made
    return is_made(url)


def _first_line(fault: BaseException | None) -> str:
    return (str(fault).strip().splitlines() or [type(fault).__name__])[0]


def _migrations(settings: Settings) -> list[Finding]:
    there = [name for name in SERVICES if _made(settings.database_for(name))]
    if not there:
        return [Finding("migrations", "run by the first start")]
    migrate, suite = importlib.import_module("shared.migrate"), importlib.import_module("shared.suite")
    behind = [room.name for room in suite.rooms_for(settings, there) if migrate.pending(room)]
    if behind:
        return [Finding("migrations", f"not all run for {', '.join(behind)}", "Run 'pod migrate'")]
    return [Finding("migrations", "all run")]


def _warnings(settings: Settings) -> list[Finding]:
    """Ask the services what they would warn of; a database that cannot be asked has been spoken of already."""
    import sqlalchemy as sa

    there = [name for name in SERVICES if _made(settings.database_for(name))]
    suite = importlib.import_module("shared.suite")
    found = []
    for room in suite.rooms_for(settings, there) if there else ():
        if hasattr(room.keeper, "warnings"):
            with suppress(sa.exc.DBAPIError), room.database.read() as connection:
                found += [Finding(room.name, words, remedy, mild=True) for words, remedy in room.keeper.warnings(connection)]
    return found


def _services(settings: Settings) -> list[Finding]:
    """Look at what services need besides; each says it as a finding's parts."""
    classes = map(importlib.import_module("shared.suite").service_class, SERVICES)
    return [Finding(*told) for service in classes if hasattr(service, "look") for told in service.look(settings)]


def _broker(settings: Settings) -> list[Finding]:
    if settings.embedded:
        return [Finding("broker", "none needed: POD_AMQP_URL is unset")]
    import pika
    parameters = pika.URLParameters(settings.amqp_url)
    parameters.socket_timeout = parameters.blocked_connection_timeout = parameters.stack_timeout = 5
    parameters.connection_attempts = 1
    subject = f"broker at {parameters.host}:{parameters.port}"
    try:
        connection = pika.BlockingConnection(parameters)
    except (pika.exceptions.ProbableAuthenticationError, pika.exceptions.ProbableAccessDeniedError) as fault:
        return [Finding(subject, f"refuses us ({type(fault).__name__})", "Mend user, password or virtual host in POD_AMQP_URL")]
    except (pika.exceptions.AMQPError, OSError) as fault:
        return [Finding(subject, f"cannot be reached ({type(fault).__name__})", "Start RabbitMQ or mend POD_AMQP_URL")]
    connection.close()
    return [Finding(subject, "answers")]


def _assets(_: Settings) -> list[Finding]:
    web = Path(__file__).parent / "web"
    packages = tomllib.loads((web / "assets.toml").read_text(encoding="utf-8"))
    missing = [file for package in packages.values() if not package.get("test")
               for file in package["files"].values() if not (web / "static" / "vendor" / file).exists()]
    if missing:
        return [Finding("front-end files", f"missing: {', '.join(missing)}", "Run 'python -m shared.web.assets'")]
    return [Finding("front-end files", "all here")]


def _notices(settings: Settings) -> list[Finding]:
    """Say what the privacy notice and the accessibility statement still lack: both are duties of a public body."""
    unset = [name for name in ("organisation", "dpo_email", "help_email") if not getattr(settings, name)]
    if not unset:
        return [Finding("public notices", f"name {settings.organisation}")]
    names = ", ".join(f"POD_{name.upper()}" for name in unset)
    return [Finding("public notices", f"do not say everything they must: {names} unset", "Set what is missing", mild=True)]


def _reaching(settings: Settings) -> list[Finding]:
    """Say whether pages that tell somebody to get in touch with the Pod say how."""
    unset = [name for name in ("telephone", "email", "address") if not getattr(settings, name)]
    if not unset:
        return [Finding("getting in touch", f"pages give {settings.telephone}")]
    names = ", ".join(f"POD_{name.upper()}" for name in unset)
    return [Finding("getting in touch", f"pages cannot say how to reach the Pod: {names} unset", "Set what is missing", mild=True)]
