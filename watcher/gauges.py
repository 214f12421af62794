"""What is true at this moment, put into the gauges when somebody asks for the metrics."""

from __future__ import annotations

import math
import shutil
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

from watcher.app import App
from watcher.errors import StateError
from watcher.readiness import STALLS, Stall
from watcher.store.feeds import feed_states
from watcher.store.outbox import oldest_due, pending_count


async def read(app: App, stalled: Mapping[Stall, str]) -> None:
    """Set all gauges. What the database cannot tell now stays as it was told last; that it cannot is one of them."""
    metrics = app.metrics
    metrics.ready.set(not stalled)
    for what in STALLS:
        metrics.stalled.labels(what).set(what in stalled)
    _models(app)
    _disk(app)
    with suppress(StateError):
        await _stored(app)


async def _stored(app: App) -> None:
    metrics, now = app.metrics, app.clock()
    states = (await app.store.read(feed_states, [one.id for one in app.config.feeds])).values()
    found = Counter("gone" if one.gone else "failing" if one.failures else "ok" for one in states)
    for name in ("gone", "failing", "ok"):
        metrics.feeds.labels(name).set(found[name])
    oldest = await app.store.read(oldest_due, now)
    metrics.oldest.set((now - oldest).total_seconds() if oldest else 0)
    metrics.pending.set(await app.store.read(pending_count))
    metrics.last_poll.set(max((one.last_success.timestamp() for one in states if one.last_success), default=0))


def _models(app: App) -> None:
    """One series a topic: a version that is not in use any more is not told."""
    app.metrics.model.clear()
    for topic in app.topics:
        app.metrics.model.labels(topic, app.scorer.version(topic)).set(1)


def _disk(app: App) -> None:
    database = app.store.path
    if database is None:  # on a server, whose own tools measure it
        app.metrics.disk_free.set(math.nan)  # unknown: 0 would ring an alarm
        return
    for name, suffix in (("database", ""), ("log", "-wal")):
        path = database.with_name(database.name + suffix)
        app.metrics.database.labels(name).set(path.stat().st_size if path.exists() else 0)
    app.metrics.disk_free.set(shutil.disk_usage(database.parent).free)
