"""Everything that is known of a row at the moment it is told.

Rule: read when it is sent, not when it was found, so that a story is told as it then is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from watcher.store import rows
from watcher.store.outbox.followers import items, told_and_gone
from watcher.store.tables import decisions, entries, matches, outbox, stories, story_members
from watcher.types import Decision, Earlier, Entry, OutboxItem, Relation, SummarySource


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One row of the outbox with what an alert says of it. ``thread`` of ``item`` is filled by a claim only."""

    item: OutboxItem
    entry: Entry
    summary: str
    summary_source: SummarySource
    relation: Relation
    outlets: tuple[str, ...]
    """Every outlet of the story so far, the founder's first."""
    decisions: tuple[Decision, ...]
    """One per topic that matched, strongest first: of the whole story for a parent, of its own entry for a reply."""
    latest: datetime | None = None
    """When the story's last member came, if other than its first."""
    news: str = ""
    """Headline and outlet of the latest reply."""
    replaces: bool = False
    """The story was told here before, by a message that is gone."""
    earlier: Earlier | None = None
    """Of a parent: the closed story that its own takes up again."""


def alerts(conn: Connection, keys: Sequence[str]) -> dict[str, AlertRow]:
    """Key → what to tell, for the parents and replies among these keys (a digest has ``in_digest``)."""
    found = [row for part in rows.chunks(keys) for row in items(conn, outbox.c.key.in_(part))]
    return {row.key: _alert(conn, row) for row in found if row.entry is not None}


def _alert(conn: Connection, row: Row[Any]) -> AlertRow:
    entry = rows.entry(conn.execute(select(*rows.ENTRY).where(entries.c.id == row.entry)).one())
    member = conn.execute(
        select(story_members).where(story_members.c.story == row.story, story_members.c.entry == row.entry)
    ).first()
    return AlertRow(
        item=rows.outbox_item(row),
        entry=entry,
        summary=member.summary if member else "",
        summary_source=member.summary_source if member else "none",
        relation=member.relation if member else "founder",
        outlets=_outlets(conn, row.story) or (entry.outlet,),
        decisions=_decisions(conn, row),
        latest=_latest(conn, row) if row.kind == "parent" else None,
        news=_news(conn, row) if row.kind == "parent" else "",
        replaces=row.kind == "parent" and _was_told(conn, row),
        earlier=_earlier(conn, row) if row.kind == "parent" else None,
    )


def _earlier(conn: Connection, row: Row[Any]) -> Earlier | None:
    """The closed story as it was told: by its parent, or by the digest that held it."""
    closed, digests = stories.alias(), outbox.alias()
    told = (
        select(
            entries.c.title,
            closed.c.last_at,
            func.coalesce(outbox.c.receipt_channel, digests.c.receipt_channel).label("channel"),
            func.coalesce(outbox.c.receipt_ts, digests.c.receipt_ts).label("ts"),
        )
        .select_from(stories)
        .join(closed, closed.c.id == stories.c.earlier)
        .join(outbox, (outbox.c.story == closed.c.id) & (outbox.c.kind == "parent"))
        .join(entries, entries.c.id == outbox.c.entry)
        .outerjoin(digests, digests.c.key == outbox.c.digest)
        .where(stories.c.id == row.story, entries.c.tombstone.is_(False))
        .where(or_(outbox.c.state == "sent", digests.c.state == "sent"))
        .order_by(outbox.c.number)
    )
    found = conn.execute(told.limit(1)).first()
    if found is None or not found.title:
        return None
    return Earlier(headline=found.title, last_at=found.last_at, receipt=rows.receipt(found.channel, found.ts))


def _latest(conn: Connection, row: Row[Any]) -> datetime | None:
    """When the last member came, if it came after the message was made."""
    last: datetime | None = conn.scalar(select(stories.c.last_at).where(stories.c.id == row.story))
    return last if last is not None and last > row.created_at else None


def _was_told(conn: Connection, row: Row[Any]) -> bool:
    earlier = outbox.c.story == row.story, outbox.c.destination == row.destination, outbox.c.kind == "parent"
    return bool(items(conn, *earlier, outbox.c.key != row.key, told_and_gone(outbox)))


def _news(conn: Connection, row: Row[Any]) -> str:
    reply = (
        select(outbox.c.note, entries.c.title, entries.c.outlet)
        .join(entries, entries.c.id == outbox.c.entry)
        .where(outbox.c.story == row.story, outbox.c.destination == row.destination)
        .where(outbox.c.kind == "reply", outbox.c.state == "sent")
        .order_by(outbox.c.settled_at.desc().nulls_last(), outbox.c.number.desc())
    )
    found = conn.execute(reply.limit(1)).first()
    if found is None:
        return ""
    return found.note or f"{found.title} ({found.outlet})"


def _outlets(conn: Connection, story: str | None) -> tuple[str, ...]:
    told = (
        select(entries.c.outlet)
        .join(story_members, story_members.c.entry == entries.c.id)
        .where(story_members.c.story == story)
        .order_by(story_members.c.position)
    )
    return tuple(dict.fromkeys(conn.scalars(told)))


def _decisions(conn: Connection, row: Row[Any]) -> tuple[Decision, ...]:
    matched = (
        select(*rows.DECISION)
        .join(matches, (matches.c.topic == decisions.c.topic) & (matches.c.entry == decisions.c.entry))
        .where(matches.c.destination == row.destination)
    )
    scope = matches.c.story == row.story if row.kind == "parent" else matches.c.entry == row.entry
    own = select(*rows.DECISION).where(decisions.c.entry == row.entry, decisions.c.topic == row.topic)
    found = [rows.decision(one) for query in (own, matched.where(scope)) for one in conn.execute(query)]
    found.sort(key=lambda one: (one.entry != row.entry, -(one.strength or 0.0), one.topic))
    per_topic: dict[str, Decision] = {}
    for one in found:
        per_topic.setdefault(one.topic, one)
    return tuple(sorted(per_topic.values(), key=lambda one: (-(one.strength or 0.0), one.topic)))
