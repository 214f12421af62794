"""The condition of feeds, however many there are.

Rule: of all feeds three small columns are read; the rest is read and counted for those that are shown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, case, func, or_, select

from watcher.store import rows
from watcher.store.tables import entries, feed_states, matches, sightings

Condition = Literal["gone", "failing", "odd", "new", "ok"]
"""What somebody should look at first comes first. ``odd``: it is read, and something about it is told; ``new``: it was
not polled yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One feed and its condition."""

    id: str
    condition: Condition
    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Yield:
    """What came of one feed."""

    entries: int = 0
    """Entries of it that were first seen, in any feed, since some moment."""
    matches: int = 0
    """Entries of it that matched some topic, ever."""
    latest: datetime | None = None
    """When the newest of those entries was first seen."""


def conditions(conn: Connection) -> list[Ranked]:
    """Every feed ever known: the gone ones first, then the failing, the odd, those not polled yet, and the rest."""
    told = or_(*(feed_states.c[name].is_not(None) for name in ("moved_to", "gap_to", "warning")))
    condition = case(
        (feed_states.c.gone, "gone"),
        (feed_states.c.failures > 0, "failing"),
        (feed_states.c.last_polled.is_(None), "new"),
        (told, "odd"),
        else_="ok",
    )
    place = case({"gone": 0, "failing": 1, "odd": 2, "new": 3, "ok": 4}, value=condition)
    ranked = select(feed_states.c.id, condition, feed_states.c.name, feed_states.c.url)
    found = conn.execute(ranked.order_by(place, feed_states.c.name, feed_states.c.id))
    return [Ranked(id=row[0], condition=row[1], name=row[2], url=row[3]) for row in found]


def last_success(conn: Connection) -> datetime | None:
    """When a poll of any feed last succeeded."""
    found: datetime | None = conn.scalar(
        select(func.max(feed_states.c.last_success, type_=feed_states.c.last_success.type))
    )
    return found


def yields(conn: Connection, feeds: Collection[str], *, since: datetime) -> Mapping[str, Yield]:
    """Feed → what came of it, for these feeds (as many as fit a page); counted at or after ``since``."""
    # An empty text is added to the feed's id, so that the planner begins with the entries, which are fewer.
    feed = (sightings.c.feed + rows.EMPTY).label("feed")
    wanted = feed.in_(feeds)
    new = (
        select(feed, func.count(sightings.c.entry.distinct()).label("number"))
        .add_columns(func.max(entries.c.first_seen, type_=entries.c.first_seen.type).label("latest"))
        .join(entries, entries.c.id == sightings.c.entry)
        .where(entries.c.first_seen >= since, wanted)
        .group_by(feed)
    )
    matched = (
        select(feed, func.count(sightings.c.entry.distinct()).label("number"))
        .where(sightings.c.entry.in_(select(matches.c.entry)), wanted)
        .group_by(feed)
    )
    brought = {row.feed: row for row in conn.execute(new)}
    hits = {row.feed: row.number for row in conn.execute(matched)}
    return {
        one: Yield(
            entries=brought[one].number if one in brought else 0,
            matches=hits.get(one, 0),
            latest=brought[one].latest if one in brought else None,
        )
        for one in feeds
    }
