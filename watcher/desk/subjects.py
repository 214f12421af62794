"""What a click is about: from an alert's key to its entry, story and feeds."""

from __future__ import annotations

from dataclasses import dataclass

from watcher.learn.texts import told_decisions
from watcher.store import Store, outbox
from watcher.store.feedback import feeds_of
from watcher.store.report import entry_report
from watcher.types import Decision, Entry
from watcher.types.feedback import NEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An entry as a message told it. Without story and destination it was a near miss."""

    key: str
    entry: Entry
    decisions: tuple[Decision, ...]
    feeds: tuple[str, ...]
    story: str | None = None
    destination: str | None = None


async def find(store: Store, key: str) -> Subject | None:
    """What a key is about; None when this database knows of no such alert."""
    parts = key.split("/")
    if len(parts) == 4 and parts[:2] == [store.installation, NEAR]:
        return await _near(store, key, topic=parts[2], entry=parts[3])
    rows = await store.read(outbox.alerts, [key]) if key else {}
    row = rows.get(key)
    if row is None:
        return None
    return Subject(
        key=key,
        entry=row.entry,
        decisions=tuple(told_decisions(row)),
        feeds=tuple(await store.read(feeds_of, row.entry.id)),
        story=row.item.story,
        destination=row.item.destination,
    )


async def _near(store: Store, key: str, *, topic: str, entry: str) -> Subject | None:
    report = await store.read(entry_report, entry)
    if report is None:
        return None
    decisions = tuple(one for one in report.decisions if one.topic == topic)
    return Subject(key=key, entry=report.entry, decisions=decisions, feeds=()) if decisions else None
