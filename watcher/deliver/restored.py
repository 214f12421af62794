"""Is the database older than what its channels hold? Asked once after a start, before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from watcher.errors import DeliveryError
from watcher.notifiers import Notifier
from watcher.store import Store, outbox

LOOKS_FIRST = timedelta(hours=72)
"""As long as a story stays open, every send looks for its key first."""


async def notice_restored(store: Store, notifiers: Mapping[str, Notifier], *, now: datetime) -> list[str]:
    """Compare each channel with the database; returns keys that were posted and that the database does not know of.

    A channel that cannot be looked at is no reason to wait: its alerts are sent as ever.
    """
    last = await store.read(outbox.last_told)
    found: list[str] = []
    for destination, since in last.items():
        notifier = notifiers.get(destination.partition(":")[0])
        channel = await store.read(outbox.channel_id, destination)
        if notifier is None or channel is None:
            continue
        try:
            keys = await notifier.posted_keys(channel, min(since, now))
        except DeliveryError:
            continue
        found += await store.read(outbox.unheard_of, keys)
    if found:
        await store.write(outbox.mark_restored, since=min(*last.values(), now), until=now + LOOKS_FIRST)
    return found
