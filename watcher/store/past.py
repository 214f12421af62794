"""The past as a preview reads it: entries with what was decided on them, a page at a time, oldest first.

Rule: reads only, and pages are cut by time and id, so that a long past takes no more memory than a page.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from watcher.relevance.kept import unpack
from watcher.store import rows, tombs
from watcher.store.report import MATCHED
from watcher.store.tables import decisions, entries, matches, sightings, story_members, topics
from watcher.types import Entry, EntryTerms, Mode, State

PAGE = 2_000
"""Entries of one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDecision:
    """What was decided on an entry for a topic. ``matched``: also where a mute then kept it from being told."""

    state: State
    reason: str
    score: float | None
    threshold: float | None
    mode: Mode
    at: datetime
    matched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PastEntry:
    """An entry as the past knows it. Of a forgotten one there are ``terms``, and no words."""

    entry: Entry
    feeds: tuple[str, ...]
    """Ids of the feeds that brought it, the first one first."""
    first: bool
    """It stood in the first document of the feed that brought it."""
    decided: Mapping[str, PastDecision] = field(default_factory=dict)
    terms: EntryTerms | None = None
    event: str | None = None
    """What names its story where the words are gone by which it could be found."""

    @property
    def worded(self) -> bool:
        """Whether its headline is still there."""
        return bool(self.entry.title)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFacts:
    """How much there is, and since when which topics were known here."""

    entries: int
    forgotten: int
    """Entries that neither words nor counts are left of: nobody can judge them again."""
    topics: Mapping[str, datetime]
    first_documents: Mapping[str, datetime]
    """Feed → when its first document was read."""
    matched: frozenset[str]
    """Entries that matched a topic."""


def past_facts(conn: Connection, since: datetime) -> PastFacts:
    """What has to be known before the pages of a past are read."""
    there = entries.c.first_seen >= since
    first = select(
        sightings.c.feed, func.min(sightings.c.first_seen, type_=sightings.c.first_seen.type).label("at")
    ).group_by(sightings.c.feed)
    decided = decisions.c.decided_at >= since, decisions.c.state.in_(MATCHED)
    by_state = select(decisions.c.entry).where(*decided)
    by_match = select(matches.c.entry).join(entries, entries.c.id == matches.c.entry).where(there)
    forgotten = conn.scalar(select(func.count()).where(there, ~_readable())) or 0
    readable = (conn.scalar(select(func.count()).where(there)) or 0) - forgotten
    first_documents = {row.feed: row.first for row in conn.execute(select(tombs.tombstone_feeds))}
    for row in conn.execute(first):
        first_documents[row.feed] = min(row.at, first_documents.get(row.feed, row.at))
    return PastFacts(
        entries=readable,
        forgotten=forgotten + tombs.number_of(conn, tombs.tombstones.c.first_seen >= since),
        topics={row.name: row.added_at for row in conn.execute(select(topics))},
        first_documents=first_documents,
        matched=frozenset((*conn.scalars(by_state), *conn.scalars(by_match))),
    )


def past_page(
    conn: Connection,
    since: datetime,
    *,
    after: Entry | None,
    first_documents: Mapping[str, datetime],
    size: int = PAGE,
) -> list[PastEntry]:
    """The next entries first seen at or after ``since``, without their decisions; ``after``: the last one before."""
    wanted = [_readable(), entries.c.first_seen >= since]
    if after is not None:  # the range by itself, too: the index begins there, and not at the first page each time
        wanted = [_readable(), entries.c.first_seen >= after.first_seen, _behind(after)]
    ordered = select(*rows.ENTRY).where(*wanted).order_by(entries.c.first_seen, entries.c.id)
    found = [rows.entry(row) for row in conn.execute(ordered.limit(size))]
    ids = [one.id for one in found]
    feeds, kept = _feeds(conn, ids), _kept(conn, ids)
    return [
        PastEntry(
            entry=one,
            feeds=tuple(feeds.get(one.id, ())),
            first=any(first_documents.get(feed) == one.first_seen for feed in feeds.get(one.id, ())),
            terms=kept.get(one.id),
        )
        for one in found
    ]


def past_decisions(conn: Connection, found: Sequence[PastEntry]) -> list[PastEntry]:
    """These entries with what was decided on them, and the stories of those without words."""
    decided = _decisions(conn, [one.entry.id for one in found])
    events = _events(conn, [one.entry.id for one in found if not one.worded])
    return [replace(one, decided=decided.get(one.entry.id, {}), event=events.get(one.entry.id)) for one in found]


def _readable() -> ColumnElement[bool]:
    """Words or counts are there. Only a tombstone has no headline, which is found without reading the long columns."""
    return or_(entries.c.title != "", entries.c.terms.is_not(None))


def _behind(entry: Entry) -> ColumnElement[bool]:
    same = and_(entries.c.first_seen == entry.first_seen, entries.c.id > entry.id)
    return or_(entries.c.first_seen > entry.first_seen, same)


def _feeds(conn: Connection, ids: Collection[str]) -> dict[str, dict[str, None]]:
    """Entry → the feeds that brought it, in that order."""
    found: dict[str, dict[str, None]] = {}
    for part in rows.chunks(ids):
        seen = select(sightings.c.entry, sightings.c.feed).where(sightings.c.entry.in_(part))
        for entry, feed in conn.execute(seen.order_by(sightings.c.first_seen, sightings.c.feed)):
            found.setdefault(entry, {})[feed] = None
    return found


def _kept(conn: Connection, ids: Collection[str]) -> dict[str, EntryTerms]:
    found: dict[str, EntryTerms] = {}
    for part in rows.chunks(ids):
        packed = select(entries.c.id, entries.c.terms).where(entries.c.id.in_(part), entries.c.terms.is_not(None))
        for entry, terms in conn.execute(packed):
            kept = unpack(terms)
            if kept is not None:
                found[entry] = kept
    return found


def _decisions(conn: Connection, ids: Collection[str]) -> dict[str, dict[str, PastDecision]]:
    found: dict[str, dict[str, PastDecision]] = {}
    told = decisions.c
    for part in rows.chunks(ids):
        of_part = select(matches.c.entry, matches.c.topic).where(matches.c.entry.in_(part))
        matched = {(row.entry, row.topic) for row in conn.execute(of_part)}
        judged = select(
            told.entry, told.topic, told.state, told.reason, told.score, told.threshold, told.mode, told.decided_at
        ).where(told.entry.in_(part))
        for row in conn.execute(judged):
            found.setdefault(row.entry, {})[row.topic] = _decision(row, matched=(row.entry, row.topic) in matched)
    return found


def _decision(row: Row[*tuple[Any, ...]], *, matched: bool) -> PastDecision:
    return PastDecision(
        state=row.state,
        reason=row.reason,
        score=row.score,
        threshold=row.threshold,
        mode=row.mode,
        at=row.decided_at,
        matched=matched or row.state in MATCHED,
    )


def _events(conn: Connection, ids: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in rows.chunks(ids):
        members = select(story_members.c.entry, story_members.c.story).where(story_members.c.entry.in_(part))
        found.update((row.entry, row.story) for row in conn.execute(members))
    return found
