"""The queue by itself: who gets which job, and what becomes of the jobs of the dead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

import psycopg
import pytest

from tests import postgres
from watcher.errors import StateError
from watcher.service.queue import SCHEMA, Job, Queue, prepare
from watcher.store import sessions

LONG = 20.0


@pytest.fixture
def url(url: str) -> str:
    """With the queue's tables."""
    prepare(url)
    return url


@dataclass
class Hand:
    """Does jobs of one kind; each waits until it is let go."""

    began: list[str] = field(default_factory=list)
    at_work: set[str] = field(default_factory=set)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, subject: str) -> None:
        assert subject not in self.at_work
        self.began.append(subject)
        self.at_work.add(subject)
        self.changed.set()
        try:
            await self.go.wait()
        finally:
            self.at_work.discard(subject)

    async def until(self, number: int) -> None:
        async with asyncio.timeout(LONG):
            while len(self.began) < number:
                self.changed.clear()
                await self.changed.wait()


@asynccontextmanager
async def serving(url: str, hand: Hand, name: str = "one") -> AsyncIterator[Queue]:
    queue = Queue(url=url, name=name, kinds=[Job(kind="poll", work="poll", run=hand.run)], serves=["poll"], at_once=4)
    task = asyncio.create_task(queue.run())
    try:
        yield queue
    finally:
        hand.go.set()
        task.cancel()
        with suppress(asyncio.CancelledError, StateError):  # refused, as one that others took for dead
            await task


async def asked(queue: Queue, *subjects: str) -> int:
    """Ask, as soon as it is connected."""
    await asyncio.wait_for(queue.ready.wait(), LONG)
    return await queue.want([("poll", one) for one in subjects])


async def test_what_waits_or_runs_already_is_not_asked_for_again(url: str) -> None:
    hand = Hand()
    async with serving(url, hand) as queue:
        assert await asked(queue, "1", "2") == 2
        await hand.until(2)
        assert await asked(queue, "1", "2", "3") == 1
        await hand.until(3)
        hand.go.set()
    assert sorted(hand.began) == ["1", "2", "3"]


async def test_the_queue_lives_beside_the_tables_and_is_made_once(postgresql: postgres.Server, url: str) -> None:
    prepare(url)
    found = postgresql.do(url, "SELECT schemaname FROM pg_tables WHERE tablename = 'procrastinate_jobs'")
    assert found == [(SCHEMA,)]
    await asyncio.gather(*(asyncio.to_thread(prepare, url) for _ in range(3)))


async def test_jobs_of_a_process_that_gave_no_sign_of_life_are_done_by_another(
    postgresql: postgres.Server, url: str
) -> None:
    dead, living = Hand(), Hand()
    async with serving(url, dead, "dead") as first:
        await asked(first, "1")
        await dead.until(1)
        postgresql.do(url, f"UPDATE {SCHEMA}.procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
        async with serving(url, living, "living") as second:
            assert await asked(second, "1") == 0, "the dead one's is still there"
            assert await second.mend() == 1
            await living.until(1)
            assert await second.mend() == 0


async def test_one_at_a_time_has_a_turn_at_a_subject(url: str) -> None:
    one, other = Hand(), Hand()
    inside = 0

    async def work(queue: Queue) -> None:
        nonlocal inside
        async with queue.turn(("learn", "alliance")):
            inside += 1
            assert inside == 1
            await asyncio.to_thread(int)  # the others may go on meanwhile
            inside -= 1

    async with serving(url, one, "one") as first, serving(url, other, "other") as second:
        await asyncio.gather(asked(first, "1"), asked(second, "2"))
        async with asyncio.timeout(LONG):
            await asyncio.gather(*(work(queue) for queue in (first, second) for _ in range(4)))


async def test_a_server_that_is_away_is_told_as_a_sentence_without_the_password() -> None:
    queue = Queue(url="postgresql+psycopg://u:secret@127.0.0.1:1/none", name="one", kinds=[])
    with pytest.raises(StateError, match="out of reach") as refused:
        await queue.run()
    assert "secret" not in str(refused.value)
    with pytest.raises(StateError, match="cannot be made") as refused:
        prepare("postgresql+psycopg://u:secret@127.0.0.1:1/none")
    assert "secret" not in str(refused.value)


async def test_one_that_stands_still_while_it_asks_holds_up_the_others_for_a_while_only(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "FROZEN", timedelta(seconds=2))
    job = (
        "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args) "
        "VALUES ('poll', 'poll', 'poll 1', 'poll 1', '{\"subject\": \"1\"}')"
    )
    hand = Hand()
    async with serving(url, Hand(), "frozen") as frozen, serving(url, hand, "other") as other:
        await asyncio.wait_for(frozen.ready.wait(), LONG)
        with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
            await _stand_still(frozen, job, lambda: asked(other, "1"))
        await asyncio.wait_for(frozen.waiting(), LONG)


async def _stand_still(queue: Queue, job: str, meanwhile: Callable[[], Awaitable[int]]) -> None:
    """Ask for a job, and go no further before others were done."""
    async with queue._app.connector.pool.connection() as conn:  # type: ignore[attr-defined]  # its pool
        await conn.execute(job)
        assert await asyncio.wait_for(meanwhile(), LONG) == 1, "the same as the one that is not there yet"
