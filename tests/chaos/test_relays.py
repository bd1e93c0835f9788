"""Relays: two at once, one that dies, and one that is not there when it matters."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import requests

from shared.calendar import london_day
from shared.messaging.delivery import Delivery
from shared.messaging.outbox import EVENTS
from shared.settings import Settings, demo_secret
from shared.web.tokens import issue_demo
from tests.chaos.effects import ANNOUNCED, all_applied
from tests.chaos.site import PEOPLE, Site, admissions
from tests.support.ground import wait_until
from tests.support.toy import nhs_number


def _committed(site: Site, deliveries: Sequence[Delivery]) -> None:
    """Have journeys take events here and now, so that their announcements wait for a relay."""
    for start in range(0, len(deliveries), 400):
        site.rooms["journeys"].inbox.take(deliveries[start:start + 400])


@contextmanager
def _probe(site: Site) -> Iterator[Counter[str]]:
    """Give a counter of the copies of each event on the wire, filled at the end."""
    copies: Counter[str] = Counter()
    with closing(site.broker.connect(site.vhost)) as connection:
        channel = connection.channel()
        channel.queue_declare("probe", durable=True)
        channel.queue_bind("probe", EVENTS, ANNOUNCED)
        yield copies
        while (found := channel.basic_get("probe", auto_ack=True))[0]:
            copies[found[1].message_id] += 1


def test_of_two_relays_one_works_and_the_other_takes_over_when_it_is_killed(site: Site, say) -> None:
    sent = admissions(1500)
    with _probe(site) as copies:
        _committed(site, sent[:1000])
        first = site.start("journeys", "--only", "relay")
        site.start("journeys", "--only", "relay")
        wait_until(lambda: not site.unpublished(), 60, "the first relay's work")
        first.kill9()
        _committed(site, sent[1000:])
        wait_until(lambda: not site.unpublished(), 60, "the second relay's work")
        site.leave()
    count = site.count(sent)
    say(f"two relays, the leader killed, {sum(copies.values())} copies of {len(copies)} events", count)
    assert count == all_applied(1500, told=0)
    assert (len(copies), sum(copies.values())) == (1500, 1500)


def test_two_relays_that_both_believe_they_lead_cost_only_duplicates(site: Site, say) -> None:
    sent = admissions(2000)
    with _probe(site) as copies:
        both = [site.start("journeys", "--only", "relay", chaos="every_leader", ready=False) for _ in range(2)]
        site.start("notifications")
        wait_until(lambda: all("is ready" in one.log.read_text() for one in both), 60, "both relays")
        _committed(site, sent)
        site.settle(2000, told=2000)
        site.leave("journeys", "notifications")
    count = site.count(sent)
    say(f"two relays at once, {sum(copies.values())} copies of {len(copies)} events", count)
    assert count == all_applied(2000)
    assert len(copies) == 2000


def test_an_admission_that_comes_while_the_relay_of_referrals_is_stopped_reaches_the_journey(site: Site, say) -> None:
    """X-02, J-10: journeys dropped it, for it had not heard of the citizen; referrals hands it on."""
    web = site.start("referrals", "--only", "web", ready=False)
    site.start("referrals", "--only", "work", ready=False)
    site.start("journeys")
    web.wait_http(f"{web.base}/referrals/health/ready", 60)
    referrals = Referrals(site, web.base)
    ids = [referrals.send(n) for n in range(10)]
    sent = admissions(10, people=10, first=PEOPLE)
    site.publish(sent)
    wait_until(lambda: site.number("statements WHERE kind = 'report.handed_on'", "referrals") == 10, 60, "referrals")
    wait_until(lambda: site.depth() == 0, 30, "journeys")
    for id_ in ids:
        referrals.accept(id_)
    assert site.applied() == 0
    site.start("referrals", "--only", "relay")
    site.settle(10)
    wait_until(lambda: site.number("caseload WHERE inpatient") == 10, 30, "journeys opened for all")
    wait_until(lambda: not site.number("outbox WHERE published_at IS NULL", "referrals"), 30, "all of referrals' outbox")
    wait_until(lambda: site.number("inbox") == PEOPLE + 30, 30, "all of it taken")
    site.leave("journeys", "referrals")
    site.known += 3 * 10 - 10  # received, accepted and the stay handed on; the admissions themselves were dropped
    count = site.count(sent)
    say("referrals' relay stopped while admission and acceptance came", count)
    assert count == all_applied(10, told=0)
    assert site.number("caseload WHERE inpatient") == 10


class Referrals:
    """Speaks to the API of referrals as its practitioners and managers do."""

    def __init__(self, site: Site, base: str):
        self.url = f"{base}/referrals/api/v1/referrals"
        self.settings = Settings(mode="demo", secret_key=demo_secret(site.folder / "var"))
        with site.rooms["referrals"].database.read() as connection:
            self.today = london_day(site.rooms["referrals"].database.now(connection))

    def send(self, number: int) -> str:
        """Send a referral of which nothing is missing; give its id."""
        return str(self._post("practitioner", "", self._body(number))["id"])

    def accept(self, id_: str) -> None:
        """Accept one."""
        assert self._post("manager", f"/{id_}/accept", {})["state"] == "accepted"

    def _post(self, role: str, path: str, body: Any) -> Any:
        answer = requests.post(self.url + path, json=body, timeout=20,
                               headers={"Authorization": f"Bearer {issue_demo(self.settings, role)}"})
        assert answer.ok, answer.text
        return answer.json()

    def _ago(self, days: int) -> str:
        return (self.today - timedelta(days=days)).isoformat()

    def _body(self, number: int) -> dict[str, Any]:
        team = "Community Mental Health and Wellbeing Team"
        return {"pathway": "core", "conversation_held_on": self._ago(2), "reason": "Would like to get out more.",
                "citizen": {"name": f"Citizen {number}", "date_of_birth": f"1984-05-{number + 1:02}",
                            "nhs_number": nhs_number(PEOPLE + number)},
                "conditions": ["bipolar"], "meeting_preference": "in_person", "commitment_months": 6,
                "referrer": {"name": "Amara Osei", "email": "amara.osei@cmhwt.example", "role": "care_coordinator", "team": team},
                "named_person": {"name": "Tom Whitfield", "email": "tom.whitfield@cmhwt.example", "team": team},
                "documents": [{"kind": kind, "dated": self._ago(30)} for kind in ("care_plan", "risk_assessment")]}
