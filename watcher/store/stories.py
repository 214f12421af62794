"""The stories that are still open at a destination.

Rule: a story is read whole, members in the order in which they came.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from watcher.store.tables import entries, stories, story_members
from watcher.types import Story, StoryMember


def open_stories(conn: Connection, *, destination: str, since: datetime) -> list[Story]:
    """Stories of a destination whose last member came at or after ``since``, oldest first.

    A member's text is its article's where that was fetched, else the feed's.
    """
    members = (
        select(
            stories.c.id,
            stories.c.opened_at,
            stories.c.last_at,
            entries.c.id.label("entry"),
            entries.c.outlet,
            entries.c.title,
            entries.c.text,
            entries.c.article,
            entries.c.language,
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
        )
        grown.setdefault(row.id, []).append(member)
    return [
        Story(id=story, destination=destination, opened_at=opened, last_at=last, members=tuple(grown[story]))
        for story, (opened, last) in heads.items()
    ]
