"""What became of an entry, and why: every stage of its way, told per topic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from watcher.decide import first_hit
from watcher.store.report import Telling
from watcher.store.trace import EntryTrace, Membership, Other, Seen, Sending
from watcher.types import Decision, Entry, Rules

FACTS = (
    "topic", "state", "reason", "score", "threshold", "strength", "mode", "terms", "story", "key", "channel", "ts",
)  # fmt: skip
"""What is told per topic, named as ``--json`` prints it; more follows."""
SHOWN = 8
NO_RULES = Rules()


def as_json(trace: EntryTrace, rules: Mapping[str, Rules] | None = None) -> dict[str, Any]:
    """The documented form: ``{"entry": …, "topics": […]}``. ``rules``: those of the present configuration."""
    entry = trace.report.entry
    return {
        "entry": {
            "id": entry.id,
            "title": entry.title,
            "url": entry.url,
            "outlet": entry.outlet,
            "language": entry.language,
            "published": _iso(entry.published),
            "first_seen": _iso(entry.first_seen),
            "feeds": list(trace.report.feeds),
            "article": "read" if entry.article else entry.article_note,
            "landed": entry.landed,
            "forgotten": trace.forgotten,
            "counted": trace.counted,
            "sightings": [_sighting(one) for one in trace.seen],
            "alike": [_other(one) for one in trace.alike],
        },
        "topics": [_topic(one, trace, (rules or {}).get(one.topic)) for one in trace.report.decisions],
    }


def as_text(trace: EntryTrace, rules: Mapping[str, Rules] | None = None) -> str:
    """The same for people."""
    entry = trace.report.entry
    lines = [
        entry.title or "(its words are forgotten)",
        f"  {entry.outlet} · {entry.url or 'no link'} · id {entry.id}",
        f"  published {_iso(entry.published) or 'at an unknown time'}, language {entry.language}",
        *_where(trace),
        *_article(trace),
    ]
    for decision in trace.report.decisions:
        lines += ["", *_told(decision, trace, (rules or {}).get(decision.topic, NO_RULES))]
    return "\n".join(lines)


# --- where it came from


def _where(trace: EntryTrace) -> Iterator[str]:
    for number, one in enumerate(trace.seen):
        again = "first seen" if number == 0 else "seen again"
        guid = f", guid {one.guid}" if one.guid else ""
        last = f", last seen {_iso(one.last)}" if one.last != one.first else ""
        yield f"  {again} {_iso(one.first)} in {one.feed}{guid}{last}"
    for other in trace.alike:
        yield f"  the same words or page as {_named(other)}"


def _article(trace: EntryTrace) -> Iterator[str]:
    entry = trace.report.entry
    if entry.article:
        yield "  its article was read" + (f"; the link leads to {entry.landed}" if entry.landed else "")
    elif entry.article_note:
        yield f"  its article could not be read: {entry.article_note}"
    elif trace.counted:
        yield "  its article was read, and is forgotten; counts of its words are kept"
    elif not trace.forgotten:
        yield "  its article was not asked for: no topic found the feed's text near enough"
    if trace.forgotten:
        kept = "counts of its words are" if trace.counted else "nothing of its words is"
        yield f"  its words are forgotten (retention, or retracted); {kept} kept"


def _sighting(one: Seen) -> dict[str, Any]:
    return {"feed": one.feed, "guid": one.guid, "first_seen": _iso(one.first), "last_seen": _iso(one.last)}


def _other(one: Other) -> dict[str, Any]:
    return {"id": one.entry, "title": one.title, "url": one.url}


def _named(one: Other) -> str:
    return f"entry {one.entry}" + (f" ({one.title})" if one.title else "")


# --- per topic


def _told(decision: Decision, trace: EntryTrace, rules: Rules) -> Iterator[str]:
    yield f"{decision.topic}: {decision.state} — {decision.reason}"
    if decision.score is not None:
        yield (
            f"  judged {_iso(decision.decided_at)} by {decision.mode}: score {decision.score:.3f}, "
            f"threshold {decision.threshold:.3f}, strength {decision.strength:.2f}, model {decision.model}"
        )
    if decision.terms:
        yield "  terms: " + ", ".join(f"{term} {part:.3f}" for term, part in decision.terms[:SHOWN])
        yield f"  nearest seed: {decision.nearest_seed}"
    hits = _hits(rules, trace.report.entry)
    for name, found in hits.items():
        if found:
            yield f"  {name} rules that hit: {', '.join(found)}"
    for telling in trace.report.tellings:
        if decision.topic in telling.topics:
            yield f"  story {telling.story} at {telling.destination} ({telling.relation}){_message(telling)}"
            yield from _story(telling, trace)
    for one in trace.answers:
        if one.label.topic == decision.topic:
            said = "relevant" if one.label.relevant else "not relevant"
            now = f"taken back {_iso(one.undone_at)}" if one.undone_at else one.label.state
            yield f"  answered {_iso(one.label.at)}: {said}, by {one.label.name}; {now}"


def _story(telling: Telling, trace: EntryTrace) -> Iterator[str]:
    """Its place among the story's reports, the way of its message, and what was muted there."""
    member = _member(telling, trace)
    if member is not None:
        yield f"    report {member.position + 1} of {member.members}, since {_iso(member.at)}" + (
            f"; nearest to {_named(member.nearest)}" if member.nearest else ""
        )
        if member.earlier:
            yield f"    takes up story {member.earlier} again"
        if telling.relation == "follow_up" and member.new:
            yield f"    told of it: {member.new}"
    for one in _sendings(telling, trace):
        yield f"    {_way(one)}"
    for mute, ended in trace.mutes:
        if mute.destination == telling.destination and (mute.kind == "source" or mute.subject == telling.story):
            until = f", until {_iso(mute.until)}" if mute.until else ""
            over = f", ended {_iso(ended)}" if ended else ""
            yield f"    {mute.kind} muted {_iso(mute.at)} by {mute.name}{until}{over}"


def _member(telling: Telling, trace: EntryTrace) -> Membership | None:
    return next((one for one in trace.memberships if one.story == telling.story), None)


def _sendings(telling: Telling, trace: EntryTrace) -> list[Sending]:
    """The rows about this entry at this destination; a digest belongs to no story."""
    return [
        one
        for one in trace.sendings
        if one.destination == telling.destination and (one.story == telling.story or one.kind == "digest")
    ]


def _way(one: Sending) -> str:
    what = {"parent": "message", "reply": "reply", "update": "update of the message", "digest": "digest"}.get(one.kind)
    parts = [f"{what or one.kind} {one.key}: {one.state}, made {_iso(one.created)}"]
    if one.hold and one.state == "held":
        parts.append(f"held for {one.hold}" + (f" until {_iso(one.held_until)}" if one.held_until else ""))
    elif one.hold:
        parts.append(f"was held for {one.hold}")
    if one.attempts > 1 or one.error:
        parts.append(f"{one.attempts} attempts" + (f", last error: {one.error}" if one.error else ""))
    if one.next_attempt and one.state == "pending":
        parts.append(f"next try {_iso(one.next_attempt)}")
    if one.note:
        parts.append(f"says: {one.note}")
    if one.digest:
        parts.append(f"in digest {one.digest}")
    if one.state == "sent" and one.ts:
        parts.append(f"posted {_iso(one.settled)} in {one.channel}")
    return "; ".join(parts)


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


def _hits(rules: Rules, entry: Entry) -> dict[str, list[str]]:
    """The patterns of today's rules that stand in an entry, as far as its words are there."""
    seen = f"{entry.title}\n{entry.text}"
    whole = f"{seen}\n{entry.article or ''}"
    return {
        "must": [one for one in rules.must if first_hit([one], whole)],
        "exclude": [one for one in rules.exclude if first_hit([one], seen)],
    }


def _topic(decision: Decision, trace: EntryTrace, rules: Rules | None) -> dict[str, Any]:
    tellings = [one for one in trace.report.tellings if decision.topic in one.topics]
    telling = tellings[0] if tellings else None
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
    return {
        **dict(zip(FACTS, facts, strict=True)),
        "decided_at": _iso(decision.decided_at),
        "model": decision.model,
        "nearest_seed": decision.nearest_seed,
        "rules": _hits(rules, trace.report.entry) if rules is not None else None,
        "tellings": [_telling(one, trace) for one in tellings],
        "answers": [
            {
                "relevant": one.label.relevant,
                "name": one.label.name,
                "at": _iso(one.label.at),
                "state": one.label.state,
                "undone_at": _iso(one.undone_at),
            }
            for one in trace.answers
            if one.label.topic == decision.topic
        ],
    }


def _telling(telling: Telling, trace: EntryTrace) -> dict[str, Any]:
    member = _member(telling, trace)
    return {
        "destination": telling.destination,
        "story": telling.story,
        "relation": telling.relation,
        "at": _iso(member.at) if member else None,
        "nearest": _other(member.nearest) if member and member.nearest else None,
        "earlier": member.earlier if member else None,
        "summary": member.new if member else "",
        "messages": [
            {
                "key": one.key,
                "kind": one.kind,
                "state": one.state,
                "created_at": _iso(one.created),
                "hold": one.hold,
                "held_until": _iso(one.held_until),
                "attempts": one.attempts,
                "error": one.error,
                "note": one.note,
                "digest": one.digest,
                "settled_at": _iso(one.settled),
                "channel": one.channel,
                "ts": one.ts,
            }
            for one in _sendings(telling, trace)
        ],
        "mutes": [
            {
                "kind": mute.kind,
                "name": mute.name,
                "at": _iso(mute.at),
                "until": _iso(mute.until),
                "undone": _iso(ended),
            }
            for mute, ended in trace.mutes
            if mute.destination == telling.destination
        ],
    }


def _iso(time: datetime | None) -> str | None:
    return time.isoformat(timespec="seconds") if time else None
