"""A disk that fills up: said once, nothing asked for that cannot be kept, nothing lost or doubled, and on by itself."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from tests import builders as b
from tests.builders import NOW
from tests.installation import Installation, installed, item
from tests.line import OFF_TOPIC, ON_TOPIC
from watcher.app.line import count_anew
from watcher.errors import StateError
from watcher.readiness import PAUSES, Setback, set_back
from watcher.relevance.votes import example
from watcher.store.report import counts, outbox_rows
from watcher.types import Receipt

TOLD = 3


@dataclass
class Disk:
    """Lets commits fail as SQLite does when there is no room: from the n-th on, until there is room."""

    left: int = 1_000_000
    failed: list[str] = field(default_factory=list)
    only: str | None = None
    """The verb whose commits count; None: every one's."""

    def __call__(self, step: str) -> None:
        if not step.endswith(".commit") or (self.only is not None and step != f"store.{self.only}.commit"):
            return
        self.left -= 1
        if self.left < 0:
            self.failed.append(step)
            full = sqlite3.OperationalError("database or disk is full")
            full.sqlite_errorname = "SQLITE_FULL"
            raise OperationalError("COMMIT", None, full)

    def room(self) -> None:
        self.left = 1_000_000


@dataclass
class Place:
    """An installation on that disk. ``said``: what its log says."""

    here: Installation
    disk: Disk
    said: list[Any]

    async def second(self) -> None:
        """A second of the service: both ticks, to their end."""
        service = self.here.service
        await service.guarded(service._poll_tick)
        for task in list(service._polls):
            await task
        await service.guarded(service._deliver_tick)
        if service._delivery is not None:
            await service._delivery
        self.here.clock.pass_(seconds=1)

    async def seconds(self, count: int) -> None:
        for _ in range(count):
            await self.second()

    def events(self, name: str) -> list[Any]:
        return [one for one in self.said if one["event"] == name]

    @property
    def keys(self) -> list[str]:
        return [post.message.key for post in self.here.notifier.posts]


@asynccontextmanager
async def small_disk(folder: Path) -> AsyncIterator[Place]:
    """Three stories on the topic and two that are not, on a disk with room."""
    disk = Disk()
    async with installed(folder, "feed") as here:
        here.app.store._on_step = disk
        here.feed("/feed", *(item(*one) for one in [*ON_TOPIC[:TOLD], *OFF_TOPIC]))
        with capture_logs() as said:
            yield Place(here, disk, said)


@pytest.mark.long
@pytest.mark.slow
async def test_whichever_write_finds_no_room_all_is_told_once_in_the_end(tmp_path: Path) -> None:
    """The method of SQLite's own tests: fail from the n-th write on, for each n, until a round needs no more."""
    for number in range(40):
        (tmp_path / str(number)).mkdir()
        async with small_disk(tmp_path / str(number)) as place:
            place.disk.left = number
            await place.seconds(5)
            if not place.disk.failed:
                break
            posts = len(place.keys)
            await place.seconds(120)
            assert len(place.keys) - posts <= 1, "nothing is posted that cannot be written down"
            assert [one["reason"].partition(": ")[2] for one in place.events("service.state")] == [
                "the disk is full; make room and watcher goes on by itself"
            ], "said once"
            (reason,) = await place.here.service.not_ready()
            assert "the database cannot be written" in reason
            place.disk.room()
            await place.seconds(130)
            assert await place.here.service.not_ready() == ()
            assert len(place.events("service.state_mended")) == 1
            assert sorted(place.here.told) == sorted(title for title, _ in ON_TOPIC[:TOLD]), f"write {number}"
            found = place.here.app.store.read_now(counts)
            assert (found.entries, found.outbox) == (5, {"sent": TOLD})
    else:
        pytest.fail("it never had room")
    assert number > 8


@pytest.mark.slow
async def test_while_there_is_no_room_feeds_are_asked_less_and_less(tmp_path: Path) -> None:
    async with small_disk(tmp_path) as place:
        place.disk.left = 0
        await place.seconds(3600)
        asked = len(place.here.asked("/feed"))
        assert asked <= 3600 / 60 + 5
        place.disk.room()
        await place.seconds(61)
        assert len(place.here.asked("/feed")) == asked + 1
        assert len(place.here.told) == TOLD


@pytest.mark.slow
async def test_what_was_polled_in_vain_does_not_count_as_seen(tmp_path: Path) -> None:
    """Sixty repeats would make the words of the news common ones, and the news no match."""
    async with small_disk(tmp_path) as place:
        place.disk.left = 0
        await place.seconds(3600)
        place.disk.room()
        await place.seconds(70)
        app = place.here.app
        assert app.stream.documents("en", place.here.clock()) == pytest.approx(5, rel=0.01)


async def test_a_message_that_was_sent_and_not_settled_is_looked_up_and_not_sent_again(tmp_path: Path) -> None:
    async with small_disk(tmp_path) as place:
        place.disk.left, place.disk.only = 0, "settle"
        await place.seconds(30)
        assert len(place.keys) == 1
        (unsettled,) = [one for one in place.here.app.store.read_now(outbox_rows) if one.state == "sending"]
        place.disk.room()
        await place.seconds(130)
        assert sorted(place.keys) == sorted(set(place.keys))
        assert len(place.keys) == TOLD
        assert place.keys[0] == unsettled.key
        settled = {one.key: one.receipt for one in place.here.app.store.read_now(outbox_rows)}
        assert settled[unsettled.key] == Receipt(
            channel=place.here.notifier.posts[0].channel, ts=place.here.notifier.posts[0].ts
        )


async def test_with_nothing_due_it_is_ready_as_soon_as_there_is_room(tmp_path: Path) -> None:
    async with small_disk(tmp_path) as place:
        await place.seconds(5)
        service = place.here.service

        async def tidy() -> None:
            raise StateError("w.db: the disk is full")

        await service.guarded(tidy)
        assert await service.not_ready() != ()
        await place.seconds(6)
        assert await service.not_ready() == ()
        assert place.here.clock() < place.here.states()["feed"].next_due


async def test_a_topic_that_could_not_catch_up_does_so_then(tmp_path: Path) -> None:
    async with small_disk(tmp_path) as place:
        service, app = place.here.service, place.here.app
        place.disk.left = 0
        service._begin(("alliance",))
        for task in list(service._background):
            await task
        assert place.disk.failed
        place.disk.room()
        await place.seconds(7)
        for task in list(service._background):
            await task
        assert await app.new_topics() == ()


async def test_a_clock_that_is_put_back_does_not_prolong_it(tmp_path: Path) -> None:
    async with small_disk(tmp_path) as place:
        place.disk.left = 0
        await place.second()
        place.disk.room()
        place.here.clock.pass_(hours=-5)
        await place.seconds(3)
        assert await place.here.service.not_ready() == ()


async def test_another_fault_is_said_too(tmp_path: Path) -> None:
    async with small_disk(tmp_path) as place:
        for reason in ("full", "full", "corrupt", "corrupt"):

            async def fail(reason: str = reason) -> None:
                raise StateError(reason)

            await place.here.service.guarded(fail)
        assert [one["reason"] for one in place.events("service.state")] == ["full", "corrupt"]


def test_the_rests_grow_up_to_a_minute_and_faults_at_once_are_one() -> None:
    now, known, rests = NOW, None, []
    for _ in range(len(PAUSES) + 2):
        known = set_back(known, "full", now)
        assert set_back(known, "full", now + timedelta(seconds=1)) == known
        rests.append(known.again_at - now)
        now = known.again_at
    assert rests == [*PAUSES, PAUSES[-1], PAUSES[-1]]
    assert known == Setback(error="full", tries=len(PAUSES) + 2, again_at=now)


async def test_what_was_learned_is_still_known_after_counting_anew(tmp_path: Path) -> None:
    async with small_disk(tmp_path) as place:
        app = place.here.app
        taught = (example(b.label(topic="alliance")),)
        app.scorer.teach("alliance", taught)
        app.learner.in_use["alliance"] = taught
        before = app.scorer
        await count_anew(app)
        assert app.scorer is not before
        assert app.scorer.version("alliance") == before.version("alliance")
        assert app.poller.judge.scorer is app.poller.committer.scorer is app.scorer
