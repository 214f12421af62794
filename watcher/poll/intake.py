"""Fetch and parse one feed: what came of it is a value, never an exception, so that one feed cannot stop another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from watcher.errors import FetchError, ParseError, WorkerError
from watcher.fetch import Fetched, Fetcher, NotModified
from watcher.timing import next_poll
from watcher.types import Feed, FeedState, ParsedFeed
from watcher.workers import Workers

LARGE_AT_ONCE = 2
"""Large documents that are in memory while they wait for the parser, which takes them one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What one poll of one feed brought. ``parsed`` None: nothing new, or a failure (``state.error`` says which)."""

    feed: Feed
    state: FeedState
    """As it has to be saved, together with the entries."""
    parsed: ParsedFeed | None = None
    first: bool = False
    """The first document this feed ever gave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intaker:
    """Takes feeds in. ``jitter`` gives numbers in [0, 1) that spread the polls; ``step`` announces each stage."""

    fetcher: Fetcher
    workers: Workers
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    step: Callable[[str], None]
    large: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LARGE_AT_ONCE))
    """Held from where a body turns out to be large until it is parsed."""

    async def take(self, feed: Feed, state: FeedState) -> Intake:
        """Fetch, compare, parse. A failure is recorded in the state with its back-off."""
        try:
            async with AsyncExitStack() as held:
                self.step("poll.fetch")
                answer = await self.fetcher.get(
                    feed.url,
                    etag=state.etag,
                    last_modified=state.last_modified,
                    headers=dict(feed.headers),
                    room=lambda: held.enter_async_context(self.large),
                )
                if isinstance(answer, NotModified):
                    return Intake(feed=feed, state=self._alive(feed, state, answer))
                return await self._parse(feed, state, answer)
        except (FetchError, ParseError, WorkerError) as error:
            return self.failed(feed, state, error)

    async def _parse(self, feed: Feed, state: FeedState, answer: Fetched) -> Intake:
        body_hash = sha256(answer.body).hexdigest()[:16]
        alive = replace(
            self._alive(feed, state, answer),
            etag=answer.etag,
            last_modified=answer.last_modified,
            body_hash=body_hash,
        )
        if body_hash == state.body_hash:
            return Intake(feed=feed, state=alive)
        self.step("poll.parse")
        parsed = await self.workers.parse("rss", answer.body, answer.content_type, answer.url)
        first = state.last_success is None
        return Intake(feed=feed, state=replace(alive, entries=len(parsed.entries)), parsed=parsed, first=first)

    def _alive(self, feed: Feed, state: FeedState, answer: Fetched | NotModified) -> FeedState:
        now = self.clock()
        due = next_poll(
            now, every=feed.every, failures=0, max_age=answer.max_age, retry_after=None, jitter=self.jitter()
        )
        return replace(
            state,
            name=feed.name,
            last_polled=now,
            last_success=now,
            failures=0,
            error=None,
            gone=False,
            told_to_wait=False,
            next_due=due,
        )

    def failed(self, feed: Feed, state: FeedState, error: FetchError | ParseError | WorkerError) -> Intake:
        """Record a failure: ETag and body stay as they were, so that what was missed is asked for again."""
        now = self.clock()
        failures = state.failures + 1
        retry_after = error.retry_after if isinstance(error, FetchError) else None
        gone = isinstance(error, FetchError) and error.fault == "gone"
        due = next_poll(
            now, every=feed.every, failures=failures, max_age=None, retry_after=retry_after, jitter=self.jitter()
        )
        state = replace(
            state,
            name=feed.name,
            last_polled=now,
            failures=failures,
            error=str(error),
            gone=gone,
            told_to_wait=retry_after is not None,
            next_due=due,
        )
        return Intake(feed=feed, state=state)
