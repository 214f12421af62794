"""What watcher tells about itself, and what of it is not over yet.

Rule: what is told and that it was told are one transaction, so a notice is neither lost nor doubled.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, select

from watcher.store import puts, rows
from watcher.store.outbox.followers import LIVE
from watcher.store.tables import notices, outbox, troubles
from watcher.types import Notice, Trouble


def known_troubles(conn: Connection) -> dict[str, Trouble]:
    """What was told and is not over, by subject."""
    return {row.subject: rows.trouble(row) for row in conn.execute(select(*rows.TROUBLE))}


def put_notices(
    conn: Connection,
    told: Sequence[Notice],
    *,
    destinations: Mapping[str, Sequence[str]],
    installation: str,
    standing: Sequence[Trouble],
    over: Collection[str],
    now: datetime,
    since: datetime | None = None,
) -> int:
    """Queue notices, remember what stands and forget what is over; returns how many rows the outbox got.

    ``destinations`` maps a notice's topic ("" for the ops channel) to where it goes; what has none is not sent. What
    was said word for word after ``since`` is not said again: another process saw the same.
    """
    if since is not None:
        told = [one for one in told if not conn.scalar(select(exists().where(_same(one.text, since))))]
    for notice in told:
        puts.put_notice(conn, notice, destinations.get(notice.topic, ()), installation=installation, now=now)
    puts.put_troubles(conn, standing)
    for part in rows.chunks(over):
        conn.execute(delete(troubles).where(troubles.c.subject.in_(part)))
    return sum(len(destinations.get(notice.topic, ())) for notice in told)


def _same(text: str, since: datetime) -> ColumnElement[bool]:
    return and_(notices.c.text == text, notices.c.made_at > since)


def notice_text(conn: Connection, key: str) -> str | None:
    """What a notice says; None when it is no longer stored."""
    return conn.scalar(select(notices.c.text).where(notices.c.key == key))


def tidy_notices(conn: Connection, *, before: datetime) -> int:
    """Forget what notices made before this time said, unless they are still to be sent; returns how many."""
    waits = exists().where(outbox.c.key == notices.c.key, outbox.c.state.in_(LIVE))
    return conn.execute(delete(notices).where(notices.c.made_at < before, ~waits)).rowcount
