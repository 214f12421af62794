"""What processes that share a database tell each other.

Rule: only what is true of all of them, such as that presses of buttons arrive somewhere.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from watcher.store import rows
from watcher.store.tables import meta

_KEY = "presses arrive"


def presses_arrived(conn: Connection) -> datetime | None:
    """When a process last said that presses of buttons reach it."""
    found = conn.scalar(select(meta.c.value).where(meta.c.key == _KEY))
    return None if found is None else datetime.fromisoformat(found)


def say_presses_arrive(conn: Connection, now: datetime) -> None:
    """Say that presses of buttons arrive now."""
    new = rows.insert(conn, meta)
    told = new.on_conflict_do_update(index_elements=["key"], set_={"value": new.excluded.value})
    conn.execute(told, {"key": _KEY, "value": now.isoformat()})
