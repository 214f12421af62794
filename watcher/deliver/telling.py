"""Rows of the store as messages: pure.

Rule: a message is made of what is known when it is sent, and everything in it is there for a reader.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from watcher.deliver.policy import Policy
from watcher.store.outbox import AlertRow
from watcher.store.outbox.pausing import WAITING
from watcher.types import Alert, Decision, Entry, HoldReason, Message, OutboxItem, Trouble, Why

BEST = 8
"""Stories in a digest itself; the rest follows in its thread."""
PER_REPLY = 15
TERMS = 6

_ORIGIN: Mapping[HoldReason | None, str] = {
    "first_poll": " found by the first poll",
    "quiet_hours": " from the quiet hours",
    "flood": " over this channel's cap",
    "budget": " over the day's budget",
    "paused": " from the pause",
}


def alert(row: AlertRow, policy: Policy) -> Alert:
    """What a row tells."""
    entry = row.entry
    return Alert(
        key=row.item.key,
        headline=entry.title,
        url=entry.url,
        outlet=entry.outlet,
        published=entry.published,
        first_seen=entry.first_seen,
        summary=row.summary,
        summary_source=row.summary_source,
        outlets=row.outlets,
        why=tuple(_why(decision, entry, policy) for decision in row.decisions),
        notes=_notes(row),
        latest=row.latest,
        news=row.news,
        earlier=row.earlier,
    )


def single(item: OutboxItem, row: AlertRow, policy: Policy, *, broadcast: bool = False) -> Message:
    """A parent or a reply; ``broadcast`` shows a reply in the channel, too. Who else has the story, its parent says."""
    told = _change(item, row, policy) if item.note else alert(row, policy)
    return Message(
        key=item.key,
        kind="reply" if item.thread else "alert",
        items=(replace(told, outlets=(told.outlet,)) if item.thread else told,),
        thread=item.thread,
        broadcast=broadcast and item.thread is not None,
        plain=item.plain,
        buttons=policy.buttons,
    )


def _change(item: OutboxItem, row: AlertRow, policy: Policy) -> Alert:
    """A change of what was told already: what changed, and no second summary."""
    told = alert(row, policy)
    return replace(told, summary="", summary_source="none", why=(), notes=(item.note or "",))


def digest(item: OutboxItem, members: Sequence[OutboxItem], rows: Mapping[str, AlertRow], policy: Policy) -> Message:
    """A digest with all its stories, strongest first. ``parts`` cuts it into posts."""
    ranked = sorted(
        (one for one in members if one.key in rows), key=lambda one: (-one.strength, one.created_at, one.key)
    )
    topic = policy.topics.get(item.topic)
    holds = {one.hold for one in members}
    origin = _ORIGIN.get(next(iter(holds)), "") if len(holds) == 1 else ""
    count = f"{len(ranked)} stories" if len(ranked) != 1 else "1 story"
    more = f" – the best {BEST} here, the rest in this thread" if len(ranked) > BEST else ""
    return Message(
        key=item.key,
        kind="digest",
        title=f"{topic.title if topic else item.topic}: {count}{origin}{more}",
        items=tuple(alert(rows[one.key], policy) for one in ranked),
        plain=item.plain,
        buttons=policy.buttons,
    )


def buried(item: OutboxItem, row: AlertRow | None, reason: str) -> str:
    """What the ops channel hears of a message that is given up."""
    what = (
        f'"{" ".join(row.entry.title.split())[:200]}"' if row else "a digest" if item.kind == "digest" else "an alert"
    )
    channel = item.destination.partition(":")[2]
    return f"Not told in {channel}: {what}. {reason}\nOnce that is mended, send it again: watcher retry {item.key}"


def token_taken(trouble: Trouble, now: datetime, zone: ZoneInfo) -> str:
    """What the ops channel hears when a token works again."""
    return (
        f"The token was refused ({trouble.what}) {_span(trouble.since, now, zone)}, so nothing could be posted. "
        f"It is taken again; {WAITING} messages waited and are sent now, as the caps allow."
    )


def notice(item: OutboxItem, text: str, policy: Policy) -> Message:
    """What watcher tells about itself; near misses, which are kept as JSON, have lines that can be answered."""
    if not item.key.rpartition("/")[2].startswith("near-"):
        return Message(key=item.key, kind="notice", title=text, plain=item.plain)
    lines = json.loads(text) if text else []
    return Message(
        key=item.key,
        kind="near_misses",
        title="Just below the threshold, this week" + (": should they have been told?" if policy.buttons else ""),
        items=tuple(_near_miss(line) for line in lines),
        plain=item.plain,
        buttons=policy.buttons,
    )


def _near_miss(line: Mapping[str, Any]) -> Alert:
    moment = datetime.fromisoformat(line["at"])
    return Alert(
        key=line["key"],
        headline=line["headline"],
        url=line["url"],
        outlet=line["outlet"],
        published=moment,
        first_seen=moment,
        summary="",
        summary_source="none",
        outlets=(line["outlet"],),
        why=(),
        notes=(line["note"],),
    )


def was_silent(title: str, since: datetime, now: datetime, zone: ZoneInfo) -> str:
    """What a topic's readers hear after an outage."""
    return (
        f"{title}: nothing could be posted here {_span(since, now, zone)}. "
        f"{WAITING} more alerts of that time follow, as the caps allow."
    )


def _span(since: datetime, until: datetime, zone: ZoneInfo) -> str:
    begins, ends = (when.astimezone(zone) for when in (since, until))
    return f"from {begins:%a} {begins.day} {begins:%b %H:%M} to {ends:%a} {ends.day} {ends:%b %H:%M %Z}"


def parts(message: Message) -> tuple[Message, ...]:
    """The posts that tell a message: itself, or a digest's head and the replies that hold its rest.

    Replies lack their thread: it is known when the head was sent. Their keys are the head's with ``/rest/<n>``.
    """
    if message.kind != "digest" or len(message.items) <= BEST:
        return (message,)
    rest = message.items[BEST:]
    chunks = [rest[start : start + PER_REPLY] for start in range(0, len(rest), PER_REPLY)]
    follow = tuple(
        replace(
            message,
            key=f"{message.key}/rest/{number}",
            title=_rest_title(message.title, number, len(chunks)),
            items=chunk,
        )
        for number, chunk in enumerate(chunks, 1)
    )
    return (replace(message, items=message.items[:BEST]), *follow)


def _rest_title(title: str, number: int, of: int) -> str:
    return title.partition(" – the best")[0] + " – the rest" + (f" ({number} of {of})" if of > 1 else "")


def _why(decision: Decision, entry: Entry, policy: Policy) -> Why:
    topic = policy.topics.get(decision.topic)
    seed = decision.nearest_seed
    return Why(
        topic=decision.topic,
        title=topic.title if topic else decision.topic,
        terms=_terms([term for term, _ in decision.terms], f"{entry.title}\n{entry.text}\n{entry.article or ''}"),
        nearest_seed=policy.seed_label(decision.topic, seed) if seed else None,
        strength=decision.strength or 0.0,
        mode=decision.mode,
    )


def _terms(terms: Sequence[str], text: str) -> tuple[str, ...]:
    """The first terms as the text writes them; a word that stands in a pair already is not told again."""
    shown: list[str] = []
    told: set[str] = set()
    for term in terms:
        words = set(term.split())
        if len(shown) == TERMS or words <= told:
            continue
        told |= words
        shown.append(_as_written(term, text))
    return tuple(shown)


def _as_written(term: str, text: str) -> str:
    pattern = r"(?<!\w)" + r"[\s\-–]+".join(map(re.escape, term.split())) + r"(?!\w)"
    found = re.search(pattern, text, re.IGNORECASE)
    return " ".join(found[0].split()) if found else term


def _notes(row: AlertRow) -> tuple[str, ...]:
    notes = ["The earlier message about this story was deleted."] if row.replaces else []
    if row.entry.article_note and not row.entry.article:
        notes.append(f"The article could not be read ({row.entry.article_note}); judged by the feed's text.")
    elif row.decisions and row.decisions[0].mode == "headline":
        notes.append("Judged by its headline alone.")
    return tuple(notes)
