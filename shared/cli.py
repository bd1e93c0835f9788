"""The `pod` command: reads its words and hands each to the module that does the work.

Nothing but the standard library is imported before the subcommand is known: `pod up` must patch eventlet
before anything else that waits is imported.
"""
from __future__ import annotations

import argparse
import gc
import importlib
import sys
import warnings
from collections.abc import Sequence
from datetime import datetime
from typing import Any

SERVICES = ("referrals", "journeys", "directpayments", "notifications", "cafe")
ROLES = ("practitioner", "worker", "manager", "panel", "cafe", "operations", "publisher")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one `pod` command; give its exit code (2: a setting or a word is wrong)."""
    # said at every start and of no use to who starts it; docs/decisions says what we do about it
    warnings.filterwarnings("ignore", message=r"(?s).*Eventlet is deprecated")
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["publish"]:
        # the publisher client stands alone and knows its own options
        return _code(_call("shared.publisher", "main", words[1:]))
    args = parser().parse_args(words)
    from shared.faults import BrokenDefinition
    from shared.settings import SettingsError
    try:
        return _code(args.run(args))
    except SettingsError as fault:
        print("\n".join(fault.faults), file=sys.stderr)
        print("Nothing was started; 'pod doctor' shows every setting.", file=sys.stderr)
        return 2
    except BrokenDefinition as fault:
        print(f"{fault}\nNothing was started: mend that line, then start again.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """Give the parser of every command."""
    top = argparse.ArgumentParser(prog="pod", description="The Pod suite: start it, look after it, speak to it.")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    _running(commands)
    _speaking(commands)
    _operating(commands)
    return top


def _add(commands: Any, name: str, run: Any, words: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=words, description=words)
    command.set_defaults(run=run)
    return command


def _running(commands: Any) -> None:
    up = _add(commands, "up", lambda a: _call("shared.runner", "up", a.services, a.only), "run services, all of them by default")
    up.add_argument("services", nargs="*", metavar="SERVICE", help=f"any of {', '.join(SERVICES)}; none means all")
    up.add_argument("--only", action="append", default=[], choices=("web", "work", "relay"),
                    help="run one part of a service in this process; may be said twice")
    _add(commands, "demo", lambda a: _call("shared.demo", "main"), "make the invented city anew (demo mode only)")
    doctor = _add(commands, "doctor", lambda a: _call("shared.doctor", "main"), "say everything that is wrong, and what to do")
    doctor.epilog = "Exit code 1 when something is wrong."


def _speaking(commands: Any) -> None:
    token = _add(commands, "token", lambda a: _call("shared.web.tokens", "main", a.role, a.email), "print a demo person's bearer token (demo mode only)")
    token.add_argument("role", choices=ROLES)
    token.add_argument("--as", dest="email", metavar="EMAIL", help="which person; default the first of that role")
    publish = _add(commands, "publish", lambda a: 2, "publish one event as another system would; 'pod publish --help' says more")
    publish.add_argument("name", metavar="NAME")
    publish.add_argument("--data", metavar="JSON")


def _operating(commands: Any) -> None:
    replay = _add(commands, "replay", lambda a: _call("shared.operations", "replay", a), "offer one service what another has said, again")
    replay.add_argument("--from", dest="source", required=True, choices=SERVICES, metavar="SERVICE")
    replay.add_argument("--to", dest="target", required=True, choices=SERVICES, metavar="SERVICE")
    replay.add_argument("--since", type=_moment, metavar="WHEN", help="ISO 8601 with an offset, or a day; default: everything")
    _parked(commands)
    migrate = _add(commands, "migrate", lambda a: _call("shared.migrate", "main", a), "bring every database to this release")
    migrate.add_argument("services", nargs="*", metavar="SERVICE")
    migrate.add_argument("--restored-at", type=_moment, metavar="WHEN",
                         help="the databases were restored to this moment: hold outside effects caused after it")
    rebuild = _add(commands, "rebuild", lambda a: _call("shared.operations", "rebuild", a), "fold every snapshot and read model anew")
    rebuild.add_argument("services", nargs="*", metavar="SERVICE")
    rebuild.add_argument("--announce", action="store_true", help="also send what the world should have heard and has not")


def _parked(commands: Any) -> None:
    parked = _add(commands, "parked", lambda a: _call("shared.operations", "parked", a), "what could not be handled, and why")
    parked.set_defaults(action="list", id=None, service=None)
    actions = parked.add_subparsers(metavar="ACTION")
    for action, words in (("list", "show what is parked"), ("retry", "offer it again"), ("discard", "let it go")):
        command = actions.add_parser(action, help=words, description=words)
        command.set_defaults(action=action)
        if action != "list":
            command.add_argument("id", metavar="ID")
        command.add_argument("--service", choices=SERVICES, default=None, help="of one service only")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no ISO 8601 time, e.g. 2026-03-01T09:00+00:00") from None
    if moment.tzinfo is None:
        if len(text) > len("2026-03-01"):
            raise argparse.ArgumentTypeError(f"{text!r} has no offset, e.g. 2026-03-01T09:00+00:00")
        from shared.calendar import start_of_london_day
        return start_of_london_day(moment.date())
    return moment


def _call(module: str, function: str, *arguments: Any) -> Any:
    # what is imported stays: to look through it for rubbish meanwhile takes a sixth of the time of a start
    gc.disable()
    found = getattr(importlib.import_module(module), function)
    gc.enable()
    return found(*arguments)


def _code(result: Any) -> int:
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    sys.exit(main())
