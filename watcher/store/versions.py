"""Which version of watcher used this database last.

Rule: written when an upgrade was looked at, so that one that was not finished is looked at again.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from watcher.store import rows
from watcher.store.tables import meta

_KEY = "version"


def last_version(conn: Connection) -> str | None:
    """The version that was remembered; None before any was."""
    found: str | None = conn.scalar(select(meta.c.value).where(meta.c.key == _KEY))
    return found


def remember_version(conn: Connection, version: str) -> None:
    """Remember the version in use."""
    new = rows.insert(conn, meta)
    told = new.on_conflict_do_update(index_elements=["key"], set_={"value": new.excluded.value})
    conn.execute(told, {"key": _KEY, "value": version})
