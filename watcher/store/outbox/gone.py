"""Messages that are gone: deleted in Slack by somebody, or taken back by an operator.

Rule: that something was told is never forgotten; where it is told may be. A story whose message is gone has no thread,
so its next news is a new parent.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, and_, exists, or_, select, update

from watcher.store import entries as entry_verbs
from watcher.store import rows
from watcher.store.outbox.followers import LIVE, items
from watcher.store.tables import decisions, notices, outbox, story_members
from watcher.types import OutboxItem, Receipt

RETRACTED = "retracted"
"""What a retracted row and its decisions give as their reason."""


def find_row(conn: Connection, key: str) -> OutboxItem | None:
    """The row of a key; ``thread`` is its parent's receipt as far as it is known, for replies."""
    found = items(conn, outbox.c.key == key)
    if not found:
        return None
    (row,) = found
    parents = items(
        conn,
        outbox.c.story == row.story,
        outbox.c.destination == row.destination,
        outbox.c.kind == "parent",
        outbox.c.receipt_ts.is_not(None),
    )
    thread = rows.receipt(parents[-1].receipt_channel, parents[-1].receipt_ts) if parents else None
    return rows.outbox_item(row, thread=thread if row.kind == "reply" else None)


def message_gone(conn: Connection, receipt: Receipt) -> int:
    """Forget where a message is, for all that was told by it; what would have changed it is dropped. How many rows."""
    there = outbox.c.receipt_channel == receipt.channel, outbox.c.receipt_ts == receipt.ts
    told = items(conn, *there)
    conn.execute(update(outbox).where(*there).values(receipt_channel=None, receipt_ts=None))
    idle: dict[str, Any] = {"lease_owner": None, "lease_until": None, "unsure": False}
    for row in told:
        its_update = outbox.c.kind == "update", outbox.c.story == row.story, outbox.c.destination == row.destination
        if row.story is not None and row.kind == "parent":
            changed = update(outbox).where(*its_update, outbox.c.state.in_(("pending", "sending")))
            conn.execute(changed.values(state="dropped", error="its message is gone", **idle))
    return len(told)


def retract(conn: Connection, key: str) -> list[str]:
    """Let a row and what it tells be told no more, and forget their words where no other row needs them.

    What was sent stays known as sent: it never comes back. Returns the keys of rows that still need the same words.
    """
    told = items(conn, or_(outbox.c.key == key, outbox.c.digest == key))
    taken_back = [row.key for row in told]
    idle = {"lease_owner": None, "lease_until": None, "unsure": False, "hold": None}
    for row in told:
        values: dict[str, Any] = {"note": None}
        if row.state != "sent":
            values |= {**idle, "state": "dropped", "error": RETRACTED, "digest": None}
            _exclude(conn, row)
        conn.execute(update(outbox).where(outbox.c.key == row.key).values(**values))
        if row.kind == "notice":
            conn.execute(update(notices).where(notices.c.key == row.key).values(text=""))
    needed: list[str] = []
    for entry in dict.fromkeys(row.entry for row in told if row.entry is not None):
        others = _who_needs(conn, entry, taken_back)
        needed += others
        if not others:
            _forget_words(conn, entry)
    return needed


def _exclude(conn: Connection, row: Row[Any]) -> None:
    """What was to be told and is not: an operator wanted it so."""
    undone = decisions.c.entry == row.entry, decisions.c.state.in_(("pending", "held", "dead"))
    other = outbox.alias("other")
    told_elsewhere = exists().where(
        other.c.entry == row.entry, other.c.key != row.key, other.c.state.in_((*LIVE, "sent"))
    )
    conn.execute(update(decisions).where(*undone, ~told_elsewhere).values(state="excluded", reason=RETRACTED))


def _who_needs(conn: Connection, entry: str, taken_back: list[str]) -> list[str]:
    """Other rows that tell the entry, or will."""
    shown = and_(outbox.c.state == "sent", outbox.c.receipt_ts.is_not(None))
    others = outbox.c.entry == entry, outbox.c.key.not_in(taken_back), or_(shown, outbox.c.state.in_(LIVE))
    return list(conn.scalars(select(outbox.c.key).where(*others)))


def _forget_words(conn: Connection, entry: str) -> None:
    entry_verbs.entomb(conn, entry)
    conn.execute(update(story_members).where(story_members.c.entry == entry).values(summary="", summary_source="none"))
    conn.execute(update(decisions).where(decisions.c.entry == entry).values(terms=[]))
