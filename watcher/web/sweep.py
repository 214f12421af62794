"""The scores of a topic and what moving its threshold would do. Pure.

Rule: scores are counted as shares of the threshold that decided, so that snippets and articles fit one axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from watcher.store.overview import HIGHEST, STEPS, Tally
from watcher.types import SENSITIVITIES, Sensitivity

LEFT, RIGHT, BAR = 50, 250, 5
"""Hundredths of the threshold: where the picture begins and ends, and how wide a bar is."""
WIDTH, HEIGHT, FLOOR, TOP = 360, 122, 98, 14
"""Of the picture, in its own units: the bars stand on ``FLOOR`` and reach up to ``TOP``."""
ROWS = (25, 50, 60, 70, 80, 90, 100, 110, 125, 150, 200, HIGHEST)
"""Of the table: from each of these up to the next."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of the picture, in the picture's units."""

    x: float
    y: float
    width: float
    height: float
    above: bool
    """At or above the threshold: these matched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What one setting of the threshold would match."""

    name: str
    share: float
    """Of the threshold as it is."""
    number: int
    rate: str
    """For people: "4.3 a day"."""
    x: float
    """Where it stands in the picture."""
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """A histogram with the threshold on it, and a table that says the same."""

    span: timedelta
    bars: tuple[Bar, ...]
    settings: tuple[Setting, ...]
    rows: tuple[tuple[str, int], ...]
    judged: int

    @property
    def current(self) -> Setting:
        """The threshold as it is."""
        return next(one for one in self.settings if one.current)


def sweep(tally: Tally | None, sensitivity: Sensitivity, now: datetime) -> Sweep | None:
    """What can be said of a topic; None while nothing was scored."""
    if tally is None or not tally.shares:
        return None
    length = now - tally.since
    settings = [
        Setting(
            name=name,
            share=share,
            number=(number := _reaching(tally, share)),
            rate=rate(number, length),
            x=_x(share * STEPS),
            current=share == 1.0,
        )
        for name, share in _settings(sensitivity)
    ]
    return Sweep(
        span=length,
        bars=tuple(_bars(tally)),
        settings=tuple(settings),
        rows=tuple(_rows(tally)),
        judged=sum(tally.shares.values()),
    )


def rate(number: int, length: timedelta) -> str:
    """How many a day; of less than a day just how many."""
    if length < DAY:
        return f"{number} so far"
    a_day = number / (length / DAY)
    return f"{a_day:.0f} a day" if a_day >= 10 or a_day == 0 else f"{a_day:.1f} a day"


def _settings(sensitivity: Sensitivity) -> Sequence[tuple[str, float]]:
    """Names and shares of the present threshold, from the strictest on."""
    if sensitivity.fixed is not None:
        return (("a quarter higher", 1.25), ("as it is", 1.0), ("0.7 of it", 0.7))
    named = [(name, round(factor / sensitivity.factor, 2)) for name, factor in SENSITIVITIES.items()]
    return named if any(share == 1.0 for _, share in named) else [*named, ("as it is", 1.0)]


def _reaching(tally: Tally, share: float) -> int:
    return sum(number for place, number in tally.shares.items() if place >= round(share * STEPS))


def _bars(tally: Tally) -> list[Bar]:
    """One each; the last holds all that is beyond. Heights are roots: a few matches stand beside hundreds of others."""
    counts = [0] * ((RIGHT - LEFT) // BAR)
    for place, number in tally.shares.items():
        if place >= LEFT:
            counts[min(len(counts) - 1, (place - LEFT) // BAR)] += number
    unit = (FLOOR - TOP - 14) / sqrt(max(*counts, 1))
    bars = []
    for at, number in enumerate(counts):
        height = round(max(1.5, sqrt(number) * unit), 1) if number else 0.0
        place = LEFT + at * BAR
        bar = Bar(
            x=_x(place) + 0.5, y=FLOOR - height, width=WIDTH / len(counts) - 1, height=height, above=place >= STEPS
        )
        bars += [bar] if number else []
    return bars


def _x(place: float) -> float:
    return round(min(max(0.0, (place - LEFT) / (RIGHT - LEFT)), 1.0) * WIDTH, 1)


def _rows(tally: Tally) -> list[tuple[str, int]]:
    edges = [0, *ROWS]
    told = []
    for low, high in zip(edges, [*edges[1:], None], strict=True):
        number = sum(n for place, n in tally.shares.items() if place >= low and (high is None or place < high))
        name = f"{low / STEPS:g} and more" if high is None else f"{low / STEPS:g} to {high / STEPS:g}"
        told.append((name, number))
    return told
