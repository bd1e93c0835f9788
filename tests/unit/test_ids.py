"""Ids that follow from what they name."""
import uuid

from hypothesis import given
from hypothesis import strategies as st

from shared.ids import digested, named


@given(st.uuids(), st.text())
def test_a_named_id_is_the_uuid5_everybody_else_would_compute(namespace: uuid.UUID, name: str) -> None:
    name = name.encode("utf-8", "replace").decode()
    assert named(namespace, name) == str(uuid.uuid5(namespace, name))


@given(st.binary())
def test_a_digested_id_is_a_uuid_and_the_same_for_the_same_bytes(content: bytes) -> None:
    assert str(uuid.UUID(digested(content))) == digested(content) == digested(bytes(content))
