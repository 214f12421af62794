"""A database that is older than what was posted: a backup was put in its place, by a command or by hand.

Rule: what a channel holds is the witness. For a while every send looks its key up first, so nothing is told again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, func, select

from watcher.store import rows
from watcher.store.tables import meta, outbox

_SINCE, _UNTIL = "restored_since", "look_first_until"
NO_ROWS = ("doctor", "notice")
"""What a key may begin with, behind the installation, without there being an alert of that key."""


def last_told(conn: Connection) -> dict[str, datetime]:
    """Destination → when the last of its messages was posted, as far as this database knows."""
    last = func.max(outbox.c.settled_at, type_=outbox.c.settled_at.type).label("last")
    told = select(outbox.c.destination, last).where(outbox.c.state == "sent", outbox.c.kind != "update")
    return {row.destination: row.last for row in conn.execute(told.group_by(outbox.c.destination)) if row.last}


def unheard_of(conn: Connection, keys: Collection[str]) -> list[str]:
    """Those of these posted keys that this database does not know as posted, nor as in doubt."""
    installation = conn.scalar(select(meta.c.value).where(meta.c.key == "installation"))
    ours = {key.partition("/rest/")[0] for key in keys if key.partition("/")[0] == installation}
    alerts = {key for key in ours if key.split("/")[1] not in NO_ROWS}
    known: set[str] = set()
    for part in rows.chunks(alerts):
        found = conn.execute(select(outbox.c.key, outbox.c.state, outbox.c.unsure).where(outbox.c.key.in_(part)))
        known |= {row.key for row in found if row.unsure or row.state not in {"pending", "held"}}
    return sorted(alerts - known)


def mark_restored(conn: Connection, *, since: datetime, until: datetime) -> None:
    """Let every send until ``until`` look its key up first, among what was posted since ``since``."""
    for key, moment in ((_SINCE, since), (_UNTIL, until)):
        new = rows.insert(conn, meta)
        conn.execute(
            new.on_conflict_do_update(index_elements=["key"], set_={"value": new.excluded.value}),
            {"key": key, "value": moment.isoformat()},
        )


def look_first(conn: Connection, now: datetime) -> datetime | None:
    """Since when a send has to look for its key first; None: it need not."""
    told = {row.key: row.value for row in conn.execute(select(meta).where(meta.c.key.in_((_SINCE, _UNTIL))))}
    if len(told) < 2 or datetime.fromisoformat(told[_UNTIL]) <= now:
        return None
    return datetime.fromisoformat(told[_SINCE])
