"""What a day's budget of alerts would have done. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from watcher.preview.plan import Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A cap on a day's alerts, tried on the past."""

    alerts_per_day: int
    days_reached: int
    """Days on which there was more than it allows."""
    waiting: int
    """Alerts that would have waited for their day's digest."""


def try_budget(told: Iterable[Told], *, alerts_per_day: int, zone: ZoneInfo, urgent: float | None) -> Budget:
    """Deal a topic's stories out as delivery would: a stronger one than all before, or an urgent one, still passes."""
    sent: dict[tuple[str, date], list[float]] = {}
    reached: set[date] = set()
    waiting = 0
    for one in sorted(told, key=lambda each: each.at):
        day = one.at.astimezone(zone).date()
        before = sent.setdefault((one.destination, day), [])
        passes = len(before) < alerts_per_day or one.strength > max(before, default=0.0)
        if passes or (urgent is not None and one.strength >= urgent):
            before.append(one.strength)
        else:
            waiting += 1
            reached.add(day)
    return Budget(alerts_per_day=alerts_per_day, days_reached=len(reached), waiting=waiting)
