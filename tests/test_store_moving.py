"""Moving a database: everything arrives, or nothing does, and the old one is as it was."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Connection

from tests import builders as b
from tests import databases, postgres
from tests.builders import NOW
from tests.databases import content, everything
from tests.test_store_migrations import NEXT, newer
from tests.test_store_postgresql import SHORT, cut
from watcher.errors import AlreadyRunning, StateError
from watcher.store import Store
from watcher.store.copying import copy, reading
from watcher.store.engine import database_at
from watcher.store.lock import running
from watcher.store.moving import move
from watcher.store.refusals import NotAllowed
from watcher.store.report import counts, outbox_rows
from watcher.store.save import save
from watcher.store.schema import revisions
from watcher.types import Batch


def folder(tmp_path: Path, name: str) -> Path:
    made = tmp_path / name
    made.mkdir(exist_ok=True)
    return made


@pytest.fixture(params=databases.WHERE)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with something in it."""
    url = databases.ready(request.param, request, folder(tmp_path, "from"))
    with Store.open(url, now=NOW) as store:
        entries = tuple(b.entry(f"headline {n}") for n in range(1200))
        items = tuple(b.outbox_item(f"i/{n}") for n in range(3))
        store.write_now(save, Batch(at=NOW, feeds=(b.feed_state(),), entries=entries, outbox=items))
    return url


@pytest.fixture(params=databases.KINDS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return databases.empty(request.param, request, folder(tmp_path, "to"))


def test_everything_arrives_and_goes_on_as_it_was(source: str, target: str) -> None:
    told: list[tuple[int, int]] = []
    moved = move(source, target, progress=lambda *one: told.append(one))
    with Store.open(source) as old, Store.open(target) as new:
        assert content(new) == content(old)
        assert new.installation == old.installation == moved.installation
        new.write_now(save, Batch(at=NOW, outbox=(b.outbox_item("i/new"),)))
        assert [row.key for row in new.read_now(outbox_rows)] == ["i/0", "i/1", "i/2", "i/new"], "the order of arrival"
    assert {one.name: one.rows for one in moved.tables if one.rows} == {
        "entries": 1200, "feed_states": 1, "meta": 2, "outbox": 3,
    }  # fmt: skip
    assert (moved.revision, moved.migrated, moved.rows) == (revisions()[-1], False, 1206)
    assert told[-1] == (2412, 2412)
    assert len(told) > 5, "in batches"


@pytest.mark.postgresql_line
@pytest.mark.slow
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows=everything())
def test_rows_of_any_content_go_there_and_back_unchanged(
    postgresql: postgres.Server, tmp_path_factory: pytest.TempPathFactory, rows: dict[str, list[dict[str, Any]]]
) -> None:
    first, last = (f"sqlite:///{tmp_path_factory.mktemp('w')}/w.db" for _ in range(2))
    between = postgresql.empty()
    try:
        with Store.open(first, now=NOW) as store:
            databases.fill(store, rows)
            before = content(store)
        there, back = move(first, between), move(between, last)
        assert there.tables == back.tables
        with Store.open(between, mode="read") as store:
            assert content(store) == before
        with Store.open(last, mode="read") as store:
            assert content(store) == before
    finally:
        postgresql.drop(between)


def test_an_older_schema_is_brought_up_to_date_in_the_copy_alone(source: str, target: str, tmp_path: Path) -> None:
    moved = move(source, target, migrations=newer(tmp_path))
    assert (moved.revision, moved.migrated) == (NEXT, True)
    with pytest.raises(StateError, match=f"made by a newer version of watcher .schema {NEXT}"):
        Store.open(target)
    with Store.open(source, mode="read") as store:
        assert store.read_now(counts).entries == 1200, "it has the schema that it had"


def test_a_newer_schema_is_left_to_a_newer_version(source: str, target: str, tmp_path: Path) -> None:
    Store.open(source, migrations=newer(tmp_path), backups=False).close()
    with pytest.raises(StateError, match="made by a newer version"):
        move(source, target)
    assert not Store.exists(target)


def test_a_file_that_is_moved_stays_as_it_was_to_the_byte(tmp_path: Path, target: str) -> None:
    file = folder(tmp_path, "from") / "watcher.db"
    with Store.open(f"sqlite:///{file}", now=NOW) as store:
        store.write_now(save, Batch(at=NOW, entries=(b.entry(),)))
    before = sha256(file.read_bytes()).hexdigest()
    move(f"sqlite:///{file}", target)
    assert sha256(file.read_bytes()).hexdigest() == before
    assert sorted(one.name for one in file.parent.iterdir()) == ["watcher.db", "watcher.db.lock"]


# refused


def test_a_target_that_holds_anything_is_left_as_it_is(source: str, target: str) -> None:
    with Store.open(target, now=NOW) as store:
        store.write_now(save, Batch(at=NOW, entries=(b.entry(),)))
        before = content(store)
    with pytest.raises(NotAllowed, match="there is a database already, which is left as it is; name a"):
        move(source, target)
    with Store.open(target) as store:
        assert content(store) == before


def test_a_database_is_not_moved_onto_itself(source: str) -> None:
    with pytest.raises(NotAllowed, match="there is a database already"):
        move(source, source)


def test_there_has_to_be_something_to_move(target: str, tmp_path: Path) -> None:
    with pytest.raises(StateError, match="there is no database there"):
        move(f"sqlite:///{tmp_path}/none/watcher.db", target)
    assert not (tmp_path / "none").exists()
    assert not Store.exists(target)


def test_a_watcher_that_runs_has_to_be_stopped_first(source: str, target: str) -> None:
    with Store.open(source), pytest.raises(AlreadyRunning, match="stop that one first"):
        move(source, target)
    assert not Store.exists(target)
    lock = database_at(target).take(None, lambda _: None)
    with pytest.raises(AlreadyRunning, match="stop that one first"):
        move(source, target)
    lock.release()
    assert running(source) is None
    move(source, target)


def test_nothing_is_written_beside_it_meanwhile(source: str, target: str) -> None:
    refused: list[object] = []

    def write(done: int, total: int) -> None:
        if done < total or refused:
            return
        with Store.open(source, mode="beside", sleep=lambda _: None, busy=SHORT) as store:
            with pytest.raises(StateError, match="another program holds it") as error:
                store.write_now(save, Batch(at=NOW, entries=(b.entry("too late"),)))
            refused.append(error)

    move(source, target, progress=write)
    assert refused
    with Store.open(source, mode="beside") as store:
        store.write_now(save, Batch(at=NOW, entries=(b.entry("now it can be"),)))


def test_tables_that_were_changed_are_said(source: str, target: str) -> None:
    with Store.open(source, mode="beside") as store:
        store.write_now(lambda conn: conn.exec_driver_sql("ALTER TABLE notices RENAME COLUMN text TO words"))
    with pytest.raises(StateError, match="its tables are not as watcher made them"):
        move(source, target)
    assert not Store.exists(target)


def test_rows_that_refer_to_nothing_are_said(tmp_path: Path, target: str) -> None:
    file = folder(tmp_path, "from") / "watcher.db"
    Store.open(f"sqlite:///{file}", now=NOW).close()
    with closing(sqlite3.connect(file)) as conn, conn:  # which minds no references
        conn.execute("INSERT INTO sightings VALUES ('nobody', 'feed', 'guid', 'then', 'now')")
    with pytest.raises(StateError, match=r"which is damaged; nothing was kept|rows of sightings refer to nothing"):
        move(f"sqlite:///{file}", target)
    assert not Store.exists(target)


# broken off


@pytest.mark.parametrize("at", [500, 1206, 2000])
def test_what_fails_half_way_leaves_nothing(source: str, target: str, at: int) -> None:
    """While it writes, when all is written, while it compares."""

    def break_off(done: int, total: int) -> None:
        del total
        if done >= at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move(source, target, progress=break_off)
    assert not Store.exists(target)
    assert (running(source), running(target)) == (None, None)
    assert move(source, target).rows == 1206


@pytest.mark.parametrize("at", [500, 2000])
def test_what_is_killed_half_way_leaves_nothing(source: str, target: str, at: int) -> None:
    kill = (
        "import os; from watcher.store.moving import move\n"
        f"move({source!r}, {target!r}, progress=lambda done, _: os._exit(137) if done >= {at} else None)"
    )
    assert subprocess.run([sys.executable, "-c", kill], check=False, timeout=60).returncode == 137
    assert not Store.exists(target)
    assert move(source, target).rows == 1206
    with Store.open(source) as old, Store.open(target) as new:
        assert content(new) == content(old)


def test_what_did_not_arrive_as_it_is_is_found_out(source: str, target: str) -> None:
    def another_row(conn: Connection) -> None:
        conn.exec_driver_sql("INSERT INTO topics (name, added_at) VALUES ('stray', 'now')")

    with Store.open(target) as store, reading(database_at(source)) as found:
        store.write_now(lambda conn: conn.exec_driver_sql("DELETE FROM meta"))
        store.write_now(another_row)
        with pytest.raises(StateError, match=r"table topics did not arrive as it is .0 rows were read, 1 written"):
            store.write_now(lambda conn: copy(found, conn))
        assert store.read_now(counts).entries == 0, "nor is anything else kept"


def test_a_server_that_is_lost_half_way_is_a_sentence(postgresql: postgres.Server, tmp_path: Path) -> None:
    file, url = f"sqlite:///{tmp_path}/w.db", postgresql.empty()
    with Store.open(file, now=NOW) as store:
        store.write_now(save, Batch(at=NOW, entries=tuple(b.entry(f"headline {n}") for n in range(1200))))
    try:
        for one, other in ((file, url), (url, f"sqlite:///{tmp_path}/back.db")):
            with pytest.raises(StateError, match=r"goes on by itself when"):
                move(one, other, progress=lambda *_: cut(url))
            assert not Store.exists(other)
            if one == file:
                move(one, other)
    finally:
        postgresql.drop(url)
