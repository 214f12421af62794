"""What the page says of feeds: the odd ones first, a page at a time.

Rule: feeds that the configuration names, and no others; addresses only as they may be shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from watcher.notices.words import moment, wrong
from watcher.poll.life import interval
from watcher.store.condition import Condition, Ranked, Yield, conditions, yields
from watcher.store.feeds import feed_states
from watcher.types import Feed, FeedState
from watcher.web.scene import Scene

PAST = timedelta(days=7)
PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One feed."""

    feed: Feed
    condition: Condition
    state: FeedState | None
    every: timedelta
    """As it is polled now: after gaps more often than the file says."""
    yields: Yield
    wrong: tuple[str, ...]


async def ranked(scene: Scene, query: str = "") -> list[Ranked]:
    """The feeds of the configuration (whose name or address holds the query), what is odd first."""
    known = {one.id: one for one in await scene.store.read(conditions)}
    own = {one.id: one for one in scene.config.feeds}
    found = [one for one in known.values() if one.id in own]
    found += [Ranked(id=one.id, condition="new", name=one.name, url="") for one in own.values() if one.id not in known]
    sought = query.casefold()
    return [one for one in found if sought in f"{own[one.id].name} {one.url}".casefold()]


def counted(feeds: Sequence[Ranked]) -> Counter[Condition]:
    """How many there are of each condition."""
    return Counter(one.condition for one in feeds)


async def rows(scene: Scene, feeds: Sequence[Ranked]) -> list[Row]:
    """All about these feeds."""
    ids = [one.id for one in feeds]
    states = await scene.store.read(feed_states, ids)
    brought = await scene.store.read(yields, ids, since=scene.now - PAST)
    own = {one.id: one for one in scene.config.feeds}

    def when(at: datetime | None) -> str:
        return moment(at, scene.config.timezone) if at else "–"

    return [
        Row(
            feed=own[one.id],
            condition=one.condition,
            state=(state := states.get(one.id)),
            every=interval(own[one.id].every, state, scene.now) if state else own[one.id].every,
            yields=brought[one.id],
            wrong=tuple(wrong(state, when)) if state else (),
        )
        for one in feeds
    ]
