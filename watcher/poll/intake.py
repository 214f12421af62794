"""Fetch and parse one feed: what came of it is a value, never an exception, so that one feed cannot stop another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from watcher.errors import FetchError, ParseError, WorkerError
from watcher.fetch import Fetched, Fetcher, NotModified
from watcher.poll import life, remembered
from watcher.sources import delta
from watcher.types import Feed, FeedState, Outline, ParsedFeed
from watcher.workers import Workers

Aside = Callable[[], Awaitable[object]]
"""Gives a large document's room to the next one, when reading it takes too long."""

HASHED = 16
"""Digits of a document's hash; those behind it are the fingerprint of the bytes as they came."""
LARGE_AT_ONCE = 2
"""Large documents that are in memory while they wait for the parser, which takes them one by one."""
LOOKED_AT_HERE = 128 * 1024
"""Bytes of a document up to which its items are told apart in the event loop (some ms); larger ones go to a worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What one poll of one feed brought. ``parsed`` None: nothing new, or a failure (``state.error`` says which)."""

    feed: Feed
    state: FeedState
    """As it has to be saved, together with the entries."""
    before: FeedState
    """As it was."""
    parsed: ParsedFeed | None = None
    """What is new in the document, or all of it."""
    whole: bool = False
    """``parsed`` is all of it."""
    first: bool = False
    """The first document this feed ever gave."""
    refilled: bool = False
    """The document before this one held no entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What a document says that is new, how many items it holds, and what to remember of them."""

    parsed: ParsedFeed | None
    count: int
    items: bytes | None


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

    async def take(self, feed: Feed, state: FeedState, topics: Collection[str] = ()) -> Intake:
        """Fetch, compare, parse. A failure is recorded in the state with its back-off.

        ``topics`` are those that the feed serves: when they change, items that were seen are parsed again.
        """
        try:
            async with AsyncExitStack() as held:
                self.step("poll.fetch")
                answer = await self.fetcher.through(feed.proxy).get(
                    feed.url,
                    etag=state.etag,
                    last_modified=state.last_modified,
                    headers=dict(feed.headers),
                    room=lambda: held.enter_async_context(self.large),
                    known=_on_the_line(state.body_hash),
                )
                if isinstance(answer, NotModified):
                    return Intake(feed=feed, state=self._unchanged(feed, state, answer), before=state)
                return await self._parse(feed, state, answer, topics, held.aclose)
        except (FetchError, ParseError, WorkerError) as error:
            return self.failed(feed, state, error)

    async def _parse(
        self, feed: Feed, state: FeedState, answer: Fetched, topics: Collection[str], aside: Aside
    ) -> Intake:
        body_hash = sha256(answer.body).hexdigest()[:HASHED]
        alive = replace(
            self._alive(feed, state, answer),
            etag=answer.etag,
            last_modified=answer.last_modified,
            body_hash=f"{body_hash}{answer.wire or ''}",
        )
        if state.body_hash is not None and body_hash == state.body_hash[:HASHED]:
            return Intake(feed=feed, state=alive, before=state)
        self.step("poll.parse")
        found = await self._outline(answer, remembered.salt(topics, answer.url))
        read = None if found is None else await self._new(answer, found, remembered.unpacked(state.items), aside)
        whole = read is None
        if read is None:
            read = await self._whole(answer, found, aside)
        alive = replace(alive, entries=read.count, items=read.items)
        first = state.last_success is None
        refilled = not (first or state.entries)
        return Intake(
            feed=feed, state=alive, before=state, parsed=read.parsed, whole=whole, first=first, refilled=refilled
        )

    async def _outline(self, answer: Fetched, salt: str) -> Outline | None:
        if len(answer.body) <= LOOKED_AT_HERE:
            return delta.outline(answer.body, answer.content_type, salt)
        try:
            return await self.workers.outline(answer.body, answer.content_type, salt)
        except WorkerError:
            return None

    async def _new(self, answer: Fetched, found: Outline, seen: Mapping[bytes, bytes], aside: Aside) -> _Read | None:
        """Parse the items that were not seen yet; None where only the whole document tells what is what."""
        unseen = sum(told not in seen for told in found.hashes)
        if unseen == len(found.hashes):
            return None
        try:
            body = delta.reduced(answer.body, found, seen)
            parsed = await self._parsed(answer, body, aside) if unseen else None
        except ParseError:
            return None
        items = remembered.packed(found, parsed, seen)
        return None if items is None else _Read(parsed=parsed, count=len(found.hashes), items=items)

    async def _whole(self, answer: Fetched, found: Outline | None, aside: Aside) -> _Read:
        parsed = await self._parsed(answer, answer.body, aside)
        items = None if found is None else remembered.packed(found, parsed, {})
        return _Read(parsed=parsed, count=len(parsed.entries), items=items)

    async def _parsed(self, answer: Fetched, body: bytes, aside: Aside) -> ParsedFeed:
        return await self.workers.parse("rss", body, answer.content_type, answer.url, aside=aside)

    def _alive(self, feed: Feed, state: FeedState, answer: Fetched | NotModified) -> FeedState:
        now, jitter = self.clock(), self.jitter()
        return life.alive(feed, state, now=now, max_age=answer.max_age, moved=answer.moved, jitter=jitter)

    def _unchanged(self, feed: Feed, state: FeedState, answer: NotModified) -> FeedState:
        alive = self._alive(feed, state, answer)
        if answer.validators is None:
            return alive
        etag, last_modified = answer.validators
        return replace(alive, etag=etag, last_modified=last_modified)

    def failed(self, feed: Feed, state: FeedState, error: FetchError | ParseError | WorkerError) -> Intake:
        """Record a failure with its back-off."""
        now, jitter = self.clock(), self.jitter()
        return Intake(feed=feed, state=life.failed(feed, state, error, now=now, jitter=jitter), before=state)


def _on_the_line(body_hash: str | None) -> str | None:
    """The fingerprint of the bytes that brought a document; None where none is known."""
    return (body_hash or "")[HASHED:] or None
