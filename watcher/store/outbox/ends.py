"""How a row ends: told, or refused for good; and how a dead one is raised.

Rule: a receipt is a fact, whoever brings it. A story whose parent dies is told by its next member.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from watcher.store import puts
from watcher.store.outbox import followers
from watcher.store.outbox.followers import LIVE, items
from watcher.store.outbox.waking import wake_update
from watcher.store.tables import meta, outbox, story_members
from watcher.types import Notice, OutboxItem, Receipt, State

_IDLE: dict[str, Any] = {"lease_owner": None, "lease_until": None, "unsure": False}


def settle(conn: Connection, key: str, *, receipt: Receipt, now: datetime) -> bool:
    """Record that a row was told, a digest's members with it. False when that was known (the first receipt stays)."""
    told = {
        **_IDLE,
        "state": "sent",
        "receipt_channel": receipt.channel,
        "receipt_ts": receipt.ts,
        "settled_at": now,
        "error": None,
        "hold": None,
    }
    new = update(outbox).where(outbox.c.key == key, outbox.c.state != "sent").values(**told, digest=None)
    if conn.execute(new).rowcount == 0:
        return False
    conn.execute(update(outbox).where(outbox.c.digest == key, outbox.c.state != "sent").values(**told))
    followers.follow(conn, [key], "posted", only_from=("pending", "held", "dead"))
    row = items(conn, outbox.c.key == key)[0]
    if row.kind == "reply" and row.story is not None:
        wake_update(conn, story=row.story, destination=row.destination, now=now)
    return True


def bury(
    conn: Connection, key: str, *, reason: str, now: datetime, ops: Collection[str] = (), told: str | None = None
) -> bool:
    """Record that a row will not be taken, a digest's members with it. False when there was nothing to bury.

    ``told`` is what the destinations ``ops`` hear of it, in the same transaction.
    """
    died = update(outbox).values(**_IDLE, state="dead", error=reason)
    if conn.execute(died.where(outbox.c.key == key, outbox.c.state.in_(LIVE))).rowcount == 0:
        return False
    conn.execute(died.where(outbox.c.digest == key, outbox.c.state == "in_digest"))
    followers.die(conn, [key])
    row = items(conn, outbox.c.key == key)[0]
    if row.kind == "parent" and row.story is not None:
        _succeed(conn, row, now)
    if told is not None:
        name = sha256(f"dead\n{key}\n{now.isoformat()}".encode()).hexdigest()[:16]
        puts.put_notice(conn, Notice(name=name, text=told), ops, installation=_installation(conn), now=now)
    return True


def drop(conn: Connection, key: str, *, state: State, reason: str, now: datetime) -> bool:
    """Record that a row is not to be told, a digest's members with it, and why; their decisions end in this state.

    False when it does not wait.

    A parent that is dropped is replaced by the story's next member, as a dead one is.
    """
    dropped = update(outbox).values(**_IDLE, state="dropped", error=reason)
    if conn.execute(dropped.where(outbox.c.key == key, outbox.c.state.in_(("pending", "held")))).rowcount == 0:
        return False
    conn.execute(dropped.where(outbox.c.digest == key, outbox.c.state == "in_digest"))
    followers.die(conn, [key], state, reason)
    row = items(conn, outbox.c.key == key)[0]
    if row.kind == "parent" and row.story is not None:
        _succeed(conn, row, now)
    return True


def _installation(conn: Connection) -> str:
    return str(conn.scalar(select(meta.c.value).where(meta.c.key == "installation")))


def revive(conn: Connection, keys: Collection[str] | None = None, *, now: datetime) -> int:
    """Let dead rows (these, or all) be sent again; returns how many messages that makes.

    A dead digest comes back whole. A parent that was replaced comes back as a reply to its successor.
    """
    dead = [
        row
        for row in items(conn, outbox.c.state == "dead")
        if keys is None or row.key in keys or (row.digest is not None and row.digest in keys)
    ]
    digests = {row.key for row in dead if row.kind == "digest"}
    for row in dead:
        told_by_digest = row.digest is not None and row.digest in digests
        conn.execute(update(outbox).where(outbox.c.key == row.key).values(**_raised(conn, row, now, told_by_digest)))
        if row.kind != "digest":
            followers.follow(conn, [row.key], "held" if told_by_digest else "pending", only_from=("dead",))
    return sum(1 for row in dead if row.digest is None or row.digest not in digests)


def _raised(conn: Connection, row: Row[Any], now: datetime, told_by_digest: bool) -> dict[str, Any]:  # noqa: FBT001  one caller
    if told_by_digest:
        return {"state": "in_digest", "error": None}
    replaced = row.kind == "parent" and bool(
        items(
            conn,
            outbox.c.story == row.story,
            outbox.c.destination == row.destination,
            outbox.c.kind == "parent",
            outbox.c.state.in_((*LIVE, "sent")),
        )
    )
    return {
        "state": "pending",
        "kind": "reply" if replaced else row.kind,
        "digest": None,
        "attempts": 0,
        "error": None,
        "next_attempt": None,
        "claimed_at": None,
        "due_at": now,
        "plain": False,
    }


def _succeed(conn: Connection, dead: Row[Any], now: datetime) -> None:
    """Make the story's next member its parent: by its own row if it has one, else (a copy) by a new one."""
    members = (
        select(story_members.c.entry, outbox.c.key, outbox.c.state)
        .outerjoin(
            outbox,
            (outbox.c.story == story_members.c.story)
            & (outbox.c.entry == story_members.c.entry)
            & (outbox.c.destination == dead.destination),
        )
        .where(story_members.c.story == dead.story, story_members.c.entry != dead.entry)
        .where(or_(outbox.c.key.is_(None), outbox.c.state.in_(("pending", "held"))))
        .order_by(story_members.c.position)
    )
    heir = conn.execute(members.limit(1)).first()
    if heir is None:
        return
    if heir.key is not None:
        conn.execute(update(outbox).where(outbox.c.key == heir.key).values(kind="parent"))
        return
    key = f"{_installation(conn)}/{dead.story}/{heir.entry}"
    topic, strength = followers.best_topic(conn, heir.entry, dead.destination) or (dead.topic, dead.strength)
    item = OutboxItem(
        key=key,
        destination=dead.destination,
        kind="parent",
        topic=topic,
        story=dead.story,
        entry=heir.entry,
        strength=strength,
        created_at=now,
    )
    puts.put_outbox(conn, (item,))
    followers.follow(conn, [key], "pending", only_from=("grouped",))
