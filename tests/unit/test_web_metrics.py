"""Figures whose labels can neither explode nor name a person."""
from __future__ import annotations

from prometheus_client import REGISTRY, generate_latest

from shared import metrics


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_made_up_event_names_share_one_label() -> None:
    metrics.batch("test", {("hospital.admitted", "applied"): 2, ("9434765919", "applied"): 1, ("zzz", "applied"): 1}, [])
    assert value("pod_events_consumed_total", service="test", type="hospital.admitted", outcome="applied") == 2
    assert value("pod_events_consumed_total", service="test", type="other", outcome="applied") == 2
    assert b"9434765919" not in generate_latest()


def test_strangers_are_counted_without_the_name_of_their_event() -> None:
    metrics.batch("test", {("hospital.admitted", "dropped"): 7}, ["not_json"], seconds=0.01)
    assert value("pod_events_dropped_total", service="test") == 7
    assert value("pod_events_parked_total", service="test", reason="not_json") == 1
    assert value("pod_batch_seconds_count", service="test") == 1


def test_what_nobody_listens_for_is_counted_apart() -> None:
    metrics.relayed("test", 5, 2)
    assert value("pod_relay_published_total", service="test") == 5
    assert value("pod_relay_unroutable_total", service="test") == 2


def test_a_made_up_method_makes_no_new_label() -> None:
    metrics.http_request("test", "BREW", 405, 0.1)
    assert value("pod_http_requests_total", service="test", method="other", status="405") == 1
