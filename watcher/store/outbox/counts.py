"""Numbers about the outbox, and the channels behind destinations.

Rule: a digest counts as the one message it is, not as the rows it tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, exists, func, or_, select

from watcher.store import rows
from watcher.store.tables import channels, outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Alerts of one topic that one destination got since some moment, each a message of its own."""

    sent: int
    strongest: float
    """Of those; 0 when there are none."""
    waiting: int
    """Alerts on their way there now, not held."""


NO_ALERTS = ("notice", "update")


def pending_count(conn: Connection) -> int:
    """Messages that are yet to be sent, held ones included; notices and updates are no alerts."""
    waiting = outbox.c.state.in_(("pending", "sending", "held")), outbox.c.kind.not_in(NO_ALERTS)
    return conn.scalar(select(func.count()).select_from(outbox).where(*waiting)) or 0


def oldest_due(conn: Connection, now: datetime) -> datetime | None:
    """Since when the longest waiting alert waits that may be sent. A reply may once its parent was."""
    parent = outbox.alias("parent")
    told = exists().where(
        parent.c.story == outbox.c.story,
        parent.c.destination == outbox.c.destination,
        parent.c.kind == "parent",
        parent.c.state == "sent",
    )
    due = select(func.min(outbox.c.due_at, type_=outbox.c.due_at.type)).where(
        outbox.c.state.in_(("pending", "sending")),
        outbox.c.kind.not_in(NO_ALERTS),
        or_(outbox.c.kind != "reply", told),
        outbox.c.due_at <= now,
    )
    since: datetime | None = conn.scalar(due)
    return since


def sent_between(conn: Connection, *, destination: str, since: datetime, now: datetime, loud: bool = False) -> int:
    """Messages that a destination got from ``since`` to ``now``: a clock that was put back leaves later ones.

    Updates are messages, too; ``loud``: only those that the channel shows.
    """
    sent = [
        outbox.c.destination == destination,
        outbox.c.settled_at.between(since, now),
        outbox.c.state == "sent",
        outbox.c.digest.is_(None),
    ]
    if loud:
        shown = outbox.c.kind.in_(("parent", "digest")), outbox.c.broadcast.is_not(None)
        sent.append(or_(*shown))
    return conn.scalar(select(func.count()).select_from(outbox).where(*sent)) or 0


def told_since(conn: Connection, *, destination: str, topic: str, since: datetime) -> Told:
    """What a destination was told of a topic at or after ``since``; digests, what they tell and replies aside."""
    alerts = outbox.c.destination == destination, outbox.c.topic == topic, outbox.c.kind == "parent"
    sent = select(func.count(), func.max(outbox.c.strength)).where(
        *alerts, outbox.c.settled_at >= since, outbox.c.state == "sent", outbox.c.digest.is_(None)
    )
    waiting = select(func.count()).select_from(outbox).where(*alerts, outbox.c.state.in_(("pending", "sending")))
    number, strongest = conn.execute(sent).one()
    return Told(sent=number, strongest=strongest or 0.0, waiting=conn.scalar(waiting) or 0)


def channel_id(conn: Connection, destination: str) -> str | None:
    """The channel that a destination's name was resolved to, if it was."""
    return conn.scalar(select(channels.c.channel).where(channels.c.destination == destination))


def remember_channel(conn: Connection, destination: str, channel: str) -> None:
    """Write down what a destination's name stands for."""
    new = rows.insert(conn, channels)
    told = new.on_conflict_do_update(index_elements=["destination"], set_={"channel": new.excluded.channel})
    conn.execute(told, {"destination": destination, "channel": channel})
