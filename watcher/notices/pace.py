"""Whether a topic has gone quiet or loud, against its own past. Pure.

Rule: alerts are counted against what chance would bring at the topic's usual pace (a Poisson process); what chance
brings once in a thousand is told, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, fsum
from typing import Literal

DAY = timedelta(days=1)
PAST = timedelta(days=28)
"""The past that counts."""
KNOWN = timedelta(days=7)
"""So long a topic is known before it has a usual pace."""
FEWEST = 5
"""Alerts in the past, and in a loud day, below which chance is all there is."""
RARE = 0.001
"""What chance brings less often is told."""
TIMES = 3.0
"""A loud day has so many times the usual alerts at least: news itself comes in bursts, which chance does not."""
STEADY = timedelta(days=3)
"""A silence is no news before: weekends are quiet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What is unusual. ``usual``: alerts a day; ``count`` of them came since ``since``."""

    kind: Literal["quiet", "loud"]
    usual: float
    count: int
    since: datetime


def pace(alerts: Sequence[datetime], *, known_since: datetime, now: datetime) -> Pace | None:
    """What is unusual about a topic's alerts, if anything. ``alerts``: when they were made, oldest first, all of them.

    ``known_since``: when the topic was first watched.
    """
    return _quiet(alerts, known_since, now) or _loud(alerts, known_since, now)


def _quiet(alerts: Sequence[datetime], known_since: datetime, now: datetime) -> Pace | None:
    if not alerts or now - alerts[-1] < STEADY:
        return None
    last = alerts[-1]
    usual, count = _usual(alerts, known_since, last)
    silent = (now - last) / DAY
    if count < FEWEST or exp(-usual * silent) >= RARE:
        return None
    return Pace(kind="quiet", usual=usual, count=0, since=last)


def _loud(alerts: Sequence[datetime], known_since: datetime, now: datetime) -> Pace | None:
    since = now - DAY
    today = sum(at > since for at in alerts)
    usual, count = _usual(alerts, known_since, since)
    if count < FEWEST or today < max(FEWEST, TIMES * usual) or _at_least(today, usual) >= RARE:
        return None
    return Pace(kind="loud", usual=usual, count=today, since=since)


def _usual(alerts: Sequence[datetime], known_since: datetime, until: datetime) -> tuple[float, int]:
    """Alerts a day before ``until``, and how many that is counted from; (0, 0) where the topic is too new."""
    begin = max(known_since, until - PAST)
    if until - begin < KNOWN:
        return 0.0, 0
    count = sum(begin < at <= until for at in alerts)
    return count / ((until - begin) / DAY), count


def _at_least(count: int, usual: float) -> float:
    """The chance of so many or more in a day."""
    term, terms = exp(-usual), []
    for number in range(count):
        terms.append(term)
        term *= usual / (number + 1)
    return max(0.0, 1.0 - fsum(terms))
