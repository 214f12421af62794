"""What waits on purpose, and the digests that tell it.

Rule: held is not lost. A digest's members are fixed when it is made, and it is made whole or not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, update

from watcher.store import puts, rows
from watcher.store.outbox import followers
from watcher.store.outbox.followers import items
from watcher.store.tables import outbox
from watcher.types import HoldReason, OutboxItem


def hold(conn: Connection, key: str, *, reason: HoldReason, until: datetime | None) -> bool:
    """Let a row wait: until a time, or (None) until somebody releases it. False when it cannot wait any more."""
    waiting = update(outbox).where(outbox.c.key == key, outbox.c.state.in_(("pending", "sending", "held")))
    values = {"state": "held", "hold": reason, "held_until": until, "lease_owner": None, "lease_until": None}
    if conn.execute(waiting.values(**values)).rowcount == 0:
        return False
    followers.follow(conn, [key], "held", only_from=("pending",))
    return True


def release(conn: Connection, keys: Collection[str], *, now: datetime | None = None) -> int:
    """Let held rows go as single messages. From ``now`` (else from the end of the hold) they count as waiting."""
    found = [row for part in rows.chunks(keys) for row in items(conn, outbox.c.key.in_(part))]
    freed = [row for row in found if row.state == "held"]
    for row in freed:
        due = now or row.held_until or row.created_at
        values = {"state": "pending", "hold": None, "next_attempt": None, "due_at": due}
        conn.execute(update(outbox).where(outbox.c.key == row.key).values(**values))
    followers.follow(conn, [row.key for row in freed], "pending", only_from=("held",))
    return len(freed)


def make_digest(
    conn: Connection, *, key: str, destination: str, topic: str, members: Sequence[str], now: datetime
) -> bool:
    """Put one digest in the outbox that tells these rows. False, and nothing done, unless all of them wait for one."""
    wanted = list(dict.fromkeys(members))
    found = [row for part in rows.chunks(wanted) for row in items(conn, outbox.c.key.in_(part))]
    fit = [row for row in found if row.state in {"held", "pending"} and row.destination == destination]
    if not wanted or len(fit) != len(wanted) or items(conn, outbox.c.key == key):
        return False
    strength = max(row.strength for row in fit)
    digest = OutboxItem(
        key=key,
        destination=destination,
        kind="digest",
        topic=topic,
        story=None,
        entry=None,
        strength=strength,
        created_at=now,
    )
    puts.put_outbox(conn, (digest,))
    for part in rows.chunks(wanted):
        told = {"state": "in_digest", "digest": key, "lease_owner": None, "lease_until": None}
        conn.execute(update(outbox).where(outbox.c.key.in_(part)).values(**told))
        followers.follow(conn, part, "held", only_from=("pending",))
    return True


def held(conn: Connection, *, reason: HoldReason | None = None) -> list[OutboxItem]:
    """Rows that wait on purpose (for this reason), oldest first."""
    why = () if reason is None else (outbox.c.hold == reason,)
    return [rows.outbox_item(row) for row in items(conn, outbox.c.state == "held", *why)]


def in_digest(conn: Connection, key: str) -> list[OutboxItem]:
    """The rows that a digest tells, oldest first; also after it was sent."""
    return [rows.outbox_item(row) for row in items(conn, outbox.c.digest == key)]
