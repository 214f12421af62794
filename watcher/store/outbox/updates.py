"""Bringing a story's parent up to date: how many have it, when the last came, what is new.

Rule: there is one row of it per story. A change that comes while an update is on its way has it done once more.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, case, or_, select, update

from watcher.store import rows
from watcher.store.outbox.followers import items
from watcher.store.tables import outbox
from watcher.types import OutboxItem


def settle_update(conn: Connection, key: str, *, now: datetime, error: str | None = None) -> bool:
    """Record that an update is done, or (with ``error``) cannot be. False when it has to be done anew."""
    later = outbox.c.created_at > outbox.c.claimed_at
    done = "sent" if error is None else "dropped"
    values = {
        "state": case((later, "pending"), else_=done),
        "settled_at": now,
        "error": error,
        "lease_owner": None,
        "lease_until": None,
        "unsure": False,
    }
    conn.execute(update(outbox).where(outbox.c.key == key, outbox.c.kind == "update").values(**values))
    open_ones = outbox.c.key == key, or_(outbox.c.state == "pending", outbox.c.state == "sending")
    return conn.scalar(select(outbox.c.key).where(*open_ones)) is None


def parent_of(conn: Connection, *, story: str, destination: str) -> OutboxItem | None:
    """The message that tells a story, with its receipt; None while there is none."""
    here = outbox.c.story == story, outbox.c.destination == destination, outbox.c.kind == "parent"
    found = items(conn, *here, outbox.c.state == "sent", outbox.c.receipt_ts.is_not(None))
    return rows.outbox_item(found[0]) if found else None
