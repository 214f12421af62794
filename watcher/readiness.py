"""Is work being done? A service whose process lives but whose polls or posts have stalled is not ready. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

SHORTEST = timedelta(seconds=10)
"""No bound is tighter than this, however short a feed's interval."""
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 10, 20, 40, 60))
"""How long polls and posts rest after each failed try to write the database: feeds and readers have no part in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setback:
    """The database cannot be written: what it says, how often it was tried, and when it is tried again."""

    error: str
    tries: int
    again_at: datetime


def set_back(before: Setback | None, error: str, now: datetime) -> Setback:
    """Count a failed try; several that fail at the same time are one."""
    if before is not None and now < before.again_at:
        return Setback(error=error, tries=before.tries, again_at=before.again_at)
    tries = 1 if before is None else before.tries + 1
    return Setback(error=error, tries=tries, again_at=now + PAUSES[min(tries, len(PAUSES)) - 1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What readiness is told from. Times are aware; None means never."""

    started: datetime
    last_success: datetime | None
    """When a poll last succeeded."""
    overdue_since: datetime | None
    """Since when the feed that has waited longest is due (feeds that were told to wait do not count, here as below)."""
    failed_at: datetime | None
    """When a poll last failed."""
    shortest_interval: timedelta
    polls: int
    """``health.polls``: so many intervals may pass."""
    oldest_alert: datetime | None
    """When the oldest alert that is due became due."""
    outbox: timedelta
    """``health.outbox``: so long may an alert wait."""
    database_error: str | None = None
    token_refused: str | None = None
    """The code with which alerts are refused as a whole, and since when."""


Stall = Literal["polls", "outbox", "token", "database"]
"""What has stalled."""
STALLS: tuple[Stall, ...] = get_args(Stall)


def reasons_not_ready(pulse: Pulse, now: datetime) -> tuple[str, ...]:
    """Sentences that say what has stalled; none: the service is ready."""
    return tuple(stalls(pulse, now).values())


def stalls(pulse: Pulse, now: datetime) -> dict[Stall, str]:
    """What has stalled → a sentence; none: the service is ready. A fresh start has its first bound to pass."""
    found: dict[Stall, str] = {}
    bound = max(SHORTEST, pulse.shortest_interval * pulse.polls)
    since = max(pulse.started, pulse.last_success or pulse.started)
    stuck = pulse.overdue_since is not None and now - pulse.overdue_since > bound
    failing = pulse.failed_at is not None and pulse.failed_at > since
    if (stuck or failing) and now - since > bound:
        found["polls"] = (
            f"no poll has succeeded for {_span(now - since)}, although feeds were due (bound: {_span(bound)})"
        )
    if pulse.oldest_alert is not None:
        waited = now - max(pulse.oldest_alert, pulse.started)
        if waited > pulse.outbox:
            found["outbox"] = f"the oldest alert that is due has waited {_span(waited)} (bound: {_span(pulse.outbox)})"
    if pulse.token_refused is not None:
        found["token"] = (
            f"the token is refused ({pulse.token_refused}), so nothing is posted: put a valid one into its file, "
            "which is read again by itself, or into the environment and restart; `watcher doctor` tells more"
        )
    if pulse.database_error is not None:
        found["database"] = f"the database cannot be written: {pulse.database_error}"
    return found


def _span(time: timedelta) -> str:
    seconds = round(time.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
