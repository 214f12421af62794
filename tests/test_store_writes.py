"""Writing: whole or not at all, tried again when the database is held, a sentence when it cannot be."""

from __future__ import annotations

import ast
import asyncio
import inspect
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import IntegrityError

from tests import builders as b
from tests.builders import NOW
from tests.contract.test_store import member
from watcher.errors import StateError
from watcher.store import (
    READ_VERBS,
    WRITE_VERBS,
    Store,
    outbox,
    save,
    topics,
)
from watcher.store.report import counts
from watcher.store.tables import metadata
from watcher.types import Batch, StreamDelta

BATCH = Batch(
    at=NOW,
    feeds=(b.feed_state(),),
    entries=(b.entry(),),
    sightings=(b.sighting(b.entry().id, b.feed().id, guid="g"),),
    decisions=(b.decision(b.entry().id),),
    members=(member(b.entry()),),
    outbox=(b.outbox_item("i/s1", story="s1", entry=b.entry().id),),
    stream=StreamDelta(documents={"en": 1}, terms={"en": {"a": 1}}, scores={("t", "full"): (0.5,)}),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "w.db"


def opened(path: Path, **how: object) -> Store:
    return Store.open(f"sqlite:///{path}", **how)  # type: ignore[arg-type]  # passed on


def rows(conn: Connection) -> int:
    """How many rows all tables hold together, but for the identity made with the database."""
    tables = (table for name, table in metadata.tables.items() if name != "meta")
    return sum(conn.scalar(select(func.count()).select_from(table)) or 0 for table in tables)


# whole or not at all


class Crash(BaseException):
    """As final as a kill, as far as the code above is concerned."""


@pytest.mark.parametrize("step", ["store.save.begin", "store.save.commit"])
def test_a_crash_before_the_commit_leaves_nothing(path: Path, step: str) -> None:
    def crash(name: str) -> None:
        if name == step:
            raise Crash

    with opened(path, on_step=crash) as store:
        with pytest.raises(Crash):
            store.write_now(save.save, BATCH)
        assert store.read_now(rows) == 0
        store._on_step = lambda _: None
        assert store.write_now(save.save, BATCH).entries_new == 1


def test_each_step_of_a_write_is_announced_in_order(path: Path) -> None:
    steps: list[str] = []
    with opened(path, on_step=steps.append) as store:
        store.write_now(outbox.mark_plain, "unknown")
        store.read_now(outbox.pending_count)
    assert steps == ["store.mark_plain.begin", "store.mark_plain.commit", "store.mark_plain.done"]


NOT_OF_A_SAVE = {"meta", "topics", "channels", "notices", "troubles", "clicks", "feedback", "mutes", "added_seeds"}
NOT_OF_A_SAVE |= {"tombstones", "tombstone_marks", "tombstone_ends", "tombstone_feeds"}

KILLED = """
import os, sys
from tests.test_store_writes import BATCH, opened
from watcher.store.save import save
from pathlib import Path
from pkgutil import iter_modules
store = opened(Path(sys.argv[1]), on_step=lambda name: os._exit(137) if name == sys.argv[2] else None)
store.write_now(save, BATCH)
"""


@pytest.mark.parametrize(("step", "kept"), [("begin", False), ("commit", False), ("done", True)])
def test_kill_9_at_any_step_of_a_save_leaves_all_or_nothing(path: Path, step: str, kept: bool) -> None:
    kill = [sys.executable, "-c", KILLED, str(path), f"store.save.{step}"]
    assert subprocess.run(kill, check=False, timeout=60).returncode == 137
    with opened(path) as store:
        assert bool(store.read_now(rows)) is kept
        assert store.write_now(save.save, BATCH).outbox_new == (0 if kept else 1)


@pytest.mark.parametrize("table", [name for name in metadata.tables if name not in NOT_OF_A_SAVE])
def test_a_save_that_fails_at_any_table_leaves_nothing(path: Path, table: str) -> None:
    shared = replace(BATCH, boards={"slack:#desk": 0})
    refuse = f"CREATE TRIGGER refuse BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'refused'); END"
    with opened(path) as store:
        store.write_now(lambda conn: conn.exec_driver_sql(refuse))
        with pytest.raises(IntegrityError, match="refused"):
            store.write_now(save.save, shared)
        assert store.read_now(rows) == 0
        store.write_now(lambda conn: conn.exec_driver_sql("DROP TRIGGER refuse"))
        assert store.write_now(save.save, shared).entries_new == 1


def test_a_broken_promise_of_our_own_is_not_called_a_fault_of_the_database(path: Path) -> None:
    with opened(path) as store, pytest.raises(IntegrityError):
        store.write_now(save.save, Batch(at=NOW, decisions=(b.decision("nobody"),)))


# held by another program


def test_a_held_database_is_tried_again_until_it_is_free(path: Path) -> None:
    rests: list[float] = []
    with opened(path) as made:
        made.write_now(topics.register_topics, ["a"], now=NOW)
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:

        def rest(seconds: float) -> None:
            rests.append(seconds)
            if len(rests) == 2:
                other.execute("COMMIT")

        with opened(path, sleep=rest, busy=timedelta(milliseconds=5)) as store:
            other.execute("BEGIN IMMEDIATE")
            assert store.write_now(save.save, BATCH).entries_new == 1
    assert len(rests) == 2
    assert rests == sorted(rests)


def test_a_database_held_for_good_is_a_sentence_and_loses_nothing(path: Path) -> None:
    with opened(path, sleep=lambda _: None, busy=timedelta(milliseconds=5)) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StateError, match="another program holds it"):
                store.write_now(save.save, BATCH)
            assert store.read_now(rows) == 0
        assert store.write_now(save.save, BATCH).entries_new == 1


def test_a_database_that_is_held_at_the_start_is_waited_for(path: Path) -> None:
    opened(path).close()
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        with opened(path, sleep=lambda _: other.close(), busy=timedelta(milliseconds=5)) as store:
            assert store.write_now(save.save, BATCH).entries_new == 1


def test_closing_does_not_wait_for_whoever_holds_the_database(path: Path) -> None:
    rests: list[float] = []

    def rest(seconds: float) -> None:
        rests.append(seconds)
        store.hurry()

    with (
        opened(path, sleep=rest, busy=timedelta(milliseconds=5)) as store,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StateError, match="another program holds it"):
            store.write_now(save.save, BATCH)
    assert len(rests) == 1


# no room


def test_a_full_disk_is_a_sentence_and_it_goes_on_when_there_is_room(path: Path) -> None:
    many = Batch(at=NOW, entries=tuple(b.entry(f"headline {n}", text="word " * 2000) for n in range(100)))
    with opened(path) as store:
        store.write_now(lambda conn: conn.exec_driver_sql("PRAGMA max_page_count = 60"))
        with pytest.raises(StateError, match="the disk is full; make room and watcher goes on by itself"):
            store.write_now(save.save, many)
        assert store.read_now(rows) == 0
        store.write_now(lambda conn: conn.exec_driver_sql("PRAGMA max_page_count = 100000"))
        assert store.write_now(save.save, many).entries_new == 100


# side by side


async def test_writes_happen_one_after_the_other_and_readers_see_whole_ones(path: Path) -> None:
    batches = [
        Batch(at=NOW, entries=(b.entry(f"a{n}"), b.entry(f"b{n}")), outbox=(b.outbox_item(f"i/{n}"),))
        for n in range(20)
    ]
    with opened(path) as store:
        done = asyncio.gather(*(store.write(save.save, batch) for batch in batches))
        seen = [await store.read(counts) for _ in range(20)]
        await done
        last = await store.read(counts)
    assert all(found.entries == 2 * found.outbox.get("pending", 0) for found in seen)
    assert (last.entries, last.outbox) == (40, {"pending": 20})


# the lists of verbs

NO_VERBS = {
    "columns", "tables", "migrations", "schema", "verbs",  # what there is
    "database", "engine", "lock", "postgresql", "refusals", "sessions", "sqlite", "turns",  # how it is kept
    "backups", "copying", "moving", "portable",  # and taken elsewhere
    "packing", "puts", "rows", "tombs",  # what verbs are made of
    "outbox",  # a package, whose modules follow
    "outbox.followers", "outbox.waking",
}  # fmt: skip
"""Modules of the store without verbs; every other one has nothing but verbs in it, a new one included."""
PACKAGES = ((import_module("watcher.store"), ""), (outbox, "outbox."))
MODULES = [
    import_module(f"{package.__name__}.{one.name}")
    for package, prefix in PACKAGES
    for one in iter_modules(package.__path__)
    if f"{prefix}{one.name}" not in NO_VERBS
]
WRITES = {
    "insert",
    ".insert",
    "rows.insert",
    "update",
    "delete",
    "rows.add_weights",
    "followers.follow",
    "followers.die",
    "wake_update",
}


def public_functions() -> Iterator[Callable[..., object]]:
    for module in MODULES:
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                yield function


def names_called(module: ModuleType, name: str, seen: frozenset[str] = frozenset()) -> set[str]:
    """What a function of a module calls, and what the functions of the module call that it calls."""
    body = ast.parse(inspect.getsource(getattr(module, name)))
    found = set()
    for node in ast.walk(body):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            owner = getattr(getattr(node.func, "value", None), "id", "")
            known = owner in {"puts", "rows", "followers"}
            found.add(called if isinstance(node.func, ast.Name) else f"{owner if known else ''}.{called}")
            own = getattr(module, called, None)
            if inspect.isfunction(own) and own.__module__ == module.__name__ and called not in {*seen, name}:
                found |= names_called(module, called, seen | {name})
    return found


def writes(function: Callable[..., object]) -> bool:
    called = names_called(inspect.getmodule(function) or pytest.fail("no module"), function.__name__)
    return bool(called & WRITES) or any(one.startswith("puts.put_") for one in called)


def test_every_verb_is_listed_as_what_it_is() -> None:
    verbs = set(public_functions())
    assert {verb for verb in verbs if writes(verb)} == set(WRITE_VERBS)
    assert {verb for verb in verbs if not writes(verb)} == set(READ_VERBS)
