"""The invented city of the demo: its people live their stories through the commands and events of real use.

The stories are in `demo/city.toml`. They are told in the order of their days, with every service's clock put back
to the day in hand, so that what the pages show is what would be there had the suite run for months.
"""
from __future__ import annotations

import sys
import tomllib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import requests
import sqlalchemy as sa

from shared import demo_acts, migrate
from shared.calendar import LONDON, is_working_day, london_day
from shared.demo_acts import MANAGER, Call
from shared.messaging.envelope import Event
from shared.messaging.handover import Handover
from shared.messaging.outbox import INTAKE
from shared.room import Room
from shared.schemas.directory import POD_ROLES
from shared.settings import Settings, SettingsError, load
from shared.suite import SERVICES, rooms_for
from shared.web.app import create_app
from shared.web.staff import FILE as STAFF
from shared.web.tokens import issue_demo

FILE = Path(__file__).parent / "demo" / "city.toml"
#: Of a citizen who says nothing else.
USUAL: dict[str, Any] = {
    "pathway": "core", "documents": {"care_plan": 70, "risk_assessment": 25}, "conditions": ["psychosis"],
    "commitment_months": 6, "meeting_preference": "in_person",
    "reason": "Would like help to find things to do and people to do them with."}
#: Fields of an event or a command that are a number of days ago in the file and a day when said.
DAYS = ("dated", "closes_on", "starts_on", "changes_on", "absent_from", "absent_until", "died_on", "expected_discharge_on")
#: Words of a step that are the teller's and not part of what is said.
TELLING = ("ago", "working_days_ago", "do", "event", "happened", "shows", "of", "year")
#: Rounds of the hand-over after which a step must have had all its effects.
ROUNDS = 20


class Step(NamedTuple):
    """One thing that happens: when it reaches us, to whom (an index of the citizens, None: nobody we know), and what."""

    at: datetime
    citizen: int | None
    what: Mapping[str, Any]


def main() -> int:
    """Make the city anew; the work behind `pod demo`. Refuses outside demo mode, and while the suite runs."""
    settings = load()
    if not settings.demo:
        raise SettingsError(["POD_MODE: 'pod demo' empties every database, so it works in demo mode only"])
    if _is_up(settings):
        print(f"The suite is running at http://{settings.http}/ and would not see its databases change. "
              "Stop it (Ctrl-C where it runs), then run 'pod demo' again.", file=sys.stderr)
        return 1
    rooms = rooms_for(settings)
    for room in rooms:
        migrate.upgrade(room)
        empty(room)
    print(f"{seed(rooms)} invented citizens moved in. Start the suite with 'pod up'.")
    return 0


def _is_up(settings: Settings) -> bool:
    try:
        return requests.get(f"http://{settings.http}/referrals/health/live", timeout=2).ok
    except requests.RequestException:
        return False


def empty(room: Room) -> None:
    """Delete every row of a service."""
    with room.database.transaction() as connection:
        for table in reversed(room.metadata.sorted_tables):
            connection.execute(table.delete())


def seed_if_empty(rooms: Sequence[Room]) -> int:
    """Make the city where nobody has ever been referred; give the number of its citizens, 0 where there is one."""
    if {room.name for room in rooms} != set(SERVICES) or not rooms[0].settings.demo:
        return 0
    referrals = next(room for room in rooms if room.name == "referrals")
    with referrals.database.read() as connection:
        if connection.execute(sa.select(referrals.metadata.tables["aggregates"].c.id).limit(1)).first():
            return 0
    return seed(rooms)


def seed(rooms: Sequence[Room]) -> int:
    """Tell every story of the city into empty databases; give the number of its citizens.

    What breaks off leaves them empty again: half a city would pass for a whole one at the next start.
    """
    city = City(rooms)
    try:
        city.live()
    except Exception:
        for room in rooms:
            empty(room)
        raise
    return len({one["nhs_number"] for one in city.citizens})


class City:
    """The five services with the clock in our hand, and the citizens of the file."""

    def __init__(self, rooms: Sequence[Room]):
        found = tomllib.loads(FILE.read_text(encoding="utf-8"))
        self.citizens: list[dict[str, Any]] = [USUAL | one for one in found["citizen"]]
        self.strays: list[dict[str, Any]] = found["stray"]
        self.rooms = {room.name: room for room in rooms}
        self.now = self.end = datetime.now(UTC)
        self.handover = Handover(list(rooms))
        # the others announce nothing, so there is nothing to hand over from them and no clock to run
        self.talkers = [room for room in rooms if hasattr(room.keeper, "ledger")]
        self.clients = {name: _client(self.rooms[name]) for name in ("referrals", "journeys")}
        self.tokens: dict[str, str] = {}
        self.ids: dict[int, str] = {}

    def live(self) -> None:
        """Let everything happen in its order, and the clock run on in between."""
        steps = sorted(self._steps(), key=lambda one: one.at)
        self.now = steps[0].at
        with self._clocks():
            self._fill_directory()
            for step in steps:
                if london_day(step.at) != london_day(self.now):
                    self._look(step.at)
                self.now = step.at
                self._event(step) if "event" in step.what else self._command(step)
                self._settle()
            self._look(self.end)

    def _fill_directory(self) -> None:
        """Put the invented staff into the directory, as their manager would."""
        for path, entry in directory():
            self._post("referrals", MANAGER, None, path, entry)
        self._settle()

    @contextmanager
    def _clocks(self) -> Iterator[None]:
        """Put the clock of every database into our hand."""
        databases = [room.database for room in self.rooms.values()]
        for database in databases:
            vars(database)["now"] = lambda connection: self.now
        try:
            yield
        finally:
            for database in databases:
                del vars(database)["now"]

    def _look(self, until: datetime) -> None:
        """Let what became due by the passing of time be announced on its day."""
        for day in range((until - self.now).days, -1, -1):
            self.now = max(self.now, until - timedelta(days=day))
            if sum(room.database.run(room.keeper.look) for room in self.talkers):
                self._settle()

    def _settle(self) -> None:
        """Hand over until nothing moves."""
        for _ in range(ROUNDS):
            if not sum(self.handover.round(room) for room in self.talkers):
                return
        raise RuntimeError("the demo's events do not come to rest")

    def _steps(self) -> Iterator[Step]:
        for index, citizen in enumerate(self.citizens):
            before = self.end - timedelta(days=365)
            for number, what in enumerate(citizen["steps"]):
                before = max(before + timedelta(minutes=1), self._when(what, 7 * index % 60 + 13 * number))
                yield Step(before, index, what)
        for number, what in enumerate(self.strays):
            yield Step(self._when(what, 90 + number), None, what)

    def _when(self, what: Mapping[str, Any], minutes: int) -> datetime:
        """Give when a step reaches us: on its day from nine o'clock on; people work on working days only."""
        if what.get("do") == "held":
            return datetime.fromisoformat(demo_acts.moment(london_day(self.end), what["on"], what["at"])) + timedelta(minutes=65)
        if "working_days_ago" in what:
            return self._morning(demo_acts.working_days_before(london_day(self.end), what["working_days_ago"]), minutes)
        if not what["ago"]:
            return self.end - timedelta(hours=3) + timedelta(minutes=minutes)
        day = self._day(what["ago"])
        while "do" in what and not is_working_day(day):
            day -= timedelta(days=1)
        return self._morning(day, minutes)

    @staticmethod
    def _morning(day: date, minutes: int) -> datetime:
        return (datetime(day.year, day.month, day.day, 9, tzinfo=LONDON) + timedelta(minutes=minutes)).astimezone(UTC)

    def _day(self, ago: int) -> date:
        return london_day(self.end) - timedelta(days=ago)

    def _said(self, what: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._day(value).isoformat() if name in DAYS else value
                for name, value in what.items() if name not in TELLING}

    def _event(self, step: Step) -> None:
        """Publish what another system says, as its message reaches the intake."""
        what = step.what
        data = self._said(what)
        known = next((c for c in self.citizens if c["name"] == what.get("of")), None) \
            if step.citizen is None else self.citizens[step.citizen]
        if known:
            data["nhs_number"] = known["nhs_number"]
        time = step.at - timedelta(days=what.get("happened", what["ago"]) - what["ago"], minutes=5)
        if "year" in what:
            time = time.replace(year=what["year"], day=1)
        event = Event(str(uuid.uuid4()), "urn:demo:hospital", what["event"], time, data, recordedtime=max(time, step.at))
        journeys = self.rooms["journeys"]
        journeys.database.run(lambda connection: journeys.outbox.put(connection, [event], exchange=INTAKE))

    def _command(self, step: Step) -> None:
        """Do what a person does, through the API they would use."""
        assert step.citizen is not None
        index, what = step.citizen, self._said(step.what)
        citizen, act = self.citizens[index], step.what["do"]
        if act == "refer":
            self.ids[index] = self._call("referrals", "", demo_acts.referral(citizen, self.now))["id"]
        elif act == "draft":
            self._call("referrals", "", demo_acts.draft(citizen))
        elif act in ("review", "held"):
            self._on_journey(act, citizen, what)
        else:
            path = self._answering(index) if act == "answer" else ""
            call = Call("practitioner", citizen["by"], path, what) if path else demo_acts.of_referral(act, citizen, what, london_day(self.end))
            self._call("referrals", f"referrals/{self.ids[index]}/", call)

    def _answering(self, index: int) -> str:
        """Give the path at which the question asked last is answered."""
        found = self._ask("referrals", "get", f"referrals/{self.ids[index]}", MANAGER)["questions"][-1]
        return f"questions/{found['id']}/answer"

    def _on_journey(self, act: str, citizen: Mapping[str, Any], what: Mapping[str, Any]) -> None:
        found = self._ask("journeys", "get", f"journeys?nhs_number={citizen['nhs_number']}", MANAGER)["items"][0]
        call = demo_acts.held(what, london_day(self.end)) if act == "held" else \
            Call(MANAGER, None, f"reviews/{found['reviews'][0]['id']}/complete", what)
        self._call("journeys", f"journeys/{found['id']}/", call)

    def _call(self, service: str, before: str, call: Call) -> Any:
        return self._post(service, call.role, call.email, before + call.path, call.body)

    def _post(self, service: str, role: str, email: str | None, path: str, body: Mapping[str, Any]) -> Any:
        return self._ask(service, "post", path, role, email, body)

    def _ask(self, service: str, method: str, path: str, role: str, email: str | None = None,
             body: Mapping[str, Any] | None = None) -> Any:
        who = email or role
        if who not in self.tokens:
            self.tokens[who] = issue_demo(self.rooms[service].settings, role, email)
        answer = self.clients[service].open(f"/api/v1/{path}", method=method.upper(), json=body,
                                            headers={"Authorization": f"Bearer {self.tokens[who]}"})
        if answer.status_code >= 400:
            raise RuntimeError(f"the demo's {path}: {answer.status_code} {answer.get_data(as_text=True)}")
        return answer.get_json()


def directory() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the invented teams, and the staff who work with citizens, as (path of the API, what is posted there)."""
    found = tomllib.loads(STAFF.read_text(encoding="utf-8"))
    yield from (("teams", team) for team in found["team"])
    for person in found["person"]:
        if {"practitioner", *POD_ROLES} & set(person["roles"]):
            roles = [role for role in person["roles"] if role in POD_ROLES]
            said = {name: person[name] for name in ("email", "name", "job", "team", "telephone")}
            yield "members", said | {"kind": "pod" if roles else "practitioner", "roles": roles}


def _client(room: Room) -> Any:
    return create_app(room, room.service.blueprints, room.service.api).test_client()
