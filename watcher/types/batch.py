"""What one poll saves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from watcher.types.delivery import OutboxItem, Relation, SummarySource
from watcher.types.entries import Entry, FeedState, Mode, Sighting
from watcher.types.relevance import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    """An entry that joins (or founds) a story, with what is told of it."""

    story: str
    destination: str
    entry: str
    relation: Relation
    nearest: str | None
    summary: str
    summary_source: SummarySource
    at: datetime
    topics: tuple[str, ...] = ()
    """The topics that matched it at this destination."""
    earlier: str | None = None
    """Of a founder: the closed story about the same event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamDelta:
    """What a batch adds to the stream statistics: documents and terms per language, scores per topic and mode."""

    documents: Mapping[str, int] = field(default_factory=dict)
    terms: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    scores: Mapping[tuple[str, Mode], tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """All that one poll has to save: one transaction, whole or not at all. The store decides nothing."""

    at: datetime
    feeds: tuple[FeedState, ...] = ()
    entries: tuple[Entry, ...] = ()
    """New ones and changed ones."""
    sightings: tuple[Sighting, ...] = ()
    decisions: tuple[Decision, ...] = ()
    members: tuple[NewMember, ...] = ()
    outbox: tuple[OutboxItem, ...] = ()
    stream: StreamDelta = field(default_factory=StreamDelta)
    boards: Mapping[str, int] = field(default_factory=dict)
    """Destination → the version of its stories that these members were placed by, where several processes place."""
