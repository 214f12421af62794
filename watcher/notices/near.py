"""Near misses: once a week, for those who asked for it, what was just below the threshold, to be answered.

Rule: one message for each destination and week, whatever is restarted; nothing to tell is no message.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from watcher.config import Config, TopicConfig
from watcher.store import Store
from watcher.store.feedback import answered_entries
from watcher.store.notices import notice_text, put_notices
from watcher.store.report import Judged, near_decisions
from watcher.timing import last_weekly
from watcher.types import Notice
from watcher.types.feedback import near_key

WEEK = timedelta(days=7)
LATE = timedelta(hours=6)
"""A message whose time came while nobody was running is made up for so long."""
EACH, MOST = 5, 10
"""Near misses of one topic, and in one message."""
LOOKED_AT = 200
TERMS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMisses:
    """Queues the week's message of each destination in the outbox."""

    store: Store
    clock: Callable[[], datetime]

    async def say(self, config: Config) -> int:
        """Look whether it is time; returns how many messages were queued. How often it is called does not matter."""
        weekly = config.slack.near_misses
        now = self.clock()
        if weekly is None:
            return 0
        slot = last_weekly(now, weekday=weekly.weekday, at=weekly.at, zone=config.timezone)
        if now - slot > LATE:
            return 0
        places: dict[str, list[TopicConfig]] = {}
        for topic in config.topics.values():
            for destination in () if topic.paused else map(str, topic.destinations):
                places.setdefault(destination, []).append(topic)
        return sum([await self._tell(destination, topics, slot, now) for destination, topics in places.items()])

    async def _tell(self, destination: str, topics: Sequence[TopicConfig], slot: datetime, now: datetime) -> int:
        name = "near-" + sha256(f"{destination} {slot.isoformat()}".encode()).hexdigest()[:16]
        if await self.store.read(notice_text, f"{self.store.installation}/notice/{name}") is not None:
            return 0
        lines = [line for topic in topics for line in await self._of_topic(topic, slot)]
        lines.sort(key=lambda line: -line["share"])
        if not lines:
            return 0
        await self.store.write(
            put_notices,
            [Notice(name=name, text=json.dumps(lines[:MOST], ensure_ascii=False))],
            destinations={"": (destination,)},
            installation=self.store.installation,
            standing=(),
            over=(),
            now=now,
        )
        return 1

    async def _of_topic(self, topic: TopicConfig, slot: datetime) -> list[dict[str, Any]]:
        near = await self.store.read(near_decisions, topic.name, since=slot - WEEK, limit=LOOKED_AT)
        answered = await self.store.read(answered_entries, topic.name)
        told = {one.entry.title.casefold() for one in near if one.decision.state != "below"}
        best: dict[str, Judged] = {}
        for one in near:
            if one.decision.state == "below" and one.entry.id not in answered:
                best.setdefault(one.entry.title.casefold(), one)
        chosen = [one for title, one in best.items() if title not in told][:EACH]
        return [_line(one, topic, near_key(self.store.installation, topic.name, one.entry.id)) for one in chosen]


def _line(one: Judged, topic: TopicConfig, key: str) -> dict[str, Any]:
    """All that a message says of one entry, so that it can be told when the entry is forgotten."""
    entry, decision = one.entry, one.decision
    share = (decision.score or 0.0) / (decision.threshold or 1.0)
    terms = ", ".join(term for term, _ in decision.terms[:TERMS])
    moment = entry.published or entry.first_seen
    return {
        "key": key,
        "headline": entry.title,
        "url": entry.url,
        "outlet": entry.outlet,
        "at": moment.isoformat(),
        "share": round(share, 3),
        "note": f"{share:.0%} of what {topic.title} asks for" + (f": {terms}" if terms else ""),
    }
