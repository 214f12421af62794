"""Short words for what the outbox tests do over and over."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests import builders as b
from tests.builders import NOW
from tests.contract.test_store import member
from watcher.store import Store
from watcher.store.outbox import (
    claim,
)
from watcher.store.report import entry_report, outbox_rows
from watcher.store.save import save
from watcher.types import Batch, Decision, Entry, OutboxItem, Receipt, State

MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=60)
DESK = "slack:#desk"


def receipt(ts: str = "1.0") -> Receipt:
    return Receipt(channel="C1", ts=ts)


def take(store: Store, now: datetime = NOW, owner: str = "me", limit: int = 9) -> list[OutboxItem]:
    return store.write_now(claim, owner=owner, now=now, lease=LEASE, limit=limit)


def keys(items: list[OutboxItem]) -> list[str]:
    return [item.key for item in items]


def row(store: Store, key: str) -> OutboxItem:
    (found,) = [item for item in store.read_now(outbox_rows) if item.key == key]
    return found


def state_of(store: Store, entry: Entry, topic: str = "us-south-korea") -> State:
    report = store.read_now(entry_report, entry.id)
    assert report is not None
    return {decision.topic: decision.state for decision in report.decisions}[topic]


def put(store: Store, *items: OutboxItem) -> None:
    store.write_now(save, Batch(at=NOW, outbox=items))


def tell_story(store: Store, *titles: str, copies: int = 0) -> list[Entry]:
    """A story of a founder and follow-ups with a row each, then copies that have none."""
    told = [b.entry(title) for title in titles]
    copied = [b.entry(f"copy {n}", outlet=f"Outlet {n}") for n in range(copies)]
    rows = [
        b.outbox_item(f"i/{entry.title}", story="s1", entry=entry.id, kind="reply" if place else "parent")
        for place, entry in enumerate(told)
    ]
    decisions: list[Decision] = [b.decision(entry.id) for entry in told]
    decisions += [b.decision(entry.id, state="grouped") for entry in copied]
    members = [member(entry, relation="follow_up" if place else "founder") for place, entry in enumerate(told)]
    members += [member(entry, relation="copy", nearest=told[0].id) for entry in copied]
    batch = Batch(
        at=NOW,
        entries=(*told, *copied),
        decisions=tuple(decisions),
        members=tuple(members),
        outbox=tuple(rows),
    )
    store.write_now(save, batch)
    return [*told, *copied]
