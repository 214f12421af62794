"""What a score must reach, and what it means for people.

Its one rule: a threshold starts at a measured value and moves with how far the high scores lie above it, between 0.7
of its start and twice its start. Placing it needs no labels. Where the stream's scores above the start lie far above
it (an event, told in its own words), it rises into the gap; where they crowd just above it (a broad theme), it sinks a
little. How far they lie above is the mean of ln(score / start), whose inverse is the tail index of Hill ("A simple
general approach to inference about the tail of a distribution", Annals of Statistics 3, 1975), drawn towards its usual
value while there are few. Snippets and articles live on different scales, so each mode has its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, exp, log

from watcher.types import Histogram, Mode, Sensitivity

START = {"headline": 0.105, "snippet": 0.105, "full": 0.135}
"""Measured on labelled topics; until enough was polled, the threshold is this."""

SEEDS = 0.1
MOST_SEEDS = 5
"""Starts are for two seeds. Each doubling of their number lifts scores by so much (as a power of two), up to five."""

ENOUGH_POLLED = 200.0
"""Entries polled (faded) before the threshold moves."""

USUAL = 0.45
"""Mean ln(score / start) of the scores above the start at which the threshold stays where it starts: they lie half as
high again."""

PRIOR = 10.0
"""So many scores of the usual height are counted in: a few that were polled say little."""

STEEPNESS = 1.5
"""ln(threshold / start) per unit of mean ln(score / start) above the usual."""

CAP = 6.0
"""Of the start: how far above it a score lies says no more from here on (a copy of a seed lies there)."""

FLOOR, CEILING = 0.7, 2.0
"""Of the start: the threshold never moves further."""

SNIPPET_OF_FIXED = 0.8
"""A fixed threshold is meant for articles; entries judged without one have this part of it."""

NEVER = 1.0
"""A threshold that nothing reaches, not even a seed itself."""

LIKELY = 0.4
"""The part of its threshold from which on an entry's article is worth fetching."""

SLOPE = {"headline": 2.1, "snippet": 2.1, "full": 2.4}
OFFSET = -1.0


def threshold(
    mode: Mode,
    sensitivity: Sensitivity,
    *,
    seeds: int = 2,
    short: Sequence[Histogram] = (),
    full: Histogram | None = None,
) -> float:
    """The threshold of a mode. ``short``: the topic's scores by headline and by snippet; ``full``: by article.

    Every polled entry has a short score; only fetched ones have a full score, and those not fetched count as below.
    """
    if sensitivity.fixed is not None:
        if sensitivity.fixed >= NEVER:
            return NEVER
        return sensitivity.fixed * (1.0 if mode == "full" else SNIPPET_OF_FIXED)
    short_counts = _merged(short)
    full_counts = full.counts if full else ()
    counts = full_counts if mode == "full" else short_counts
    polled = max(sum(short_counts), sum(full_counts))
    return min(NEVER, sensitivity.factor * _placed(START[mode] * by_seeds(seeds), counts, polled))


def by_seeds(seeds: int) -> float:
    """What a start is multiplied by: one seed knows fewer of a topic's words than two, so its scores are lower."""
    return float((min(max(seeds, 1), MOST_SEEDS) / 2) ** SEEDS)


def _placed(start: float, counts: Sequence[float], polled: float) -> float:
    if polled < ENOUGH_POLLED:
        return start
    above = _above(start, counts)
    weight = sum(count for _, count in above)
    height = sum(count * log(min(score / start, CAP)) for score, count in above)
    mean = (height + PRIOR * USUAL) / (weight + PRIOR)
    return start * min(CEILING, max(FLOOR, exp(STEEPNESS * (mean - USUAL))))


def _above(start: float, counts: Sequence[float]) -> list[tuple[float, float]]:
    """The scores above the start, counted (equal bins over [0, 1])."""
    first = ceil(start * len(counts))
    return [((first + i + 0.5) / len(counts), count) for i, count in enumerate(counts[first:]) if count > 0]


def _merged(histograms: Sequence[Histogram]) -> tuple[float, ...]:
    return tuple(map(sum, zip(*(histogram.counts for histogram in histograms), strict=True)))


def reached(value: float, threshold: float) -> bool:
    """Whether a score is a match. Nothing reaches `NEVER`, and a score of zero reaches nothing."""
    return value > 0.0 and threshold <= value and threshold < NEVER


def likely(score: float, threshold: float) -> bool:
    """Whether a score by headline or snippet makes fetching the article worth it."""
    return reached(score, LIKELY * threshold) and threshold < NEVER


def strength(value: float, threshold: float, mode: Mode) -> float:
    """A probability-like figure in [0, 1]: sigmoid of ln(score/threshold), fitted on other topics than the user's.

    0.27 at the threshold, 0.6 (snippet) or 0.66 (full) at twice the threshold.
    """
    if value <= 0:
        return 0.0
    if threshold <= 0:
        return 1.0
    steepness = SLOPE[mode] * (log(value) - log(threshold)) + OFFSET
    return 1.0 / (1.0 + exp(min(700.0, -steepness)))  # exp overflows beyond
