"""What is remembered of feeds, and which of them are due.

Rule: due-ness lives here, not in timers, so that a restart neither skips nor repeats a poll.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from watcher.store import puts, rows, tables
from watcher.types import Feed, FeedState


def register_feeds(
    conn: Connection, feeds: Sequence[Feed], *, urls: Mapping[str, str], now: datetime
) -> tuple[str, ...]:
    """Make the feeds of the file known; returns the ids that were not. New ones are due at once.

    ``urls`` maps id → redacted URL. Of a known feed only the name and the URL's readable form change.
    """
    known = set(conn.scalars(select(tables.feed_states.c.id)))
    states = [FeedState(id=feed.id, url=urls[feed.id], name=feed.name, added_at=now, next_due=now) for feed in feeds]
    if states:
        new = rows.insert(conn, tables.feed_states)
        told = {"url": new.excluded.url, "name": new.excluded.name}
        conn.execute(
            new.on_conflict_do_update(index_elements=["id"], set_=told), [rows.values_of(state) for state in states]
        )
    return tuple(dict.fromkeys(state.id for state in states if state.id not in known))


def save_feed_state(conn: Connection, state: FeedState) -> None:
    """Write what is now remembered of a feed (a failure, a 304: no entries come with it)."""
    puts.put_feed_states(conn, (state,))


def due_feeds(conn: Connection, *, ids: Collection[str], now: datetime, limit: int) -> list[FeedState]:
    """Feeds among ``ids`` whose time has come, the longest waiting first; those that are gone (410) never."""
    wanted = frozenset(ids)
    due = (
        select(*rows.FEED_STATE)
        .where(tables.feed_states.c.next_due <= now, tables.feed_states.c.gone.is_(False))
        .order_by(tables.feed_states.c.next_due, tables.feed_states.c.id)
    )
    found = (rows.feed_state(row) for row in conn.execute(due) if row.id in wanted)
    return [state for state, _ in zip(found, range(limit), strict=False)]


def due_since(conn: Connection, now: datetime, ids: Collection[str] | None = None) -> dict[str, datetime]:
    """Feed (of these, or of all) → since when its time has come; those that are gone (410) never."""
    states = tables.feed_states
    due = select(states.c.id, states.c.next_due).where(states.c.next_due <= now, states.c.gone.is_(False))
    asked = [due] if ids is None else [due.where(states.c.id.in_(part)) for part in rows.chunks(ids)]
    return {row.id: row.next_due for one in asked for row in conn.execute(one)}


def feed_states(conn: Connection, ids: Collection[str] | None = None) -> dict[str, FeedState]:
    """Everything remembered of these feeds, or of all."""
    if ids is None:
        found = conn.execute(select(*rows.FEED_STATE)).all()
    else:
        found = [
            row
            for part in rows.chunks(ids)
            for row in conn.execute(select(*rows.FEED_STATE).where(tables.feed_states.c.id.in_(part)))
        ]
    return {row.id: rows.feed_state(row) for row in found}
