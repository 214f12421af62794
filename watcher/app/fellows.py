"""An app among others that share its database: in step with what they polled, were taught and hear.

Rule: the database knows; each app looks, and takes up what is new to it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import structlog

from watcher.app.line import count_anew
from watcher.app.reloading import differing, say_held
from watcher.app.taught import examples_of
from watcher.config import Config
from watcher.store.feedback import labels, lessons_so_far
from watcher.store.fellows import presses_arrived, say_no_topics, say_presses_arrive
from watcher.store.outbox import silences, waiting_destinations
from watcher.store.stream import documents_polled
from watcher.urls import host

if TYPE_CHECKING:
    from watcher.app import App

log = structlog.get_logger("watcher.app")

SHARDS = 64
"""Feeds are split by their hosts into so many parts, each polled by one process at a time."""
GROWN = 1.1
"""The stream is read anew when others have polled so many times what this app knows of."""
SELDOM = timedelta(seconds=20)
"""It is not read anew more often, for that takes a second."""
HEARD = timedelta(minutes=2)
"""So long after somebody said that presses arrive there are buttons."""
APART = timedelta(minutes=3)
"""So long others may have other topics: files are not changed on all machines at once, and one that was killed is not
known to be gone at once.
"""
_SAID_EVERY = timedelta(seconds=30)


def shard_of(url: str) -> int:
    """The part that a feed belongs to: all feeds of a host to one, so that one process spares that host."""
    return int.from_bytes(sha256(host(url).encode()).digest()[:4]) % SHARDS


def shards(config: Config) -> dict[int, frozenset[str]]:
    """Part → ids of its feeds."""
    found: dict[int, set[str]] = {}
    for feed in config.feeds:
        found.setdefault(shard_of(feed.url), set()).add(feed.id)
    return {shard: frozenset(ids) for shard, ids in found.items()}


def _long_ago(said: datetime | None, now: datetime) -> bool:
    return said is None or not timedelta() <= now - said < _SAID_EVERY


@dataclass(slots=True, kw_only=True)
class Fellows:
    """Keeps one app in step with the others."""

    app: App
    lessons: tuple[object, ...] | None = None
    read_at: datetime | None = None
    """When the stream was read last."""
    heard_at: datetime | None = None
    said_at: datetime | None = None
    held_at: datetime | None = None
    """When it was said last which topics this app has."""
    apart_since: datetime | None = None
    """Since when others have other topics; ``told_apart``: and that the log says so."""
    told_apart: bool = False
    _one_look: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def look(self) -> None:
        """Take up what others have polled and were taught, and hear whether presses arrive anywhere."""
        async with self._one_look:
            await self._learn()
            await self._count()
            self.heard_at = await self.app.store.read(presses_arrived)
            await self._compare()

    async def say_heard(self) -> None:
        """Tell the others that presses arrive here."""
        now = self.app.clock()
        if _long_ago(self.said_at, now):
            await self.app.store.write(say_presses_arrive, now)
            self.said_at = self.heard_at = now

    async def leave(self) -> None:
        """Let the others no longer reckon with this app's topics: it ends."""
        await self.app.store.write(say_no_topics, self.app.owner)

    def answered(self) -> bool:
        """Whether presses of buttons arrive at one of the processes."""
        return self.heard_at is not None and self.app.clock() - self.heard_at < HEARD

    async def waiting(self) -> list[str]:
        """Destinations to be served now: one, while the token is refused, since one try tells whether it is mended."""
        app, now = self.app, self.app.clock()
        found = await app.store.read(waiting_destinations, now)
        for name, notifier in app.notifiers.items():
            if notifier.remote and "token" in await app.store.read(silences, name):
                return found[:1]
        return found

    async def _compare(self) -> None:
        """Say which topics this app has; and let the log say if others go on with a file that has other topics."""
        app, now = self.app, self.app.clock()
        if _long_ago(self.held_at, now):
            await say_held(app)
            self.held_at = now
        other = await differing(app)
        if not other:
            self.apart_since, self.told_apart = None, False
            return
        self.apart_since = min(self.apart_since or now, now)
        if now - self.apart_since >= APART and not self.told_apart:
            self.told_apart = True
            log.warning("service.topics_differ", topics=sorted(other))

    async def _learn(self) -> None:
        app = self.app
        lessons = await app.store.read(lessons_so_far)
        if lessons == self.lessons:
            return
        before, self.lessons = self.lessons, lessons
        if before is not None and lessons[-2:] != before[-2:]:
            await app.reconfigure(app.config)
            return
        async with app.learner.one_lesson:  # so that nothing older takes the place of what is being learned here
            stored = await app.store.read(labels, standing=False)
            taught = examples_of(app.topics, app.answers, stored)
            changed = [one for one in app.topics if taught.get(one, ()) != app.learner.in_use.get(one, ())]
            for topic in changed:
                app.scorer.teach(topic, taught.get(topic, ()))
                app.learner.in_use[topic] = taught.get(topic, ())
        if changed:
            log.info("learn.taken_up", topics=len(changed))

    async def _count(self) -> None:
        app, now = self.app, self.app.clock()
        if self.read_at is not None and timedelta() <= now - self.read_at < SELDOM:
            return
        polled = await app.store.read(documents_polled)
        if polled > GROWN * sum(one.documents for one in app.stream.languages.values()):
            await count_anew(app)
        self.read_at = now
