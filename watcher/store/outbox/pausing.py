"""When nothing can be sent at all: a token that is refused, a service that cannot be reached.

Rule: what is paused stays pending and says why, what is known of it outlives a restart, and it ends as soon as one
message was taken; that it ended and what is told of it are one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, delete, func, or_, select, update

from watcher.store import puts, rows
from watcher.store.outbox.followers import LIVE
from watcher.store.tables import outbox, troubles
from watcher.types import Notice, Trouble

Silence = Literal["token", "outage"]
"""Why nothing is sent: somebody has to mend the token, or it passes by itself."""
BLIP = timedelta(minutes=1)
"""A shorter outage leaves each channel its own back-off: it may be one channel that hangs while others are served."""
WAITING = "{waiting}"
"""Stands for the number of messages that waited, in what is told."""


def token_refused(conn: Connection, notifier: str, *, code: str, error: str, at: datetime, now: datetime) -> int:
    """Let everything pending of a notifier wait until ``at``; returns how many rows that are."""
    _remember(conn, "token", notifier, code, now)
    sooner = or_(outbox.c.next_attempt.is_(None), outbox.c.next_attempt < at)
    paused = update(outbox).where(outbox.c.state == "pending", _of(notifier), sooner)
    return conn.execute(paused.values(next_attempt=at, error=error)).rowcount


def unreachable(conn: Connection, notifier: str, *, code: str, now: datetime) -> None:
    """Remember since when a notifier's service takes nothing."""
    _remember(conn, "outage", notifier, code, now)


def silences(conn: Connection, notifier: str) -> dict[Silence, Trouble]:
    """Why nothing was taken lately, and since when; empty: all is well, as far as is known."""
    wanted: dict[str, Silence] = {f"token:{notifier}": "token", f"outage:{notifier}": "outage"}
    found = conn.execute(select(*rows.TROUBLE).where(troubles.c.subject.in_(wanted)))
    return {wanted[row.subject]: rows.trouble(row) for row in found}


def taken(
    conn: Connection,
    notifier: str,
    *,
    ops: Collection[str],
    ops_text: str | None,
    topic_texts: Mapping[str, str],
    installation: str,
    now: datetime,
) -> bool:
    """A message was taken: let everything go on. False when nothing was paused.

    ``ops_text`` goes to ``ops``; ``topic_texts`` (topic → text) to each destination at which alerts of that topic
    wait. They may hold ``WAITING``, and go before what waits.
    """
    known = silences(conn, notifier)
    if not known:
        return False
    since = min(trouble.since for trouble in known.values())
    conn.execute(delete(troubles).where(troubles.c.subject.in_([one.subject for one in known.values()])))
    waiting = [outbox.c.state == "pending", _of(notifier), outbox.c.next_attempt.is_not(None)]
    count = conn.scalar(select(func.count()).select_from(outbox).where(*waiting))
    if "token" in known or now - since >= BLIP:
        conn.execute(update(outbox).where(*waiting).values(next_attempt=None))
    about = [notifier, since.isoformat(), now.isoformat()]
    if ops_text is not None:
        notice = Notice(name=_name(*about), text=ops_text.replace(WAITING, str(count)))
        puts.put_notice(conn, notice, ops, installation=installation, now=now)
    for place in _waiting_alerts(conn, notifier):
        if place.topic in topic_texts:
            text = topic_texts[place.topic].replace(WAITING, str(place.number))
            notice = Notice(name=_name(*about, place.destination, place.topic), text=text, topic=place.topic)
            before = place.first - timedelta(microseconds=1)
            puts.put_notice(conn, notice, [place.destination], installation=installation, now=now, at=before)
    return True


def _remember(conn: Connection, kind: Silence, notifier: str, code: str, now: datetime) -> None:
    known = silences(conn, notifier).get(kind)
    since = known.since if known else now
    puts.put_troubles(conn, [Trouble(subject=f"{kind}:{notifier}", what=code, since=since, told_at=now)])


def _waiting_alerts(conn: Connection, notifier: str) -> Sequence[Row[Any]]:
    """Where alerts wait: ``destination``, ``topic``, their ``number`` and the place of the ``first`` in the order."""
    alerts = _of(notifier), outbox.c.kind.in_(("parent", "reply")), outbox.c.state.in_(LIVE)
    place = outbox.c.destination, outbox.c.topic
    first = func.min(outbox.c.created_at, type_=outbox.c.created_at.type).label("first")
    found = select(*place, func.count().label("number"), first).where(*alerts)
    return conn.execute(found.group_by(*place).order_by(*place)).all()


def _name(*about: str) -> str:
    return sha256("\n".join(about).encode()).hexdigest()[:16]


def _of(notifier: str) -> ColumnElement[bool]:
    return outbox.c.destination.startswith(f"{notifier}:", autoescape=True)
