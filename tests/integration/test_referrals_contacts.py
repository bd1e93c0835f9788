"""Whose contacts a practitioner sees: those they gave, never what somebody else was told of the same citizen."""
from __future__ import annotations

import time
from pathlib import Path

from tests.integration.referral_room import Pod


def test_R_13_a_second_referral_shows_nothing_the_first_was_told(tmp_path: Path):
    pod = Pod(tmp_path)
    first = pod.sent()
    assert pod.amara.get(f"/{first}").json["citizen"]["telephone"] == "07700 900123"
    priya = {"name": "Priya Nair", "email": "priya.nair@eit.example", "role": "care_coordinator", "team": "Early Intervention Team"}
    citizen = {"name": "Rosa Quill", "date_of_birth": "1984-05-17", "nhs_number": "9434765919"}
    answer = pod.priya.post("", pod.body(citizen=citizen, referrer=priya, duplicate_reason="She asked me to."))
    assert answer.status_code == 201, answer.text
    shown = pod.priya.get(f"/{answer.json['id']}").json["citizen"]
    assert shown["name"] == "Rosa Quill" and not {"telephone", "contact_by", "do_not", "email"} & set(shown)
    browser = pod.app.test_client()
    with browser.session_transaction() as session:
        session["since"] = int(time.time())
        session["actor"] = {"email": "priya.nair@eit.example", "name": "Priya Nair", "roles": ["practitioner"], "team": "Early Intervention Team"}
    page = browser.get(f"/{answer.json['id']}")
    assert page.status_code == 200 and "Rosa Quill" in page.text and "07700" not in page.text and "no letters" not in page.text
    assert pod.wren.get(f"/{answer.json['id']}").json["citizen"]["telephone"] == "07700 900123"
