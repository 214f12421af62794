"""Stories as people look at them: members, outlets, times, and where they were told.

Rule: reads only, and a list is read in as many statements as one story.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from watcher.store import rows
from watcher.store.tables import entries, matches, outbox, stories, story_members
from watcher.types import HoldReason, OutboxKind, OutboxState, Relation

SHOWN = 200
"""Members of one story that are read; a longer one says how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One report of a story."""

    entry: str
    title: str
    """"" once it is forgotten."""
    url: str | None
    outlet: str
    published: datetime | None
    added_at: datetime
    relation: Relation
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One message of a story, sent or on its way."""

    key: str
    kind: OutboxKind
    entry: str | None
    state: OutboxState
    hold: HoldReason | None
    held_until: datetime | None
    settled_at: datetime | None
    error: str | None
    note: str | None
    in_digest: bool
    gone: bool
    """It was sent, and is not there any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """One story."""

    id: str
    destination: str
    opened_at: datetime
    last_at: datetime
    earlier: str | None
    """The closed story that it takes up again."""
    topics: tuple[str, ...]
    members: tuple[Member, ...]
    """In the order in which they came; the first of them, where there are very many."""
    size: int
    """How many there are."""
    told: tuple[Told, ...]

    @property
    def outlets(self) -> tuple[str, ...]:
        """Every outlet that has it, the founder's first."""
        return tuple(dict.fromkeys(one.outlet for one in self.members))

    @property
    def parent(self) -> Told | None:
        """The message that tells it; the latest, where one was replaced."""
        return next((one for one in reversed(self.told) if one.kind == "parent"), None)


def latest_threads(conn: Connection, *, limit: int, offset: int = 0) -> tuple[list[Thread], int]:
    """Stories, the one with the newest report first, and how many there are."""
    order = select(stories.c.id).order_by(stories.c.last_at.desc(), stories.c.id).limit(limit).offset(offset)
    number = conn.scalar(select(func.count()).select_from(stories)) or 0
    return threads(conn, conn.scalars(order).all()), number


def threads(conn: Connection, ids: Collection[str]) -> list[Thread]:
    """These stories, in this order; what is not known is left out."""
    found: dict[str, Thread] = {}
    for part in rows.chunks(ids):
        known = conn.execute(select(stories).where(stories.c.id.in_(part))).all()
        members, sizes = _members(conn, part)
        told, topics = _told(conn, part), _topics(conn, part)
        for row in known:
            found[row.id] = Thread(
                **row._mapping,  # noqa: SLF001  its public name in SQLAlchemy
                topics=topics.get(row.id, ()),
                members=tuple(members.get(row.id, ())),
                size=sizes.get(row.id, 0),
                told=tuple(told.get(row.id, ())),
            )
    return [found[one] for one in ids if one in found]


def _members(conn: Connection, ids: Collection[str]) -> tuple[dict[str, list[Member]], dict[str, int]]:
    counted = select(story_members.c.story, func.count()).where(story_members.c.story.in_(ids))
    sizes = {row[0]: row[1] for row in conn.execute(counted.group_by(story_members.c.story))}
    place = func.row_number().over(partition_by=story_members.c.story, order_by=story_members.c.position)
    first = select(story_members, place.label("place")).where(story_members.c.story.in_(ids)).subquery()
    joined = (
        select(first, *(entries.c[name] for name in ("title", "url", "outlet", "published")))
        .join(entries, entries.c.id == first.c.entry)
        .where(first.c.place <= SHOWN)
        .order_by(first.c.story, first.c.place)
    )
    members: dict[str, list[Member]] = {}
    for row in conn.execute(joined):
        given = {name: getattr(row, name) for name in Member.__slots__}
        members.setdefault(row.story, []).append(Member(**given))
    return members, sizes


def _told(conn: Connection, ids: Collection[str]) -> dict[str, list[Told]]:
    names = ("key", "kind", "entry", "state", "hold", "held_until", "settled_at", "error", "note")
    digest = outbox.alias("of_digest")
    found = (
        select(outbox.c.story, *(outbox.c[name] for name in names))
        .add_columns(outbox.c.digest, outbox.c.receipt_ts, digest.c.settled_at.label("told_at"))
        .outerjoin(digest, digest.c.key == outbox.c.digest)
        .where(outbox.c.story.in_(ids), outbox.c.kind != "update")
        .order_by(outbox.c.number)
    )
    told: dict[str, list[Told]] = {}
    for row in conn.execute(found):
        given = {name: getattr(row, name) for name in names}
        given["settled_at"] = row.settled_at or row.told_at
        in_digest = row.digest is not None
        gone = row.state == "sent" and row.receipt_ts is None and not in_digest
        told.setdefault(row.story, []).append(Told(**given, in_digest=in_digest, gone=gone))
    return told


def _topics(conn: Connection, ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    found = (
        select(matches.c.story, matches.c.topic).where(matches.c.story.in_(ids)).distinct().order_by(matches.c.topic)
    )
    topics: dict[str, tuple[str, ...]] = {}
    for story, topic in conn.execute(found):
        topics[story] = (*topics.get(story, ()), topic)
    return topics
