"""What is known of entries: the guard against seeing, judging and telling twice.

Rule: an entry is known by its identity everywhere, and by its guid within the feed that gave it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, exists, select, update

from watcher.relevance.kept import entry_terms, pack
from watcher.relevance.threshold import LIKELY
from watcher.store import rows, tables, tombs
from watcher.store.columns import storable
from watcher.store.outbox.followers import LIVE
from watcher.store.puts import OPEN_TO_REVISION
from watcher.store.tables import decisions, matches, outbox, sightings, story_members
from watcher.store.tombs import Tombstone
from watcher.types import Entry, KnownEntry, State

PORTION = 100
"""Entries that one transaction forgets: polls wait for it, for a tenth of a second."""
MOST_COUNTED = 15
"""Those among them whose words are counted: it takes some milliseconds each."""

_TOMBSTONE: dict[str, Any] = {"title": "", "text": "", "article": None, "article_note": None, "tombstone": True}


def known_entries(
    conn: Connection, *, feed: str, identities: Collection[str], guids: Collection[str]
) -> tuple[dict[str, KnownEntry], dict[str, KnownEntry]]:
    """Which of these are known: by identity (seen in any feed), and by guid (seen in this feed)."""
    own, led = _ids_by_address(conn, identities)
    by_guid = _ids_by_guid(conn, feed, guids)
    known = _known(conn, {*own.values(), *led.values(), *(entry for _, entry in by_guid.values())})
    own_tombs, led_tombs = tombs.by_address(conn, [one for one in identities if one not in own])
    found = {address: known[entry] for address, entry in led.items()}
    for address, tomb in led_tombs.items():
        if address not in found or tombs.first(tomb.entry) < tombs.first(found[address].entry):
            found[address] = tomb.known
    found |= {address: known[entry] for address, entry in own.items()}  # it says more than a redirect to it
    found |= {address: tomb.known for address, tomb in own_tombs.items()}
    return found, _latest(by_guid, known, tombs.by_guid(conn, feed, guids))


def known_texts(conn: Connection, *, feed: str, hashes: Collection[str]) -> dict[str, KnownEntry]:
    """Which of these words this feed has brought before, by the hash of title and text; the latest of several.

    The hash outlives the words: where ids change, it is all that says of a forgotten entry that it is old.
    """
    entries = tables.entries
    found: dict[str, tuple[datetime, str]] = {}
    for part in rows.chunks(hashes):
        seen = (
            select(entries.c.content_hash, sightings.c.last_seen, entries.c.id)
            .join(sightings, sightings.c.entry == entries.c.id)
            .where(sightings.c.feed == feed, entries.c.content_hash.in_(part))
            .order_by(sightings.c.last_seen, entries.c.id)
        )
        found.update((row.content_hash, (row.last_seen, row.id)) for row in conn.execute(seen))
    known = _known(conn, {entry for _, entry in found.values()})
    return _latest(found, known, tombs.by_words(conn, feed, hashes))


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
    sought: list[tuple[ColumnElement[bool], Callable[[], Mapping[str, Tombstone]]]] = [
        (entries.c.id == needle, lambda: tombs.by_id(conn, [needle])),
        (entries.c.identity == (canonical or needle), lambda: tombs.by_address(conn, [canonical or needle])[0]),
        (entries.c.identity == needle, lambda: tombs.by_address(conn, [needle])[0]),
        (entries.c.url == needle, lambda: tombs.by_link(conn, needle)),
        (entries.c.landed == (canonical or needle), lambda: tombs.by_address(conn, [canonical or needle])[1]),
    ]
    for condition, buried in sought:
        there = select(*rows.ENTRY).where(condition).order_by(entries.c.first_seen, entries.c.id)
        found = conn.execute(there.limit(1)).first()
        known = [one.entry for one in buried().values()] + ([rows.entry(found)] if found else [])
        if known:
            return min(known, key=tombs.first)
    return None


def tidy(conn: Connection, *, articles_before: datetime, entries_before: datetime) -> tuple[int, int]:
    """Forget articles, and then all words, of entries first seen before these times; returns how many of each.

    Some at a time, since polls wait for each transaction: (0, 0) says that nothing is left. What is still to be told
    keeps its words. Identities and decisions stay: nothing old is ever news again. Of what was near a topic the counts
    of its words stay, so that it can be judged by another configuration.
    """
    entries = tables.entries
    waits = exists().where(outbox.c.entry == entries.c.id, outbox.c.state.in_(LIVE))
    articles = _forget_articles(conn, entries.c.article.is_not(None), entries.c.first_seen < articles_before, ~waits)
    if articles == MOST_COUNTED:
        return articles, 0
    return articles, _forget_words(conn, entries.c.tombstone.is_(False), entries.c.first_seen < entries_before, ~waits)


def _oldest(conn: Connection, *which: ColumnElement[bool]) -> list[tuple[str, bool]]:
    """The oldest of these entries, as many as one transaction takes, and whether their words are counted."""
    entries = tables.entries
    counted = entries.c.terms.is_not(None)
    found = select(entries.c.id, counted).where(*which).order_by(entries.c.first_seen).limit(PORTION)
    return [(row[0], bool(row[1])) for row in conn.execute(found)]


def _forget_articles(conn: Connection, *which: ColumnElement[bool]) -> int:
    """Forget the articles of the oldest of these entries; returns how many."""
    oldest = _oldest(conn, *which)[:MOST_COUNTED]
    _count(conn, [one for one, counted in oldest if not counted])
    entries = tables.entries
    conn.execute(update(entries).where(entries.c.id.in_([one for one, _ in oldest])).values(article=None))
    return len(oldest)


def _forget_words(conn: Connection, *which: ColumnElement[bool]) -> int:
    """Forget the words of the oldest of these entries, and what was told of them in their stories; returns how many."""
    oldest = _oldest(conn, *which)
    ids = [one for one, _ in oldest]
    near = decisions.c.entry.in_(ids), decisions.c.score >= LIKELY * decisions.c.threshold
    found = set(conn.scalars(select(decisions.c.entry).where(*near)))
    uncounted = [one for one, counted in oldest if one in found and not counted]
    if len(uncounted) > MOST_COUNTED:  # the portion ends where counting takes long enough
        uncounted = uncounted[:MOST_COUNTED]
        ids = ids[: ids.index(uncounted[-1]) + 1]
    _count(conn, uncounted)
    untold = decisions.c.entry.in_(ids), decisions.c.state.in_(OPEN_TO_REVISION)
    conn.execute(update(decisions).where(*untold).values(terms=[]))
    silent: dict[str, Any] = {"summary": "", "summary_source": "none"}
    conn.execute(update(story_members).where(story_members.c.entry.in_(ids)).values(**silent))
    return conn.execute(update(tables.entries).where(tables.entries.c.id.in_(ids)).values(**_TOMBSTONE)).rowcount


def _count(conn: Connection, ids: Collection[str]) -> None:
    """Count the words of these entries."""
    entries = tables.entries
    for row in conn.execute(select(*rows.ENTRY).where(entries.c.id.in_(ids))).all():
        conn.execute(update(entries).where(entries.c.id == row.id).values(terms=pack(entry_terms(rows.entry(row)))))


def entomb(conn: Connection, entry_id: str) -> bool:
    """Forget the words of one entry and their counts for good, and keep its identity. False: there was nothing left."""
    entries = tables.entries
    one = entries.c.id == entry_id, entries.c.tombstone.is_(False) | entries.c.terms.is_not(None)
    return conn.execute(update(entries).where(*one).values(**_TOMBSTONE, terms=None)).rowcount == 1


def _ids_by_address(conn: Connection, addresses: Collection[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Address → the entry whose own it is; and the one whose link led there, the first seen of several."""
    stored = {storable(address): address for address in addresses}
    entries = tables.entries
    found: list[dict[str, str]] = [{}, {}]
    for column, by in zip((entries.c.identity, entries.c.landed), found, strict=True):
        for part in rows.chunks(stored):
            known = select(column, entries.c.id).where(column.in_(part))
            known = known.order_by(entries.c.first_seen.desc(), entries.c.id.desc())
            by.update((stored[address], entry) for address, entry in conn.execute(known))
    own, led = found
    return own, led


def _ids_by_guid(conn: Connection, feed: str, guids: Collection[str]) -> dict[str, tuple[datetime, str]]:
    """A guid that a feed reused stands for the entry that had it last, and then."""
    stored = {storable(guid): guid for guid in guids if guid}
    found: dict[str, tuple[datetime, str]] = {}
    for part in rows.chunks(stored):
        seen = (
            select(sightings.c.guid, sightings.c.last_seen, sightings.c.entry)
            .where(sightings.c.feed == feed, sightings.c.guid.in_(part))
            .order_by(sightings.c.last_seen, sightings.c.entry)
        )
        found.update((stored[row.guid], (row.last_seen, row.entry)) for row in conn.execute(seen))
    return found


def _latest(
    found: Mapping[str, tuple[datetime, str]],
    known: Mapping[str, KnownEntry],
    forgotten: Iterable[tuple[str, datetime, Tombstone]],
) -> dict[str, KnownEntry]:
    """Of what goes by one name, among entries and tombstones, what was seen last."""
    latest = dict(found)
    by_id = dict(known)
    for name, last, tomb in forgotten:
        by_id[tomb.entry.id] = tomb.known
        latest[name] = max(latest.get(name, (last, "")), (last, tomb.entry.id))
    return {name: by_id[entry] for name, (_, entry) in latest.items()}


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
