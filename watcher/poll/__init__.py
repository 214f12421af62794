"""Due feeds → fetch → unchanged? → parse → unseen? → score → article → decide → group → summarise → save.

A poll is given ids, never objects: a tick of the scheduler and a worker of a queue call the same function. Feeds are
taken in side by side; what has been taken in is decided, grouped and saved in batches, one batch at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

import structlog

from watcher.errors import ParseError
from watcher.fetch import Turns
from watcher.poll import life
from watcher.poll.assemble import topics_served
from watcher.poll.commit import Committer, Plan, Ready, Saved
from watcher.poll.intake import Intake, Intaker
from watcher.poll.judge import Judge, Judged
from watcher.poll.sift import Candidate, Keyed, keyed, reads, sift
from watcher.store import Store
from watcher.store.entries import entries_since, known_entries, known_texts
from watcher.store.feeds import feed_states
from watcher.types import Feed, FeedState, KnownEntry, ParsedFeed
from watcher.urls import host, redact
from watcher.workers.confined import trim

__all__ = ["IN_FLIGHT", "STAGES", "Plan", "PollReport", "Poller"]

STAGES = ("fetch", "parse", "unseen", "score", "article", "decide", "group", "summarise", "save")
"""Announced as ``poll.<stage>`` before each begins."""

GATHER = 0.2
"""Of a service: feeds that take longer than the others hold nobody up."""
BATCH, BATCH_ENTRIES = 500, 1500
"""Feeds of one transaction at most, and judged entries from which on it takes no more feeds."""
IN_FLIGHT = 200
"""Feeds that are fetched, read and judged at the same time, and as many that may wait to be saved."""
TASKS = 1_000
"""Feeds of one poll that are in flight or wait for their turn; the others are no more than a row yet."""

GAP = "no entry of the last poll was in this one: what came and went in between was missed"

FEW = 3
"""So many new entries in a feed that was empty before are news; more are what it held all along, as in a first poll."""

LARGE = 500
"""Entries from which on a document takes long enough to be thought about in a thread."""

T = TypeVar("T")
_Prepared = tuple[Intake, Ready]

log = structlog.get_logger("watcher.poll")


@dataclass(slots=True, kw_only=True)
class PollReport:
    """What polls brought, added up."""

    feeds: int = 0
    failed: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """Feed id → name, address (redacted), what went wrong."""
    unread: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """Entry id → headline, address (redacted), why its article could not be read."""
    entries_new: int = 0
    matches: int = 0
    gaps: int = 0
    """Feeds none of whose entries were in their last document."""
    states: Counter[str] = field(default_factory=Counter)

    def add(self, other: PollReport) -> None:
        """Count another report in."""
        self.feeds += other.feeds
        self.gaps += other.gaps
        self.failed.update(other.failed)
        self.unread.update(other.unread)
        self.count(Saved(entries_new=other.entries_new, matches=other.matches, states=other.states))

    def count(self, saved: Saved) -> None:
        """Count a saved batch in."""
        self.entries_new += saved.entries_new
        self.matches += saved.matches
        self.states.update(saved.states)

    def look_for_unread(self, judged: Sequence[Judged]) -> None:
        """Note the entries whose article was wanted now and could not be had."""
        for one in judged:
            entry, note = one.entry, one.entry.article_note
            if note is not None and note != one.candidate.entry.article_note:
                self.unread[entry.id] = (entry.title, redact(entry.url or ""), note)


@dataclass(slots=True, kw_only=True)
class Poller:
    """Polls feeds by id. ``plan``, ``intaker``, ``judge`` and the committer's plan are replaced together on reload."""

    store: Store
    plan: Plan
    intaker: Intaker
    judge: Judge
    committer: Committer
    clock: Callable[[], datetime]
    step: Callable[[str], None]
    hosts: Turns = field(default_factory=lambda: Turns(each=IN_FLIGHT, gap=0))
    """Feeds of one host that may be in flight: a slow host with many feeds must not take all places."""
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(IN_FLIGHT))
    busy: set[str] = field(default_factory=set)
    """Feeds being polled now: a second tick leaves them alone."""
    gather: float = GATHER
    """Seconds in which feeds that finish together become one batch; it is not waited for when all have finished."""
    complaints: dict[str, str] = field(default_factory=dict)
    """Feed id → what was last said against its document: it is said once, not at every poll."""

    successor: Poller | None = None
    """Who took its place at a reload, while polls were under way."""

    async def poll(self, ids: Collection[str]) -> PollReport:
        """Poll these feeds; returns when all of them are saved. No feed's failure is raised."""
        wanted = [one for one in ids if one in self.plan.feeds and one not in self.busy]
        self.busy.update(wanted)
        report = PollReport()
        tasks: list[asyncio.Task[None]] = []
        finished: asyncio.Queue[_Prepared] = asyncio.Queue(IN_FLIGHT)
        try:
            states = await self.store.read(feed_states, wanted)
            waiting = iter(states.values())
            tasks = [asyncio.create_task(self._take_turns(waiting, finished)) for _ in range(min(TASKS, len(states)))]
            tasks.append(asyncio.create_task(self._collect(len(states), finished, report)))
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()  # what nobody expected ends this poll; it does not let it wait for ever
        finally:
            for task in tasks:
                task.cancel()
            self.busy.difference_update(wanted)
        return report

    async def catch_up(self, topics: Collection[str], *, only: Collection[str] | None = None) -> PollReport:
        """Let new topics judge the stored entries that are young enough, once, by the first-poll rule.

        ``only``: of these entries, by their ids.
        """
        candidates = []
        for known in await self.store.read(entries_since, self.clock() - self.plan.max_age):
            if only is not None and known.entry.id not in only:
                continue
            feeds = [self.plan.feeds[one] for one in sorted(known.feeds) if one in self.plan.feeds]
            served = {topic for feed in feeds for topic in topics_served(feed.topics, self.plan.topics)}
            missing = frozenset(topics) & served - known.decided.keys()
            if missing:
                candidates.append(Candidate(entry=known.entry, feed=feeds[0], topics=missing, new=False, first=True))
        judged, deltas = await self.judge.judge(candidates)
        report = PollReport()
        report.look_for_unread(judged)
        report.count(await self.committer.commit(Ready(judged=tuple(judged), deltas=deltas)))
        return report

    async def _take_turns(self, waiting: Iterator[FeedState], finished: asyncio.Queue[_Prepared]) -> None:
        """Prepare feed after feed, each when its host and the line have room, and hand it over to be saved."""
        for state in waiting:
            async with self.hosts.hold(host(self.plan.feeds[state.id].url)), self.places:
                await finished.put(await self._prepare(state))

    async def _collect(self, expected: int, finished: asyncio.Queue[_Prepared], report: PollReport) -> None:
        """Save what is ready in batches, while the slower feeds are still on their way."""
        while expected:
            ready = [await finished.get()]
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.gather):
                    while len(ready) < expected:
                        ready.append(await finished.get())
            expected -= len(ready)
            *former, latest = batches(ready)
            for batch in former:
                await self._commit(batch, report, last=False)
            await self._commit(latest, report, last=not expected)

    async def _commit(self, batch: Sequence[_Prepared], report: PollReport, *, last: bool) -> None:
        parts = [ready for _, ready in batch]
        together = Ready(
            feeds=tuple(state for part in parts for state in part.feeds),
            sightings=tuple(one for part in parts for one in part.sightings),
            judged=tuple(one for part in parts for one in part.judged),
            edited=tuple(one for part in parts for one in part.edited),
            deltas=tuple(one for part in parts for one in part.deltas),
        )
        report.count(await self.committer.commit(together, last=last))
        report.look_for_unread(together.judged)
        await self._hand_on(together.judged, report)
        if len(together.judged) >= LARGE:  # a first poll leaves much behind, and most polls nothing
            await asyncio.to_thread(trim)
        report.feeds += len(batch)
        for state in together.feeds:
            report.gaps += state.gap_to is not None and state.gap_to == state.last_success
            if state.error is not None:
                report.failed[state.id] = (state.name, state.url, state.error)
                log.warning("poll.feed_failed", feed=state.name, url=state.url, reason=state.error, run=state.failures)

    async def _hand_on(self, judged: Sequence[Judged], report: PollReport) -> None:
        """Let topics that came while this poll was under way judge what it brought: they caught up without it."""
        heir = self.successor
        while heir is not None and heir.successor is not None:
            heir = heir.successor
        if heir is None or not judged:
            return
        mine, now = self.plan.topics, heir.plan.topics
        new = [name for name, topic in now.items() if name not in mine and topic.was not in mine]
        if new:
            report.add(await heir.catch_up(new, only={one.entry.id for one in judged}))

    async def _prepare(self, state: FeedState) -> _Prepared:
        feed = self.plan.feeds[state.id]
        try:
            intake = await self.intaker.take(feed, state, topics_served(feed.topics, self.plan.topics))
            ready = await self._judge(intake)
            return replace(intake, parsed=None), ready  # a large document need not wait for the batch to be saved
        except Exception:
            log.exception("poll.internal_error", feed=feed.name, url=state.url)
            error = ParseError("internal error while reading this feed; the service's log holds the details")
            intake = self.intaker.failed(feed, state, error)
            return intake, Ready(feeds=(intake.state,))

    def _complain(self, intake: Intake, reason: str) -> None:
        if reason and self.complaints.get(intake.feed.id) != reason:
            log.warning("poll.feed_damaged", feed=intake.feed.name, url=intake.state.url, reason=reason)
        self.complaints[intake.feed.id] = reason

    async def _judge(self, intake: Intake) -> Ready:
        """Find what is unseen in the document and have it judged."""
        if intake.parsed is None:
            return Ready(feeds=(intake.state,))
        self.step("poll.unseen")
        feed = intake.feed
        document = intake.parsed
        self._complain(intake, "; ".join(document.warnings))
        items = await _beside(document, lambda: keyed(feed, document))
        by_identity, by_guid = await self.store.read(
            known_entries,
            feed=feed.id,
            identities=[one.identity for one in items],
            guids=[one.guid for one in items if one.guid],
        )
        by_text = await self._known_words(intake, items, (*by_identity.values(), *by_guid.values()))
        state = _looked_over(intake, items, by_identity, by_text)
        if by_text is None and intake.before.warning == life.IDS:  # entries it has under former ids, beside known ones
            by_text = life.under_other_ids(items, await self._by_words(feed, items))
        unseen = sum(one.identity not in by_identity and one.guid not in by_guid for one in items)
        first = intake.first or (intake.refilled and unseen > FEW)
        sifted = await _beside(
            document,
            lambda: sift(
                feed,
                document,
                items,
                by_identity=by_identity,
                by_guid=by_guid,
                by_text=by_text or {},
                topics=topics_served(feed.topics, self.plan.topics),
                first=first,
                now=self.clock(),
            ),
        )
        judged, deltas = await self.judge.judge(sifted.candidates)
        return Ready(
            feeds=(state,), sightings=sifted.sightings, judged=tuple(judged), edited=sifted.edited, deltas=deltas
        )

    async def _known_words(
        self, intake: Intake, items: Sequence[Keyed], known: Collection[KnownEntry]
    ) -> dict[str, KnownEntry] | None:
        """Of a document whose items are all strangers, those whose words are known; None for other documents."""
        if intake.first or not intake.whole or not life.strangers(intake.feed, items, known):
            return None
        return await self._by_words(intake.feed, items)

    async def _by_words(self, feed: Feed, items: Sequence[Keyed]) -> dict[str, KnownEntry]:
        return await self.store.read(known_texts, feed=feed.id, hashes={reads(one.item) for one in items})


def _looked_over(
    intake: Intake,
    items: Sequence[Keyed],
    by_identity: Mapping[str, KnownEntry],
    by_text: Mapping[str, KnownEntry] | None,
) -> FeedState:
    """The feed's state with what the document tells of the feed itself: said in the log once."""
    feed, state = intake.feed, intake.state
    if by_text is not None:
        state = life.missed(intake.before, state, items, by_text, every=feed.every)
    elif intake.whole:
        state = life.dated_anew(feed, state, items, by_identity)
    if state.gap_to != intake.before.gap_to and state.gap_from and state.gap_to:
        since, until = (moment.isoformat(timespec="seconds") for moment in (state.gap_from, state.gap_to))
        log.warning("poll.gap", feed=feed.name, url=state.url, reason=GAP, since=since, until=until)
    if state.warning != intake.before.warning:
        log.warning("poll.odd_feed", feed=feed.name, url=state.url, reason=state.warning)
    return state


def batches(ready: Sequence[_Prepared]) -> Iterator[list[_Prepared]]:
    """Cut into what one transaction takes; each feed stays whole."""
    batch: list[_Prepared] = []
    entries = 0
    for one in ready:
        if batch and (len(batch) == BATCH or entries >= BATCH_ENTRIES):
            yield batch
            batch, entries = [], 0
        batch.append(one)
        entries += len(one[1].judged)
    if batch:
        yield batch


async def _beside(document: ParsedFeed, think: Callable[[], T]) -> T:
    """Think about a large document in a thread, so that neither other feeds nor the health check wait for it."""
    return await asyncio.to_thread(think) if len(document.entries) > LARGE else think()
