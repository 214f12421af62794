"""What processes that share a database tell each other.

Rule: only what is true while it is said again and again, such as that presses of buttons arrive somewhere.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from watcher.store import rows
from watcher.store.tables import meta

HELD = timedelta(minutes=2)
"""So long a process that has not said again which topics it has is taken to run."""
_PRESSES = "presses arrive"
_TOPICS = "topics of "
_KEPT = timedelta(days=1)
"""What a process said that long ago nobody asks for, however wrong the clocks are."""


def presses_arrived(conn: Connection) -> datetime | None:
    """When a process last said that presses of buttons reach it."""
    found = conn.scalar(select(meta.c.value).where(meta.c.key == _PRESSES))
    return None if found is None else datetime.fromisoformat(found)


def say_presses_arrive(conn: Connection, now: datetime) -> None:
    """Say that presses of buttons arrive now."""
    _put(conn, _PRESSES, now.isoformat())


def topics_held(conn: Connection, since: datetime) -> dict[str, frozenset[str]]:
    """Process → the topics of its configuration, of those that said so since then."""
    return {key.removeprefix(_TOPICS): frozenset(topics) for key, (at, topics) in _said(conn).items() if at >= since}


def say_topics(conn: Connection, process: str, topics: Collection[str], *, now: datetime) -> None:
    """Say which topics this process has now; what others said a day ago is forgotten."""
    old = [key for key, (at, _) in _said(conn).items() if at < now - _KEPT]
    conn.execute(delete(meta).where(meta.c.key.in_(old)))
    _put(conn, _TOPICS + process, json.dumps({"at": now.isoformat(), "topics": sorted(topics)}))


def say_no_topics(conn: Connection, process: str) -> None:
    """Take back what this process said: it ends."""
    conn.execute(delete(meta).where(meta.c.key == _TOPICS + process))


def _said(conn: Connection) -> dict[str, tuple[datetime, list[str]]]:
    found = conn.execute(select(meta.c.key, meta.c.value).where(meta.c.key.startswith(_TOPICS, autoescape=True)))
    said = {key: json.loads(value) for key, value in found}
    return {key: (datetime.fromisoformat(one["at"]), one["topics"]) for key, one in said.items()}


def _put(conn: Connection, key: str, value: str) -> None:
    new = rows.insert(conn, meta)
    told = new.on_conflict_do_update(index_elements=["key"], set_={"value": new.excluded.value})
    conn.execute(told, {"key": key, "value": value})
