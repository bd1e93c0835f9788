"""Three people do whatever they like with one referral, in any order: what must hold of it holds after each act."""
from __future__ import annotations

import tempfile
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shared.calendar import add_working_days
from shared.messaging.envelope import Event
from tests.integration.referral_room import Pod

#: state -> states that may follow it.
WAYS = {"received": {"received", "complete", "declined", "withdrawn"},
        "complete": {"complete", "received", "accepted", "declined", "withdrawn"},
        "accepted": {"accepted"}, "declined": {"declined"}, "withdrawn": {"withdrawn"}}
#: The practitioner of another team is met now and then.
WHO = st.sampled_from(["helen", "amara", "wren", "helen", "amara", "priya"])
WORKERS = st.sampled_from(["wren.callaghan@pod.example", "marcus.bell@pod.example"])
#: What the event of a state is called, where it has one.
SAID = {"accepted": "referral.accepted", "declined": "referral.declined", "withdrawn": "referral.withdrawn"}


class Shared:
    """One Pod for every run, for making it takes longer than a run; each run has a citizen of its own."""

    pod: Pod
    count = 0


class OneReferral(RuleBasedStateMachine):
    """A referral that lacks its risk assessment, and all that may be done with it."""

    def __init__(self) -> None:
        super().__init__()
        Shared.count += 1
        self.pod = Shared.pod
        with self.pod.room.database.transaction() as connection:
            connection.execute(self.pod.room.outbox.table.delete())  # what was said of earlier ones is out
        body = self.pod.body(documents=[{"kind": "care_plan", "dated": self.pod.ago(30)}])
        citizen = {"name": f"Rosa {Shared.count:05}", "date_of_birth": "1984-05-17", "telephone": "07700 900123"}
        self.id = self.pod.sent(**{**body, "citizen": {**citizen, "nhs_number": number(Shared.count)}})
        self.seen = self.now = self.shown()
        self.version = self.seen_version

    @initialize(how_far=st.integers(0, 3))
    def begin(self, how_far: int) -> None:
        """Begin anywhere from just sent to a development worker chosen: left to chance few would get there."""
        worker = {"development_worker_email": "wren.callaghan@pod.example"}
        paper = {"kind": "risk_assessment", "dated": self.pod.ago(3)}
        for who, path, body in (("amara", "documents", paper), ("helen", "accept", None), ("helen", "allocate", worker))[:how_far]:
            assert self.act(who, path, body).status_code < 300

    def shown(self) -> dict[str, Any]:
        answer = self.pod.helen.get(f"/{self.id}")
        assert answer.status_code == 200, answer.text
        self.seen_version = int(answer.headers["ETag"].strip('"'))
        return dict(answer.json)

    def act(self, who: str, path: str, body: Any = None, **headers: str) -> Any:
        """Do something; a refusal says which rule, and what would help, and changes nothing."""
        before = self.seen_version
        answer = getattr(self.pod, who).post(f"/{self.id}/{path}", body, **headers)
        assert answer.status_code < 500, answer.text
        self.seen, self.now = self.now, self.shown()
        if answer.status_code >= 400:
            assert answer.content_type == "application/problem+json" and self.seen_version == before
            self.has_its_reason(answer)
        else:
            assert int(answer.headers["ETag"].strip('"')) == self.seen_version >= before
        return answer

    @staticmethod
    def has_its_reason(answer: Any) -> None:
        said = answer.json
        if answer.status_code == 409:
            assert said["rule"] and said["help"] and said["detail"], answer.text
        elif answer.status_code == 422:
            assert said["errors"], answer.text
        else:
            assert answer.status_code in (403, 404, 412) and said["detail"], answer.text

    @rule(who=WHO, age=st.sampled_from([1, 20, 400]))
    def document(self, who: str, age: int) -> None:
        self.act(who, "documents", {"kind": "risk_assessment", "dated": self.pod.ago(age)})

    @precondition(lambda self: self.now["documents"])
    @rule(who=WHO)
    def remove(self, who: str) -> None:
        self.act(who, f"documents/{self.now['documents'][0]['id']}/remove", {"reason": "Of somebody else"})

    @rule(who=WHO)
    def accept(self, who: str) -> None:
        answer = self.act(who, "accept")
        if answer.status_code == 200:
            assert who == "helen" and self.seen["state"] == "complete"

    @rule(who=WHO)
    def decline(self, who: str) -> None:
        self.act(who, "decline", {"reason": "other_service", "words": "Another service is nearer."})

    @rule(who=WHO)
    def withdraw(self, who: str) -> None:
        self.act(who, "withdraw", {"reason": "moved"})

    @rule(who=WHO, email=WORKERS)
    def allocate(self, who: str, email: str) -> None:
        self.act(who, "allocate", {"development_worker_email": email})

    @rule(who=WHO)
    def question(self, who: str) -> None:
        self.act(who, "questions", {"words": "Who is there in August?"})

    @precondition(lambda self: self.now["questions"])
    @rule(who=WHO)
    def answer(self, who: str) -> None:
        self.act(who, f"questions/{self.now['questions'][-1]['id']}/answer", {"words": "Tom is."})

    @rule(who=WHO, months=st.sampled_from([1, 6, 12]))
    def amend(self, who: str, months: int) -> None:
        self.act(who, "amend", {"amendment_reason": "Agreed anew", "commitment_months": months})

    @rule(who=WHO, days=st.integers(2, 9))
    def offer(self, who: str, days: int) -> None:
        at = datetime.combine(add_working_days(datetime.now(UTC), days), time(11), UTC).isoformat()
        self.act(who, "meeting", {"starts_at": at, "mode": "teams", "agreed": True})

    @rule(who=WHO)
    def call_off(self, who: str) -> None:
        self.act(who, "meeting/call-off", {"reason": "The bus did not come"})

    @rule(who=WHO)
    def settle(self, who: str) -> None:
        assert self.act(who, "keep", {"reason": "Checked"}).status_code != 200

    @rule(who=WHO)
    def overwrite(self, who: str) -> None:
        assert self.act(who, "decline", {"reason": "x", "words": "x"}, If_Match='"0"').status_code in (403, 404, 412)

    @invariant()
    def it_moves_only_where_it_may(self) -> None:
        assert self.now["state"] in WAYS[self.seen["state"]]
        assert self.now["state"] != "complete" or self.now["missing"] == []

    @invariant()
    def its_version_never_goes_back(self) -> None:
        assert self.seen_version >= self.version
        self.version = self.seen_version

    @invariant()
    def a_decision_stays_as_it_was(self) -> None:
        assert self.seen["decision"] in (None, self.now["decision"])

    @invariant()
    def events_say_what_is_shown(self) -> None:
        """What was announced last, of each thing, is what the API shows."""
        standing = last_said(self.pod, self.id)
        decided = {name for name in standing.values() if name in SAID.values()}
        assert decided == ({SAID[self.now["state"]]} if self.now["state"] in SAID else set())
        count = [list(standing.values()).count(name) for name in ("referral.more_asked", "referral.answered", "referral.amended")]
        assert count == [len(self.now["questions"]), sum(one["answer"] is not None for one in self.now["questions"]), len(self.now["amendments"])]
        assert ("referral.allocated" in standing.values()) == (self.now["development_worker"] is not None)
        offered = self.now["meeting"] and self.now["meeting"]["offered"]
        assert ("referral.meeting_offered" in standing.values()) == bool(offered and not offered["cancelled"])


def last_said(pod: Pod, id_: str) -> dict[str, str]:
    """Give what stands of all that was announced of a referral: about -> type; what was taken back is gone."""
    said: dict[str, Event] = {}
    for event in pod.told():
        if event.data.get("referral_id") == id_ and (event.about not in said or said[event.about].revision < event.revision):
            said[str(event.about)] = event
    return {about: event.type for about, event in said.items() if not event.withdrawn}


def number(stem: int) -> str:
    """Give an NHS number of the range 999, the check digit right."""
    for digits in range(999_100_000 + 7 * stem, 999_100_007 + 7 * stem):
        check = -sum((10 - place) * int(digit) for place, digit in enumerate(str(digits))) % 11
        if check < 10:
            return f"{digits}{check}"
    raise AssertionError


def test_R_14_R_15_whatever_three_people_do_with_a_referral_it_stays_in_order() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Shared.pod = Pod(Path(folder)).staffed()
        machine = OneReferral.TestCase
        machine.settings = settings(max_examples=40, stateful_step_count=12, deadline=None, database=None, derandomize=True,
                                    suppress_health_check=list(HealthCheck))
        machine("runTest").runTest()
