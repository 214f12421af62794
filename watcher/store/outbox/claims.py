"""Who sends what now: claims, and what happens to a claim that came to nothing.

Rule: a row is sent by one owner at a time, rows of one destination in their order, and a send that may have arrived
is marked ``unsure`` until somebody has looked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, or_, select, update

from watcher.store import rows
from watcher.store.outbox.followers import GONE, items, oldest_first, told_and_gone
from watcher.store.tables import outbox
from watcher.types import OutboxItem, Receipt

DAY = timedelta(days=1)

_FREE: dict[str, Any] = {"state": "pending", "lease_owner": None, "lease_until": None}


def claim(
    conn: Connection,
    *,
    owner: str,
    now: datetime,
    lease: timedelta,
    limit: int,
    destinations_busy: Collection[str] = (),
    only: Collection[str] | None = None,
) -> list[OutboxItem]:
    """Take the next row of up to ``limit`` destinations (of ``only`` these, if given), oldest first.

    A destination's rows go one at a time and in order: while its oldest waits for another attempt, or is being sent,
    the others wait behind it. A reply or update waits for its parent's receipt (and blocks nobody); a reply whose
    parent will never be becomes the parent. One that is to be shown in the channel once a day is so only if no other of
    its story was. A row whose lease ran out comes back ``unsure``. ``claimed_at`` of an unsure row is the time of the
    first send in doubt: that is where a look-up starts. Nobody looks for an update: it is done again.
    """
    _promote_orphans(conn)
    waiting = items(conn, outbox.c.state.in_(("pending", "sending")))
    blocked = {*destinations_busy, *(row.destination for row in waiting if _in_flight(row, now))}
    threads = _threads(conn)
    taken: list[OutboxItem] = []
    for row in waiting:
        if len(taken) == limit:
            break
        thread = threads.get((row.story, row.destination))
        waits_for_parent = row.kind in {"reply", "update"} and thread is None
        if row.destination in blocked or waits_for_parent or (only is not None and row.destination not in only):
            continue
        blocked.add(row.destination)
        if row.state == "sending" or row.next_attempt is None or row.next_attempt <= now:
            _show_once_a_day(conn, row, now)
            threaded = thread if row.kind in {"reply", "update"} else None
            taken.append(_take(conn, row, threaded, owner=owner, now=now, lease=lease))
    return taken


def waiting_destinations(conn: Connection, now: datetime) -> list[str]:
    """Destinations where a row may be claimed now, those that wait longest first."""
    free = and_(outbox.c.state == "pending", or_(outbox.c.next_attempt.is_(None), outbox.c.next_attempt <= now))
    given_up = and_(outbox.c.state == "sending", outbox.c.lease_until <= now)
    return list(dict.fromkeys(row.destination for row in items(conn, or_(free, given_up))))


def mark_sending_unsure(conn: Connection) -> int:
    """Whatever was being sent may have arrived: for the holder of the database's lock, at its start."""
    found = conn.execute(update(outbox).where(outbox.c.state == "sending").values(**_FREE, unsure=True))
    return found.rowcount


def retry_later(
    conn: Connection,
    key: str,
    *,
    at: datetime,
    error: str,
    unsure: bool,
    attempts_plus: int = 1,
    owner: str | None = None,
) -> bool:
    """Give a claimed row back with an error, to be tried at ``at``. False when it is no longer ours to give back."""
    values = {**_FREE, "next_attempt": at, "error": error, "unsure": unsure}
    if not unsure:
        values["claimed_at"] = None
    return _give(conn, key, owner, {**values, "attempts": outbox.c.attempts + attempts_plus})


def retry_now(conn: Connection) -> int:
    """Let what waits for its next try be tried at once: after a start or a reload the reason may be mended."""
    waiting = [outbox.c.state == "pending", outbox.c.next_attempt.is_not(None)]
    return conn.execute(update(outbox).where(*waiting).values(next_attempt=None)).rowcount


def give_back(conn: Connection, key: str, *, owner: str | None = None) -> bool:
    """Undo a claim: nothing was sent. What was unsure before stays so."""
    return _give(conn, key, owner, _FREE)


def mark_plain(conn: Connection, key: str) -> None:
    """Remember that the blocks were refused: from now on it goes as plain text."""
    conn.execute(update(outbox).where(outbox.c.key == key).values(plain=True))


def _give(conn: Connection, key: str, owner: str | None, values: dict[str, Any]) -> bool:
    ours = [outbox.c.key == key, outbox.c.state == "sending"]
    if owner is not None:
        ours.append(outbox.c.lease_owner == owner)
    return conn.execute(update(outbox).where(*ours).values(**values)).rowcount == 1


def _in_flight(row: Row[Any], now: datetime) -> bool:
    return row.state == "sending" and row.lease_until is not None and row.lease_until > now


def _take(
    conn: Connection, row: Row[Any], thread: Receipt | None, *, owner: str, now: datetime, lease: timedelta
) -> OutboxItem:
    unsure = row.unsure or row.state == "sending"
    values = {
        "state": "sending",
        "lease_owner": owner,
        "lease_until": now + lease,
        "unsure": unsure,
        "claimed_at": row.claimed_at if unsure and row.claimed_at and row.kind != "update" else now,
    }
    conn.execute(update(outbox).where(outbox.c.key == row.key).values(**values))
    return rows.outbox_item(items(conn, outbox.c.key == row.key)[0], thread=thread)


def _threads(conn: Connection) -> dict[tuple[str, str], Receipt]:
    """Where the stories were told whose replies wait: the parent's receipt, or that of the digest that told it."""
    reply = outbox.alias("reply")
    waiting = reply.c.kind.in_(("reply", "update")), reply.c.state.in_(("pending", "sending"))
    wanted = select(reply.c.story).where(*waiting)
    told = select(*rows.OUTBOX).where(outbox.c.kind == "parent", outbox.c.state == "sent", outbox.c.story.in_(wanted))
    found = (
        (row, rows.receipt(row.receipt_channel, row.receipt_ts)) for row in conn.execute(told.order_by(*oldest_first()))
    )
    return {(row.story, row.destination): receipt for row, receipt in found if receipt}


def _show_once_a_day(conn: Connection, row: Row[Any], now: datetime) -> None:
    if row.kind != "reply" or row.broadcast != "daily":
        return
    other = outbox.c.story == row.story, outbox.c.destination == row.destination, outbox.c.key != row.key
    shown = outbox.c.broadcast.is_not(None), outbox.c.state == "sent", outbox.c.settled_at > now - DAY
    if items(conn, *other, *shown):
        conn.execute(update(outbox).where(outbox.c.key == row.key).values(broadcast=None))


def _promote_orphans(conn: Connection) -> None:
    """A reply without any parent, now or to come, is the story's next parent; a parent that was deleted is none."""
    parent = outbox.alias("parent")
    hopeful = exists().where(
        parent.c.story == outbox.c.story,
        parent.c.destination == outbox.c.destination,
        parent.c.kind == "parent",
        parent.c.state.not_in(GONE),
        ~told_and_gone(parent),
    )
    orphans = items(conn, and_(outbox.c.kind == "reply", outbox.c.state == "pending", ~hopeful))
    heirs: dict[tuple[str | None, str], str] = {}
    for row in orphans:
        heirs.setdefault((row.story or row.key, row.destination), row.key)
    _become_parents(conn, list(heirs.values()))


def _become_parents(conn: Connection, keys: Sequence[str]) -> None:
    for part in rows.chunks(keys):
        conn.execute(update(outbox).where(outbox.c.key.in_(part)).values(kind="parent"))
