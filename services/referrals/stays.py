"""The stays in hospital of a referral's citizen, the one they were referred from among them (R-09); pure.

Of a stay that began before the referral came nobody told us (X-02): what the referral says stands for its admission.
"""
from __future__ import annotations

from collections.abc import Mapping

from shared.ledger.types import Data, State

#: What hospitals say of a stay from a time on: word of an admission or a referral -> series of a stay.
SERIES: Mapping[str, str] = {"ward": "wards", "legal_status": "statuses"}


def in_hospital(state: State) -> list[str]:
    """Give the ids of the stays the citizen is in, as far as hospitals have said; the one they were referred from if its id is known."""
    return [id_ for id_, stay in known(state).items() if _goes_on(state, id_, stay)]


def is_inpatient(state: State) -> bool:
    """Say whether the citizen is in hospital: as hospitals say, or as it was referred until one says that they have left."""
    as_referred = state["inpatient"] and referred_from(state) is None
    return bool(in_hospital(state)) or bool(as_referred and not _has_left(state))


def known(state: State) -> Data:
    """Give the stays by id, the one the citizen was referred from too."""
    referred = referred_from(state)
    return state["stays"] if referred is None or referred in state["stays"] else {**state["stays"], referred: {}}


def referred_from(state: State) -> str | None:
    """Give the id of the stay the citizen was referred from; None where it is not known, or they were not in hospital.

    Where the referral does not say, it is the one a hospital still speaks of and has never told us the admission of.
    """
    if not state["inpatient"]:
        return None
    given: str | None = state["inpatient"].get("stay_id")
    spoken_of = {id_: _last_word(stay) for id_, stay in state["stays"].items() if "admission" not in stay}
    later = [id_ for id_, at in spoken_of.items() if at > state["received_at"]]
    return given or max(later, key=lambda id_: (spoken_of[id_], id_), default=None)


def latest(state: State, id_: str, word: str) -> str | None:
    """Give the `ward` or `legal_status` of a stay by what was said last of it, by its own time."""
    stay = state["stays"].get(id_, {})
    said: dict[str, str] = {stay["admission"]: stay[word]} if "admission" in stay and word in stay else {}
    if id_ == referred_from(state):
        said[state["inpatient_at"]] = state["inpatient"][word]
    said |= {at: value for at, value in stay.get(SERIES[word], {}).items() if at >= stay.get("admission", "")}
    return said[max(said)] if said else None


def _goes_on(state: State, id_: str, stay: Data) -> bool:
    if "admission" in stay:
        return bool(stay.get("discharge", "") < stay["admission"])
    # of a number no hospital knows nothing will ever be said: then whichever discharge comes is theirs
    return id_ == referred_from(state) and "discharge" not in stay and not (not stay and _has_left(state))


def _has_left(state: State) -> bool:
    return any(stay.get("discharge", "") > state["received_at"] for stay in state["stays"].values())


def _last_word(stay: Data) -> str:
    said: list[str] = [stay.get("discharge", ""), *(at for series in SERIES.values() for at in stay.get(series, ()))]
    return max(said)
