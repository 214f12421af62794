"""Making tombstones small, and whole again where something new comes to one.

Rule: only what was never told is condensed. Condensing loses no answer: whoever asks hears what the rows would have
said, but for words.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, exists, func, or_, select, update

from watcher.store import rows, tombs
from watcher.store.packing import Ended, Sighted, pack
from watcher.store.puts import OPEN_TO_REVISION
from watcher.store.report import LATEST
from watcher.store.tables import decisions, entries, matches, outbox, sightings, story_members
from watcher.types import Decision, Entry

PORTION = 100
"""Entries that one transaction looks at: polls wait for it, for a fifth of a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condensed:
    """What one transaction came to: how many became small, and behind which it goes on (None: all were looked at)."""

    number: int
    last: tuple[datetime, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whole:
    """An entry with its rows."""

    entry: Entry
    seen: Sequence[Row[Any]]
    decisions: Sequence[Decision]


def condense(conn: Connection, *, before: datetime, after: tuple[datetime, str] | None = None) -> Condensed:
    """Make the next forgotten entries small that were first seen and last judged before a time and never told.

    What was told stays as it is, and so does what counts of words are left of.
    """
    there = [entries.c.tombstone.is_(True), entries.c.first_seen < before]
    if after is not None:
        at, entry = after
        there += [entries.c.first_seen >= at, or_(entries.c.first_seen > at, entries.c.id > entry)]
    stays = entries.c.terms.is_not(None) | _touched(before)
    which = select(entries.c.id, entries.c.first_seen, stays.label("stays")).where(*there)
    found = conn.execute(which.order_by(entries.c.first_seen, entries.c.id).limit(PORTION)).all()
    small = [row.id for row in found if not row.stays]
    if small:
        _replace(conn, _whole(conn, small))
    last = (found[-1].first_seen, found[-1].id) if len(found) == PORTION else None
    return Condensed(number=len(small), last=last)


def recall(conn: Connection, ids: Collection[str]) -> None:
    """Bring back the rows of these entries, as far as they were condensed: something new is to be written of them."""
    found = tombs.by_id(conn, ids)
    for one in found.values():
        conn.execute(entries.insert(), {**rows.values_of(one.entry), "tombstone": True})
        seen = [
            {"entry": one.entry.id, "feed": visit.feed, "guid": visit.guid or "", "first_seen": visit.first,
             "last_seen": visit.last}
            for visit in one.seen
        ]  # fmt: skip
        if seen:
            conn.execute(sightings.insert(), seen)
        if one.decisions:
            conn.execute(decisions.insert(), [rows.values_of(decision) for decision in one.decisions])
        _count_ends(conn, Counter(one.ends), -1)
        _count_feeds(conn, Counter(one.feeds), -1)
        marks = tombs.marks_of(one.entry, ((visit.feed, visit.guid) for visit in one.seen))
        its = tombs.tombstone_marks.c.tombstone == one.number, tombs.tombstone_marks.c.mark.in_(marks)
        conn.execute(delete(tombs.tombstone_marks).where(*its))
        conn.execute(delete(tombs.tombstones).where(tombs.tombstones.c.number == one.number))


def _touched(before: datetime) -> ColumnElement[bool]:
    """Something was told of an entry, or is to be; or it was judged so lately that lists still show it."""
    told = [exists().where(table.c.entry == entries.c.id) for table in (story_members, matches, outbox)]
    late = (decisions.c.decided_at >= before) | decisions.c.state.not_in(OPEN_TO_REVISION)
    return told[0] | told[1] | told[2] | exists().where(decisions.c.entry == entries.c.id, late)


def _whole(conn: Connection, ids: Sequence[str]) -> list[_Whole]:
    found = [rows.entry(row) for row in conn.execute(select(*rows.ENTRY).where(entries.c.id.in_(ids)))]
    seen: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    judged: defaultdict[str, list[Decision]] = defaultdict(list)
    in_order = sightings.c.first_seen, sightings.c.feed, sightings.c.guid
    for row in conn.execute(select(sightings).where(sightings.c.entry.in_(ids)).order_by(*in_order)):
        seen[row.entry].append(row)
    for row in conn.execute(select(*rows.DECISION).where(decisions.c.entry.in_(ids)).order_by(decisions.c.topic)):
        judged[row.entry].append(rows.decision(row))
    return [_Whole(entry=one, seen=seen[one.id], decisions=judged[one.id]) for one in found]


def _replace(conn: Connection, found: Sequence[_Whole]) -> None:
    """Write the small form, and delete the rows."""
    feeds, ends = _feeds(conn, found), _Ends(conn, found)
    first = _next(conn, tombs.tombstones)
    small = [
        {
            "number": number,
            "entry": one.entry.id,
            "first_seen": one.entry.first_seen,
            "packed": pack(
                one.entry, _seen(one, feeds), [ends.ended(decision, one.entry) for decision in one.decisions]
            ),
        }
        for number, one in enumerate(found, first)
    ]
    marks = [
        {"mark": mark, "tombstone": number}
        for number, one in enumerate(found, first)
        for mark in tombs.marks_of(one.entry, ((row.feed, row.guid) for row in one.seen))
    ]
    rows.execute_many(conn, rows.insert(conn, tombs.tombstones), small)
    rows.execute_many(conn, rows.insert(conn, tombs.tombstone_marks), marks)
    _count_ends(conn, ends.times, 1)
    ids = [one.entry.id for one in found]
    for table in (sightings, decisions):
        conn.execute(delete(table).where(table.c.entry.in_(ids)))
    conn.execute(delete(entries).where(entries.c.id.in_(ids)))


def _seen(one: _Whole, feeds: Mapping[str, int]) -> list[Sighted]:
    return [
        Sighted(feed=feeds[row.feed], guid=row.guid or None, first=row.first_seen, last=row.last_seen)
        for row in one.seen
    ]


def _next(conn: Connection, table: Table) -> int:
    """The next number of a table: writes take turns, so nobody else takes it."""
    return (conn.scalar(select(func.max(table.c.number))) or 0) + 1


# --- what they have in common


class _Ends:
    """The numbers of what decisions have in common with others; new ones are written."""

    def __init__(self, conn: Connection, found: Sequence[_Whole]) -> None:
        self._conn = conn
        models = {decision.model for one in found for decision in one.decisions}
        known = select(tombs.tombstone_ends).where(tombs.tombstone_ends.c.model.in_(models))
        self._numbers = {_common(row, row.reason): row.number for row in conn.execute(known)}
        self.times: Counter[int] = Counter()

    def ended(self, decision: Decision, entry: Entry) -> Ended:
        """A decision as its tombstone has it."""
        own = {"score": decision.score, "threshold": decision.threshold, "strength": decision.strength}
        reason = tombs.common_reason(decision.reason, Ended(end=0, at=decision.decided_at, **own), entry)
        common = _common(decision, reason)
        if common not in self._numbers:
            values = {**dict(zip(_COMMON, common, strict=True)), "times": 0}
            number = _next(self._conn, tombs.tombstone_ends)
            self._conn.execute(tombs.tombstone_ends.insert(), {"number": number, **values})
            self._numbers[common] = number
        self.times[self._numbers[common]] += 1
        return Ended(end=self._numbers[common], at=decision.decided_at, **own)


_COMMON = ("topic", "state", "mode", "nearest_seed", "model", "reason")


def _common(one: Any, reason: str) -> tuple[str, ...]:
    return (*(getattr(one, name) for name in _COMMON[:-1]), reason)


def _count_ends(conn: Connection, times: Counter[int], sign: int) -> None:
    ends = tombs.tombstone_ends
    for number, more in times.items():
        conn.execute(update(ends).where(ends.c.number == number).values(times=ends.c.times + sign * more))


def _count_feeds(conn: Connection, seen: Counter[str], sign: int) -> None:
    feeds = tombs.tombstone_feeds
    for feed, more in seen.items():
        conn.execute(update(feeds).where(feeds.c.feed == feed).values(seen=feeds.c.seen + sign * more))


def _feeds(conn: Connection, found: Sequence[_Whole]) -> dict[str, int]:
    """Feed → its number; how many tombstones it has is brought up to date, and what else is remembered of them."""
    feeds = tombs.tombstone_feeds
    brought: defaultdict[str, dict[str, _Whole]] = defaultdict(dict)
    for one in found:
        for row in one.seen:
            brought[row.feed][one.entry.id] = one
    known = {row.feed: row for row in conn.execute(select(feeds).where(feeds.c.feed.in_(brought)))}
    new = count(_next(conn, feeds))
    values = [_added(known.get(feed), list(each.values()), feed=feed, new=new) for feed, each in brought.items()]
    put = rows.insert(conn, feeds)
    told = {name: put.excluded[name] for name in ("seen", "first", "latest", "languages")}
    rows.execute_many(conn, put.on_conflict_do_update(index_elements=["feed"], set_=told), values)
    return {one["feed"]: one["number"] for one in values}


def _added(before: Row[Any] | None, brought: list[_Whole], *, feed: str, new: Iterator[int]) -> dict[str, Any]:
    """A feed's row with what it brought added to it."""
    seen = {one.entry.id: [row.first_seen for row in one.seen if row.feed == feed] for one in brought}
    first, latest = min(map(min, seen.values())), max(map(max, seen.values()))
    in_order = sorted(brought, key=lambda one: one.entry.id, reverse=True)
    in_order.sort(key=lambda one: max(seen[one.entry.id]))  # read from the end, as lists of sightings are
    languages = [one.entry.language for one in in_order]
    if before is not None:
        first, latest = min(first, before.first), max(latest, before.latest)
        languages = [*before.languages.split(), *languages]
    return {
        "number": next(new) if before is None else before.number,
        "feed": feed,
        "seen": len(brought) + (before.seen if before is not None else 0),
        "first": first,
        "latest": latest,
        "languages": " ".join(languages[-LATEST:]),
    }
