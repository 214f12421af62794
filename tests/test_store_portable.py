"""Backups of a database on a server: files like any other, that can be put back anywhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests import builders as b
from tests import databases, postgres
from tests.builders import NOW
from tests.databases import content
from tests.test_store_migrations import NEXT, newer
from tests.test_store_postgresql import cut
from watcher.errors import AlreadyRunning, StateError
from watcher.store import Store, outbox
from watcher.store.backups import Restored, back_up, read_back, restore
from watcher.store.lock import running
from watcher.store.refusals import NotAllowed
from watcher.store.report import counts
from watcher.store.save import save
from watcher.store.schema import backup, revisions
from watcher.types import Batch, Receipt

DAYS = timedelta(hours=72)


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database on a server with something in it, one alert of which was told."""
    made = databases.ready("postgresql", request, tmp_path)
    with Store.open(made, now=NOW) as store:
        entries = tuple(b.entry(f"headline {n}") for n in range(50))
        store.write_now(save, Batch(at=NOW, feeds=(b.feed_state(),), entries=entries, outbox=(b.outbox_item("i/1"),)))
        store.write_now(outbox.claim, owner="me", now=NOW, limit=9, lease=DAYS)
        store.write_now(outbox.settle, "i/1", receipt=Receipt(channel="C1", ts="1.1"), now=NOW)
    return made


@pytest.fixture
def empty(postgresql: postgres.Server) -> Iterator[str]:
    made = postgresql.empty()
    yield made
    postgresql.drop(made)


def put_back(url: str, source: Path, *, force: bool = False) -> Restored:
    return restore(url, source, force=force, now=NOW, looks_first=DAYS)


# -- backing up


def test_a_backup_holds_what_the_server_does_and_is_its_owners_alone(url: str, tmp_path: Path) -> None:
    told = back_up(url, tmp_path / "copy.db")
    assert (told.entries, told.revision, told.bytes) == (50, revisions()[-1], (tmp_path / "copy.db").stat().st_size)
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    assert read_back(told.path) == told
    assert [one.name for one in tmp_path.iterdir()] == ["copy.db"], "nothing beside it, not after reading it either"
    with Store.open(url, mode="read") as original, Store.open(f"sqlite:///{told.path}") as copy:
        assert told.installation == original.installation == copy.installation
        assert content(copy) == content(original)


def test_a_backup_beside_a_service_that_writes_is_one_moment_of_it(url: str, tmp_path: Path) -> None:
    """Each batch is two entries and a row of the outbox: half of one would show."""
    begun, enough = threading.Event(), threading.Event()
    with Store.open(url) as store:

        def write() -> None:
            for n in range(3000):
                two = (b.entry(f"a{n}"), b.entry(f"b{n}"))
                store.write_now(save, Batch(at=NOW, entries=two, outbox=(b.outbox_item(f"j/{n}"),)))
                if n == 20:
                    begun.set()
                if enough.is_set():
                    return

        writer = threading.Thread(target=write)
        writer.start()
        assert begun.wait(60)
        seen = []
        for n in range(3):
            copied = back_up(url, tmp_path / f"{n}.db")
            with Store.open(f"sqlite:///{copied.path}", mode="read") as copy:
                found = copy.read_now(counts)
            assert found.entries == copied.entries == 50 + 2 * found.outbox["pending"]
            seen.append(found.entries)
        enough.set()
        writer.join()
    assert seen == sorted(seen)
    assert seen[0] < seen[-1], "it went on meanwhile"


def test_an_older_schema_is_copied_as_it_is(url: str, empty: str, tmp_path: Path) -> None:
    told = back_up(url, tmp_path / "old.db")
    assert told.revision == revisions()[-1] != NEXT
    with pytest.raises(StateError, match="older schema"):
        Store.open(f"sqlite:///{told.path}", mode="read", migrations=newer(tmp_path))
    Store.open(url, migrations=newer(tmp_path / "again"), backups=False).close()
    with pytest.raises(StateError, match="made by a newer version"):
        back_up(url, tmp_path / "new.db")
    with pytest.raises(StateError, match="there is no database there"):
        back_up(empty, tmp_path / "none.db")
    assert not (tmp_path / "new.db").exists()
    assert not (tmp_path / "none.db").exists()


def test_what_is_in_the_way_of_a_backup_is_said(url: str, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("mine")
    with pytest.raises(NotAllowed, match=r"is there already.*name another file, or add --force"):
        back_up(url, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "mine"
    assert back_up(url, tmp_path / "copy.db", force=True).entries == 50
    with pytest.raises(StateError, match=r"cannot be written .*name a place where this user may write"):
        back_up(url, Path("/proc/copy.db"))


def test_a_server_that_is_lost_leaves_no_copy(url: str, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("the last good one")
    assert put_down(url, tmp_path / "copy.db")
    assert {one.name for one in tmp_path.iterdir()} == {"copy.db"}
    assert (tmp_path / "copy.db").read_text() == "the last good one"


def put_down(url: str, target: Path) -> bool:
    """Back up while the server ends every connection."""
    with Store.open(url) as store:
        entries = tuple(b.entry(f"more {n}", text="word " * 500) for n in range(2000))
        store.write_now(save, Batch(at=NOW, entries=entries))
    over = threading.Event()

    def go_on_cutting() -> None:
        while not over.wait(0.02):
            cut(url)

    cutting = threading.Thread(target=go_on_cutting)
    cutting.start()
    try:
        with pytest.raises(StateError, match="goes on by itself"):
            back_up(url, target, force=True)
    finally:
        over.set()
        cutting.join()
    return True


# -- putting one back


def test_a_backup_is_put_on_an_empty_server_and_looks_first(url: str, empty: str, tmp_path: Path) -> None:
    copy = back_up(url, tmp_path / "copy.db")
    done = put_back(empty, copy.path)
    assert (done.database, done.backup, done.kept) == (empty_name(empty), copy, None)
    assert (done.migrated, done.looks_first_until) == (None, NOW + DAYS)
    with Store.open(url, mode="read") as old, Store.open(empty) as new:
        there, before = content(new), content(old)
        assert {**there, "meta": []} == {**before, "meta": []}
        assert set(before["meta"]) < set(there["meta"])
        assert new.read_now(outbox.look_first, NOW) == NOW, "since the last message that it knows of"
        assert new.read_now(outbox.look_first, NOW + DAYS) is None
    assert [one.name for one in tmp_path.iterdir()] == ["copy.db"]


def empty_name(url: str) -> str:
    return f"postgresql://watcher@/{url.partition('@/')[2].partition('?')[0]}"


def test_a_backup_of_a_file_is_put_on_a_server_and_the_other_way_round(url: str, empty: str, tmp_path: Path) -> None:
    file = back_up(url, tmp_path / "of-the-server.db").path
    restore(f"sqlite:///{tmp_path}/w.db", file, force=False, now=NOW, looks_first=DAYS)
    with Store.open(f"sqlite:///{tmp_path}/w.db"):
        pass
    backup(tmp_path / "w.db", tmp_path / "with-a-log.bak")  # as one is made before an upgrade
    back = put_back(empty, tmp_path / "with-a-log.bak")
    assert back.backup.entries == 50
    with Store.open(url, mode="read") as old, Store.open(empty, mode="read") as new:
        assert {**content(new), "meta": []} == {**content(old), "meta": []}
    assert not list(tmp_path.glob("with-a-log.bak-*")), "reading it left nothing beside it"


def test_a_server_that_holds_anything_is_left_as_it_is_with_force_too(url: str, tmp_path: Path) -> None:
    copy = back_up(url, tmp_path / "copy.db")
    with Store.open(url, mode="read") as store:
        before = content(store)
    with pytest.raises(NotAllowed, match=r"there is a database already.*name an empty database"):
        put_back(url, copy.path, force=True)
    with Store.open(url, mode="read") as store:
        assert content(store) == before


def test_a_backup_that_is_not_sound_touches_no_server(empty: str, tmp_path: Path) -> None:
    (tmp_path / "no.db").write_bytes(b"no database at all, but long enough to be looked at" * 40)
    for name in ("no.db", "none.db"):
        with pytest.raises(StateError, match=r"take another backup|there is no such file"):
            put_back(empty, tmp_path / name)
    assert not Store.exists(empty)
    assert running(empty) is None


def test_a_server_on_which_a_watcher_starts_gets_no_backup(url: str, empty: str, tmp_path: Path) -> None:
    from watcher.store.engine import database_at

    copy = back_up(url, tmp_path / "copy.db")
    lock = database_at(empty).take(None, lambda _: None)
    with pytest.raises(AlreadyRunning, match="stop that one first"):
        put_back(empty, copy.path)
    lock.release()
    put_back(empty, copy.path)
