"""Messages as Slack takes them: pure rendering.

Rule: whatever publishers wrote, the result is valid and under Slack's limits, and says nothing but what it says.
A message shrinks until it fits: shorter summaries, then none, then fewer words.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from slack_sdk.models.blocks import Block, ContextBlock, DividerBlock, MarkdownTextObject, SectionBlock

from watcher import text as texts
from watcher.notifiers.buttons import buttons
from watcher.notifiers.mrkdwn import date, date_utc, link, literal
from watcher.types import Alert, Message, Why

MAX_MESSAGE = 10_000
"""Characters of blocks and text together; Slack refuses somewhere above 13,000 and does not say where."""
MAX_WITH_BUTTONS = 12_500
"""The same with buttons: those of a digest take 4,000, always the same, and must not cost it its summaries."""
MAX_TEXT = 3000
"""Of one text object, and what we allow ourselves for the fallback text."""
MAX_BLOCKS = 50

_STRONG, _GOOD = 0.75, 0.5
_EVENTS = {
    "alert": "watcher_alert",
    "reply": "watcher_alert",
    "digest": "watcher_digest",
    "notice": "watcher_notice",
    "near_misses": "watcher_near_misses",
}
_REPEAT = "This may be a repeat: Slack did not confirm an earlier try."
_NO_HEADLINE = "(no headline)"
_SEVERAL_OUTLETS = 6
_SEVERAL_WHYS = 5
_TERMS = 6
_SHRINK = (1.0, 0.6, 0.3, 0.1)
"""Shares of the usual lengths that are tried in turn."""

Payload = dict[str, Any]


def payload(message: Message, *, channel_id: str) -> Payload:
    """The arguments of chat.postMessage for one message; ``plain`` ones carry text alone."""
    result: Payload = {}
    for share in _SHRINK:
        result = _payload(message, channel_id, share)
        if measure(result) < (MAX_WITH_BUTTONS if message.buttons else MAX_MESSAGE):
            break
    return result


def measure(post: Payload) -> int:
    """How long a message is: its blocks as JSON and its text."""
    return len(json.dumps(post.get("blocks", []), ensure_ascii=False)) + len(post["text"])


def strength_words(strength: float) -> str:
    """A strength for people; never called a probability."""
    if strength >= _STRONG:
        return "Strong match"
    return "Good match" if strength >= _GOOD else "Possible match"


def _payload(message: Message, channel_id: str, share: float) -> Payload:
    result: Payload = {
        "channel": channel_id,
        "text": _text(message, share),
        "unfurl_links": False,
        "unfurl_media": False,
        "link_names": False,
        "metadata": {"event_type": _EVENTS[message.kind], "event_payload": {"key": message.key}},
    }
    if not message.plain:
        result["blocks"] = [block.to_dict() for block in _blocks(message, share)[:MAX_BLOCKS]]
    if message.thread is not None:
        result["thread_ts"] = message.thread.ts
        result["reply_broadcast"] = message.broadcast
    return result


def _blocks(message: Message, share: float) -> list[Block]:
    blocks: list[Block]
    if message.kind == "notice":
        blocks = [_section(_whole(_lines(message), MAX_TEXT) or "watcher")]
    elif message.kind == "digest":
        blocks = _digest(message, share)
    elif message.kind == "near_misses":
        blocks = _near_misses(message, share)
    else:
        blocks = [block for alert in message.items for block in _alert(alert, share)]
        blocks += [buttons(alert.key) for alert in message.items if message.buttons and alert.why]
    if message.possible_repeat:
        blocks.append(_context([_REPEAT]))
    return blocks


def _lines(notice: Message) -> list[str]:
    """A notice's own lines; each is harmless by itself."""
    return [told for line in notice.title.splitlines() if (told := literal(line, MAX_TEXT // 4))]


def _section(words: str) -> SectionBlock:
    return SectionBlock(text=MarkdownTextObject(text=words, verbatim=True))


def _context(lines: Sequence[str]) -> ContextBlock:
    return ContextBlock(elements=[MarkdownTextObject(text=_whole(lines, MAX_TEXT), verbatim=True)])


def _alert(alert: Alert, share: float) -> list[Block]:
    blocks: list[Block] = [_section(f"*{_headline(alert, share)}*"), _context([_source(alert, share, date)])]
    summary = literal(alert.summary, int(700 * share))
    if summary:
        blocks.append(_section(summary))
    if news := _news(alert, share):
        blocks.append(_section(news))
    about = [*_reasons(alert.why, share, bold=True), *_notes(alert, share), _earlier(alert, share, date)]
    if any(about):
        blocks.append(_context(about))
    return blocks


def _digest(message: Message, share: float) -> list[Block]:
    """The parent: title and items with their reasons. A reply holds the rest: headlines and sources only."""
    rest = message.thread is not None
    blocks: list[Block] = [_section(f"*{literal(message.title, 300) or 'Digest'}*")]
    for number, alert in enumerate(message.items, 1):
        lines = [_headline(alert, share, limit=200) if rest else f"*{number}. {_headline(alert, share, limit=200)}*"]
        lines.append(_source(alert, share, date))
        if not rest:
            lines.append(_brief(alert.summary, int(240 * share)) if share >= _SHRINK[1] else "")
            lines.extend(_reasons(alert.why, share * 0.7, bold=False))
        blocks.append(_section(_whole(lines, MAX_TEXT)))
        if message.buttons and not rest:
            blocks.append(buttons(alert.key))
    if not rest and message.items:
        blocks.insert(1, DividerBlock())
    return blocks


def _near_misses(message: Message, share: float) -> list[Block]:
    """A title, and per entry what it is and the two answers."""
    blocks: list[Block] = [_section(f"*{literal(message.title, 300) or 'Near misses'}*")]
    for alert in message.items:
        lines = [_headline(alert, share, limit=200), _source(alert, share, date), *_notes(alert, share)]
        blocks.append(_section(_whole(lines, MAX_TEXT)))
        if message.buttons:
            blocks.append(buttons(alert.key, menu=False))
    return blocks


def _brief(summary: str, limit: int) -> str:
    """As many whole sentences as fit; of a first one that is too long, its beginning."""
    told, *rest = texts.sentences(summary) or [""]
    for sentence in rest:
        if len(told) + 1 + len(sentence) > limit:
            break
        told = f"{told} {sentence}"
    return literal(told, limit)


def _headline(alert: Alert, share: float, *, limit: int = 300, linked: bool = True) -> str:
    room = max(40, int(limit * share))
    words = literal(alert.headline, room) or literal(alert.summary, room) or _NO_HEADLINE
    return link(alert.url, words) if linked and (share >= _SHRINK[2] or len(alert.url or "") < 200) else words


def _source(alert: Alert, share: float, when: Any) -> str:
    """Outlet · time · who else has it."""
    moment = when(alert.published) if alert.published else f"seen {when(alert.first_seen)}"
    parts = [literal(alert.outlet, 80), moment]
    others = [outlet for outlet in dict.fromkeys(alert.outlets) if outlet != alert.outlet]
    if others:
        shown = [literal(outlet, 60) for outlet in others[: max(1, int(_SEVERAL_OUTLETS * share))]]
        more = f" and {len(others) - len(shown)} more" if len(others) > len(shown) else ""
        parts.append(f"{len(others) + 1} outlets, also {', '.join(name for name in shown if name)}{more}")
    if alert.latest:
        parts.append(f"last {when(alert.latest)}")
    return " · ".join(part for part in parts if part)


def _news(alert: Alert, share: float) -> str:
    news = literal(alert.news, max(80, int(300 * share)))
    return f"New in the thread: {news}" if news else ""


def _earlier(alert: Alert, share: float, when: Any, *, linked: bool = True) -> str:
    """The closed story that this one takes up again, with its message where the notifier knows its address."""
    earlier = alert.earlier
    if earlier is None:
        return ""
    words = literal(earlier.headline, max(60, int(200 * share))) or _NO_HEADLINE
    return f"Told before: {link(earlier.link, words) if linked else words} ({when(earlier.last_at)})"


def _reasons(whys: Sequence[Why], share: float, *, bold: bool) -> list[str]:
    lines = [_why(why, share, bold=bold) for why in whys[:_SEVERAL_WHYS]]
    if len(whys) > len(lines):
        lines.append(f"and {len(whys) - len(lines)} more topics")
    return lines


def _why(why: Why, share: float, *, bold: bool) -> str:
    title = literal(why.title or why.topic, 100)
    line = f"{strength_words(why.strength)} for *{title}*" if bold else f"{strength_words(why.strength)} for {title}"
    terms = [literal(term, 40) for term in why.terms[: max(2, int(_TERMS * share))]]
    if any(terms):
        line += ": " + ", ".join(term for term in terms if term)
    if why.nearest_seed:
        line += " · closest to " + literal(why.nearest_seed, int(100 * max(share, 0.4)))
    return line


def _notes(alert: Alert, share: float) -> list[str]:
    said = (literal(note, max(60, int(300 * share))) for note in alert.notes[:_SEVERAL_WHYS])
    return [note for note in said if note]


def _text(message: Message, share: float) -> str:
    """What notifications and screen readers say; all there is of a plain message."""
    lines: list[str] = []
    if message.title:
        lines.extend(_lines(message) if message.kind == "notice" else [literal(message.title, 300)])
    for alert in message.items:
        lines.extend(_spoken(alert, share, message))
    if message.possible_repeat:
        lines.append(_REPEAT)
    return _whole(lines, MAX_TEXT if message.plain else MAX_TEXT // 2) or "watcher"


def _whole(lines: Sequence[str], limit: int) -> str:
    """As many lines as fit: half an entity or half a link would be worse than silence."""
    words = ""
    for line in filter(None, lines):
        if words and len(words) + 1 + len(line) > limit:
            break
        words += ("\n" if words else "") + line
    return words


def _spoken(alert: Alert, share: float, message: Message) -> list[str]:
    headline = _headline(alert, share, linked=message.plain)
    lead = f"{headline} – {_source(alert, share, date_utc)}"
    if message.kind in {"digest", "near_misses"}:
        return [lead]
    reasons = _reasons(alert.why, share, bold=False)
    told = [literal(alert.summary, int(500 * share)), _news(alert, share)]
    before = _earlier(alert, share, date_utc, linked=message.plain)
    return [lead, *filter(None, told), *reasons, *_notes(alert, share), *filter(None, [before])]
