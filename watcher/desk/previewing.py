"""The command ``preview``: a week judged anew, beside the polls.

Rule: one at a time, in a thread of its own and on a connection of its own: neither polls nor posts wait for it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from watcher.app import App
from watcher.app.previews import make_preview, of_store
from watcher.config import Config
from watcher.desk.words import said
from watcher.preview.forms import in_short
from watcher.store import Store

WEEK = timedelta(days=7)
MOST_LINES = 40
BUSY = "A preview is being made already; its answer comes first."


@dataclass(slots=True, kw_only=True)
class Previewing:
    """Makes previews for one app."""

    app: App
    one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def make(self, topic: str | None) -> str:
        """What the last week would have told, in a few lines."""
        topics = self.app.config.topics
        if topic is not None and topic not in topics:
            return f"No topic is named “{said(topic, 80)}”. There are: {', '.join(topics)}."
        if self.one.locked():
            return BUSY
        async with self.one:
            lines = await asyncio.to_thread(_made, self.app.config, topic, self.app.clock())
        return "\n".join(lines)


def _made(config: Config, topic: str | None, now: datetime) -> list[str]:
    with Store.open(config.database, mode="read") as store:
        made = make_preview(of_store(store, since=now - WEEK, until=now), config, None, now=now, only=topic)
    days = round(made.days)
    head = f"{made.entries:,} entries of the last {'day' if days == 1 else f'{days} days'}:"
    return [head, *(said(line, 300) for line in in_short(made)[:MOST_LINES])]
