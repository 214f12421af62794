"""Topics that matched nothing for a week: the log says so once a day, with what came closest. Nothing is posted."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import structlog

from watcher.store import Store
from watcher.store.report import quiet_topics
from watcher.urls import redact

log = structlog.get_logger("watcher.topic")

WEEK = timedelta(days=7)


@dataclass(slots=True, kw_only=True)
class Quiet:
    """Remembers what it has said today; a restart may say it once more."""

    store: Store
    clock: Callable[[], datetime]
    said: dict[str, date] = field(default_factory=dict)

    async def say(self, names: Collection[str]) -> None:
        """Say of those of these topics that are quiet, and of which today said nothing yet, what came closest."""
        now = self.clock()
        unsaid = [name for name in names if self.said.get(name) != now.date()]
        for name, topic in (await self.store.read(quiet_topics, unsaid, since=now - WEEK)).items():
            if topic.new:  # a topic of yesterday is not quiet yet
                continue
            self.said[name] = now.date()
            best = topic.closest[0]
            log.info(
                "topic.quiet",
                topic=name,
                reason="no alert for a week",
                closest=best.headline,
                outlet=best.outlet,
                of_threshold=round(best.ratio, 2),
                url=redact(best.url) if best.url else None,
            )
