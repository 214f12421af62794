"""Backups: a copy of a moment that was read back, and one put in place of whatever is there."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from tests import builders as b
from tests.builders import NOW
from tests.test_store_migrations import newer, revision
from tests.test_store_open import KILLED_WITH_A_LOG, UNUSABLE, made
from watcher.errors import AlreadyRunning, StateError
from watcher.store import Store, outbox
from watcher.store.backups import Restored, back_up, read_back, restore
from watcher.store.feeds import feed_states, save_feed_state
from watcher.store.refusals import NotAllowed
from watcher.store.report import counts
from watcher.store.save import save
from watcher.store.schema import MIGRATIONS, backup, revisions
from watcher.store.topics import register_topics
from watcher.types import Batch, Receipt

DAYS = timedelta(hours=72)


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def content(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def put_back(path: Path, source: Path, *, force: bool = True) -> Restored:
    return restore(url(path), source, force=force, now=NOW, looks_first=DAYS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "var").mkdir()
    return made(tmp_path / "var" / "w.db")


@pytest.fixture
def copy(tmp_path: Path, path: Path) -> Path:
    """A backup of it."""
    return back_up(url(path), tmp_path / "copy.db").path


# -- backing up


def test_a_backup_holds_what_the_database_does_and_is_its_owners_alone(tmp_path: Path, path: Path) -> None:
    told = back_up(url(path), tmp_path / "copy.db")
    assert (told.entries, told.revision, told.bytes) == (50, revisions()[-1], (tmp_path / "copy.db").stat().st_size)
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == {"copy.db", "var"}
    with Store.open(url(path), mode="read") as original, Store.open(url(told.path), mode="read") as copy:
        assert told.installation == original.installation == copy.installation
        assert copy.read_now(feed_states) == original.read_now(feed_states)
    assert read_back(told.path) == told


def test_a_backup_beside_a_service_that_writes_is_one_moment_of_it(tmp_path: Path, path: Path) -> None:
    """Each batch is two entries and a row of the outbox: half of one would show."""
    begun, enough = threading.Event(), threading.Event()
    with Store.open(url(path)) as store:

        def write() -> None:
            for n in range(3000):
                two = (b.entry(f"a{n}", text="word " * 300), b.entry(f"b{n}"))
                store.write_now(save, Batch(at=NOW, entries=two, outbox=(b.outbox_item(f"i/{n}"),)))
                if n == 20:
                    begun.set()
                if enough.is_set():
                    return

        writer = threading.Thread(target=write)
        writer.start()
        assert begun.wait(60)
        seen = []
        for n in range(4):
            copied = back_up(url(path), tmp_path / f"{n}.db")
            with Store.open(url(copied.path), mode="read") as copy:
                found = copy.read_now(counts)
            assert found.entries == copied.entries == 50 + 2 * found.outbox["pending"]
            seen.append(found.entries)
        enough.set()
        writer.join()
    assert seen == sorted(seen)
    assert seen[0] < seen[-1], "it went on meanwhile"


def test_what_was_deleted_is_not_in_a_backup(tmp_path: Path, path: Path) -> None:
    with Store.open(url(path)) as store:
        store.write_now(register_topics, ["sentinel-of-a-topic"], now=NOW)
        store.write_now(lambda conn: conn.exec_driver_sql("DELETE FROM topics"))
    back_up(url(path), tmp_path / "copy.db")
    assert b"sentinel-of-a-topic" not in (tmp_path / "copy.db").read_bytes()


def test_a_file_that_is_there_is_replaced_only_when_that_is_said(tmp_path: Path, path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("mine")
    with pytest.raises(NotAllowed, match=r"is there already.*name another file, or add --force") as refused:
        back_up(url(path), target)
    assert (refused.value.exit_code, target.read_text()) == (2, "mine")
    assert back_up(url(path), target, force=True).entries == 50


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", ".lock"])
def test_no_force_makes_it_write_over_the_database(path: Path, suffix: str) -> None:
    with Store.open(url(path)):
        before = content(path)
        with pytest.raises(NotAllowed, match="belongs to the database itself; name another file"):
            back_up(url(path), path.with_name(path.name + suffix), force=True)
        assert content(path) == before


def test_a_place_where_nothing_can_be_made_is_told(tmp_path: Path, path: Path) -> None:
    with pytest.raises(NotAllowed, match="is a folder; name a file in it, such as"):
        back_up(url(path), tmp_path)
    with pytest.raises(NotAllowed, match="there is no such folder; make it first"):
        back_up(url(path), tmp_path / "none" / "copy.db")
    with pytest.raises(StateError, match="there is no database yet, so there is nothing to back up"):
        back_up(url(tmp_path / "none.db"), tmp_path / "copy.db")
    assert names(tmp_path) == {"var"}


@pytest.mark.parametrize("kind", ["corrupt", "short", "identityless", "overwritten", "newer", "foreign", "text"])
def test_of_what_is_not_sound_there_is_no_backup_and_the_last_one_stays(tmp_path: Path, kind: str) -> None:
    spoil, _ = UNUSABLE[kind]
    path, target = tmp_path / "w.db", tmp_path / "copy.db"
    spoil(path)
    before = content(path)
    target.write_text("the last good one")
    with pytest.raises(StateError):
        back_up(url(path), target, force=True)
    assert target.read_text() == "the last good one"
    assert content(path) == before
    assert not [name for name in names(tmp_path) if name.endswith(".part")]


SMALL_DISK = """
import resource, sys
from pathlib import Path
from watcher.errors import StateError
from watcher.store.backups import back_up
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    back_up(sys.argv[1], Path(sys.argv[2]), force=True)
except StateError as error:
    print(error)
"""


def test_a_full_disk_keeps_nothing_half_and_the_last_one_whole(tmp_path: Path, path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("the last good one")
    run = [sys.executable, "-c", SMALL_DISK, url(path), str(target)]
    told = subprocess.run(run, capture_output=True, text=True, check=True, timeout=60).stdout
    assert "the copy could not be written" in told
    assert "Make room, or name a file on another disk" in told
    assert target.read_text() == "the last good one"
    assert names(tmp_path) == {"copy.db", "var"}


def first_schema(path: Path, folder: Path) -> Path:
    """An empty database as the first version made them."""
    scripts = folder / "first"
    shutil.copytree(MIGRATIONS, scripts, ignore=shutil.ignore_patterns("__pycache__", "000[2-9]*"))
    with pytest.raises(StateError, match=r"no such (table|column)"):
        Store.open(url(path), migrations=scripts, now=NOW)  # made, and then looked at by today's code
    return path


def test_an_older_schema_is_backed_up_as_it_is(tmp_path: Path) -> None:
    path = first_schema(tmp_path / "old.db", tmp_path)
    assert back_up(url(path), tmp_path / "copy.db").revision == "0001"
    assert revision(path) == "0001"


# -- restoring


def test_a_missing_database_is_made_with_its_folder(tmp_path: Path, copy: Path) -> None:
    path = tmp_path / "new" / "w.db"
    told = put_back(path, copy, force=False)
    assert (told.kept, told.other, told.migrated, told.backup.entries) == (None, None, None, 50)
    assert names(path.parent) == {"w.db", "w.db.lock"}
    with Store.open(url(path)) as store, Store.open(url(copy), mode="read") as original:
        assert store.installation == original.installation
        assert store.read_now(counts).entries == 50


def test_one_that_is_there_is_replaced_only_when_that_is_said_and_kept(path: Path, copy: Path) -> None:
    with Store.open(url(path)) as store:
        store.write_now(save, Batch(at=NOW, entries=(b.entry("told since"),)))
    path.chmod(0o640)
    before = content(path)
    with pytest.raises(NotAllowed, match=r"there is a database already.*with --force") as refused:
        put_back(path, copy, force=False)
    assert (refused.value.exit_code, content(path)) == (2, before)
    told = put_back(path, copy)
    assert told.kept == path.with_name("w.db.before-restore-20260302T120000Z.bak")
    assert names(path.parent) == {"w.db", "w.db.lock", told.kept.name}
    assert path.stat().st_mode & 0o777 == 0o640
    with Store.open(url(path)) as store, Store.open(url(told.kept), mode="read") as kept:
        assert (store.read_now(counts).entries, kept.read_now(counts).entries) == (50, 51)


def test_for_three_days_every_send_looks_first_from_the_last_message_on(tmp_path: Path, path: Path) -> None:
    sent = b.outbox_item("i/one", state="sent", receipt=Receipt(channel="C", ts="1.0"))
    with Store.open(url(path)) as store:
        store.write_now(save, Batch(at=NOW, outbox=(sent,)))
        store.write_now(
            lambda conn: conn.exec_driver_sql(
                "UPDATE outbox SET settled_at = ?", ((NOW - timedelta(hours=5)).isoformat(),)
            )
        )
    put_back(path, back_up(url(path), tmp_path / "copy.db").path)
    with Store.open(url(path)) as store:
        assert store.read_now(outbox.look_first, NOW + DAYS - timedelta(seconds=1)) == NOW - timedelta(hours=5)
        assert store.read_now(outbox.look_first, NOW + DAYS) is None


def test_where_nothing_was_told_it_looks_from_when_the_database_was_made(path: Path, copy: Path) -> None:
    put_back(path, copy)
    with Store.open(url(path)) as store:
        assert store.read_now(outbox.look_first, NOW) == NOW


def test_the_log_of_what_was_replaced_is_not_played_into_the_backup(tmp_path: Path, copy: Path) -> None:
    path = tmp_path / "killed.db"
    kill = KILLED_WITH_A_LOG.format(url=url(path))
    assert subprocess.run([sys.executable, "-c", kill], check=False, timeout=60).returncode == 137
    assert (tmp_path / "killed.db-wal").stat().st_size > 0
    with Store.open(url(copy)) as store:
        store.write_now(save_feed_state, b.feed_state(name="As backed up"))
    kept = put_back(path, copy).kept
    assert kept
    assert not [name for name in names(tmp_path) if name.startswith("killed.db-")]
    with Store.open(url(path)) as store, Store.open(url(kept)) as former:
        assert store.read_now(feed_states)[b.feed_state().id].name == "As backed up"
        assert former.read_now(feed_states)[b.feed_state().id].name == "Example News", "what the log held is kept"


@pytest.mark.parametrize("kind", [one for one in UNUSABLE if one != "altered"])
def test_whatever_lies_there_is_kept_as_it_is_and_replaced(tmp_path: Path, copy: Path, kind: str) -> None:
    spoil, _ = UNUSABLE[kind]
    path = tmp_path / "bad.db"
    spoil(path)
    before = content(path)
    told = put_back(path, copy)
    assert told.kept
    assert content(told.kept) == before
    with Store.open(url(path)) as store:
        assert store.read_now(counts).entries == 50


@pytest.mark.parametrize("kind", UNUSABLE)
def test_what_is_no_sound_backup_replaces_nothing(tmp_path: Path, path: Path, kind: str) -> None:
    spoil, _ = UNUSABLE[kind]
    bad = tmp_path / "bad.db"
    spoil(bad)
    before = content(path)
    with pytest.raises(StateError) as refused:
        put_back(path, bad)
    assert "move the file away" not in str(refused.value), "that is for databases"
    assert content(path) == before
    assert names(path.parent) == {"w.db", "w.db.lock"}
    with pytest.raises(StateError, match="there is no such file; name a backup"):
        put_back(path, tmp_path / "none.db")


def test_the_database_is_no_backup_of_itself(path: Path) -> None:
    with pytest.raises(NotAllowed, match="is the database itself; name a backup"):
        put_back(path, path)


def test_while_watcher_runs_nothing_is_replaced(path: Path, copy: Path) -> None:
    with Store.open(url(path)) as store:
        with pytest.raises(AlreadyRunning, match="stop that one first"):
            put_back(path, copy)
        assert store.read_now(counts).entries == 50


def test_while_another_program_has_it_open_nothing_is_replaced(path: Path, copy: Path) -> None:
    before = content(path)
    with closing(sqlite3.connect(path)) as browser:
        browser.execute("SELECT * FROM meta").fetchall()
        with pytest.raises(StateError, match="another program has it open; close that one and restore again"):
            put_back(path, copy)
    assert content(path) == before
    assert names(path.parent) == {"w.db", "w.db.lock"}
    assert put_back(path, copy).kept


def test_a_backup_of_another_installation_is_told_as_one(tmp_path: Path, path: Path) -> None:
    other = made(tmp_path / "other.db")
    with Store.open(url(path), mode="read") as store:
        installation = store.installation
    assert put_back(path, other).other == installation


def test_a_copy_from_before_an_upgrade_is_a_backup_and_nothing_is_left_beside_it(tmp_path: Path, path: Path) -> None:
    automatic = tmp_path / "w.db.before-0006.bak"
    backup(path, automatic)
    put_back(path, automatic)
    assert names(tmp_path) == {automatic.name, "var"}


def test_an_older_backup_is_brought_up_to_date(tmp_path: Path, path: Path) -> None:
    old = first_schema(tmp_path / "old.db", tmp_path)
    assert put_back(path, old).migrated == revisions()[-1]
    assert (revision(old), revision(path)) == ("0001", revisions()[-1])
    with Store.open(url(path)) as store:
        assert store.read_now(outbox.look_first, NOW) == NOW


def test_a_newer_backup_is_refused(tmp_path: Path, path: Path, copy: Path) -> None:
    Store.open(url(copy), migrations=newer(tmp_path)).close()
    before = content(path)
    with pytest.raises(StateError, match=r"made by a newer version of watcher .*run that version"):
        put_back(path, copy)
    assert content(path) == before


KILLED = """
import os, sys
from datetime import datetime, timedelta
from pathlib import Path
from watcher.store.backups import restore

at = int(sys.argv[3])
heard = 0


def hear(event, arguments):
    global heard
    if event in {"os.rename", "os.remove", "sqlite3.connect", "os.chmod"}:
        heard += 1
        if heard == at:
            os._exit(137)


sys.addaudithook(hear)
now = datetime.fromisoformat("2026-03-02T12:00:00+00:00")
restore(sys.argv[1], Path(sys.argv[2]), force=True, now=now, looks_first=timedelta(hours=72))
"""


def _killed(path: Path, copy: Path, at: int) -> bool:
    """Restore in a process that is killed at the n-th step that touches a file; whether it came so far."""
    run = [sys.executable, "-c", KILLED, url(path), str(copy), str(at)]
    code = subprocess.run(run, check=False, timeout=60).returncode
    assert code in {0, 137}
    return code == 137


@pytest.mark.long
@pytest.mark.slow
def test_kill_9_at_any_step_leaves_the_old_one_or_the_new_one_whole(tmp_path: Path, path: Path, copy: Path) -> None:
    with Store.open(url(path)) as store:
        store.write_now(save, Batch(at=NOW, entries=(b.entry("told since"),)))
    found = []
    for at in range(1, 100):
        place = tmp_path / f"{at}"
        shutil.copytree(path.parent, place)
        killed = _killed(place / "w.db", copy, at)
        with Store.open(url(place / "w.db")) as store:
            found.append(store.read_now(counts).entries)
        if not killed:
            break
    assert found[0] == 51
    assert found[-1] == 50
    assert found == sorted(found, reverse=True)
    assert len(found) > 8
