"""Who can be chosen as development worker: somebody the directory has as one, and nobody becomes one by being chosen."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.ledger.tables import staff_id
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod, opened_on

WREN, HELEN, MARCUS = "wren.callaghan@pod.example", "helen.marsh@pod.example", "marcus.bell@pod.example"
STRANGER, AMARA = "nobody@gmail.example", "amara.osei@cmhwt.example"
GONE = {"email": "gone@pod.example", "name": "Gone Long", "kind": "pod", "roles": ["worker"], "left_on": "2026-03-01"}


@pytest.fixture
def pod(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pod]:
    with opened_on(request, tmp_path) as made:
        yield made


on_both = pytest.mark.parametrize("pod", ["sqlite", "postgresql"], indirect=True)


def accepted(pod: Pod) -> str:
    id_ = pod.sent()
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    return id_


def allocate(pod: Pod, id_: str, email: str) -> Any:
    return pod.helen.post(f"/{id_}/allocate", {"development_worker_email": email})


def roles(pod: Pod, email: str) -> Any:
    found = pod.helen.call("GET", f"/members/{staff_id(email)}")
    return found.json["roles"] if found.status_code == 200 else None


@on_both
@pytest.mark.parametrize(("email", "why"), [
    (STRANGER, "Nobody in the directory has this address."), (GONE["email"], "no longer here since 1 March 2026"),
    (HELEN, "Helen Marsh is not a development worker."), (AMARA, "Amara Osei is a practitioner")])
def test_R_01_only_a_development_worker_of_the_directory_is_chosen_and_nobody_becomes_one_by_it(pod: Pod, email: str, why: str) -> None:
    id_ = accepted(pod.staffed())
    assert pod.helen.call("POST", "/members", GONE).status_code == 201
    before = roles(pod, email)
    refused = allocate(pod, id_, email)
    assert (refused.status_code, refused.json["rule"]) == (409, "R-01") and why in refused.json["detail"]
    assert refused.json["errors"][0]["pointer"] == "/development_worker_email" and "choose" in refused.json["help"].lower()
    assert roles(pod, email) == before and pod.told("referral.allocated") == []
    assert pod.helen.get(f"/{id_}").json["development_worker"] is None
    assert allocate(pod, id_, WREN).status_code == 200


def test_R_01_whom_the_directory_has_as_no_development_worker_is_not_made_one_in_a_fresh_installation_either(pod: Pod) -> None:
    id_ = accepted(pod)
    assert allocate(pod, id_, AMARA).status_code == 409 and roles(pod, AMARA) == []


def test_R_01_before_anybody_is_in_the_directory_any_address_is_taken_and_from_the_first_confirmed_no_other(pod: Pod) -> None:
    id_ = accepted(pod)
    for email in (STRANGER, WREN):
        assert allocate(pod, id_, email).json["development_worker"]["email"] == email
    assert roles(pod, STRANGER) == ["worker"]
    pod.staffed()
    assert allocate(pod, id_, "another@gmail.example").status_code == 409
    assert allocate(pod, id_, STRANGER).status_code == 200, "seen as one, and nobody has said otherwise"
    assert pod.helen.call("DELETE", f"/members/{staff_id(STRANGER)}", If_Match="*").status_code == 204
    assert allocate(pod, id_, MARCUS).status_code == 200
    assert allocate(pod, id_, STRANGER).status_code == 409


def test_R_01_the_page_asks_for_an_address_only_while_there_is_no_directory_to_choose_from(pod: Pod) -> None:
    id_ = accepted(pod)
    assert 'name="development_worker_email"' in Browser(pod, HELEN).get(f"/{id_}/allocate").text
    pod.staffed()
    helen = Browser(pod, HELEN)
    page = helen.get(f"/{id_}/allocate")
    assert 'name="development_worker_email"' not in page.text and WREN in page.text
    nobody = helen.send(f"/{id_}/allocate", {})
    assert nobody.status_code == 422 and "Choose a development worker<" in nobody.text
    stranger = helen.send(f"/{id_}/allocate", {"development_worker": STRANGER}, page)
    assert stranger.status_code == 422 and "Nobody in the directory has this address." in stranger.text
    assert helen.send(f"/{id_}/allocate", {"development_worker": WREN}, page).status_code == 303
