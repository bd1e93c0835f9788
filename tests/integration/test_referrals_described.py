"""Every operation of the API of referrals, done at least once: what it answers is what its document says, field by field."""
from __future__ import annotations

import io
import uuid
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.referrals.drafts import shelf
from shared.calendar import LONDON, add_working_days
from shared.ledger.tables import staff_id
from shared.messaging.delivery import Delivery
from shared.messaging.envelope import Event, write
from shared.messaging.outbox import INTAKE
from shared.messaging.parking import Parked
from shared.messaging.reasons import Reason
from shared.pathways import PATHWAYS
from tests.integration.referral_room import Caller, Pod
from tests.support import papers
from tests.support.openapi import Witness

WREN = "wren.callaghan@pod.example"
NUMBER, ADA = "9434765919", ("9990001111", "Ada Lindqvist")
WHEN = {"starts_at": "2026-03-02T10:00:00Z", "ends_at": "2026-03-02T12:00:00Z"}
#: A body without a fault for each act on a referral.
ACTS: dict[str, dict[str, Any]] = {
    "accept": {}, "decline": {"reason": "not_met", "words": "No."}, "withdraw": {"reason": "moved"}, "allocate": {"development_worker_email": WREN},
    "questions": {"words": "Who?"}, "questions/{question}/answer": {"words": "Tom."}, "keep": {"reason": "x"}, "merge": {"reason": "x"},
    "availability": {"whose": "citizen", "times": [WHEN]}, "meeting": {"starts_at": WHEN["starts_at"], "mode": "in_person"},
    "meeting/call-off": {"reason": "x"}, "amend": {"amendment_reason": "x", "reason": "x"}, "documents": {"kind": "care_plan", "dated": "2026-03-02"},
    "told": {"way": "telephone"}, "documents/{document}/remove": {"reason": "x"}, "reports/{report}/withdraw": {"reason": "x"}}


class Walk:
    """Does the work of the Pod by API, on one referral after the other."""

    def __init__(self, pod: Pod):
        self.pod = pod
        self.begun = datetime.now(UTC)
        self.people = iter((("9990000379", "Bilal Hussain"), ("9990000743", "Chloe Barrington"), ADA, ("9990001480", "Dov Marsh")))

    def done(self, answer: Any) -> Any:
        """Give what was answered; the walk ends where it was refused."""
        assert answer.status_code < 300, f"{answer.request.method} {answer.request.path}: {answer.text}"
        return answer.json

    def another(self) -> str:
        """Send a referral of somebody new."""
        return self.pod.sent(citizen=self.citizen(*next(self.people)))

    def citizen(self, number: str, name: str) -> dict[str, Any]:
        """Give a citizen of this number and name."""
        return {**self.pod.body()["citizen"], "nhs_number": number, "name": name}

    def reported(self, type_: str, minutes: int, **data: Any) -> None:
        """Have a hospital say something."""
        at = self.begun + timedelta(minutes=minutes - 60)
        one = Event(str(uuid.uuid4()), "urn:hospital:a", type_, at, {"nhs_number": NUMBER, "stay_id": "V1", **data})
        self.pod.room.inbox.take([Delivery(write(one), message_id=one.id, exchange=INTAKE)])

    def write_down(self) -> None:
        """A draft, begun, changed, looked through, sent twice; and one thrown away."""
        done, amara = self.done, self.pod.amara
        whole = self.pod.body(inpatient={"ward": "Elm", "legal_status": "02"})
        done(amara.call("POST", "/referrals/check", whole))
        draft = done(amara.call("POST", "/drafts", {"pathway": "core", "citizen": whole["citizen"]}))
        done(amara.call("GET", f"/drafts/{draft['id']}/check"))
        changed = amara.call("PATCH", f"/drafts/{draft['id']}", {name: whole[name] for name in whole if name != "pathway"}, If_Match='"1"')
        assert done(changed)["referral"]["reason"] == whole["reason"]
        done(amara.call("GET", f"/drafts/{draft['id']}/check"))
        done(amara.call("GET", "/drafts"))
        assert [amara.call("POST", f"/drafts/{draft['id']}/send", {}).status_code for _ in range(2)] == [201, 200]
        assert done(amara.call("GET", f"/drafts/{draft['id']}"))["sent"]
        self.sent_draft = draft["id"]
        other = done(amara.call("POST", "/drafts", {"pathway": "core"}))
        assert amara.call("DELETE", f"/drafts/{other['id']}").status_code == 204

    def attend_to(self, id_: str) -> None:
        """A referral asked about, amended, with its papers, accepted, allocated and met about."""
        done, amara, wren, helen = self.done, self.pod.amara, self.pod.wren, self.pod.helen
        question = done(wren.post(f"/{id_}/questions", {"words": "Who is there in August?"}))["questions"][0]["id"]
        done(wren.post(f"/{id_}/questions", {"words": "And in September?"}))
        done(amara.post(f"/{id_}/questions/{question}/answer", {"words": "Tom Whitfield is."}))
        done(amara.post(f"/{id_}/amend", {"amendment_reason": "Agreed", "commitment_months": 9, "citizen": {
            "interpreter": "Urdu", "next_of_kin": {"name": "Otto Quill", "telephone": "07700 900124"}}}))
        self.papers(id_)
        self.reported("hospital.admitted", 1, ward="Elm", legal_status="02")
        assert done(amara.get(f"/{id_}"))["in_hospital"]
        self.take_back(id_)
        done(helen.post(f"/{id_}/accept"))
        done(helen.post(f"/{id_}/allocate", {"development_worker_email": WREN}))
        self.meet(id_)
        assert done(helen.get(f"/{id_}"))["decision"]["fingerprint"]

    def take_back(self, id_: str) -> None:
        """Another report, which was wrong."""
        self.reported("hospital.admitted", 2, stay_id="V2", ward="Oak")
        wrong = self.done(self.pod.wren.get(f"/{id_}/reports"))["items"][0]["id"]
        self.done(self.pod.wren.post(f"/{id_}/reports/{wrong}/withdraw", {"reason": "Of another citizen."}))
        assert {one["state"] for one in self.done(self.pod.wren.get(f"/{id_}/reports"))["items"]} == {"stands", "taken_back"}

    def papers(self, id_: str) -> None:
        """A document by its file and one by its date alone; one opened, one taken out."""
        amara = self.pod.amara
        with_file = amara.client.post(f"/api/v1/referrals/{id_}/documents", content_type="multipart/form-data", data={
            "kind": "care_plan", "dated": self.pod.ago(4), "file": (io.BytesIO(papers.pdf()), "plan.pdf")}, headers={"Authorization": amara.bearer})
        paper = next(one for one in self.done(with_file)["documents"] if one["file"])["id"]
        wrong = self.done(amara.post(f"/{id_}/documents", {"kind": "care_plan", "dated": self.pod.ago(3)}))["documents"][0]["id"]
        assert amara.get(f"/{id_}/documents/{paper}/file").mimetype == "application/pdf"
        assert self.done(amara.post(f"/{id_}/documents/{wrong}/remove", {"reason": "Another's."}))["documents_removed"]
        assert any(one["last_look"] for one in self.done(amara.get(f"/{id_}"))["documents"])

    def meet(self, id_: str) -> None:
        """Times, an offer, its invitation, and the offer called off."""
        wren, at = self.pod.wren, datetime.combine(add_working_days(self.pod.today(), 3), time(10), LONDON).astimezone(UTC)
        free = [{"starts_at": at.isoformat(), "ends_at": (at + timedelta(hours=2)).isoformat()}]
        for whose in ("citizen", "practitioner", "development_worker"):
            meeting = self.done(wren.post(f"/{id_}/availability", {"whose": whose, "times": free}))["meeting"]
        assert meeting["slots"]
        self.done(wren.post(f"/{id_}/meeting", {"starts_at": at.isoformat(), "mode": "in_person", "place": "First floor"}))
        assert wren.get(f"/{id_}/meeting.ics").mimetype == "text/calendar"
        self.done(wren.post(f"/{id_}/meeting/call-off", {"reason": "Ill."}))

    def end(self) -> None:
        """One declined, one withdrawn, one kept and one merged with what it repeats."""
        done, wren, helen = self.done, self.pod.wren, self.pod.helen
        done(helen.post(f"/{self.another()}/decline", {"reason": "not_met", "words": "No."}))
        done(self.pod.amara.post(f"/{self.another()}/withdraw", {"reason": "moved", "words": "To Leeds."}))
        own = done(wren.post("", {"pathway": "prevention", "self_referral": True, "citizen": {"name": "Jo Pane", "date_of_birth": "1990-02-01", "telephone": "07700 900123"},
                                  "reason": "Company.", "meeting_preference": "telephone"}))["id"]
        assert done(helen.post(f"/{own}/decline", {"reason": "other", "words": "No."}))["to_tell"]
        assert done(wren.post(f"/{own}/told", {"way": "telephone"}))["told"]
        first = self.another()
        again = {"citizen": self.citizen(*ADA), "duplicate_reason": "Again."}
        kept, merged = self.pod.sent(**again), self.pod.sent(**again)
        assert done(wren.post(f"/{kept}/keep", {"reason": "Another matter."}))["duplicates"]
        assert done(wren.post(f"/{merged}/merge", {"reason": "The same.", "into": first}))["settled"]["outcome"] == "merged"

    def look_up(self, id_: str) -> None:
        """Lists, looks, rules, the directory."""
        done, wren, helen = self.done, self.pod.wren, self.pod.helen
        for caller in (self.pod.amara, wren):
            assert done(caller.get(limit=2))["next"] and done(caller.get(f"/{id_}/looks"))["items"]
        assert self.pod.priya.get(f"/{id_}").status_code == 404 and any(one["refused"] for one in done(wren.get(f"/{id_}/looks"))["items"])
        self.pod.room.service.started(self.pod.room)
        rules = done(wren.call("GET", "/pathways"))["items"][0]
        done(wren.call("GET", f"/pathways/{rules['name']}"))
        done(wren.call("GET", f"/pathways/{rules['name']}/{rules['versions'][0]['fingerprint']}"))
        for path, entry in (("teams", {"name": "Early Intervention Team", "also": ["EIT"]}),
                            ("members", {"name": "Hal", "kind": "pod", "email": "hal@pod.example", "roles": ["worker"]})):
            made = done(helen.call("POST", f"/{path}", entry))["id"]
            done(helen.call("PATCH", f"/{path}/{made}", {"telephone": "01904 555010"}, If_Match='"1"'))
            for where in (f"/{path}", f"/{path}/{made}", f"/{path}/{made}/changes"):
                done(wren.call("GET", where))
        assert helen.call("DELETE", f"/members/{made}", If_Match='"2"').status_code == 204

    def operate(self) -> None:
        """The root, and what could not be taken."""
        operations = Caller(self.pod.app, self.pod.settings, "operations")
        self.done(operations.call("GET", "/"))
        kept = [parked(self.pod) for _ in range(2)]
        assert len(self.done(operations.call("GET", "/parked"))["items"]) == 2
        self.done(operations.call("POST", f"/parked/{kept[0]}/discard", {}))
        self.done(operations.call("POST", f"/parked/{kept[1]}/retry", {}))


    def prepared(self) -> str:
        """Give a referral of somebody new, with a question, a document and a report."""
        id_ = self.another()
        for words in ("Who?", "When?"):
            self.done(self.pod.wren.post(f"/{id_}/questions", {"words": words}))
        self.reported("hospital.admitted", 3, nhs_number="9990001480", stay_id="V3", ward="Elm")
        return id_

    def refuse(self, id_: str) -> None:
        """Every act on a referral that has ended, and on one that was changed meanwhile."""
        whole = self.done(self.pod.helen.get(f"/{id_}"))
        ids = {"question": whole["questions"][1]["id"], "document": whole["documents"][0]["id"],
               "report": self.done(self.pod.helen.get(f"/{id_}/reports"))["items"][0]["id"]}
        assert self.pod.wren.post(f"/{id_}/accept").status_code == 403
        acts = {**ACTS, "merge": {**ACTS["merge"], "into": self.pod.helen.get(state="accepted").json["items"][0]["id"]}}
        for act, body in acts.items():
            path = f"/{id_}/{act.format(**ids)}"
            assert self.pod.helen.post(path, body, If_Match='"999"').status_code == 412, act
        self.done(self.pod.helen.post(f"/{id_}/withdraw", {"reason": "moved"}))
        ids["question"] = str(uuid.UUID(int=0))  # those that were asked may be answered still
        for act, body in acts.items():
            tries = [self.pod.helen.post(f"/{id_}/{act.format(**ids)}", body).status_code for _ in range(2)]
            assert tries[1] == 409, act

    def refuse_drafts(self) -> None:
        """A draft that was sent, one changed meanwhile, one too many, and one of somebody who may be here already."""
        priya, amara = self.pod.priya, self.pod.amara
        body = self.pod.body(referrer={**self.pod.body()["referrer"], "email": "priya.nair@eit.example"})
        draft = f"/drafts/{self.done(priya.call('POST', '/drafts', body))['id']}"
        for method, path in (("PATCH", draft), ("DELETE", draft), ("POST", f"{draft}/send")):
            assert priya.call(method, path, {}, If_Match='"999"').status_code == 412
        while (answer := priya.post("", body)).status_code == 409:
            assert priya.call("POST", f"{draft}/send", {}).status_code in (409, 429)
        assert answer.status_code == 429 and priya.call("POST", f"{draft}/send", {}).status_code == 429
        for method, path in (("PATCH", ""), ("DELETE", ""), ("GET", "/check")):
            headers = {"If_Match": '"1"'} if method == "PATCH" else {}
            assert amara.call(method, f"/drafts/{self.sent_draft}{path}", {} if method == "PATCH" else None, **headers).status_code == 409
        with self.pod.room.database.transaction() as connection:
            for _ in range(shelf.MOST):
                shelf.begin(connection, PATHWAYS["core"], staff_id("priya.nair@eit.example"), datetime.now(UTC), {})
        assert priya.call("POST", "/drafts", {"pathway": "core"}).status_code == 409

    def refuse_entries(self) -> None:
        """An entry changed meanwhile, and an event somebody else has dealt with."""
        for path in ("teams", "members"):
            one = self.done(self.pod.helen.call("GET", f"/{path}"))["items"][0]["id"]
            assert self.pod.helen.call("PATCH", f"/{path}/{one}", {}, If_Match='"999"').status_code == 412
        assert self.pod.helen.call("DELETE", f"/members/{one}", If_Match='"999"').status_code == 412
        settled, operations = parked(self.pod), Caller(self.pod.app, self.pod.settings, "operations")
        with self.pod.room.database.transaction() as connection:
            self.pod.room.parked.discard(connection, settled, "somebody.else@council.example")
        for act in ("retry", "discard"):
            assert operations.call("POST", f"/parked/{settled}/{act}", {}).status_code == 409


def parked(pod: Pod) -> str:
    """Park an event that can be taken by now; give its id."""
    event = Event(str(uuid.uuid4()), "urn:hospital:a", "hospital.admitted", datetime.now(UTC), {"nhs_number": NUMBER, "stay_id": "V7"})
    one = Parked(str(uuid.uuid4()), Delivery(write(event), message_id=event.id, exchange=INTAKE), Reason.HANDLER_FAILED, "It failed.",
                 event.id, event.type, known=True)
    with pod.room.database.transaction() as connection:
        pod.room.parked.parking.park(connection, [one], datetime.now(UTC))
    return one.id


@pytest.mark.timeout(120)
def test_every_answer_of_every_operation_is_as_it_is_described(tmp_path: Path) -> None:
    """Not one field too few, of another type, or without a description; no operation left out, and no refusal said in vain."""
    pod = Pod(tmp_path)
    witness, walk = Witness(pod.app), Walk(pod)
    walk.write_down()
    id_ = pod.amara.get().json["items"][0]["id"]
    walk.attend_to(id_)
    walk.end()
    walk.look_up(id_)
    walk.operate()
    assert not witness.unseen("2"), "no walk led there: teach it to"
    walk.refuse(walk.prepared())
    walk.refuse_drafts()
    walk.refuse_entries()
    assert not witness.faults, "\n".join(sorted(set(witness.faults)))
    assert not witness.unseen("409", "412", "429")
