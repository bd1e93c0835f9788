"""Who the named person is must be plain before a referral is sent: "I am" beside somebody else's name is asked again (R-03)."""
from __future__ import annotations

from typing import Any

import pytest

from services.referrals.drafts import shelf
from shared.ledger.tables import staff_id
from shared.pathways import PATHWAYS
from tests.integration.drafts_room import amara, pod
from tests.integration.referral_room import Pod
from tests.support.drafts import AMARA, TEAM, Writer, answers

__all__ = ["amara", "pod"]

TOM = {"named_name": "Tom Whitfield", "named_email": "tom.whitfield@cmhwt.example", "named_team": TEAM}
SETTLE = "You chose “I am” and entered Tom Whitfield too: choose “Somebody else”, or empty their boxes"


def written(writer: Writer, number: str, name: str, **named: str) -> str:
    """Write a referral; of the named person say only what is given."""
    root = writer.begin()
    given = answers(writer.pod.ago, nhs_number={"nhs_number": number}, name={"name": name})
    writer.write({**given, "named-person": named})
    writer.get(f"{root}/named-person?to=check")
    return root


def kept_before(pod: Pod) -> str:
    """Put a draft on Amara's shelf as it could be written before: "I am" beside somebody else."""
    given = {key: one for key, one in pod.body().items() if key != "pathway"}
    with pod.room.database.transaction() as connection:
        now = pod.room.database.now(connection)
        return shelf.begin(connection, PATHWAYS["core"], staff_id(AMARA), now, {**given, "said": {"named": "me"}}).id


def sent(writer: Writer) -> Any:
    return writer.pod.amara.get(f"/{writer.at.split('/')[1]}").json


@pytest.mark.parametrize("box", TOM)
def test_R_03_somebody_else_beside_i_am_is_asked_again_and_keeps_what_was_typed(amara: Writer, box: str) -> None:
    typed = TOM[box] if box != "named_team" else "Early Intervention Team"
    root = written(amara, "9000000009", "Bea Moss")
    amara.post(named="me", **{box: typed})
    assert amara.at.startswith(f"{root}/named-person") and f"You chose “I am” and entered {typed} too" in amara.words
    assert f'value="{typed}"' in amara.text and 'value="me" checked' in amara.text and "Nobody is named" not in amara.words


def test_R_03_it_is_said_where_answers_are_checked_and_cannot_be_sent_before_it_is_settled(amara: Writer) -> None:
    root = written(amara, "9000000009", "Bea Moss", named="me", **TOM)
    amara.get(f"{root}/check")
    assert amara.words.count(SETTLE) == 2 and f"{root}/named-person?to=check" in amara.text and "/send" not in amara.text
    assert TOM["named_email"] not in amara.words
    amara.get(f"{root}/named-person?to=check")
    amara.post(f"{root}/send")
    assert amara.first.status_code == 422 and SETTLE in amara.words
    amara.get(f"{root}/named-person?to=check")
    amara.post(**{**TOM, "named": "other"})
    assert amara.at == f"{root}/check" and SETTLE not in amara.words and TOM["named_email"] in amara.words
    amara.post(f"{root}/send")
    assert sent(amara)["named_person"]["name"] == "Tom Whitfield"


def test_R_03_with_the_boxes_emptied_it_is_the_practitioner(amara: Writer) -> None:
    root = written(amara, "9000000017", "Cy Ode", named="me", **TOM)
    amara.post(named="me", named_name="", named_email="", named_team="")
    assert amara.at == f"{root}/check" and "Tom Whitfield" not in amara.words
    amara.post(f"{root}/send")
    assert sent(amara)["named_person"]["email"] == AMARA


def test_R_03_boxes_that_name_the_practitioner_themself_are_taken_and_not_listed(amara: Writer) -> None:
    root = written(amara, "9000000025", "Dov Marsh")
    amara.post(named="me", named_name="amara  OSEI", named_email=AMARA.upper(), named_team=TEAM)
    assert amara.at == f"{root}/check" and "Named person’s" not in amara.words and "OSEI" not in amara.words
    amara.post(f"{root}/send")
    assert sent(amara)["named_person"]["email"] == AMARA


def test_R_03_an_old_draft_that_holds_both_is_sent_neither_by_page_nor_by_program(pod: Pod, amara: Writer) -> None:
    id_ = kept_before(pod)
    amara.get(f"/drafts/{id_}/check")
    assert SETTLE in amara.words and "Still to answer" in amara.words
    fault = {"pointer": "/said/named", "detail": SETTLE}
    shown, check = (pod.amara.call("GET", f"/drafts/{id_}{path}").json for path in ("", "/check"))
    assert shown["unfinished"] == check["to_answer"] == [fault] and "named_person" not in shown["referral"]
    refused = pod.amara.call("POST", f"/drafts/{id_}/send")
    assert refused.status_code == 422 and refused.json["errors"] == [fault]
    changed = pod.amara.call("PATCH", f"/drafts/{id_}", {"named_person": pod.body()["named_person"]}, If_Match='"1"')
    assert changed.json["unfinished"] == [] and changed.json["referral"]["named_person"]["name"] == "Tom Whitfield"
