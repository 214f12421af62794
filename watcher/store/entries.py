"""What is known of entries: the guard against seeing, judging and telling twice.

Rule: an entry is known by its identity everywhere, and by its guid within the feed that gave it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, exists, select, update

from watcher.relevance.kept import entry_terms, pack
from watcher.relevance.threshold import LIKELY
from watcher.store import rows, tables
from watcher.store.columns import storable
from watcher.store.outbox.followers import LIVE
from watcher.store.tables import decisions, matches, sightings
from watcher.types import Entry, KnownEntry, State

MOST_COUNTED = 1_000
"""Entries whose words are counted in one go, before they are forgotten: a few seconds."""

_TOMBSTONE: dict[str, Any] = {"title": "", "text": "", "article": None, "article_note": None, "tombstone": True}


def known_entries(
    conn: Connection, *, feed: str, identities: Collection[str], guids: Collection[str]
) -> tuple[dict[str, KnownEntry], dict[str, KnownEntry]]:
    """Which of these are known: by identity (seen in any feed), and by guid (seen in this feed)."""
    by_identity = _ids_by_identity(conn, identities)
    by_guid = _ids_by_guid(conn, feed, guids)
    known = _known(conn, {*by_identity.values(), *by_guid.values()})
    return (
        {identity: known[entry] for identity, entry in by_identity.items()},
        {guid: known[entry] for guid, entry in by_guid.items()},
    )


def known_texts(conn: Connection, *, feed: str, hashes: Collection[str]) -> dict[str, KnownEntry]:
    """Which of these words this feed has brought before, by the hash of title and text; the latest of several.

    The hash outlives the words: where ids change, it is all that says of a forgotten entry that it is old.
    """
    entries = tables.entries
    ids: dict[str, str] = {}
    for part in rows.chunks(hashes):
        seen = (
            select(entries.c.content_hash, entries.c.id)
            .join(sightings, sightings.c.entry == entries.c.id)
            .where(sightings.c.feed == feed, entries.c.content_hash.in_(part))
            .order_by(sightings.c.last_seen, entries.c.id)
        )
        ids.update((row.content_hash, row.id) for row in conn.execute(seen))
    known = _known(conn, set(ids.values()))
    return {told: known[entry] for told, entry in ids.items()}


def entries_since(conn: Connection, since: datetime) -> list[KnownEntry]:
    """Entries first seen at or after ``since``, oldest first: what a new topic catches up on. No tombstones."""
    found = select(tables.entries.c.id).where(
        tables.entries.c.first_seen >= since, tables.entries.c.tombstone.is_(False)
    )
    known = _known(conn, conn.scalars(found).all())
    return sorted(known.values(), key=lambda one: (one.entry.first_seen, one.entry.id))


def find_entry(conn: Connection, needle: str, canonical: str | None) -> Entry | None:
    """The entry with this id, or with this address, as it was given or in its canonical form."""
    entries = tables.entries
    sought = [
        entries.c.id == needle,
        entries.c.identity == (canonical or needle),
        entries.c.identity == needle,
        entries.c.url == needle,
        entries.c.landed == (canonical or needle),
    ]
    for condition in sought:
        found = conn.execute(select(*rows.ENTRY).where(condition).order_by(entries.c.first_seen).limit(1)).first()
        if found:
            return rows.entry(found)
    return None


def tidy(conn: Connection, *, articles_before: datetime, entries_before: datetime) -> tuple[int, int]:
    """Forget articles, and then all words, of entries first seen before these times; returns how many of each.

    What is still to be told keeps its words. Identities and decisions stay: nothing old is ever news again. Of what
    was near a topic the counts of its words stay, so that it can be judged by another configuration.
    """
    entries = tables.entries
    waits = exists().where(tables.outbox.c.entry == entries.c.id, tables.outbox.c.state.in_(LIVE))
    old_article = entries.c.article.is_not(None), entries.c.first_seen < articles_before, ~waits
    counted = _count(conn, *old_article)
    articles = conn.execute(update(entries).where(*old_article, _is_counted()).values(article=None)).rowcount
    old = entries.c.tombstone.is_(False), entries.c.first_seen < entries_before, ~waits
    if counted == MOST_COUNTED:  # the rest at the next tidying: polls wait for this one
        return articles, 0
    _count(conn, *old, _was_near(), ~_is_counted())
    return articles, conn.execute(update(entries).where(*old).values(**_TOMBSTONE)).rowcount


def _count(conn: Connection, *which: ColumnElement[bool]) -> int:
    """Count the words of these entries, `MOST_COUNTED` of them; returns how many were counted."""
    entries = tables.entries
    found = conn.execute(select(*rows.ENTRY).where(*which).order_by(entries.c.id).limit(MOST_COUNTED)).all()
    for row in found:
        kept = pack(entry_terms(rows.entry(row)))
        conn.execute(update(entries).where(entries.c.id == row.id).values(terms=kept))
    return len(found)


def _is_counted() -> ColumnElement[bool]:
    return tables.entries.c.terms.is_not(None)


def _was_near() -> ColumnElement[bool]:
    """Whether a topic found an entry worth a look at its article: two in a hundred."""
    near = decisions.c.score >= LIKELY * decisions.c.threshold
    return exists().where(decisions.c.entry == tables.entries.c.id, near)


def entomb(conn: Connection, entry_id: str) -> bool:
    """Forget the words of one entry and their counts for good, and keep its identity. False: there was nothing left."""
    entries = tables.entries
    one = entries.c.id == entry_id, entries.c.tombstone.is_(False) | entries.c.terms.is_not(None)
    return conn.execute(update(entries).where(*one).values(**_TOMBSTONE, terms=None)).rowcount == 1


def _ids_by_identity(conn: Connection, identities: Collection[str]) -> dict[str, str]:
    stored = {storable(identity): identity for identity in identities}
    entries = tables.entries
    found: dict[str, str] = {}
    for column in (entries.c.landed, entries.c.identity):  # an entry's own address says more than a redirect to it
        for part in rows.chunks(stored):
            known = select(column, entries.c.id).where(column.in_(part)).order_by(entries.c.first_seen.desc())
            found.update((stored[address], entry) for address, entry in conn.execute(known))
    return found


def _ids_by_guid(conn: Connection, feed: str, guids: Collection[str]) -> dict[str, str]:
    """A guid that a feed reused stands for the entry that had it last."""
    stored = {storable(guid): guid for guid in guids if guid}
    found: dict[str, str] = {}
    for part in rows.chunks(stored):
        seen = (
            select(sightings.c.guid, sightings.c.entry)
            .where(sightings.c.feed == feed, sightings.c.guid.in_(part))
            .order_by(sightings.c.last_seen, sightings.c.entry)
        )
        found.update((stored[row.guid], row.entry) for row in conn.execute(seen))
    return found


def _known(conn: Connection, ids: Collection[str]) -> dict[str, KnownEntry]:
    known: dict[str, KnownEntry] = {}
    for part in rows.chunks(ids):
        entries = conn.execute(select(*rows.ENTRY).where(tables.entries.c.id.in_(part))).all()
        feeds = conn.execute(
            select(sightings.c.entry, sightings.c.feed).where(sightings.c.entry.in_(part)).distinct()
        ).all()
        states = conn.execute(
            select(decisions.c.entry, decisions.c.topic, _standing()).where(decisions.c.entry.in_(part))
        ).all()
        known.update(_joined(entries, feeds, states))
    return known


def _standing() -> ColumnElement[Any]:
    """The state of a decision; what matched and was left out for a mute is as settled as what a story told.

    It would be judged again when it is edited, and wait for a message whose row was dropped.
    """
    matched = exists().where(matches.c.topic == decisions.c.topic, matches.c.entry == decisions.c.entry)
    return case(
        (decisions.c.state == "excluded", case((matched, "grouped"), else_="excluded")), else_=decisions.c.state
    ).label("state")


def _joined(
    entries: Sequence[Row[*tuple[Any, ...]]],
    feeds: Sequence[Row[*tuple[Any, ...]]],
    states: Sequence[Row[*tuple[Any, ...]]],
) -> dict[str, KnownEntry]:
    seen: dict[str, set[str]] = {row.id: set() for row in entries}
    decided: dict[str, dict[str, State]] = {row.id: {} for row in entries}
    for row in feeds:
        seen[row.entry].add(row.feed)
    for row in states:
        decided[row.entry][row.topic] = row.state
    return {
        row.id: KnownEntry(entry=rows.entry(row), feeds=frozenset(seen[row.id]), decided=decided[row.id])
        for row in entries
    }
