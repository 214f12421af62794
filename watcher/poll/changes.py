"""What publishers changed in entries that were told already: a correction, a withdrawal, another headline. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from watcher.config import TopicConfig
from watcher.stories import edited, new_sentences
from watcher.text import cut
from watcher.types import Entry, OutboxItem

LONGEST = 300
"""Characters of a quoted headline or sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An entry as it was and as it reads now in a feed."""

    before: Entry
    now: Entry
    feed: str


def notes(changes: Sequence[Change]) -> dict[str, str]:
    """Entry → what its thread is told of the change; a touched date or a fixed comma is none."""
    found = {}
    for change in changes:
        note = _note(change)
        if note:
            found[change.now.id] = note
    return found


def replies(
    told: Sequence[OutboxItem],
    changes: Sequence[Change],
    said: Mapping[str, str],
    *,
    topics: Mapping[str, TopicConfig],
    installation: str,
    now: datetime,
) -> list[OutboxItem]:
    """A reply for each message that told a changed entry. Its key holds the wording, so each wording is told once."""
    by_entry = {change.now.id: change.now for change in changes}
    result = []
    for item in told:
        entry, topic = by_entry.get(item.entry or ""), topics.get(item.topic)
        if entry is None or entry.id not in said or topic is None or topic.follow_ups == "none" or topic.paused:
            continue
        result.append(
            OutboxItem(
                key=f"{installation}/{item.story}/{entry.id}/{entry.content_hash[:8]}",
                destination=item.destination,
                kind="reply",
                topic=item.topic,
                story=item.story,
                entry=entry.id,
                strength=item.strength,
                created_at=now,
                note=said[entry.id],
                broadcast=None if said[entry.id].startswith(_HEADLINE) else "daily",
            )
        )
    return result


_HEADLINE = "The headline was changed"


def _note(change: Change) -> str:
    before, now = change.before, change.now
    match edited(before.title, before.text, now.title, now.text, language=now.language):
        case "retraction":
            return f"{now.outlet} has withdrawn this report."
        case "correction":
            new = new_sentences([f"{before.title}\n\n{before.text}"], now.text, language=now.language)
            return f"{now.outlet} has corrected this report." + (f" {cut(new[0], LONGEST)}" if new else "")
        case "material":
            return f"{_HEADLINE}; it read: “{cut(before.title, LONGEST)}”"
        case _:
            return ""
