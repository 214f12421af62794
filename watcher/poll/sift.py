"""Unseen? From a feed's document to what must be judged: new entries, new topics for known ones, edited ones. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from watcher.decide import materially_changed
from watcher.poll.changes import Change
from watcher.poll.tongue import language
from watcher.text import content_hash, cut
from watcher.types import Entry, Feed, FeedEntry, KnownEntry, ParsedFeed, Sighting
from watcher.urls import canonical, entry_identity, identity_hash, outlet

UNTOLD = frozenset({"below", "excluded"})
"""States in which an edit may still make an entry news."""
TELLING = 300
"""Characters of a text that tell its language; more costs time and tells nothing new."""
LONGEST_OUTLET = 60
"""Characters of a feed's own title."""
HEADLINE = 80
"""Characters of the text that stand in for a missing headline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """One item of a document with what it is known by."""

    identity: str
    guid: str | None
    item: FeedEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One entry with the topics that have to judge it."""

    entry: Entry
    feed: Feed
    topics: frozenset[str]
    new: bool
    """Never seen before: it counts for the stream statistics."""
    capped: bool = False
    first: bool = False
    """Part of the feed's first document (or of a new topic's catch-up)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """What one document brings."""

    sightings: tuple[Sighting, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    edited: tuple[Change, ...] = ()
    """Known entries whose text changed without need to judge them again."""


def keyed(feed: Feed, parsed: ParsedFeed) -> tuple[Keyed, ...]:
    """Give each item its identity, once per identity.

    A link or a guid that several items of this document share, although they differ in the other one or in their
    headlines, says nothing about identity in it.
    """
    addresses = [canonical(item.url) if item.url else None for item in parsed.entries]
    pairs = list(zip(addresses, parsed.entries, strict=True))
    shared_links = _shared((link, (item.guid, _head(item))) for link, item in pairs if link)
    shared_guids = _shared((item.guid, (link, _head(item))) for link, item in pairs if item.guid)
    found: dict[str, Keyed] = {}
    for link, item in pairs:
        guid = None if item.guid in shared_guids else item.guid
        url = None if link in shared_links else item.url
        identity = entry_identity(url, feed.id, guid, item.title, item.text)
        found.setdefault(identity, Keyed(identity=identity, guid=guid, item=item))
    return tuple(found.values())


def _head(item: FeedEntry) -> str:
    return item.title.casefold() or content_hash("", item.text)


def _shared(pairs: Iterable[tuple[str, tuple[str | None, str]]]) -> frozenset[str]:
    """First halves that come with more than one second half."""
    partners: dict[str, tuple[str | None, str]] = {}
    return frozenset([first for first, second in pairs if partners.setdefault(first, second) != second])


def sift(
    feed: Feed,
    parsed: ParsedFeed,
    items: Sequence[Keyed],
    *,
    by_identity: Mapping[str, KnownEntry],
    by_guid: Mapping[str, KnownEntry],
    by_text: Mapping[str, KnownEntry],
    topics: Collection[str],
    first: bool,
    now: datetime,
) -> Sifted:
    """Split a document's items into what is new, what is edited and what only another feed had brought so far.

    ``by_text`` is only given for a document none of whose ids is known, and for a feed that changed its ids before:
    there the same words are the same entry.
    """
    sightings: list[Sighting] = []
    candidates: dict[str, Candidate] = {}
    edited: list[Change] = []
    all_topics = frozenset(topics)  # one for all: a document may have 50,000 items
    for one in items:
        known = by_identity.get(one.identity) or (by_guid.get(one.guid) if one.guid else None)
        known = known or (by_text.get(reads(one.item)) if by_text else None)
        if known is None or feed.id not in known.feeds:
            entry_id = known.entry.id if known else identity_hash(one.identity)
            sightings.append(Sighting(entry=entry_id, feed=feed.id, guid=one.guid, seen=now))
        if known is None:
            entry = _entry(feed, parsed, one, now=now)
            wanted = all_topics
        else:
            led = known is by_identity.get(one.identity) and known.entry.identity != one.identity
            entry, wanted = _again(known, feed, one.item, topics, led=led)
        if wanted:
            candidate = Candidate(
                entry=entry, feed=feed, topics=wanted, new=known is None, capped=one.item.capped, first=first
            )
            candidates.setdefault(entry.id, candidate)
        elif known is not None and entry != known.entry:
            edited.append(Change(before=known.entry, now=entry, feed=feed.id))
    return Sifted(sightings=tuple(sightings), candidates=tuple(candidates.values()), edited=tuple(edited))


def reads(item: FeedEntry) -> str:
    """The hash of an item's words, as its entry would have it."""
    return content_hash(_title(item), item.text)


def _title(item: FeedEntry) -> str:
    return item.title or cut(item.text, HEADLINE) or item.url or "(no headline)"


def _entry(feed: Feed, parsed: ParsedFeed, one: Keyed, *, now: datetime) -> Entry:
    item = one.item
    title = _title(item)
    return Entry(
        id=identity_hash(one.identity),
        identity=one.identity,
        url=item.url,
        title=title,
        text=item.text,
        outlet=_outlet(feed, parsed, item),
        language=language(f"{title}. {item.text[:TELLING]}", parsed.language),
        published=item.published or item.updated,
        first_seen=now,
        content_hash=content_hash(title, item.text),
    )


def _outlet(feed: Feed, parsed: ParsedFeed, item: FeedEntry) -> str:
    """Who published it: whom an aggregator names, else the feed by the name the user gave it, or by its own."""
    if item.source or feed.named:
        return item.source or feed.name
    return cut(parsed.title, LONGEST_OUTLET) or (outlet(item.url) if item.url else feed.name)


def _again(
    known: KnownEntry, feed: Feed, item: FeedEntry, topics: Collection[str], *, led: bool
) -> tuple[Entry, frozenset[str]]:
    """A known entry as it reads now, and the topics that have not judged it, or have to judge it again.

    ``led``: the item's address is where the entry's redirects led; then its other words are another item's, no edit.
    """
    missing = frozenset(topics) - known.decided.keys()
    if not known.entry.title:  # a tombstone: its words are gone, so nothing can be said to have changed
        return known.entry, missing
    title = item.title or known.entry.title
    reads = content_hash(title, item.text)
    # Two feeds may carry one article with different snippets: that is no edit, and would flip at every poll.
    if led or item.capped or reads == known.entry.content_hash or known.feeds != {feed.id}:
        return known.entry, missing
    now_reads = replace(known.entry, title=title, text=item.text, url=item.url or known.entry.url, content_hash=reads)
    if not materially_changed(known.entry, now_reads):
        return now_reads, missing
    untold = frozenset(topic for topic in topics if known.decided.get(topic) in UNTOLD)
    return now_reads, missing | untold
