"""A preview as JSON, and in the few words that a chat takes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from watcher.preview.changes import Because, Change, counted
from watcher.preview.labelled import Labelled
from watcher.preview.report import Preview, TopicReport
from watcher.preview.sweep import Row

ENDS: Mapping[Because, str] = {
    "match": "it matches",
    "topic": "the topic is not configured",
    "feed": "no configured feed brings it to the topic",
    "paused": "the topic is paused",
    "cap": "beyond the feed's entry cap",
    "age": "too old when it was seen",
    "rule": "a rule",
    "language": "its language",
    "score": "its score",
    "threshold": "the threshold",
    "first poll": "the silent first poll",
    "unjudged": "the topic did not judge it then",
}
"""Where an entry's way ends, for people."""


def as_json(preview: Preview) -> dict[str, Any]:
    """The documented form."""
    return {
        "since": preview.since.isoformat(timespec="seconds"),
        "until": preview.until.isoformat(timespec="seconds"),
        "days": round(preview.days, 3),
        "entries": preview.entries,
        "forgotten": preview.forgotten,
        "against": preview.against,
        "differs": preview.differs,
        "topics": [_topic(one, preview.days) for one in preview.topics],
        "added": [_change(one) for one in preview.changes if one.added],
        "dropped": [_change(one) for one in preview.changes if not one.added],
        "moved": [{"topic": topic, "was": was, "now": now} for topic, was, now in preview.moved],
    }


def _topic(one: TopicReport, days: float) -> dict[str, Any]:
    return {
        "topic": one.topic,
        "entries": one.entries,
        "matches": one.matches,
        "stories": one.stories,
        "replies": one.replies,
        "alerts_per_day": round(one.stories / days, 3),
        "messages_per_day": round((one.stories + one.replies) / days, 3),
        "unread": one.unread,
        "sensitivity": one.present.name,
        "thresholds": dict(one.present.thresholds),
        "answers": one.answers,
        "sweep": [_row(row, days) for row in one.rows],
        "histogram": list(one.histogram),
        "budget": asdict(one.budget) if one.budget else None,
    }


def _row(row: Row, days: float) -> dict[str, Any]:
    return {
        "sensitivity": row.line.name,
        "present": row.line.present,
        "thresholds": dict(row.line.thresholds),
        "matches": row.matches,
        "alerts_per_day": None if row.stories is None else round(row.stories / days, 3),
        **_answers(row.labelled),
    }


def _answers(found: Labelled | None) -> dict[str, float | None]:
    if found is None:
        return {"precision": None, "recall": None}
    return {"precision": found.precision, "recall": found.recall}


def _change(one: Change) -> dict[str, Any]:
    return {
        "topic": one.topic,
        "entry": one.entry,
        "headline": one.headline,
        "outlet": one.outlet,
        "url": one.url or None,
        "because": one.because,
        "was": one.was,
        "now": one.now,
    }


def rate(number: float, days: float) -> str:
    """So many a day."""
    each = number / days
    return f"{each:.0f}" if each >= 10 else f"{each:.1f}"


def in_short(preview: Preview) -> list[str]:
    """A line or two a topic, for a chat: title, alerts a day now and by other sensitivities, what came to differ."""
    lines = []
    for one in preview.topics:
        lines.append(
            f"{one.title}: {rate(one.stories, preview.days)} alerts a day by {one.present.name} "
            f"({one.stories} stories, {one.matches} matches, {one.entries} entries)"
        )
        others = [row for row in one.rows if not row.line.present and not row.line.name[0].isdigit()]
        told = [f"{row.line.name} {rate(row.stories, preview.days)}" for row in others if row.stories is not None]
        lines += [f"by other sensitivities: {', '.join(told)}"] if told else []
    lines += [
        f"{number} {'more' if added else 'fewer'} than was told: {ENDS[because]}"
        for (added, because), number in counted(preview.changes).items()
    ]
    return lines
