"""Score, and where it pays fetch the article and score again.

The first judgement is made on headline and snippet. What reaches a good part of the threshold there has its article
read (the feed's own full text where it gives one, else the page behind the link) and is judged anew as full text.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from watcher.decide import first_hit, too_old
from watcher.errors import FetchError, WorkerError
from watcher.fetch import Fetcher, NotModified
from watcher.poll.sift import Candidate
from watcher.relevance import Judgement, Scorer
from watcher.relevance.features import Document
from watcher.relevance.stages import full_document, own_article, snippet_document
from watcher.relevance.threshold import likely
from watcher.types import Entry, FullText, Rules, StreamDelta
from watcher.urls import landing, redact
from watcher.workers import Workers

UNSCORED: Mapping[str, Judgement] = {}
"""What is said of an entry beyond the cap: one for all of them."""

PAGES_AT_ONCE = 8
"""Articles on their way at the same time."""
PATIENCE = timedelta(seconds=15)
"""So long an alert waits for its article: robots.txt, the page and its extraction may hang one after the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A candidate with what each topic's model says. Topics without a judgement could not be scored."""

    candidate: Candidate
    entry: Entry
    """With its article, or the reason why there is none."""
    judgements: Mapping[str, Judgement]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Judges candidates by snippet and by article."""

    scorer: Scorer
    fetcher: Fetcher
    workers: Workers
    rules: Mapping[str, Rules]
    max_age: timedelta
    full_text: FullText
    clock: Callable[[], datetime]
    step: Callable[[str], None]
    patience: timedelta = PATIENCE
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PAGES_AT_ONCE))
    """A feed full of likely links must not hold that many pages in memory at once."""

    async def judge(self, candidates: Sequence[Candidate]) -> tuple[list[Judged], tuple[StreamDelta, ...]]:
        """Judge all candidates of one document; also what they add to the stream statistics."""
        now = self.clock()
        scored = [candidate for candidate in candidates if not candidate.capped]
        self.step("poll.score")
        documents = [snippet_document(candidate.entry) for candidate in scored]
        first = self.scorer.judge(documents, topics=[candidate.topics for candidate in scored], now=now)
        # What was polled counts from here on, for the next feed of this very poll, too: on a first poll that is most of
        # what is known of the stream. The database gets it with the batch.
        fresh = {number for number, one in enumerate(scored) if one.new}
        seen = self._delta(fresh, documents, first)
        self.scorer.absorb(seen, now)
        self.step("poll.article")
        entries = await asyncio.gather(
            *(self._with_article(one, judged, now) for one, judged in zip(scored, first, strict=True))
        )
        second = self._again(scored, entries, first, now)
        read = [one for one in second if one[0] in fresh and one[1].mode == "full"]  # a notice was counted above
        seen_whole = self.scorer.delta([document for _, document, _ in read], [judged for _, _, judged in read])
        self.scorer.absorb(seen_whole, now)
        final = [dict(judged) for judged in first]
        for number, _, judged in second:
            final[number].update(judged)
        result = [
            Judged(candidate=one, entry=entry, judgements=judged)
            for one, entry, judged in zip(scored, entries, final, strict=True)
        ]
        capped = [Judged(candidate=one, entry=one.entry, judgements=UNSCORED) for one in candidates if one.capped]
        return result + capped, (seen, seen_whole)

    def _delta(
        self, fresh: Collection[int], documents: Sequence[Document], judged: Sequence[Mapping[str, Judgement]]
    ) -> StreamDelta:
        """What entries never seen before add to the stream statistics; one judged again adds nothing."""
        numbers = sorted(fresh)
        return self.scorer.delta([documents[one] for one in numbers], [judged[one] for one in numbers])

    def _again(
        self,
        scored: Sequence[Candidate],
        entries: Sequence[Entry],
        first: Sequence[Mapping[str, Judgement]],
        now: datetime,
    ) -> list[tuple[int, Document, Mapping[str, Judgement]]]:
        """Judge by full text what has one: only the topics that found the snippet likely."""
        numbers = [number for number, entry in enumerate(entries) if entry.article]
        topics = [self._likely_topics(scored[number], first[number]) for number in numbers]
        documents = [full_document(entries[number]) for number in numbers]
        judged = self.scorer.judge(documents, topics=topics, now=now)
        return list(zip(numbers, documents, judged, strict=True))

    def _likely_topics(self, candidate: Candidate, judged: Mapping[str, Judgement]) -> frozenset[str]:
        if self._policy(candidate) == "always":
            return frozenset(judged)
        return frozenset(topic for topic, one in judged.items() if likely(one.score.value, one.threshold))

    def _policy(self, candidate: Candidate) -> FullText:
        return candidate.feed.full_text if self.full_text != "never" else "never"

    async def _with_article(self, candidate: Candidate, judged: Mapping[str, Judgement], now: datetime) -> Entry:
        """The entry with its article if it is worth reading one and it can be had; else with the reason."""
        entry = candidate.entry
        if entry.article or not self._worth_reading(candidate, judged, now):
            return entry
        own = own_article(entry.text)
        if own is not None:
            return replace(entry, article=own)
        if self._policy(candidate) == "never" or entry.url is None:
            return entry
        if candidate.first:  # its digest waits for the slowest feed anyway
            async with self.places:
                return await self._in_time(entry, self._read(entry, entry.url, candidate.feed.proxy))
        return await self._in_time(entry, self._read_in_turn(entry, entry.url, candidate.feed.proxy))

    async def _in_time(self, entry: Entry, reading: Coroutine[Any, Any, Entry]) -> Entry:
        """The entry as it was read, or as the feed has it when that takes too long."""
        seconds = self.patience.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                return await reading
        except TimeoutError:
            where = redact(entry.url or "")
            return replace(
                entry, article_note=f"{where}: the article was not read within {seconds:g} s; the feed's text counts"
            )

    async def _read_in_turn(self, entry: Entry, url: str, proxy: str | None) -> Entry:
        async with self.places:
            return await self._read(entry, url, proxy)

    async def _read(self, entry: Entry, url: str, proxy: str | None) -> Entry:
        try:
            answer = await self.fetcher.through(proxy).get(url, kind="article")
            if isinstance(answer, NotModified):
                return entry
            article = await self.workers.extract(answer.body, answer.url)
        except (FetchError, WorkerError) as error:
            return replace(entry, article_note=str(error))
        return replace(entry, article=article.text, article_note=None, landed=landing(url, answer.url))

    def _worth_reading(self, candidate: Candidate, judged: Mapping[str, Judgement], now: datetime) -> bool:
        """Old and excluded entries cost nobody a request."""
        if too_old(candidate.entry, now=now, max_age=self.max_age):
            return False
        seen = f"{candidate.entry.title}\n{candidate.entry.text}"
        return any(
            first_hit(self.rules[topic].exclude, seen) is None for topic in self._likely_topics(candidate, judged)
        )
