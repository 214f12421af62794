"""What wakes a story's update: a part of the verbs that let a story grow, no verb itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, case, or_, select

from watcher.store import rows
from watcher.store.outbox.followers import items
from watcher.store.tables import meta, outbox
from watcher.types import OutboxItem


def wake_update(conn: Connection, *, story: str, destination: str, now: datetime) -> bool:
    """Have the message that tells a story updated; False where that needs no update, or is a digest: those stay.

    A parent that is still to be sent is rendered when it goes, with all that is known then.
    """
    parents = items(
        conn,
        outbox.c.story == story,
        outbox.c.destination == destination,
        outbox.c.kind == "parent",
        or_(outbox.c.state == "sending", and_(outbox.c.state == "sent", outbox.c.receipt_ts.is_not(None))),
    )
    if not parents or parents[0].digest is not None:
        return False
    installation = conn.scalar(select(meta.c.value).where(meta.c.key == "installation"))
    item = OutboxItem(
        key=f"{installation}/{story}/update",
        destination=destination,
        kind="update",
        topic=parents[0].topic,
        story=story,
        entry=None,
        strength=0.0,
        created_at=now,
    )
    new = rows.insert(conn, outbox)
    under_way = outbox.c.state == "sending"
    again = {
        name: new.excluded[name] for name in ("topic", "created_at", "due_at", "next_attempt", "error", "attempts")
    }
    again["state"] = case((under_way, outbox.c.state), else_=new.excluded.state)
    conn.execute(new.on_conflict_do_update(index_elements=["key"], set_=again), rows.outbox_values(item))
    return True
