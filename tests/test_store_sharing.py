"""Several processes on one database: who may open it, whose turn it is, and who was overtaken."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from tests import builders as b
from tests.builders import NOW
from tests.test_store_migrations import newer
from watcher.errors import AlreadyRunning, Overtaken, StateError
from watcher.store import Store, sessions
from watcher.store.feeds import feed_states, save_feed_state
from watcher.store.save import save
from watcher.store.stories import board_versions
from watcher.store.topics import known_topics, register_topics
from watcher.types import Batch

DESK, DOCK = "slack:#desk", "slack:#dock"


# who may open it


def test_workers_share_a_database_and_nobody_else_takes_it_meanwhile(url: str) -> None:
    with Store.open(url, mode="share") as one, Store.open(url, mode="share") as other:
        assert one.shared
        assert one.installation == other.installation
        one.write_now(save_feed_state, b.feed_state())
        assert list(other.read_now(feed_states)) == [b.feed_state().id]
        with pytest.raises(AlreadyRunning, match="already running"):
            Store.open(url)
    with Store.open(url) as alone:
        assert not alone.shared
        with pytest.raises(AlreadyRunning, match=r"already running \(pid \d+\)"):
            Store.open(url, mode="share")


def test_a_file_is_for_one_process(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"a file is for one process .*postgresql"):
        Store.open(f"sqlite:///{tmp_path}/watcher.db", mode="share")


def test_a_newer_worker_migrates_beside_an_older_one_which_goes_on(url: str, tmp_path: Path) -> None:
    with Store.open(url, mode="share") as older:
        older.write_now(save_feed_state, b.feed_state())
        with Store.open(url, mode="share", migrations=newer(tmp_path), backups=False) as recent:
            older.write_now(save_feed_state, b.feed_state("https://other.example/feed"))
            assert len(recent.read_now(feed_states)) == 2
            assert len(older.read_now(feed_states)) == 2
        with pytest.raises(StateError, match="newer version"):
            Store.open(url, mode="share")


# whose turn it is


async def test_one_process_at_a_time_places_reports_at_a_destination(url: str) -> None:
    with Store.open(url, mode="share") as one, Store.open(url, mode="share") as other:
        entered, leave = asyncio.Event(), asyncio.Event()

        async def first() -> None:
            async with one.alone_at([DESK, DOCK]):
                entered.set()
                await leave.wait()

        async def second() -> str:
            async with other.alone_at([DOCK]):
                return "in" if leave.is_set() else "too early"

        holding = asyncio.create_task(first())
        await entered.wait()
        waiting = asyncio.create_task(second())
        with Store.open(url, mode="share") as third:
            await asyncio.wait_for(_turn(third, "slack:#free"), 20)  # a place that nobody holds
        assert not waiting.done()
        leave.set()
        await holding
        assert await asyncio.wait_for(waiting, 20) == "in"


async def test_a_turn_that_is_given_up_while_it_is_waited_for_holds_up_nobody(url: str) -> None:
    with Store.open(url, mode="share") as one, Store.open(url, mode="share") as other:
        async with one.alone_at([DESK]):
            waiting = asyncio.create_task(asyncio.wait_for(_turn(other), 0.05))
            with pytest.raises(TimeoutError):
                await waiting
        await asyncio.wait_for(_turn(one), 20)
        await asyncio.wait_for(_turn(other), 20)


async def _turn(store: Store, place: str = DESK) -> None:
    async with store.alone_at([place]):
        pass


async def test_the_turn_of_a_process_that_is_gone_is_free(url: str) -> None:
    one = Store.open(url, mode="share")
    turn = one.alone_at([DESK])
    await turn.__aenter__()
    one.close()
    await turn.__aexit__(None, None, None)
    with Store.open(url, mode="share") as other:
        await asyncio.wait_for(_turn(other), 20)


# who stands still


def test_who_stands_still_in_a_transaction_is_put_out_and_comes_back(url: str) -> None:
    with Store.open(url, mode="share") as frozen, Store.open(url, mode="share") as other:

        def stand_still(conn: Connection) -> None:
            conn.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '200ms'")
            other.write_now(register_topics, ["a"], now=NOW)

        with pytest.raises(StateError, match="goes on by itself"):
            frozen.write_now(stand_still)
        frozen.write_now(register_topics, ["b"], now=NOW)
        assert other.read_now(known_topics) == {"a", "b"}


async def test_a_turn_that_stands_still_ends_and_its_process_takes_turns_again(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "FROZEN", timedelta(seconds=3))
    with Store.open(url, mode="share") as frozen, Store.open(url, mode="share") as other:
        async with frozen.alone_at([DESK]):
            await asyncio.wait_for(_turn(other), 60)
        await asyncio.wait_for(_turn(frozen), 60)


@pytest.mark.parametrize(("mode", "limit"), [("share", "1min"), ("write", "0")])
def test_only_one_among_others_is_put_out(url: str, mode: Any, limit: str) -> None:
    with Store.open(url, mode=mode) as store:
        (found,) = store.write_now(lambda conn: conn.exec_driver_sql("SHOW idle_in_transaction_session_timeout").one())
    assert found == limit


# who was overtaken


def test_who_placed_by_an_older_version_saves_nothing(url: str) -> None:
    with Store.open(url, mode="share") as one, Store.open(url, mode="share") as other:
        assert one.read_now(board_versions, [DESK, DOCK]) == {DESK: 0, DOCK: 0}
        one.write_now(save, Batch(at=NOW, boards={DESK: 0}))
        assert other.read_now(board_versions, [DESK, DOCK]) == {DESK: 1, DOCK: 0}
        with pytest.raises(Overtaken, match="#desk: another process added"):
            other.write_now(save, Batch(at=NOW, feeds=(b.feed_state(),), boards={DOCK: 0, DESK: 0}))
        assert other.read_now(feed_states) == {}
        assert other.read_now(board_versions, [DOCK]) == {DOCK: 0}
        other.write_now(save, Batch(at=NOW, boards={DOCK: 0, DESK: 1}))
