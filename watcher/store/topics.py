"""What is remembered of topics: which are known, by which name, and what still waits for one that is gone.

Rule: a topic is a name. All that is remembered of it bears that name, and goes along when the name changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, false, select, update

from watcher.store import rows, tables, tombs
from watcher.store.outbox.ends import drop
from watcher.store.outbox.followers import GONE, best_topic, items
from watcher.store.tables import outbox
from watcher.types import OutboxItem

_REMEMBERED = (
    tables.decisions,
    tables.matches,
    tables.outbox,
    tables.score_histograms,
    tables.feedback,
    tables.added_seeds,
)
"""Tables with a row's topic in their column ``topic``."""
REMOVED = "its topic was removed from the configuration"


def known_topics(conn: Connection) -> frozenset[str]:
    """Topics that have caught up with the stored entries."""
    return frozenset(conn.scalars(select(tables.topics.c.name)))


def topics_since(conn: Connection) -> dict[str, datetime]:
    """Topic → since when it is known here."""
    return {row.name: row.added_at for row in conn.execute(select(tables.topics))}


def alert_times(conn: Connection, *, since: datetime) -> dict[str, tuple[datetime, ...]]:
    """Topic → when its alerts (stories told or to be told, those in digests too) were made since then, oldest first."""
    made = (
        select(outbox.c.topic, outbox.c.created_at)
        .where(outbox.c.kind == "parent", outbox.c.state.not_in(GONE), outbox.c.created_at >= since)
        .order_by(outbox.c.created_at)
    )
    found: defaultdict[str, list[datetime]] = defaultdict(list)
    for topic, at in conn.execute(made):
        found[topic].append(at)
    return {topic: tuple(times) for topic, times in found.items()}


def register_topics(conn: Connection, names: Sequence[str], *, now: datetime) -> tuple[str, ...]:
    """Make topics known; returns those that this database had never heard of."""
    known = known_topics(conn)
    new = tuple(dict.fromkeys(name for name in names if name not in known))
    if new:
        conn.execute(tables.topics.insert(), [{"name": name, "added_at": now} for name in new])
    return new


def rename_topic(conn: Connection, was: str, name: str) -> bool:
    """Let a topic go on under another name; returns whether its former one was known.

    What the new name has of its own already stays as it is.
    """
    for table in _REMEMBERED:
        conn.execute(update(table).where(table.c.topic == was, ~_taken(table, name)).values(topic=name))
    ends = tombs.tombstone_ends
    conn.execute(update(ends).where(ends.c.topic == was).values(topic=name))
    known = known_topics(conn)
    former = tables.topics.c.name == was
    if name in known:
        conn.execute(delete(tables.topics).where(former))
    else:
        conn.execute(update(tables.topics).where(former).values(name=name))
    return was in known


def forget_topics(conn: Connection, kept: Collection[str]) -> tuple[str, ...]:
    """Leave no topic known but these; one that comes back catches up as a new one. Returns the forgotten."""
    gone = sorted(known_topics(conn) - set(kept))
    for part in rows.chunks(gone):
        conn.execute(delete(tables.topics).where(tables.topics.c.name.in_(part)))
    return tuple(gone)


def left_behind(conn: Connection, kept: Collection[str]) -> list[OutboxItem]:
    """What waits to be sent for the sake of a topic that is none of these, oldest first."""
    waiting = items(conn, outbox.c.state.in_(("pending", "held")), outbox.c.topic != "", outbox.c.kind != "update")
    return [rows.outbox_item(row) for row in waiting if row.topic not in kept]


def leave_behind(conn: Connection, key: str, *, kept: Collection[str], now: datetime) -> bool:
    """Hand what waits over to another topic that its entry matched, or else drop it; returns whether it was dropped."""
    row = next(iter(items(conn, outbox.c.key == key, outbox.c.state.in_(("pending", "held")))), None)
    if row is None:
        return False
    heir = None if row.entry is None else best_topic(conn, row.entry, row.destination, among=kept)
    if heir is None:
        return drop(conn, key, state="excluded", reason=REMOVED, now=now)
    topic, strength = heir
    conn.execute(update(outbox).where(outbox.c.key == key).values(topic=topic, strength=strength))
    return False


def _taken(table: Table, name: str) -> ColumnElement[bool]:
    """Whether the new name has a row where this one would come to be."""
    keys = [column.name for column in table.primary_key if column.name != "topic"]
    if len(keys) == len(table.primary_key):
        return false()  # the topic is no part of what makes a row unique
    other = table.alias("other")
    same = and_(*(other.c[key] == table.c[key] for key in keys))
    return select(other.c.topic).where(other.c.topic == name, same).exists()
