"""Where tombstones are kept, and how they are found: what is left of entries that were forgotten and never told.

Rule: an entry is a row of ``entries`` or one here, never both. What many tombstones have in common is written once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Column, ColumnElement, Connection, Integer, LargeBinary, Row, Select, Table, func, select

from watcher.store import packing, rows
from watcher.store.columns import HexDigits, Instant, Moment, Words, is_hex, storable
from watcher.store.packing import Ended, Sighted, unpack
from watcher.store.tables import feed_states, metadata
from watcher.types import Decision, Entry, KnownEntry
from watcher.urls import canonical, identity_hash

tombstones = Table(
    "tombstones",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("entry", HexDigits, nullable=False, unique=True),
    Column("first_seen", Instant, nullable=False, index=True),
    Column("packed", LargeBinary, nullable=False),
    comment="Entries that were forgotten and never told: all that is left of them, as a few bytes.",
)

tombstone_marks = Table(
    "tombstone_marks",
    metadata,
    Column("mark", LargeBinary, primary_key=True),
    Column("tombstone", Integer, primary_key=True),
    comment="By what a tombstone is known again, beside its id: hashes of guids, of words, of other addresses.",
    sqlite_with_rowid=False,
)

tombstone_ends = Table(
    "tombstone_ends",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("topic", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("mode", Words, nullable=False),
    Column("nearest_seed", Words),
    Column("model", Words, nullable=False, index=True),
    Column("times", Integer, nullable=False),
    comment="What decisions of tombstones have in common, and how many there are of each.",
)

tombstone_feeds = Table(
    "tombstone_feeds",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("feed", Words, nullable=False, unique=True),
    Column("seen", Integer, nullable=False),
    Column("first", Moment, nullable=False),
    Column("latest", Moment, nullable=False),
    Column("languages", Words, nullable=False),
    comment="Feeds that brought tombstones: how many, the first and latest sighting, the languages of the latest ones.",
)

FIGURES = "score {score:.3f}, threshold {threshold:.3f}"
"""How a reason tells them."""
_FIGURES, _DAY = "\N{BULLET}figures", "\N{BULLET}day"
"""What stands in a reason for its own figures and for the day of publication, which would make each reason unique."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One sighting of a tombstone."""

    feed: str
    guid: str | None
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """An entry without words, with its sightings as they were and its decisions by topic."""

    number: int
    entry: Entry
    seen: tuple[Visit, ...]
    decisions: tuple[Decision, ...]
    ends: tuple[int, ...]
    """Numbers of what its decisions have in common with others."""

    @property
    def known(self) -> KnownEntry:
        """As the guard against seeing twice wants it."""
        decided = {one.topic: one.state for one in self.decisions}
        return KnownEntry(entry=self.entry, feeds=frozenset(one.feed for one in self.seen), decided=decided)

    @property
    def feeds(self) -> tuple[str, ...]:
        """The feeds that brought it, the first one first."""
        return tuple(dict.fromkeys(one.feed for one in sorted(self.seen, key=lambda one: (one.first, one.feed))))


# --- by what it is known again


def guid_mark(feed: str, guid: str) -> bytes:
    """Of an item's guid in a feed."""
    return _mark("guid", feed, guid)


def words_mark(content_hash: str) -> bytes:
    """Of an entry's words."""
    return _mark("words", content_hash)


def page_mark(address: str) -> bytes:
    """Of the page that an entry's link led to."""
    return _mark("page", address)


def link_mark(url: str) -> bytes:
    """Of a link from which the entry's id does not follow."""
    return _mark("link", url)


def marks_of(entry: Entry, seen: Iterable[tuple[str, str | None]]) -> set[bytes]:
    """All marks of an entry. ``seen``: feeds with the guids that it had there."""
    found = {guid_mark(feed, guid) for feed, guid in seen if guid} | {words_mark(entry.content_hash)}
    if entry.landed:
        found.add(page_mark(entry.landed))
    if entry.url and identity_hash(canonical(entry.url)) != entry.id:
        found.add(link_mark(entry.url))
    return found


def _mark(*what: str) -> bytes:
    return sha256("\n".join(map(storable, what)).encode("utf-8")).digest()[:8]


# --- reading


def by_id(conn: Connection, ids: Collection[str]) -> dict[str, Tombstone]:
    """Entry → its tombstone, of these entries that have one."""
    wanted = filter(is_hex, ids)
    found = [row for part in rows.chunks(wanted) for row in _select(conn, tombstones.c.entry.in_(part))]
    return {one.entry.id: one for one in _read(conn, found)}


def by_mark(conn: Connection, marks: Collection[bytes]) -> dict[bytes, list[Tombstone]]:
    """Mark → the tombstones that have it."""
    pairs = [
        (row.mark, row.tombstone)
        for part in rows.chunks(marks)
        for row in conn.execute(select(tombstone_marks).where(tombstone_marks.c.mark.in_(part)))
    ]
    numbers = {number for _, number in pairs}
    found = [row for part in rows.chunks(numbers) for row in _select(conn, tombstones.c.number.in_(part))]
    known = {one.number: one for one in _read(conn, found)}
    by: dict[bytes, list[Tombstone]] = {}
    for mark, number in pairs:
        by.setdefault(bytes(mark), []).append(known[number])
    return by


def by_address(conn: Connection, addresses: Collection[str]) -> tuple[dict[str, Tombstone], dict[str, Tombstone]]:
    """Address → the tombstone whose own it is; and the one whose link led there, the first seen of several."""
    ids = {identity_hash(address): address for address in addresses}
    own = {ids[entry]: one for entry, one in by_id(conn, ids).items()}
    stored = {storable(address): address for address in addresses}
    led: dict[str, Tombstone] = {}
    for each in by_mark(conn, [page_mark(address) for address in addresses]).values():
        for one in each:
            address = stored.get(one.entry.landed or "")
            if address is not None and (address not in led or first(one.entry) < first(led[address].entry)):
                led[address] = one
    return own, led


def first(entry: Entry) -> tuple[datetime, str]:
    """Which of several entries came first: the smallest; of those that came at once, by its id."""
    return entry.first_seen, entry.id


def by_guid(conn: Connection, feed: str, guids: Collection[str]) -> list[tuple[str, datetime, Tombstone]]:
    """The tombstones that had one of these guids in a feed, and when it was last seen there with it."""
    stored = {storable(guid): guid for guid in guids if guid}
    found = by_mark(conn, [guid_mark(feed, guid) for guid in stored])
    visits = [(visit, one) for each in found.values() for one in each for visit in one.seen if visit.feed == feed]
    return [(stored[visit.guid], visit.last, one) for visit, one in visits if visit.guid in stored]


def by_words(conn: Connection, feed: str, hashes: Collection[str]) -> list[tuple[str, datetime, Tombstone]]:
    """The tombstones of these words that a feed brought, and when it last did."""
    found = by_mark(conn, [words_mark(one) for one in hashes])
    visits = [(visit, one) for each in found.values() for one in each for visit in one.seen if visit.feed == feed]
    return [(one.entry.content_hash, visit.last, one) for visit, one in visits if one.entry.content_hash in hashes]


def by_link(conn: Connection, url: str) -> dict[str, Tombstone]:
    """The tombstones of entries with this link, by id."""
    found = [*by_mark(conn, [link_mark(url)]).values(), list(by_id(conn, [identity_hash(canonical(url))]).values())]
    return {one.entry.id: one for each in found for one in each if one.entry.url == url}


def feed_names(conn: Connection, feeds: Collection[str]) -> dict[str, str]:
    """Feed → its name, of those that are remembered."""
    return {row.id: row.name for row in conn.execute(select(feed_states).where(feed_states.c.id.in_(feeds)))}


def ends_counted() -> Select[str, str, int]:
    """Topic, state and how many decisions of tombstones came to it."""
    ends, number = tombstone_ends.c, func.sum(tombstone_ends.c.times).label("number")
    counted = select(ends.topic, ends.state, number).group_by(ends.topic, ends.state).having(number > 0)
    return counted.order_by(ends.topic, ends.state)


def number_of(conn: Connection, *conditions: ColumnElement[bool]) -> int:
    """How many there are."""
    return conn.scalar(select(func.count()).select_from(tombstones).where(*conditions)) or 0


def _select(conn: Connection, condition: ColumnElement[bool]) -> list[Row[*tuple[object, ...]]]:
    return list(conn.execute(select(tombstones).where(condition)).all())


def _read(conn: Connection, found: Collection[Row[*tuple[object, ...]]]) -> list[Tombstone]:
    read = [(row.number, *unpack(bytes(row.packed), entry=row.entry, first_seen=row.first_seen)) for row in found]
    feeds = _rows(conn, tombstone_feeds, {one.feed for _, _, seen, _ in read for one in seen})
    ends = _rows(conn, tombstone_ends, {one.end for _, _, _, ended in read for one in ended})
    return [
        Tombstone(
            number=number,
            entry=entry,
            seen=tuple(_visit(one, feeds) for one in seen),
            decisions=_decisions(entry, ended, ends),
            ends=tuple(one.end for one in ended),
        )
        for number, entry, seen, ended in read
    ]


def _rows(conn: Connection, table: Table, numbers: Collection[int]) -> dict[int, Row[*tuple[object, ...]]]:
    return {
        row.number: row
        for part in rows.chunks(numbers)
        for row in conn.execute(select(table).where(table.c.number.in_(part)))
    }


def _visit(one: Sighted, feeds: Mapping[int, Row[*tuple[object, ...]]]) -> Visit:
    return Visit(feed=str(feeds[one.feed].feed), guid=one.guid, first=one.first, last=one.last)


def _decisions(
    entry: Entry, ended: Iterable[Ended], ends: Mapping[int, Row[*tuple[object, ...]]]
) -> tuple[Decision, ...]:
    """By topic. What a topic decided that was forgotten is gone; of two that became one, the later decision stands."""
    by_topic = {
        ends[one.end].topic: _decision(entry, one, ends[one.end])
        for one in sorted(ended, key=lambda one: one.at)
        if one.end in ends
    }
    return tuple(by_topic[topic] for topic in sorted(by_topic))


def _decision(entry: Entry, one: Ended, end: Row[*tuple[object, ...]]) -> Decision:
    return Decision(
        topic=end.topic,
        entry=entry.id,
        state=end.state,
        reason=whole_reason(end.reason, one, entry),
        score=one.score,
        threshold=one.threshold,
        strength=one.strength,
        mode=end.mode,
        terms=(),
        nearest_seed=end.nearest_seed,
        decided_at=one.at,
        model=end.model,
    )


# --- reasons


def common_reason(reason: str, one: Ended, entry: Entry) -> str:
    """A reason without what is its own; as it is, where it would not come back."""
    figures, day = _own(one, entry)
    common = reason.replace(figures, _FIGURES) if figures else reason
    common = common.replace(day, _DAY) if day else common
    as_read = Ended(
        end=one.end,
        score=packing.rounded(one.score),
        threshold=packing.rounded(one.threshold),
        strength=None,
        at=one.at,
    )
    return common if whole_reason(common, as_read, entry) == reason else reason


def whole_reason(common: str, one: Ended, entry: Entry) -> str:
    """The reason again."""
    figures, day = _own(one, entry)
    return common.replace(_FIGURES, figures).replace(_DAY, day)


def _own(one: Ended, entry: Entry) -> tuple[str, str]:
    known = one.score is not None and one.threshold is not None
    figures = FIGURES.format(score=one.score, threshold=one.threshold) if known else ""
    return figures, f"{entry.published:%Y-%m-%d}" if entry.published else ""
