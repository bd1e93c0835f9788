"""Adding a document with its file, and taking one out with it (R-06)."""
from __future__ import annotations

from services.referrals.desk import Answer, Desk
from services.referrals.files import records, upload
from services.referrals.files.records import File, Owner
from services.referrals.rules import in_words
from services.referrals.state import pathway_of
from shared.ledger.store import Written
from shared.ledger.types import Data, Refused, State

REFERRAL = "referral"


def add(desk: Desk, id_: str, paper: Data, file: File | None, expect: int | None = None) -> Answer:
    """Note a document {kind, dated, expires_on?}, and make its held file the referral's."""
    found = desk.read(id_)
    if file is None or found is None:
        return desk.add_document(id_, paper, expect)
    if refusal := _here_already(desk, found.state, paper["kind"], file):
        return refusal
    claimed = records.claim(desk.connection, file.id, desk.who, Owner(REFERRAL, id_))
    if claimed is None:
        return Refused("R-06", "The file was not kept, for it was sent more than a day ago or used already.", "Choose it again.", "file")
    return desk.add_document(id_, {**paper, "file": claimed.id}, expect)


def remove(desk: Desk, id_: str, document: str, reason: str, expect: int | None = None) -> Answer:
    """Take a document out; its file leaves the vault, also for a referral that was merged with this one."""
    answer = desk.remove_document(id_, document, reason, expect)
    if isinstance(answer, Written) and (file := answer.state["removed"].get(document, {}).get("file")):
        for kept in records.kept(desk.database, desk.connection, REFERRAL, [file]).values():
            records.release(desk.connection, Owner(REFERRAL, kept.owner_id or ""), kept.id)
    return answer


def _here_already(desk: Desk, state: State, kind: str, file: File) -> Refused | None:
    """Refuse the same file for the same kind again; of another kind it may be, for one scan may hold both."""
    ids = [one["file"] for one in state["documents"].values() if one["kind"] == kind and one.get("file")]
    same = [one.id for one in records.kept(desk.database, desk.connection, REFERRAL, ids).values() if one.digest in upload.digests_of(file)]
    for one in state["documents"].values():
        if one["kind"] == kind and one.get("file") in same:
            return Refused("R-06", f"This very file is here already, as the {pathway_of(state).words(kind)} of {in_words(one['dated'])}.",
                           "Choose the newer file. If only the date is wrong, take the old entry out first.", "file")
    return None
