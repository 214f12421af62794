"""The stories of a destination, open or closed not long ago.

Rule: a story is read whole, members in the order in which they came.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select

from watcher.store import rows
from watcher.store.tables import boards, decisions, entries, matches, outbox, stories, story_members
from watcher.types import OutboxItem, Story, StoryMember


def member_texts(conn: Connection, ids: Collection[str]) -> dict[str, list[str]]:
    """Story → headline and text of each member, in the order in which they came: what the story told so far."""
    found: dict[str, list[str]] = {}
    for part in rows.chunks(ids):
        members = (
            select(story_members.c.story, entries.c.title, entries.c.text, entries.c.article)
            .join(entries, entries.c.id == story_members.c.entry)
            .where(story_members.c.story.in_(part))
            .order_by(story_members.c.story, story_members.c.position)
        )
        for row in conn.execute(members):
            found.setdefault(row.story, []).append(f"{row.title}\n\n{row.article or row.text}")
    return found


def told_rows(conn: Connection, ids: Collection[str]) -> list[OutboxItem]:
    """Messages that told these entries, or are doing so now."""
    told = outbox.c.kind.in_(("parent", "reply")), outbox.c.state.in_(("sent", "sending")), outbox.c.note.is_(None)
    return [
        rows.outbox_item(row)
        for part in rows.chunks(ids)
        for row in conn.execute(select(*rows.OUTBOX).where(outbox.c.entry.in_(part), *told).order_by(outbox.c.number))
    ]


def board_versions(conn: Connection, destinations: Collection[str]) -> dict[str, int]:
    """How often each of these destinations has got stories or members so far."""
    found = dict.fromkeys(destinations, 0)
    for part in rows.chunks(destinations):
        known = select(boards.c.destination, boards.c.version).where(boards.c.destination.in_(part))
        found.update((row.destination, row.version) for row in conn.execute(known))
    return found


def open_stories(conn: Connection, *, destination: str, since: datetime) -> list[Story]:
    """Stories of a destination whose last member came at or after ``since``, oldest first: open ones and closed ones.

    A member's text is its article's where that was fetched, else the feed's.
    """
    best = (
        select(matches.c.topic)
        .join(decisions, (decisions.c.entry == matches.c.entry) & (decisions.c.topic == matches.c.topic))
        .where(matches.c.entry == story_members.c.entry, matches.c.destination == stories.c.destination)
        .order_by(decisions.c.strength.desc().nulls_last(), matches.c.topic)
        .limit(1)
        .correlate(story_members, stories)
        .scalar_subquery()
    )
    members = (
        select(
            best.label("topic"),
            stories.c.id,
            stories.c.opened_at,
            stories.c.last_at,
            entries.c.id.label("entry"),
            entries.c.outlet,
            entries.c.title,
            entries.c.text,
            entries.c.article,
            entries.c.language,
            entries.c.identity,
            entries.c.landed,
            story_members.c.added_at,
        )
        .join_from(stories, story_members, stories.c.id == story_members.c.story)
        .join(entries, entries.c.id == story_members.c.entry)
        .where(stories.c.destination == destination, stories.c.last_at >= since)
        .order_by(stories.c.opened_at, stories.c.id, story_members.c.position)
    )
    heads: dict[str, tuple[datetime, datetime]] = {}
    grown: dict[str, list[StoryMember]] = {}
    for row in conn.execute(members):
        heads[row.id] = row.opened_at, row.last_at
        member = StoryMember(
            entry=row.entry,
            outlet=row.outlet,
            title=row.title,
            text=row.article or row.text,
            seen=row.added_at,
            language=row.language,
            addresses=(row.identity, row.landed) if row.landed else (row.identity,),
            topic=row.topic,
        )
        grown.setdefault(row.id, []).append(member)
    return [
        Story(id=story, destination=destination, opened_at=opened, last_at=last, members=tuple(grown[story]))
        for story, (opened, last) in heads.items()
    ]
