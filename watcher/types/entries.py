"""What publishers said, what the file says of feeds, and what we remember of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

Mode = Literal["headline", "snippet", "full"]
"""What an entry was judged by: its headline only, the feed's snippet, or the fetched article."""

State = Literal["posted", "grouped", "held", "below", "excluded", "stale", "dead", "pending"]
"""The one recorded end of an entry, per topic."""

FullText = Literal["never", "likely", "always"]

FirstPoll = Literal["digest", "alert", "silent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What the file says of one feed. ``topics`` None: it serves all of them. ``id``: 16 hex digits of its URL."""

    id: str
    url: str
    name: str
    every: timedelta
    topics: tuple[str, ...] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    full_text: FullText = "likely"
    proxy: str | None = field(default=None, repr=False)
    """Its own HTTP proxy, for its articles, too."""
    query: str | None = None
    named: bool = True
    """The file gives the name; else it is made of the address, and the document knows a better one."""

    def serves(self, topic: str) -> bool:
        """Whether this topic judges the feed's entries."""
        return self.topics is None or topic in self.topics


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What we remember of one feed. ``url`` is redacted (no credentials, no query values)."""

    id: str
    url: str
    name: str
    added_at: datetime
    next_due: datetime
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    last_polled: datetime | None = None
    last_success: datetime | None = None
    failures: int = 0
    error: str | None = None
    gone: bool = False
    told_to_wait: bool = False
    """The server asked to be left alone until ``next_due``."""
    entries: int = 0
    """How many entries its last document held, those beyond the cap included."""
    items: bytes | None = None
    """What tells the items of its last document from new ones (see ``poll.remembered``); None: parse the next whole."""
    failing_since: datetime | None = None
    """When the first of the failures in a row was; None while it is read."""
    fault: str | None = None
    """What the last failure has in common with others, in a word or two: "403", "timed out"."""
    moved_to: str | None = None
    """Where permanent redirects lead (redacted), as long as the document there is a feed."""
    moved_polls: int = 0
    """How many polls in a row were sent there."""
    gap_from: datetime | None = None
    gap_to: datetime | None = None
    """The last two polls that had no entry in common: what came and went in between was missed."""
    tightened: int = 0
    """How often its interval was halved because of that."""
    warning: str | None = None
    """What it does that feeds should not, as a sentence; it is told once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """One item as the publisher wrote it, normalised: plain text, aware dates, absolute http(s) link."""

    title: str
    text: str
    url: str | None = None
    guid: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    author: str | None = None
    source: str | None = None
    """The outlet that an aggregator names for this item."""
    capped: bool = False
    """Beyond the feed's entry cap: recorded, never scored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """What one document said."""

    title: str
    site: str | None
    language: str | None
    version: str
    entries: tuple[FeedEntry, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """Where the items of a document are (first byte and the byte behind the last), and a hash of each."""

    spans: tuple[tuple[int, int], ...]
    hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item, global over all feeds. ``id``: 16 hex digits of ``identity`` (canonical address, else feed + guid)."""

    id: str
    identity: str
    url: str | None
    title: str
    text: str
    outlet: str
    language: str
    published: datetime | None
    first_seen: datetime
    content_hash: str
    """Of title and text; another one means that the publisher changed the entry."""
    article: str | None = None
    """The fetched article's text."""
    article_note: str | None = None
    """Why there is no article although one was asked for."""
    landed: str | None = None
    """Canonical address of the page that redirects led to, when the article was fetched and it lay elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """An entry seen in a feed."""

    entry: str
    feed: str
    guid: str | None
    seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEntry:
    """What the store remembers of an entry, enough to tell whether a sighting of it is news."""

    entry: Entry
    feeds: frozenset[str]
    decided: Mapping[str, State]
    """Topic → state of every topic that judged it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """The text behind an entry's link."""

    title: str
    text: str
    outlet: str | None = None
    published: datetime | None = None
    language: str | None = None
    url: str | None = None
