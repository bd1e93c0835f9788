"""The contracts: what was ever sent still loads, the quick check and marshmallow agree, documents are fresh."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.gb import nhs

from shared import schemas
from shared.messaging.envelope import read
from shared.messaging.reasons import Reason
from shared.publisher import faults_of
from shared.schemas import Contract, Invalid, NoContract, Registry
from shared.schemas.kinds import Kind, Number, Text, is_placeholder, take_nhs_number
from shared.schemas.shape import ListOf, Part, Shape, json_schema, kinds_of, unknown_fields
from tests.support.ground import ROOT

GOLDEN = ROOT / "tests/contract/golden"
CONTRACTS = list(schemas.REGISTRY)
by_name = pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: f"{c.name}.{c.version}")


def golden(contract: Contract) -> bytes:
    return (GOLDEN / f"{contract.name}.{contract.version}.json").read_bytes()


@by_name
def test_what_was_ever_sent_still_loads_in_the_newest_version(contract: Contract) -> None:
    event = read(golden(contract))
    loaded = schemas.load(event.type, event.version, event.data)
    assert (event.type, event.version) == (contract.name, contract.version)
    assert schemas.contract(contract.name).check(loaded) == loaded


@by_name
def test_a_golden_event_says_everything_its_contract_can(contract: Contract) -> None:
    assert set(json.loads(golden(contract))["data"]) == set(kinds_of(contract.shape))


@by_name
def test_quick_check_and_marshmallow_give_the_same(contract: Contract) -> None:
    data = read(golden(contract)).data
    assert contract.load(data) == contract._load_slowly(data, ())


def test_no_golden_file_is_left_without_a_contract() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {f"{c.name}.{c.version}.json" for c in CONTRACTS}


def test_every_old_version_can_be_lifted() -> None:
    assert schemas.REGISTRY.missing_upcasters() == []


@by_name
def test_every_published_schema_is_json_schema_and_takes_the_golden_event(contract: Contract) -> None:
    schema = json_schema(contract.shape)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(read(golden(contract)).data, schema, jsonschema.Draft202012Validator)


def test_the_generated_documents_are_fresh() -> None:
    done = subprocess.run([sys.executable, "-m", "shared.schemas.documents", "--check"], cwd=ROOT, text=True,
                          capture_output=True, check=False, env={**os.environ})
    assert done.returncode == 0, done.stderr


# -- tolerant in, strict out -------------------------------------------------------------------------------------

STAY = {"nhs_number": "943 476 5919", "stay_id": "V1"}


def test_unknown_fields_are_ignored_in_reading_and_refused_in_writing() -> None:
    contract = schemas.contract("hospital.admitted")
    assert contract.load({**STAY, "colour": "red"}) == {"nhs_number": "9434765919", "stay_id": "V1"}
    with pytest.raises(Invalid) as refused:
        contract.check({**STAY, "colour": "red"})
    assert refused.value.faults == {"colour": "colour is not part of hospital.admitted."}


def test_every_fault_is_named_at_once_by_its_path_and_without_its_value() -> None:
    data = json.loads(golden(schemas.contract("referral.accepted")))["data"]
    del data["reference"]
    data["citizen"]["date_of_birth"] = "9 April 1988"
    data["citizen"]["do_not"] = ["ring before noon", 7]
    with pytest.raises(Invalid) as refused:
        schemas.contract("referral.accepted").load(data)
    assert refused.value.reason is Reason.INVALID_DATA
    assert set(refused.value.faults) == {"reference", "citizen.date_of_birth", "citizen.do_not.1"}
    assert "1988" not in refused.value.words


def test_a_field_that_says_nothing_counts_as_absent() -> None:
    assert "ward" not in schemas.contract("hospital.admitted").load({**STAY, "ward": "", "legal_status": None})


@pytest.mark.parametrize("number", ["9434765918", "943476591", "94347659190", "943476591X", "٩٤٣٤٧٦٥٩١٩"])
def test_a_wrong_nhs_number_has_a_reason_of_its_own(number: str) -> None:
    contract = schemas.contract("hospital.admitted")
    for ask in (contract.nhs_number, contract.load, contract.check):
        with pytest.raises(Invalid) as refused:
            ask({**STAY, "nhs_number": number})
        assert refused.value.reason is Reason.BAD_NHS_NUMBER
        assert number not in refused.value.words


@given(st.from_regex(r"[0-9]{10}", fullmatch=True))
def test_the_check_digit_is_the_one_of_stdnum(number: str) -> None:
    try:
        ours = take_nhs_number(number)
    except ValueError:
        ours = ""
    assert bool(ours) == nhs.is_valid(number)


@pytest.mark.parametrize("digit", "0123456789")
def test_ten_equal_digits_are_taken_of_other_systems_and_known_for_no_number(digit: str) -> None:
    assert take_nhs_number(digit * 10) == digit * 10 and is_placeholder(digit * 10)
    assert not is_placeholder("9434765919")


def test_the_people_an_event_is_about_are_found_wherever_they_stand() -> None:
    accepted = read(golden(schemas.contract("referral.accepted"))).data
    merged = read(golden(schemas.contract("citizen.merged"))).data
    assert schemas.contract("referral.accepted").nhs_number(accepted) == "9434765919"
    assert len(schemas.contract("citizen.merged").nhs_numbers(merged)) == 2
    assert schemas.contract("journey.opened").nhs_number({}) is None


@pytest.mark.parametrize("bad", ["2026-11-20 10:00", "2026-11-20T10:00:00", "yesterday", 3, "9999-12-31T23:59:59Z"])
def test_a_moment_without_an_offset_is_refused(bad: Any) -> None:
    data = {**json.loads(golden(schemas.contract("journey.opened")))["data"], "opened_at": bad}
    with pytest.raises(Invalid):
        schemas.contract("journey.opened").load(data)


@pytest.mark.parametrize("bad", ["20261120", "2026-W47-5", "2026-02-30", "20.11.2026", "2026-11-20T00:00:00Z", 20261120])
def test_a_plain_date_is_year_month_day_and_nothing_else(bad: Any) -> None:
    with pytest.raises(Invalid):
        schemas.contract("citizen.died").load({"nhs_number": "9434765919", "died_on": bad})


@pytest.mark.parametrize("bad", ["a\x00b", "half \ud800", "bell \x07"])
def test_texts_no_database_takes_are_not_written(bad: str) -> None:
    with pytest.raises(Invalid):
        schemas.contract("hospital.admitted").check({**STAY, "ward": bad})


# -- two ways, one verdict ---------------------------------------------------------------------------------------

ODD = st.one_of(st.none(), st.booleans(), st.integers(-3, 2**33), st.floats(), st.text(max_size=5),
                st.sampled_from(["", " ", "x" * 300, "9434765919", "2026-01-01", "2026-01-01T00:00:00Z", "a@b", "02"]),
                st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=3), st.none(), max_size=2))


@st.composite
def damaged(draw: st.DrawFn) -> tuple[Contract, Any]:
    """Draw the data of a golden event with a few places changed, anywhere within."""
    contract = draw(st.sampled_from(CONTRACTS))
    data = json.loads(golden(contract))["data"]
    for _ in range(draw(st.integers(0, 3))):
        place = data
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(place[key], dict | list) and place[key] and draw(st.booleans()):
                place = place[key]
                continue
            change = draw(st.sampled_from(["odd", "gone", "more"]))
            if change == "odd":
                place[key] = draw(ODD)
            elif change == "gone":
                del place[key]
            elif isinstance(place, dict):
                place["more"] = draw(ODD)
            break
    return contract, data


def verdict(ask: Any, *arguments: Any) -> Any:
    try:
        return ask(*arguments)
    except (Invalid, ValueError, TypeError):
        return "refused"


@settings(max_examples=400, deadline=None)
@given(damaged())
def test_quick_check_and_marshmallow_come_to_the_same_verdict(drawn: tuple[Contract, Any]) -> None:
    contract, data = drawn
    assert verdict(contract._load, data) == verdict(contract._load_slowly, data, ())
    unknown = tuple(unknown_fields(contract.shape, data))
    assert verdict(contract._check, data) == verdict(contract._load_slowly, data, unknown)


@settings(max_examples=300, deadline=None)
@given(damaged().filter(lambda drawn: drawn[0].exchange == schemas.INTAKE))
def test_what_the_publisher_lets_through_is_never_parked_for_its_data(drawn: tuple[Contract, Any]) -> None:
    contract, data = drawn
    schema = json.loads((ROOT / f"shared/publisher_schemas/{contract.name}.{contract.version}.json").read_text())
    if not faults_of(schema, data):
        contract.check(data)


# -- versions ----------------------------------------------------------------------------------------------------

class BedFirst(Shape):
    """Version 1: one text for ward and bed."""

    place = Text(required=True)


class BedThen(Shape):
    """Version 2: the two apart."""

    ward = Text(required=True)
    bed = Number()


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    registry.add("bed.taken", BedFirst, "A bed is taken.", publisher="bed", exchange="pod.intake")
    registry.add("bed.taken", BedThen, "A bed is taken.", publisher="bed", exchange="pod.intake", version=2)

    @registry.upcast("bed.taken", 1)
    def apart(data: dict[str, Any]) -> dict[str, Any]:
        ward, _, bed = data["place"].partition("/")
        return {"ward": ward, **({"bed": int(bed)} if bed else {})}
    return registry


def test_an_old_version_is_lifted_to_the_newest(registry: Registry) -> None:
    assert registry.load("bed.taken", 1, {"place": "Willow/7"}) == {"ward": "Willow", "bed": 7}
    assert registry.load("bed.taken", 2, {"ward": "Willow"}) == {"ward": "Willow"}
    assert registry.contract("bed.taken").version == 2
    assert registry.missing_upcasters() == []


def test_an_old_version_without_an_upcaster_is_noticed(registry: Registry) -> None:
    registry._upcasters.clear()
    assert registry.missing_upcasters() == [("bed.taken", 1)]


@pytest.mark.parametrize(("type_", "version", "reason"), [
    ("bed.taken", 3, Reason.TOO_NEW), ("bed.taken", 0, Reason.UNKNOWN_VERSION), ("bed.made", 1, Reason.UNKNOWN_TYPE)])
def test_a_version_or_name_nobody_knows_has_its_reason(registry: Registry, type_: str, version: int,
                                                       reason: Reason) -> None:
    with pytest.raises(NoContract) as refused:
        registry.load(type_, version, {})
    assert refused.value.reason is reason


# -- personal data -----------------------------------------------------------------------------------------------

def fields_within(shape: type[Shape]) -> list[tuple[str, Kind]]:
    found = []
    for name, kind in kinds_of(shape).items():
        found.append((name, kind))
        inner = kind.inner if isinstance(kind, ListOf) else kind
        if isinstance(inner, Part):
            found += fields_within(inner.shape)
    return found


#: Names that are no person's.
NOBODYS = {("directory.team_recorded", "name")}


@by_name
def test_names_numbers_and_contacts_are_marked_personal_with_a_reason(contract: Contract) -> None:
    for name, kind in fields_within(contract.shape):
        of_somebody = name in ("name", "email", "telephone", "date_of_birth") or "nhs_number" in name or name.endswith("_email")
        if of_somebody and (contract.name, name) not in NOBODYS:
            assert kind.metadata["personal"], f"{name} of {contract.name}"
