"""The decisions that an outbox row speaks for, and how they follow it.

Rule: a topic that is told anywhere is told; what was told never becomes untold.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, and_, exists, or_, select, update

from watcher.store import rows
from watcher.store.tables import decisions, matches, outbox
from watcher.types import State

LIVE = ("pending", "held", "in_digest", "sending")
"""Outbox states that still lead to a message."""
GONE = ("dead", "dropped")


def told_and_gone(row: FromClause) -> ColumnElement[bool]:
    """Whether a row was sent and its message is not there any more."""
    return and_(row.c.state == "sent", row.c.receipt_ts.is_(None))


def _speaks_for(row: FromClause) -> ColumnElement[bool]:
    """An outbox row's own topic, and every other topic that its entry matched at its destination."""
    matched = (
        exists()
        .where(
            matches.c.topic == decisions.c.topic,
            matches.c.entry == row.c.entry,
            matches.c.destination == row.c.destination,
        )
        .correlate(decisions, row)  # two levels down SQLAlchemy would not find them by itself
    )
    return and_(decisions.c.entry == row.c.entry, or_(decisions.c.topic == row.c.topic, matched))


def follow(conn: Connection, keys: Sequence[str], state: State, *, only_from: Sequence[State]) -> None:
    """Bring the decisions of these rows, and of the rows told in these digests, to a state."""
    for part in rows.chunks(keys):
        moved = update(decisions).where(decisions.c.state.in_(only_from), *_spoken_for_by(part))
        conn.execute(moved.values(state=state))


def die(conn: Connection, keys: Sequence[str], state: State = "dead", reason: str | None = None) -> None:
    """Bring the decisions of these rows to ``dead`` (or another end), but for those that another row tells or has told.

    ``reason`` is added to theirs.
    """
    other = outbox.alias("other")
    told_elsewhere = exists().where(other.c.state.in_((*LIVE, "sent")), _speaks_for(other)).correlate(decisions)
    for part in rows.chunks(keys):
        undone = decisions.c.state.in_(("pending", "held"))
        died = update(decisions).where(undone, *_spoken_for_by(part), ~told_elsewhere)
        said = {} if reason is None else {"reason": decisions.c.reason + f"; {reason}"}
        conn.execute(died.values(state=state, **said))


def _spoken_for_by(keys: Sequence[str]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    named = or_(outbox.c.key.in_(keys), outbox.c.digest.in_(keys))
    its_entry = decisions.c.entry.in_(select(outbox.c.entry).where(named))  # finds them by index, whatever the planner
    return its_entry, exists().where(named, _speaks_for(outbox)).correlate(decisions)


def items(conn: Connection, *conditions: ColumnElement[bool]) -> list[Any]:
    """Outbox rows, oldest first."""
    return list(conn.execute(select(*rows.OUTBOX).where(*conditions).order_by(*oldest_first())).all())


def oldest_first() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The order of telling: when it was made, and in which order it was saved."""
    return outbox.c.created_at, outbox.c.number


def best_topic(
    conn: Connection, entry: str, destination: str, *, among: Collection[str] | None = None
) -> tuple[str, float] | None:
    """Which topic (of these) an entry matched best at a destination, and how strongly; None when it matched none."""
    best = (
        select(decisions.c.topic, decisions.c.strength)
        .join(matches, (matches.c.topic == decisions.c.topic) & (matches.c.entry == decisions.c.entry))
        .where(matches.c.entry == entry, matches.c.destination == destination, decisions.c.strength.is_not(None))
        .order_by(decisions.c.strength.desc().nulls_last(), decisions.c.topic)
    )
    found = (row for row in conn.execute(best) if among is None or row.topic in among)
    row = next(found, None)
    return None if row is None else (row.topic, row.strength)
