"""``run --once``: poll every feed now, deliver what is due, and say what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from watcher.app import App
from watcher.poll import PollReport
from watcher.store.feeds import feed_states
from watcher.store.outbox import pending_count

PATIENCE = timedelta(seconds=60)
"""How long pacing and ``Retry-After`` are waited for in all; the rest stays pending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnceReport:
    """The summary of one run, named as ``--json`` prints it."""

    feeds: int
    feeds_failed: int
    entries_new: int
    matches: int
    alerts_sent: int
    alerts_pending: int
    errors: tuple[Mapping[str, Any], ...]

    def as_json(self) -> dict[str, Any]:
        """The documented keys."""
        return {name: getattr(self, name) for name in self.__slots__} | {"errors": list(self.errors)}


async def once(app: App) -> OnceReport:
    """Poll every feed (a back-off does not count, a 410 does) and deliver what is due."""
    new_topics = await app.start()
    polled = PollReport()
    if new_topics:
        polled.add(await app.catch_up(new_topics))
    states = await app.store.read(feed_states, [one.id for one in app.config.feeds])
    polled.add(await app.poller.poll([one.id for one in states.values() if not one.gone]))
    app.count_poll(polled)
    await app.say_notices()
    delivered = await app.deliver(drain=PATIENCE)
    errors: list[Mapping[str, Any]] = [
        {"kind": "feed", "name": name, "url": url, "message": message}
        for name, url, message in sorted(polled.failed.values())
    ]
    errors += [
        {"kind": "article", "name": title, "url": url, "message": message}
        for title, url, message in sorted(polled.unread.values())
    ]
    return OnceReport(
        feeds=len(states),
        feeds_failed=len(polled.failed),
        entries_new=polled.entries_new,
        matches=polled.matches,
        alerts_sent=delivered.sent,
        alerts_pending=await app.store.read(pending_count),
        errors=(*errors, *delivered.errors),
    )
