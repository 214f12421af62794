"""After an upgrade: whether this version would tell other things than the last one told, in one line.

Rule: what was decided is compared with what would be decided now, on the same stored entries; settings that somebody
changed at the same time are told along, for nobody can tell them apart.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from watcher import __version__
from watcher.app.previews import make_preview, of_store
from watcher.config import Config
from watcher.notices import words
from watcher.preview import Preview
from watcher.store import Store
from watcher.store.topics import alert_times
from watcher.store.versions import last_version, remember_version

if TYPE_CHECKING:
    from watcher.app import App

WEEK = timedelta(days=7)
SCORING = frozenset({"score", "threshold"})
"""Ends of an entry's way that an upgrade can move; rules and feeds are the user's own doing."""

log = structlog.get_logger("watcher.app")


async def say_upgraded(app: App) -> None:
    """Tell the ops channel how many alerts a day this version would have sent, if scoring has changed; once."""
    was = await app.store.read(last_version)
    if was == __version__:
        return
    if was is not None:
        now = app.clock()
        told = {topic: len(times) for topic, times in (await app.store.read(alert_times, since=now - WEEK)).items()}
        made = await asyncio.to_thread(_made, app.config, now)
        lines = _lines(made, told)
        log.info("service.upgraded", was=was, version=__version__, changes=len(made.changes))
        if lines:
            await app.notices.tell(app.config, words.upgraded(was, __version__, lines))
    await app.store.write(remember_version, __version__)


def _made(config: Config, now: datetime) -> Preview:
    """The last week judged anew, on a connection of its own: neither polls nor posts wait for it."""
    with Store.open(config.database, mode="read") as store:
        return make_preview(of_store(store, since=now - WEEK, until=now), config, None, now=now)


def _lines(made: Preview, told: dict[str, int]) -> list[tuple[str, float, float]]:
    """Topic's title, alerts a day before and after, for those whose scoring tells other entries now."""
    changed = {one.topic for one in made.changes if one.because in SCORING}
    days = max(made.days, 1.0)
    return [
        (one.title, told.get(one.topic, 0) / days, one.stories / days) for one in made.topics if one.topic in changed
    ]
