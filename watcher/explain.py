"""What became of an entry, and why: everything the store knows of it, told per topic."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from watcher.store.report import EntryReport, Telling
from watcher.types import Decision

FACTS = (
    "topic", "state", "reason", "score", "threshold", "strength", "mode", "terms", "story", "key", "channel", "ts",
)  # fmt: skip
"""What is told per topic, named as ``--json`` prints it."""


def as_json(report: EntryReport) -> dict[str, Any]:
    """The documented form: ``{"entry": …, "topics": […]}``."""
    entry = report.entry
    return {
        "entry": {
            "id": entry.id,
            "title": entry.title,
            "url": entry.url,
            "outlet": entry.outlet,
            "language": entry.language,
            "published": _iso(entry.published),
            "first_seen": _iso(entry.first_seen),
            "feeds": list(report.feeds),
            "article": "read" if entry.article else entry.article_note,
        },
        "topics": [_topic(decision, report.tellings) for decision in report.decisions],
    }


def as_text(report: EntryReport) -> str:
    """The same for people."""
    entry = report.entry
    lines = [
        entry.title,
        f"  {entry.outlet} · {entry.url or 'no link'} · id {entry.id}",
        f"  published {_iso(entry.published) or 'at an unknown time'}",
        f"  first seen {_iso(entry.first_seen)} in: {', '.join(report.feeds)}",
    ]
    if entry.article or entry.article_note:
        lines.append(
            "  its article was read" if entry.article else f"  its article could not be read: {entry.article_note}"
        )
    for decision in report.decisions:
        lines += ["", *_told(decision, report.tellings)]
    return "\n".join(lines)


def _told(decision: Decision, tellings: tuple[Telling, ...]) -> list[str]:
    lines = [f"{decision.topic}: {decision.state} — {decision.reason}"]
    if decision.score is not None:
        lines.append(
            f"  judged by {decision.mode}: score {decision.score:.3f}, threshold {decision.threshold:.3f}, "
            f"strength {decision.strength:.2f}, model {decision.model}"
        )
    if decision.terms:
        lines.append("  terms: " + ", ".join(f"{term} {part:.3f}" for term, part in decision.terms[:8]))
        lines.append(f"  nearest seed: {decision.nearest_seed}")
    lines += [
        f"  story {telling.story} at {telling.destination} ({telling.relation}){_message(telling)}"
        for telling in tellings
        if decision.topic in telling.topics
    ]
    return lines


def _message(telling: Telling) -> str:
    item = telling.item
    if item is None:
        return ""
    if item.receipt is not None:
        return f", told in {item.receipt.channel} at {item.receipt.ts}"
    if item.state == "sent":
        return f", message {item.key}: told, and deleted since"
    until = f" until {_iso(item.held_until)}" if item.held_until else ""
    hold = f" ({item.hold}{until})" if item.hold else ""
    return f", message {item.key}: {item.state}{hold}" + (f", last error: {item.error}" if item.error else "")


def _topic(decision: Decision, tellings: tuple[Telling, ...]) -> dict[str, Any]:
    telling = next((one for one in tellings if decision.topic in one.topics), None)
    item = telling.item if telling else None
    receipt = item.receipt if item else None
    facts = (
        decision.topic,
        decision.state,
        decision.reason,
        decision.score,
        decision.threshold,
        decision.strength,
        decision.mode,
        [list(one) for one in decision.terms],
        telling.story if telling else None,
        item.key if item else None,
        receipt.channel if receipt else None,
        receipt.ts if receipt else None,
    )
    return dict(zip(FACTS, facts, strict=True))


def _iso(time: datetime | None) -> str | None:
    return time.isoformat(timespec="seconds") if time else None
