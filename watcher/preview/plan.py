"""What a preview is made from: a past to read, and one or two configurations to try on it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from watcher.config import TopicConfig
from watcher.relevance.stream import Stream
from watcher.store.feedback import Numbered
from watcher.store.past import PastEntry
from watcher.types import AddedSeed, Decision, Feed, FirstPoll, FullText, Mode, Relation, Story

Thresholds = Mapping[Mode, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A past: of a database, or of a sample that somebody took from one."""

    since: datetime
    until: datetime
    entries: int
    forgotten: int
    pages: Callable[[], Iterable[Sequence[PastEntry]]]
    decided: Callable[[Sequence[PastEntry]], Sequence[PastEntry]]
    """Entries of a page with what was decided on them."""
    matched: Collection[str]
    """Entries that really matched."""
    stream: Stream
    """The statistics of today: thresholds and weights of words stand on them."""
    known: Mapping[str, datetime]
    """Topic → when it became known there."""
    seeds: Sequence[AddedSeed] = ()
    answers: Sequence[Numbered] = ()
    """All of them, those taken back included."""
    stories: Callable[[str], Sequence[Story]] = lambda _: ()
    """The stories of a destination that were there before, with their members."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An entry that would have matched, with the decisions of the topics it matched."""

    past: PastEntry
    decisions: tuple[Decision, ...]
    at: datetime
    """When its batch was decided on."""
    first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a match comes to at one destination. ``news``: it is a message, a story's own or a reply."""

    entry: str
    destination: str
    topics: tuple[str, ...]
    story: str
    relation: Relation
    news: bool
    strength: float
    at: datetime
    """When it was published, or first seen where that is later: a first document holds what is days old."""


Tell = Callable[[Sequence[Hit]], Sequence[Told]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One configuration, as far as it decides what is told."""

    topics: Mapping[str, TopicConfig]
    feeds: Mapping[str, Feed]
    first_poll: FirstPoll
    max_age: timedelta
    full_text: FullText
    models: Mapping[str, str]
    """Topic → what its model is called in the scorer: equal seeds and answers are one model."""
    tell: Tell
    served: dict[tuple[str, ...], frozenset[str]] = field(default_factory=dict, repr=False)
    """Feeds → topics, as far as it was asked for: a month has 90,000 entries of 500 feeds."""

    def topics_of(self, past: PastEntry) -> frozenset[str]:
        """The topics that would judge an entry: those that any of its feeds serves."""
        known = self.served.get(past.feeds)
        if known is None:
            feeds = [self.feeds[one] for one in past.feeds if one in self.feeds]
            known = frozenset(topic for topic in self.topics if any(feed.serves(topic) for feed in feeds))
            self.served[past.feeds] = known
        return known

    def policy(self, past: PastEntry) -> FullText:
        """Whether articles are read, for the feed that would have brought it."""
        feed = next((self.feeds[one] for one in past.feeds if one in self.feeds), None)
        return feed.full_text if feed is not None and self.full_text != "never" else "never"


Stage = Literal["match", "topic", "feed", "paused", "cap", "age", "rule", "language", "score", "first poll", "unjudged"]
"""Where an entry's way ended; ``match`` is the end of the way."""
