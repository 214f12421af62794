"""Decide, group, summarise, save: one batch at a time, because a story belongs to a destination and not to a feed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from watcher.config import TopicConfig
from watcher.errors import Overtaken
from watcher.poll.assemble import Match, decide_all, destinations_of, matches_of
from watcher.poll.boards import KEY_TERMS, board_of
from watcher.poll.changes import Change, notes, replies
from watcher.poll.group import Assembled, Grouper, stories_to_read
from watcher.poll.judge import Judged
from watcher.poll.statistics import RareTerms
from watcher.relevance import Scorer
from watcher.store import Store
from watcher.store.entries import known_entries, known_texts
from watcher.store.save import save
from watcher.store.stories import board_versions, member_texts, open_stories, told_rows
from watcher.stories import REMEMBERED, Board
from watcher.types import (
    Batch,
    Decision,
    Entry,
    Feed,
    FeedState,
    FirstPoll,
    KnownEntry,
    OutboxItem,
    Sighting,
    StreamDelta,
    TermShares,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the configuration says about polling; swapped whole on reload."""

    feeds: Mapping[str, Feed]
    topics: Mapping[str, TopicConfig]
    first_poll: FirstPoll
    max_age: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What one or several feeds brought, judged and ready to be decided on."""

    feeds: tuple[FeedState, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    judged: tuple[Judged, ...] = ()
    edited: tuple[Change, ...] = ()
    deltas: tuple[StreamDelta, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What a batch came to."""

    entries_new: int = 0
    matches: int = 0
    states: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Committer:
    """Turns judged entries into one saved batch. ``plan`` is replaced on reload."""

    store: Store
    scorer: Scorer
    plan: Plan
    clock: Callable[[], datetime]
    step: Callable[[str], None]
    background: Mapping[str, TermShares] = field(default_factory=dict)
    """Language → how common its words are in ordinary news: rare ones tell events apart."""
    polled: Callable[[datetime], Mapping[str, TermShares]] = field(default=lambda _: {})
    """Language → how common its words are in what was polled."""
    boards: dict[str, Board] = field(default_factory=dict)
    """Destination → its open stories."""
    versions: dict[str, int] = field(default_factory=dict)
    """Destination → the version of its board, where other processes add to it, too."""
    rare: RareTerms = field(default_factory=RareTerms)
    """Terms that are not written yet; outlives reloads."""
    judged: Callable[[str, float | None, float | None], None] = field(default=lambda *_: None)
    """Hears of every decision that was saved: mode, score, threshold."""
    one_batch: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Whoever decides on the same database shares it: a story is founded once."""

    async def commit(self, ready: Ready, *, last: bool = True) -> Saved:
        """Decide, group, summarise and save in one transaction. ``last``: no batch of the same poll follows."""
        async with self.one_batch:
            stream = self.rare.hold_back(*ready.deltas, last=last)
            while True:
                with suppress(Overtaken), ExitStack() as undo:
                    undo.callback(self.boards.clear)  # whatever ends this: they would hold what was not saved
                    saved = await self._in_turn(ready, stream)
                    undo.pop_all()
                    return saved

    async def _in_turn(self, ready: Ready, stream: StreamDelta) -> Saved:
        """Commit while no other process adds to the stories that this batch may add to."""
        if not self.store.shared:
            return await self._commit(ready, stream, {})
        places = destinations_of(matches_of(ready.judged, self._decided(ready.judged, self.clock())), self.plan.topics)
        async with self.store.alone_at(places):
            versions = await self.store.read(board_versions, places)
            for one in [one for one in places if self.versions.get(one) != versions[one]]:
                self.boards.pop(one, None)
            saved = await self._commit(ready, stream, versions)
            self.versions |= {one: version + 1 for one, version in versions.items()}
            return saved

    def _decided(self, judged: Sequence[Judged], now: datetime) -> list[Decision]:
        return decide_all(
            judged,
            topics=self.plan.topics,
            version=self.scorer.version,
            first_poll=self.plan.first_poll,
            max_age=self.plan.max_age,
            now=now,
        )

    async def _commit(self, ready: Ready, stream: StreamDelta, versions: Mapping[str, int]) -> Saved:
        now = self.clock()
        current = await self._current(ready.judged)
        judged = still_open(ready.judged, current)
        self.step("poll.decide")
        decisions = self._decided(judged, now)
        matches = matches_of(judged, decisions)
        self.step("poll.group")
        grouped = await self._group(matches, decisions, now)
        changed = await self._changed(ready.edited, now)
        batch = Batch(
            at=now,
            feeds=ready.feeds,
            entries=_entries(judged, ready.edited),
            sightings=ready.sightings,
            decisions=grouped.decisions,
            members=grouped.members,
            outbox=(*grouped.outbox, *changed),
            stream=stream,
            boards=versions,
        )
        self.step("poll.save")
        result = await self.store.write(save, batch)
        for one in grouped.decisions:
            self.judged(one.mode, one.score, one.threshold)
        return Saved(
            entries_new=result.entries_new,
            matches=sum(len(match.decisions) for match in matches),
            states=Counter(one.state for one in grouped.decisions),
        )

    async def _current(self, judged: Sequence[Judged]) -> Mapping[str, KnownEntry]:
        """The entries as the store knows them now: another batch may have brought them since they were sifted."""
        identities = {one.entry.identity for one in judged}
        if not identities:
            return {}
        known, _ = await self.store.read(known_entries, feed="", identities=identities, guids=())
        return known

    async def _group(self, matches: Sequence[Match], decisions: Sequence[Decision], now: datetime) -> Assembled:
        grouper = Grouper(
            topics=self.plan.topics,
            boards=await self._boards_of(destinations_of(matches, self.plan.topics), now),
            installation=self.store.installation,
            key_terms=lambda topic: dict(self.scorer.key_terms(topic, KEY_TERMS)),
            first_poll=self.plan.first_poll,
            now=now,
        )
        placed = grouper.place(matches)
        grouper.told.update(await self.store.read(member_texts, stories_to_read(placed)))
        self.step("poll.summarise")
        return grouper.group(placed, decisions)

    async def _changed(self, changes: Sequence[Change], now: datetime) -> list[OutboxItem]:
        """Replies that tell of corrections and the like, in the threads of the messages that told the entries."""
        said = notes([one for one in changes if not await self._exchanged(one)])
        if not said:
            return []
        told = await self.store.read(told_rows, sorted(said))
        return replies(told, changes, said, topics=self.plan.topics, installation=self.store.installation, now=now)

    async def _exchanged(self, change: Change) -> bool:
        """Whether these words are another entry's: a feed whose guids go round changes no headlines."""
        words = change.now.content_hash
        known = await self.store.read(known_texts, feed=change.feed, hashes=[words])
        return words in known and known[words].entry.id != change.now.id

    async def _boards_of(self, destinations: Collection[str], now: datetime) -> dict[str, Board]:
        """The boards of these destinations; each is read once and then kept, since nobody else adds to it."""
        for one in destinations:
            if one not in self.boards:
                self.boards[one] = board_of(
                    one,
                    await self.store.read(open_stories, destination=one, since=now - REMEMBERED),
                    topics=self.plan.topics,
                    key_terms=self.scorer.key_terms,
                    background=self.background,
                    polled=self.polled(now),
                )
            self.boards[one].close(now)
        return {one: self.boards[one] for one in destinations}


def still_open(judged: Sequence[Judged], current: Mapping[str, KnownEntry]) -> list[Judged]:
    """Leave out what is already told: topics that decided meanwhile, and an entry's second copy in this batch.

    A topic that has judged an entry as new does so once, whichever feed was first; only edits are judged again.
    """
    seen: dict[str, frozenset[str]] = {}
    result = []
    for one in judged:
        candidate = one.candidate
        known = current.get(one.entry.identity)
        decided = frozenset(known.decided) if known and candidate.new else frozenset[str]()
        before = seen.get(one.entry.id, frozenset())
        open_topics = candidate.topics - decided - before
        seen[one.entry.id] = before | candidate.topics if before else candidate.topics
        if not open_topics:
            continue
        # no copy where nothing changes: a document may bring 50,000 of them
        cut = open_topics != candidate.topics
        result.append(replace(one, candidate=replace(candidate, topics=open_topics)) if cut else one)
    return result


def _entries(judged: Sequence[Judged], edited: Sequence[Change]) -> tuple[Entry, ...]:
    """Each entry once: what was judged knows its article."""
    found = {one.now.id: one.now for one in edited}
    for judgement in judged:
        found.setdefault(judgement.entry.id, judgement.entry)
        if judgement.entry.article:
            found[judgement.entry.id] = judgement.entry
    return tuple(found.values())
