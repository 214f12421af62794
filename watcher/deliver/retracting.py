"""Taking an alert back: out of Slack, and its words out of the store.

Rule: the store first, so that nothing sends it meanwhile; Slack next; that its message is gone last. Each step may be
done again, so a crash in between is mended by doing it all again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from watcher.errors import DeliveryError, WatcherError
from watcher.notifiers import Notifier
from watcher.store import Store, outbox
from watcher.types import OutboxItem

MOST_PARTS = 1_000
"""Replies that hold a digest's rest: a bound for a loop that ends at the first that is not there."""


class NotRetracted(WatcherError):  # noqa: N818  a plain no, not an error of ours
    """The alert cannot be taken back, or not now; the text says why and what to do."""

    exit_code = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Retracted:
    """What became of it. ``messages``: deleted in Slack; ``needed_by``: keys of other alerts that keep its words."""

    key: str
    messages: int
    needed_by: tuple[str, ...]


async def retract(
    store: Store, notifiers: Mapping[str, Notifier], key: str, *, clock: Callable[[], datetime]
) -> Retracted:
    """Take back the message of this key. Raises NotRetracted, and StateError when the store cannot be written."""
    item = await store.read(outbox.find_row, key)
    if item is None:
        raise NotRetracted(f"no alert has the key {key}; `watcher explain URL` shows an entry's key")
    if item.kind == "update":
        raise NotRetracted("that is a change of an alert, not an alert: retract the alert itself")
    if item.digest is not None and item.state == "sent":
        raise NotRetracted(f"it was told in a digest with others; all of it goes with: watcher retract {item.digest}")
    notifier = notifiers.get(item.destination.partition(":")[0])
    item = await _certain(store, notifier, item, clock)
    needed = await store.write(outbox.retract, key)
    messages = await _delete(store, notifier, item) if item.receipt is not None else 0
    return Retracted(key=key, messages=messages, needed_by=tuple(needed))


async def _certain(
    store: Store, notifier: Notifier | None, item: OutboxItem, clock: Callable[[], datetime]
) -> OutboxItem:
    """The row once it is known whether it was sent. Raises NotRetracted while nobody can know."""
    now = clock()
    if item.state == "sending" and item.lease_until is not None and item.lease_until > now:
        raise NotRetracted("it is being sent at this moment; try again in a minute")
    if not (item.unsure or item.state == "sending"):
        return item
    channel = await store.read(outbox.channel_id, item.destination)
    if notifier is None or channel is None:
        return item
    since = (item.claimed_at or item.created_at) - timedelta(seconds=1)
    try:
        receipt = await notifier.find(item.key, channel, since, item.thread)
    except DeliveryError as error:
        raise NotRetracted(f"whether it was sent cannot be found out now: {error}; {error.remedy}") from error
    if receipt is None:
        return item
    await store.write(outbox.settle, item.key, receipt=receipt, now=now)
    return replace(item, state="sent", receipt=receipt)


async def _delete(store: Store, notifier: Notifier | None, item: OutboxItem) -> int:
    """Delete the message, a digest's replies first; returns how many there were."""
    receipt = item.receipt
    assert receipt is not None
    if notifier is None:
        raise NotRetracted("its words are forgotten, but its notifier is not set up now; delete the message by hand")
    deleted = 0
    try:
        for number in range(1, MOST_PARTS if item.kind == "digest" else 0):
            part = await notifier.find(f"{item.key}/rest/{number}", receipt.channel, item.created_at, receipt)
            if part is None:
                break
            await notifier.delete(part)
            deleted += 1
        await notifier.delete(receipt)
    except DeliveryError as error:
        raise NotRetracted(
            f"its words are forgotten, but its message is still there: {error}; {error.remedy}. "
            f"Then once more: watcher retract {item.key}"
        ) from error
    await store.write(outbox.message_gone, receipt)
    return deleted + 1
