"""R-06: documents lie sealed outside the database, each whole or not there."""
from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from services.referrals.files.keys import Keyring
from services.referrals.files.seal import HEADER_SIZE, Damaged, Missing, NoKey, TooNew, VaultFault, seal
from services.referrals.files.vault import TooManyUnknown, Vault, vault_of
from shared.settings import Settings, demo_files_key
from tests.support.ground import ROOT

OLD, NEW = b"o" * 32, b"n" * 32
PLAN = b"Rosa Quill would like to play music again. " * 50
DAY = timedelta(days=1)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "files", Keyring([OLD]))


def place(vault: Vault, id_: str) -> Path:
    return vault.folder / id_[:2] / id_


def everything(vault: Vault) -> list[Path]:
    return [path for path in vault.folder.rglob("*") if path.is_file()]


def aged(path: Path, days: float = 2) -> None:
    then = time.time() - days * 86400
    os.utime(path, (then, then))


def nobody(_ids: object) -> list[str]:
    return []


def test_R_06_what_is_put_in_is_given_back_and_cannot_be_read_where_it_lies(vault: Vault) -> None:
    id_, again = vault.put(PLAN), vault.put(PLAN)
    assert vault.get(id_) == PLAN == vault.get(again)
    lying = [path.read_bytes() for path in everything(vault)]
    assert len(lying) == 2 and lying[0][HEADER_SIZE:] != lying[1][HEADER_SIZE:]
    assert not any(b"Rosa" in one or OLD in one for one in lying)


def test_a_document_is_for_the_suites_own_user_and_its_name_says_nothing(vault: Vault) -> None:
    path = place(vault, vault.put(PLAN))
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent, vault.folder)] == [0o600, 0o700, 0o700]
    assert everything(vault) == [path]


def test_the_smallest_and_largest_come_back(vault: Vault) -> None:
    for content in (b"", b"\0", os.urandom(3_000_000)):
        assert vault.get(vault.put(content)) == content


@pytest.mark.parametrize("at", [*range(0, HEADER_SIZE, 6), HEADER_SIZE, HEADER_SIZE + 20, -17, -1])
def test_R_06_one_changed_bit_anywhere_is_found(vault: Vault, at: int) -> None:
    id_ = vault.put(PLAN)
    changed = bytearray(place(vault, id_).read_bytes())
    changed[at] ^= 1
    place(vault, id_).write_bytes(changed)
    with pytest.raises(VaultFault):
        vault.get(id_)


@pytest.mark.parametrize("cut", [0, 3, HEADER_SIZE - 1, HEADER_SIZE, HEADER_SIZE + 10, -1])
def test_a_document_cut_short_is_found(vault: Vault, cut: int) -> None:
    id_ = vault.put(PLAN)
    place(vault, id_).write_bytes(place(vault, id_).read_bytes()[:cut])
    with pytest.raises(Damaged):
        vault.get(id_)


def test_R_06_one_document_cannot_be_put_in_anothers_place_whole_or_in_part(vault: Vault) -> None:
    plan, other = vault.put(PLAN), vault.put(b"somebody else's")
    plans, others = place(vault, plan).read_bytes(), place(vault, other).read_bytes()
    for swapped in (others, plans[:HEADER_SIZE] + others[HEADER_SIZE:], others[:HEADER_SIZE] + plans[HEADER_SIZE:]):
        place(vault, plan).write_bytes(swapped)
        with pytest.raises(Damaged):
            vault.get(plan)


def test_what_a_later_release_sealed_is_called_that(vault: Vault) -> None:
    id_ = vault.put(PLAN)
    changed = bytearray(place(vault, id_).read_bytes())
    changed[4] = 2
    place(vault, id_).write_bytes(changed)
    with pytest.raises(TooNew):
        vault.get(id_)


@pytest.mark.parametrize("id_", ["00000000-0000-4000-8000-000000000001", "../../etc/passwd", "", "x" * 300, "/etc/passwd"])
def test_what_is_not_there_is_missing_whatever_is_asked_for(vault: Vault, id_: str) -> None:
    vault.put(PLAN)
    with pytest.raises(Missing):
        vault.get(id_)


def test_a_removed_document_is_gone_and_may_be_removed_again(vault: Vault) -> None:
    id_ = vault.put(PLAN)
    vault.remove(id_)
    vault.remove(id_)
    assert everything(vault) == []


def test_R_06_a_new_key_seals_the_old_one_still_opens_until_all_are_changed_over(vault: Vault) -> None:
    before = vault.put(PLAN)
    both = Vault(vault.folder, Keyring([NEW, OLD]))
    after = both.put(PLAN)
    assert both.get(before) == PLAN == both.get(after)
    with pytest.raises(NoKey):
        Vault(vault.folder, Keyring([NEW])).get(before)
    assert list(both.under_older_keys()) == [before]
    assert both.rewrap() == 1 and list(both.under_older_keys()) == [] and both.rewrap() == 0
    only = Vault(vault.folder, Keyring([NEW]))
    assert only.get(before) == PLAN == only.get(after)
    with pytest.raises(NoKey):
        vault.get(before)
    assert len(everything(vault)) == 2


def test_the_same_file_is_known_again_also_after_a_change_of_keys_and_by_nobody_without_one() -> None:
    before, after = Keyring([OLD]), Keyring([NEW, OLD])
    assert before.digests(PLAN)[0] in after.digests(PLAN) and before.digests(PLAN) != before.digests(PLAN + b".")
    assert Keyring([b"x" * 32]).digests(PLAN)[0] not in after.digests(PLAN)


#: Ends the process, as a power cut would, at the moment between writing and naming.
CRASH = """
import os, signal, sys
from pathlib import Path
from services.referrals.files.keys import Keyring
from services.referrals.files.vault import Vault
at = sys.argv[2]
setattr(os, at, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
Vault(Path(sys.argv[1]), Keyring([b"o" * 32])).put(b"Rosa Quill" * 1000)
"""


@pytest.mark.parametrize("at", ["fsync", "replace"])
def test_R_06_a_crash_before_the_name_is_given_leaves_nothing_half(tmp_path: Path, at: str) -> None:
    vault = Vault(tmp_path / "files", Keyring([OLD]))
    whole = vault.put(PLAN)
    done = subprocess.run([sys.executable, "-c", CRASH, str(vault.folder), at], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    left = [path for path in everything(vault) if path != place(vault, whole)]
    assert all(path.suffix == ".part" for path in left)
    assert vault.sweep(lambda ids: ids) == 0 and set(left) <= set(everything(vault)), "what is young may still be on its way"
    for path in left:
        aged(path)
    vault.sweep(lambda ids: ids)
    assert everything(vault) == [place(vault, whole)]


def test_R_06_a_full_disk_leaves_nothing_half(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = vault.put(PLAN)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        vault.put(PLAN)
    assert everything(vault) == [place(vault, whole)]


def test_what_nobody_knows_goes_after_a_day_and_what_is_known_or_young_stays(vault: Vault) -> None:
    known, unknown, young = vault.put(PLAN), vault.put(PLAN), vault.put(PLAN)
    for id_ in (known, unknown):
        aged(place(vault, id_))
    stranger = vault.folder / "readme.txt"
    stranger.write_text("not ours")
    aged(stranger)
    assert vault.sweep(lambda ids: [id_ for id_ in ids if id_ == known]) == 1
    assert sorted(everything(vault)) == sorted([place(vault, known), place(vault, young), stranger])


def test_R_06_a_vault_that_is_not_this_databases_is_not_emptied(vault: Vault) -> None:
    for _ in range(4):
        aged(place(vault, vault.put(PLAN)))
    with pytest.raises(TooManyUnknown):
        vault.sweep(nobody, at_most=3)
    assert len(everything(vault)) == 4
    assert vault.sweep(nobody, at_most=4) == 4


def test_a_vault_that_has_no_folder_yet_has_nothing_to_look_after(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "nowhere", Keyring([OLD, NEW]))
    assert vault.sweep(nobody) == 0 and vault.rewrap() == 0 and not vault.folder.exists()


def test_a_demo_makes_its_own_key_once_and_a_server_uses_the_one_it_is_given(tmp_path: Path) -> None:
    demo = Settings(mode="demo", var=tmp_path)
    id_ = vault_of(demo).put(PLAN)
    vault_of.cache_clear()  # as another process would
    assert vault_of(demo).get(id_) == PLAN
    server = Settings(mode="server", var=tmp_path, files_key=demo_files_key(tmp_path))
    assert vault_of(server).get(id_) == PLAN
    assert stat.S_IMODE((tmp_path / "demo-files-key").stat().st_mode) == 0o600


def test_two_at_once_keep_both(vault: Vault) -> None:
    put: Callable[[bytes], str] = vault.put
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(put, [bytes([number]) * 1000 for number in range(40)]))
    assert [vault.get(id_) for id_ in ids] == [bytes([number]) * 1000 for number in range(40)]


def test_a_sealed_document_names_its_key_and_not_the_keys_bytes() -> None:
    ring, id_ = Keyring([OLD]), str(uuid4())
    assert ring.newest.id in seal(PLAN, id_, ring.newest) and OLD[:8] not in seal(PLAN, id_, ring.newest)
