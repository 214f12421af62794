"""An outbox with something in it, and a pass over it."""

from __future__ import annotations

from typing import Any

from tests import builders as b
from tests.builders import NOW
from tests.fakes import FakeClock
from watcher.deliver import DeliverReport, Policy, TopicPolicy, deliver
from watcher.notifiers import Notifier
from watcher.store import Store
from watcher.store.report import outbox_rows
from watcher.store.save import save
from watcher.types import Batch, NewMember, OutboxItem

TOPIC = "us-south-korea"
FREE = 10_000
"""A cap that nothing reaches."""


def policy(*, flood: int = FREE, **over: Any) -> Policy:
    topic: dict[str, Any] = {"title": "US–South Korea alliance"}
    names = {"done": "first_poll_done", "zone": "zone"}
    more = {names[name]: over.pop(name) for name in list(over) if name in names}
    topics = {TOPIC: TopicPolicy(**{**topic, **over}), "other": TopicPolicy(title="Other")}
    return Policy(topics=topics, flood_count=flood, **more)


def put(
    store: Store, count: int = 1, *, destination: str = "fake:#desk", prefix: str = "news", **over: Any
) -> list[str]:
    """Stories with a parent each, oldest first; returns their keys."""
    entries = [b.entry(f"{prefix} {number} at {destination}") for number in range(count)]
    keys = [f"inst/{entry.id}" for entry in entries]
    topic = over.get("topic", TOPIC)
    members = [
        NewMember(
            story=entry.id, destination=destination, entry=entry.id, relation="founder", nearest=None,
            summary="It was agreed.", summary_source="feed", at=NOW, topics=(topic,),
        )
        for entry in entries
    ]  # fmt: skip
    given: dict[str, Any] = {"destination": destination, "strength": 0.7, "created_at": NOW, **over}
    rows = [
        b.outbox_item(key, story=entry.id, entry=entry.id, **given) for key, entry in zip(keys, entries, strict=True)
    ]
    decisions = tuple(b.decision(entry.id, topic) for entry in entries)
    store.write_now(
        save, Batch(at=NOW, entries=tuple(entries), decisions=decisions, members=tuple(members), outbox=tuple(rows))
    )
    return keys


def row(store: Store, key: str) -> OutboxItem:
    return next(item for item in store.read_now(outbox_rows) if item.key == key)


async def run(
    store: Store, notifier: Notifier, clock: FakeClock, how: Policy | None = None, **over: Any
) -> DeliverReport:
    given: dict[str, Any] = {"owner": "me", "clock": clock, "sleep": clock.sleep, **over}
    return await deliver(store, {"fake": notifier, "slack": notifier}, how or policy(), **given)
