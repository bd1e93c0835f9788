"""How each document of a referral stands: its dates, its file, who brought it, who looked last, and what was taken out (R-06)."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from services.referrals import clocks
from services.referrals.desk import Desk
from services.referrals.documents.adding import REFERRAL
from services.referrals.files import records
from services.referrals.files.records import File
from services.referrals.looks import reading
from services.referrals.state import pathway_of
from shared.calendar import london_day
from shared.database import instant_text
from shared.ledger.types import Data, State

UP_TO_DATE, LAPSING, LAPSED, REPLACED = "up_to_date", "lapsing", "lapsed", "replaced"


def here(desk: Desk, state: State) -> list[Data]:
    """Give the documents, newest first: {id, kind, dated, expires_on, file, file_name, media_type, file_size, added_at, added_by,
    lapses_on, warned_from, state, last_look: {at, by}}.

    `lapses_on` is the last day a document counts, `warned_from` the day from which that is warned of; `file` is an id. Who
    looked is for those who may see it.
    """
    listed = sorted(state["documents"].items(), key=lambda item: (item[1]["dated"], item[0]), reverse=True)
    files = _files(desk, state)
    looks = reading.last_of(desk, state["id"], set(state["documents"])) if files and reading.may_read(desk, state) else {}
    names = desk.names({one["by"] for _, one in listed} | {look["who"] for look in looks.values()})
    return [{"id": id_, **{name: one.get(name) for name in ("kind", "dated", "expires_on", "added_at")}, "added_by": names[one["by"]],
             **_clock(desk, state, id_, one), **_file(files.get(one.get("file", ""))), "last_look": _look(looks.get(id_), names)}
            for id_, one in listed]


def removed(desk: Desk, state: State) -> list[Data]:
    """Give what was taken out, newest first: {id, kind, dated, removed_at, removed_by, reason}."""
    gone = sorted(((one["removed_at"], id_, one) for id_, one in state["removed"].items()), reverse=True)
    names = desk.names({one["removed_by"] for _, _, one in gone}) if gone else {}
    return [{"id": id_, "kind": one.get("kind"), "dated": one.get("dated"), "removed_at": at, "removed_by": names[one["removed_by"]],
             "reason": one["why"]} for at, id_, one in gone]


def file_of(desk: Desk, state: State, document: str) -> File | None:
    """Give the file of a document that is here; None where it has none."""
    id_ = state["documents"].get(document, {}).get("file")
    return records.kept(desk.database, desk.connection, REFERRAL, [id_]).get(id_) if id_ else None


def _files(desk: Desk, state: State) -> dict[str, File]:
    ids = [one["file"] for one in state["documents"].values() if one.get("file")]
    return records.kept(desk.database, desk.connection, REFERRAL, ids) if ids else {}


def _clock(desk: Desk, state: State, id_: str, one: Mapping[str, Any]) -> Data:
    """Give the days of a document's clock; a kind the pathway does not ask for never lapses."""
    pathway = pathway_of(state)
    paper = next((paper for paper in pathway.document if paper.kind == one["kind"]), None)
    if paper is None:
        return {"lapses_on": None, "warned_from": None, "state": UP_TO_DATE}
    last, warned = clocks.last_day(paper, one), next(_warned(state, one), None)
    return {"lapses_on": last.isoformat(), "warned_from": warned, "state": _state(desk, state, one, last.isoformat(), warned)}


def _warned(state: State, one: Mapping[str, Any]) -> Iterator[str]:
    """Give the day from which the lapse of a document is warned of, where it is the newest of its kind."""
    if clocks.newest(state, one["kind"]) is one:
        yield from (london_day(lapse.warn_from).isoformat() for lapse in clocks.lapses(state, pathway_of(state)) if lapse.kind == one["kind"])


def _state(desk: Desk, state: State, one: Mapping[str, Any], last: str, warned: str | None) -> str:
    today = london_day(desk.now).isoformat()
    if clocks.newest(state, one["kind"]) is not one:
        return REPLACED
    if last < today:
        return LAPSED
    return LAPSING if warned and warned <= today else UP_TO_DATE


def _file(file: File | None) -> Data:
    if file is None:
        return dict.fromkeys(("file", "file_name", "media_type", "file_size"))
    return {"file": file.id, "file_name": file.name, "media_type": file.media_type, "file_size": file.size}


def _look(look: Mapping[str, Any] | None, names: Mapping[str, str]) -> Data | None:
    return {"at": instant_text(look["at"]), "by": names[look["who"]]} if look else None
