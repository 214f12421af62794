"""How the page says things. Pure.

Rule: outside text is tidied and cut before it is shown, and an address is a link only when it is one of the web.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from watcher.notifiers.blocks import strength_words
from watcher.store.overview import Queued
from watcher.store.threads import Told
from watcher.text import cut, tidy
from watcher.types import SENSITIVITIES, OutboxItem, Sensitivity
from watcher.urls import LONGEST, host, is_web

__all__ = ["strength_words"]

RAW = 4
"""So many times the limit is looked at before tidying: a title of megabytes costs nothing."""

STATES = {
    "posted": "told",
    "grouped": "told by its story's messages",
    "held": "held",
    "pending": "waits to be sent",
    "dead": "Slack refused it",
    "below": "below the threshold",
    "excluded": "excluded",
    "stale": "too old",
}
HOLDS = {
    "first_poll": "until the first poll is over",
    "quiet_hours": "quiet hours",
    "digest": "for the digest",
    "flood": "too many at once",
    "budget": "over the day's budget",
    "outage": "after an outage",
    "paused": "the topic is paused",
}
KINDS = {"parent": "alert", "reply": "reply", "update": "update", "digest": "digest", "notice": "notice"}
RELATIONS = {"founder": "first report", "copy": "copy", "follow_up": "news"}
CONDITIONS = {"gone": "gone", "failing": "failing", "odd": "read, see below", "new": "not polled yet", "ok": "ok"}


def shown(text: str | None, limit: int = 200) -> str:
    """Outside text on one line, at most so long."""
    return cut(tidy((text or "")[: limit * RAW + 1000]), limit)


def address(url: str | None) -> str | None:
    """An http(s) address that may be a link, else None."""
    return url if url is not None and len(url) <= LONGEST and is_web(url) else None


def place(url: str) -> str:
    """Where an address leads, for people."""
    return host(url) or "–"


def span(time: timedelta) -> str:
    """As in: 45 s, 10 min, 3 h, 2 d."""
    seconds = max(0, round(time.total_seconds()))
    for size, unit, least in ((86400, "d", 2 * 86400), (3600, "h", 2 * 3600), (60, "min", 120)):
        if seconds >= least or (seconds >= size and seconds % size == 0):
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def ago(at: datetime, now: datetime) -> str:
    """A time seen from now."""
    if abs(now - at) < timedelta(seconds=2):
        return "now"
    return f"{span(now - at)} ago" if at < now else f"in {span(at - now)}"


def sensitivity(given: Sensitivity) -> str:
    """What the file says, in its own words."""
    if given.fixed is not None:
        return f"a fixed threshold of {given.fixed:g}"
    if given.budget is not None:
        return f"at most {given.budget} alerts a day"
    named = (name for name, factor in SENSITIVITIES.items() if factor == given.factor)
    return next(named, f"{given.factor:g} × the threshold")


def channel(destination: str) -> str:
    """A destination's place for people: a channel of Slack, or the console."""
    notifier, _, name = destination.partition(":")
    return shown(name if notifier == "slack" else f"{name} ({notifier})" if name else notifier, 80)


def waiting(row: Queued | OutboxItem, moment: str) -> str:
    """Why a row of the outbox is not sent yet, or never will be. ``moment``: its hold's end or next try, for people."""
    if row.state == "dead":
        return shown(row.error, 300) or "refused"
    if row.state == "held":
        why = HOLDS.get(row.hold or "", row.hold or "held")
        return f"held: {why}" + (f", until {moment}" if row.held_until else "")
    if row.attempts and row.error:
        return (
            f"tried {row.attempts} ×" + (f", again {moment}" if row.next_attempt else "") + f": {shown(row.error, 300)}"
        )
    return "is being sent" if row.state == "sending" else "waits for its turn"


def told(message: Told) -> str:
    """What became of a message of a story."""
    if message.gone:
        return "told, and deleted since"
    if message.state == "sent":
        return "told in a digest" if message.in_digest else "told"
    if message.state == "held":
        return f"held: {HOLDS.get(message.hold or '', 'waits')}"
    known = {"in_digest": "goes out with a digest", "dead": "refused", "dropped": "dropped", "sending": "is being sent"}
    return known.get(message.state, "waits to be sent")
