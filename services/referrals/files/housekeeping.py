"""What keeps vault and database alike, by the hour: what is nobody's goes, and old keys fall out of use."""
from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial

from sqlalchemy.engine import Connection

from services.referrals.files import records
from services.referrals.files.seal import VaultFault
from services.referrals.files.vault import TooManyUnknown, Vault, vault_of
from shared.database import Database
from shared.room import Room

log = logging.getLogger(__name__)

#: Files removed between two transactions.
BATCH = 100
#: A crash leaves one file the database does not know; so many mean that it is not the vault's database.
UNKNOWN = 100


def keep_house(room: Room) -> None:
    """Remove what is gone and what nobody knows, and put the rest under the newest key; what fails is tried again by the hour."""
    database, vault = room.database, vault_of(room.settings)
    try:
        _remove(database, vault)
        vault.sweep(partial(_known, database), at_most=None if room.settings.demo else UNKNOWN)
        if len(vault.keys.keys) > 1 and (moved := vault.rewrap()):
            log.info("%d documents were put under the newest key", moved)
    except TooManyUnknown as fault:
        log.error("%s documents in %s are unknown to the database, so none was removed: is it the right one?", fault, vault.folder)
    except (VaultFault, OSError) as fault:
        log.error("the vault of documents could not be looked after: %s", type(fault).__name__)


def _remove(database: Database, vault: Vault) -> None:
    """Remove files first and then their rows, so that one that ends in between leaves nothing it cannot find again."""
    database.run(lambda connection: records.expire(connection, database.now(connection)))
    while True:
        with database.read() as connection:
            ids = records.gone(connection, BATCH)
        for id_ in ids:
            vault.remove(id_)
        if not ids:
            return
        database.run(partial(_forget, database, ids))


def _forget(database: Database, ids: Sequence[str], connection: Connection) -> None:
    records.forget(database, connection, ids)


def _known(database: Database, ids: Sequence[str]) -> list[str]:
    with database.read() as connection:
        return records.known(database, connection, ids)
