"""A referral that may be of somebody who died, or is in hospital: staff read it before they ring, and nobody else does (J-14, R-13)."""
from __future__ import annotations

from typing import Any

from tests.integration.referral_room import Pod
from tests.integration.test_referrals_changed_outside import event, offer
from tests.integration.test_referrals_merged import MODEL, PRIYA, ROSA, doubted, second
from tests.integration.test_referrals_triage import HELEN, WREN, at
from tests.integration.test_self_referral import sent

PREVENTION: dict[str, Any] = {"pathway": "prevention", "documents": [], "named_person": None}
WARNED = "Do not ring, write or visit before it is settled"


def died(pod: Pod) -> str:
    """Have Rosa accepted and die; give the id of her referral."""
    id_ = pod.sent(**PREVENTION)
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    offer(pod, event("citizen.died", 2, died_on=pod.ago(1)))
    return id_


def again(pod: Pod) -> str:
    """Have a practitioner who does not know refer the same name and date of birth."""
    return second(pod, citizen={name: value for name, value in pod.body()["citizen"].items() if name != "nhs_number"}, **PREVENTION)


def herself(pod: Pod) -> str:
    """Have somebody of that name and date of birth refer themself without a number."""
    before = {one["id"] for one in pod.wren.get().json["items"]}
    sent(pod, **{"name": {"name": "Rosa Quill"}, "date-of-birth": {"date_of_birth": ["17", "5", "1984"]}})
    return next(one["id"] for one in pod.wren.get().json["items"] if one["id"] not in before)


def test_J_14_staff_read_that_a_possible_duplicate_died_first_of_what_is_to_be_done_and_where_they_settle_it(either: Pod):
    first, id_ = died(either), again(either)
    (found,) = either.wren.get(f"/{id_}").json["duplicates"]
    assert (found["id"], found["died_on"], found["in_hospital"], found["ward"]) == (first, either.ago(1), False, None)
    page, settle = at(either, WREN, id_), at(either, WREN, id_, "/settle")
    assert page.index("What is to be done") < page.index(WARNED) < page.index("Settle whether this citizen is with us already")
    assert WARNED in settle and "What was reported Nothing Died on" in settle
    assert "Died on" in page[page.index("May be with us already", page.index(WARNED)):]


def test_R_13_nobody_but_staff_is_told_of_it(pod: Pod):
    died(pod)
    id_ = again(pod)
    assert "duplicates" not in pod.priya.get(f"/{id_}").json
    for path in ("", "/amend/contact", "/withdraw"):
        read = at(pod, PRIYA, id_, path)
        assert "died on" not in read.lower() and WARNED not in read, path


def test_J_14_whoever_is_to_ring_is_warned_before_the_telephone_number_until_it_is_settled(pod: Pod):
    died(pod)
    id_ = herself(pod)
    assert WARNED in at(pod, WREN, id_, "/question")
    assert pod.wren.post(f"/{id_}/questions", {"words": "When?"}).status_code == 201
    page = at(pod, WREN, id_)
    assert page.index(WARNED) < page.index("07700 900123")
    answer = pod.helen.post(f"/{id_}/decline", {"reason": "other", "words": "Not now.", "would_change": "Ask again."})
    assert answer.status_code == 200 and pod.wren.get(f"/{id_}").json["to_tell"]
    for path in ("", "/told"):
        page = at(pod, WREN, id_, path)
        assert page.index(WARNED) < page.index("07700 900123"), path


def test_J_14_who_is_kept_as_another_person_is_gone_on_with_and_the_death_stays_in_sight(pod: Pod):
    died(pod)
    id_ = herself(pod)
    assert pod.helen.post(f"/{id_}/accept").status_code == 409
    assert pod.wren.post(f"/{id_}/keep", {"reason": "I met her: another Rosa Quill, of another address."}).status_code == 200
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    assert WARNED not in at(pod, WREN, id_, "/told")
    page = at(pod, HELEN, id_)
    assert WARNED not in page and "Died on" in page and pod.wren.get(f"/{id_}").json["duplicates"][0]["died_on"]


def test_J_14_a_death_that_was_taken_back_is_said_of_nobody(pod: Pod):
    first, id_ = died(pod), again(pod)
    (report,) = pod.wren.call("GET", f"/referrals/{first}/reports").json["items"]
    assert pod.wren.post(f"/{first}/reports/{report['id']}/withdraw", {"reason": "It was her mother."}).status_code == 200
    assert WARNED not in at(pod, WREN, id_) and pod.wren.get(f"/{id_}").json["duplicates"][0]["died_on"] is None


def test_R_09_staff_read_that_a_possible_duplicate_is_in_hospital_and_where(pod: Pod):
    pod.sent(**PREVENTION)
    offer(pod, event("hospital.admitted", 1, ward="Elm"))
    id_ = again(pod)
    (found,) = pod.wren.get(f"/{id_}").json["duplicates"]
    assert (found["died_on"], found["in_hospital"], found["ward"]) == (None, True, "Elm")
    assert "In hospital, Elm" in at(pod, WREN, id_) and "Nothing In hospital, Elm" in at(pod, WREN, id_, "/settle")
    assert "Elm" not in at(pod, PRIYA, id_)


def test_R_09_a_possible_duplicate_referred_from_hospital_is_said_to_be_there(pod: Pod):
    pod.sent(**PREVENTION, inpatient={"ward": "Oak", "legal_status": "02"})
    (found,) = pod.wren.get(f"/{again(pod)}").json["duplicates"]
    assert (found["in_hospital"], found["ward"]) == (True, "Oak")


def test_R_13_a_citizen_who_names_a_number_we_know_is_not_said_to_disagree_with_it(pod: Pod):
    pod.sent(**PREVENTION)
    page = at(pod, WREN, doubted(pod))
    assert "does not agree" not in page and "sk the practitioner" not in page
    assert "the name and date of birth we know it by" in page and "Get in touch the way the referral we have says" in page
    assert "put their own number in its place" in page and "say so here" in page and "shown here, to staff alone" in page


def test_R_13_a_citizen_who_names_somebody_elses_number_is_asked_themself(pod: Pod):
    pod.sent(**PREVENTION)
    before = {one["id"] for one in pod.wren.get().json["items"]}
    sent(pod, **{"nhs-number": {"nhs_number": ROSA}})
    page = at(pod, WREN, next(one["id"] for one in pod.wren.get().json["items"] if one["id"] not in before))
    assert "does not agree with the NHS number" in page and "Rosa Quill’s, born 17 May 1984" in page
    assert "Ask the citizen. Then put what is wrong right" in page and "sk the practitioner" not in page


def test_R_13_of_a_number_another_practitioner_gave_the_practitioner_is_asked(pod: Pod):
    pod.sent(**PREVENTION)
    id_ = second(pod, citizen={**MODEL, "name": "Rosie Quince", "nhs_number": ROSA}, **PREVENTION)
    page = at(pod, WREN, id_)
    assert "The NHS number does not agree with the name or the date of birth" in page and "Ask the practitioner. Then put what is wrong right" in page
