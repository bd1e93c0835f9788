"""The envelope: what is read, what is written, and the reason given for each message nobody can read."""
from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.messaging import envelope
from shared.messaging.envelope import STRUCTURED, Event, Unreadable, check_time, digest, properties, read, write
from shared.messaging.reasons import Reason

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
GOOD: dict[str, Any] = {"specversion": "1.0", "id": "a-1", "source": "urn:test:pas", "type": "hospital.admitted",
                        "time": "2026-11-20T11:00:00+01:00", "data": {"nhs_number": "9434765919", "stay_id": "V1"}}


def body(**changes: Any) -> bytes:
    return json.dumps({name: value for name, value in {**GOOD, **changes}.items() if value is not ...}).encode()


def reason(message: bytes, *arguments: Any, **named: Any) -> Reason:
    with pytest.raises(Unreadable) as fault:
        read(message, *arguments, **named)
    assert fault.value.words
    return fault.value.reason


def test_a_structured_event_is_read_with_what_it_leaves_out() -> None:
    event = read(body(), None, STRUCTURED, "a-1", require_message_id=True)
    assert (event.id, event.source, event.type, event.version) == ("a-1", "urn:test:pas", "hospital.admitted", 1)
    assert event.time == event.recordedtime == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert (event.withdrawn, event.revision, event.about, event.person) == (False, None, None, None)


def test_attributes_nobody_knows_are_ignored() -> None:
    assert read(body(colour="red", partitionkey=7)).id == "a-1"


@pytest.mark.parametrize("prefix", ["cloudEvents_", "cloudEvents:", "cloudevents_"])
def test_binary_mode_says_the_same(prefix: str) -> None:
    headers = {prefix + name: value for name, value in GOOD.items() if name != "data"}
    headers |= {prefix + "revision": "3", prefix + "withdrawn": "true", prefix + "recordedtime": datetime(2026, 11, 20, 12)}
    event = read(json.dumps(GOOD["data"]).encode(), headers, "application/json; charset=utf-8")
    assert (event.id, event.time, event.data) == ("a-1", datetime(2026, 11, 20, 10, tzinfo=UTC), GOOD["data"])
    assert (event.revision, event.withdrawn) == (3, True)
    assert event.recordedtime == datetime(2026, 11, 20, 12, tzinfo=UTC)


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
WHEN = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
JSON = st.recursive(st.none() | st.booleans() | st.integers(-2**53, 2**53) | TEXT, lambda inner: st.lists(inner, max_size=3)
                    | st.dictionaries(TEXT, inner, max_size=3), max_leaves=8)


@given(st.builds(Event, TEXT, TEXT, TEXT, WHEN, st.dictionaries(TEXT, JSON, max_size=4), st.integers(1, 99),
                 st.none() | TEXT, WHEN, st.none() | TEXT, st.none() | st.integers(0, 9), st.booleans(),
                 st.none() | TEXT, st.none() | TEXT, st.none() | TEXT, st.booleans()))
def test_what_is_written_is_read_again(event: Event) -> None:
    assert read(write(event), None, properties(write(event))["content_type"], properties(write(event))["message_id"]) == event


def test_the_properties_repeat_what_the_broker_shows() -> None:
    seconds = int(datetime(2026, 11, 20, 10, tzinfo=UTC).timestamp())
    assert properties(write(read(body()))) == {"message_id": "a-1", "type": "hospital.admitted", "timestamp": seconds,
                                        "content_type": STRUCTURED, "delivery_mode": 2}


@pytest.mark.parametrize(("message", "expected"), [
    (b"", Reason.NOT_JSON), (b"hello", Reason.NOT_JSON), (b"\xff\xfe{}", Reason.NOT_JSON), (b'{"a": NaN}', Reason.NOT_JSON),
    (b"[" * 100_000, Reason.NOT_JSON), (b'{"data": {}', Reason.NOT_JSON),
    (b"[]", Reason.NOT_CLOUDEVENTS), (b"3", Reason.NOT_CLOUDEVENTS), (b"{}", Reason.NOT_CLOUDEVENTS),
    (body(specversion="0.3"), Reason.NOT_CLOUDEVENTS), (body(id=...), Reason.NOT_CLOUDEVENTS),
    (body(id=""), Reason.NOT_CLOUDEVENTS), (body(id=7), Reason.NOT_CLOUDEVENTS), (body(id="x" * 256), Reason.NOT_CLOUDEVENTS),
    (body(source=...), Reason.NOT_CLOUDEVENTS), (body(type=None), Reason.NOT_CLOUDEVENTS),
    (body(time=...), Reason.NOT_CLOUDEVENTS), (body(time="soon"), Reason.NOT_CLOUDEVENTS),
    (body(time="2026-11-20T10:00:00"), Reason.NOT_CLOUDEVENTS), (body(time=1763632800), Reason.NOT_CLOUDEVENTS),
    (body(time="0001-01-01T00:00:00+05:00"), Reason.TIME_OUT_OF_RANGE),
    (body(recordedtime="2026-11-20"), Reason.NOT_CLOUDEVENTS), (body(about=3), Reason.NOT_CLOUDEVENTS),
    (body(revision="two"), Reason.NOT_CLOUDEVENTS), (body(revision=True), Reason.NOT_CLOUDEVENTS),
    (body(withdrawn="perhaps"), Reason.NOT_CLOUDEVENTS),
    (body(data=...), Reason.INVALID_DATA), (body(data=[1]), Reason.INVALID_DATA),
    (body(data={"a": json.loads("[" * 80 + "]" * 80)}), Reason.INVALID_DATA),
    (body(data=..., data_base64="aGk="), Reason.WRONG_CONTENT_TYPE),
    (body(datacontenttype="text/xml"), Reason.WRONG_CONTENT_TYPE),
    (body(dataschema="urn:pod:hospital.admitted:x"), Reason.UNKNOWN_VERSION),
    (body(dataschema="urn:pod:hospital.discharged:1"), Reason.UNKNOWN_VERSION),
    (body(dataschema="https://example.org/schema"), Reason.UNKNOWN_VERSION),
    (body(data={"ward": "a\0b"}), Reason.BAD_TEXT), (body(data={"a\0": 1}), Reason.BAD_TEXT),
    (body(id="a\0"), Reason.BAD_TEXT), (body(data={"ward": "\ud800"}), Reason.BAD_TEXT),
    (body(data={"ward": "raw"}).replace(b"raw", b"\x00"), Reason.BAD_TEXT),
    (b" " * (envelope.LARGEST + 1), Reason.TOO_LARGE),
])
def test_each_unreadable_message_has_its_reason(message: bytes, expected: Reason) -> None:
    assert reason(message, None, STRUCTURED) is expected


def test_a_text_that_only_speaks_of_a_nul_is_none() -> None:
    assert read(body(data={"ward": "written \\u0000"})).data["ward"] == "written \\u0000"


def test_a_message_without_an_id_of_its_own_is_refused_on_the_broker() -> None:
    assert reason(body(), None, STRUCTURED, None, require_message_id=True) is Reason.NO_MESSAGE_ID


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/octet-stream",
                                          "application/cloudevents-batch+json", "application/json"])
def test_a_wrong_content_type_is_refused(content_type: str) -> None:
    assert reason(body(), {}, content_type) is Reason.WRONG_CONTENT_TYPE


@pytest.mark.parametrize("content_type", [None, STRUCTURED, f"{STRUCTURED}; charset=utf-8", STRUCTURED.upper()])
def test_a_right_or_absent_content_type_is_taken(content_type: str | None) -> None:
    assert read(body(), {}, content_type).id == "a-1"


def test_a_nul_in_a_header_is_refused() -> None:
    headers = {"cloudEvents_" + name: value for name, value in GOOD.items() if name != "data"}
    assert reason(b"{}", {**headers, "cloudEvents_id": "a\0"}, "application/json") is Reason.BAD_TEXT


def test_who_cannot_be_read_is_still_named_where_possible() -> None:
    with pytest.raises(Unreadable) as fault:
        read(body(time="soon"))
    assert (fault.value.event_id, fault.value.type) == ("a-1", "hospital.admitted")


@given(st.binary(max_size=200) | st.recursive(st.none() | st.text(), lambda i: st.dictionaries(
    st.sampled_from(list(GOOD)), i)).map(lambda value: json.dumps(value).encode()))
def test_nothing_but_unreadable_is_ever_raised(message: bytes) -> None:
    for content_type in (None, STRUCTURED, "application/json"):
        with suppress(Unreadable):
            read(message, {"cloudEvents_specversion": "1.0"}, content_type)


# -- time --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("offset", [timedelta(0), timedelta(minutes=119), timedelta(days=-730)])
def test_a_clock_a_little_ahead_and_an_event_long_underway_are_believed(offset: timedelta) -> None:
    check_time(Event("a", "s", "t", NOW + offset, {}), NOW)


@pytest.mark.parametrize("time", [NOW + timedelta(hours=2, seconds=1), NOW - timedelta(days=732),
                                  datetime(2062, 1, 1, tzinfo=UTC)])
def test_a_date_out_of_range_is_not_believed(time: datetime) -> None:
    with pytest.raises(Unreadable) as fault:
        check_time(Event("a", "s", "t", time, {}), NOW)
    assert fault.value.reason is Reason.TIME_OUT_OF_RANGE


def test_a_recorded_time_ahead_would_stand_for_ever_so_it_is_not_believed() -> None:
    with pytest.raises(Unreadable):
        check_time(Event("a", "s", "t", NOW, {}, recordedtime=NOW + timedelta(days=1)), NOW)


def test_a_replayed_event_may_be_of_any_age() -> None:
    check_time(Event("a", "s", "t", NOW - timedelta(days=3000), {}, replayed=True), NOW)


# -- writing -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("bad", ["a\0b", "\ud800"])
def test_a_text_no_database_takes_is_not_written(bad: str) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        write(Event("a", "s", "t", NOW, {"ward": bad}))


def test_the_digest_sees_content_and_not_the_order_of_fields() -> None:
    first = Event("a", "s", "t", NOW, {"x": 1, "y": 2})
    assert digest(first) == digest(Event("b", "s2", "t", NOW, {"y": 2, "x": 1}))
    assert digest(first) != digest(Event("a", "s", "t", NOW, {"x": 1, "y": 3}))
    assert digest(first) != digest(Event("a", "s", "u", NOW, {"x": 1, "y": 2}))
    assert len(digest(first)) == 16


def test_every_reason_has_words_and_says_what_to_do() -> None:
    for each in Reason:
        assert each.words.endswith(".")
        assert each.help.endswith(".")
