"""A token that is refused stops everything that goes by it, and what is known of that outlives a restart.

Rule: what is paused stays pending, says why, and goes on as soon as one message was taken.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from hashlib import sha256

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select, update

from watcher.store import puts, rows
from watcher.store.tables import outbox, troubles
from watcher.types import Notice, Trouble


def token_refused(conn: Connection, notifier: str, *, code: str, error: str, at: datetime, now: datetime) -> int:
    """Let everything pending of a notifier wait until ``at``; returns how many rows that are."""
    known = token_trouble(conn, notifier)
    since = known.since if known else now
    puts.put_troubles(conn, [Trouble(subject=_subject(notifier), what=code, since=since, told_at=now)])
    sooner = or_(outbox.c.next_attempt.is_(None), outbox.c.next_attempt < at)
    paused = update(outbox).where(outbox.c.state == "pending", _of(notifier), sooner)
    return conn.execute(paused.values(next_attempt=at, error=error)).rowcount


def token_taken(
    conn: Connection, notifier: str, *, ops: Collection[str], installation: str, text: str, now: datetime
) -> bool:
    """Let everything go on, and tell ``ops``; False when nothing was paused. ``text`` may hold ``{waiting}``."""
    known = token_trouble(conn, notifier)
    if known is None:
        return False
    conn.execute(delete(troubles).where(troubles.c.subject == known.subject))
    waiting = [outbox.c.state == "pending", _of(notifier), outbox.c.next_attempt.is_not(None)]
    count = conn.scalar(select(func.count()).select_from(outbox).where(*waiting))
    conn.execute(update(outbox).where(*waiting).values(next_attempt=None))
    about = f"{known.subject}\n{known.since.isoformat()}\n{now.isoformat()}"
    notice = Notice(name=sha256(about.encode()).hexdigest()[:16], text=text.replace("{waiting}", str(count)))
    puts.put_notice(conn, notice, ops, installation=installation, now=now)
    return True


def token_trouble(conn: Connection, notifier: str) -> Trouble | None:
    """Since when a notifier's token is refused, and with which code; None: it is not, as far as is known."""
    found = conn.execute(select(*rows.TROUBLE).where(troubles.c.subject == _subject(notifier))).first()
    return rows.trouble(found) if found else None


def _subject(notifier: str) -> str:
    return f"token:{notifier}"


def _of(notifier: str) -> ColumnElement[bool]:
    return outbox.c.destination.startswith(f"{notifier}:", autoescape=True)
