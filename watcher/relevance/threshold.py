"""What a score must reach, and what it means for people.

Its one rule: a threshold starts at a measured value and moves to the natural gap in what was polled, never further down
than 0.7 of its start. Placing it needs no labels: Otsu's two-class split (IEEE Trans. SMC 9, 1979) of the highest
scores. Snippets and articles live on different scales, so each mode has its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, exp, log, sqrt

from watcher.types import Histogram, Mode, Sensitivity

START = {"headline": 0.12, "snippet": 0.12, "full": 0.15}
"""Measured on labelled topics; until enough was polled, the threshold is this."""

ENOUGH_POLLED = 500.0
"""Entries polled (faded) before the threshold moves."""

ENOUGH_ABOVE = 5.0
"""Entries above the start before it moves, and in the upper class: the split of a stream that holds nothing on the
topic is noise."""

CAP = 2.5
"""Of the start: how far above it a score lies says nothing about where the gap is. Without this, one copy of a seed in
the stream, far above everything else, becomes the upper class."""

TOP = 0.02
"""The share of all that was polled, highest scores first, that is split in two."""

FLOOR = 0.7
"""Of the start: the threshold never moves below."""

SNIPPET_OF_FIXED = 0.8
"""A fixed threshold is meant for articles; entries judged without one have this part of it."""

NEVER = 1.0
"""A threshold that nothing reaches, not even a seed itself."""

LIKELY = 0.4
"""The part of its threshold from which on an entry's article is worth fetching."""

SLOPE = {"headline": 2.1, "snippet": 2.1, "full": 2.4}
OFFSET = -1.0


def threshold(
    mode: Mode, sensitivity: Sensitivity, *, short: Sequence[Histogram] = (), full: Histogram | None = None
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
    return min(NEVER, sensitivity.factor * _placed(START[mode], counts, polled))


def _placed(start: float, counts: Sequence[float], polled: float) -> float:
    above = sum(counts[ceil(start * len(counts)) :])
    if polled < ENOUGH_POLLED or above < ENOUGH_ABOVE:
        return start
    split = otsu(counts, TOP * polled, cap=CAP * start, smallest=ENOUGH_ABOVE)
    return start if split is None else max(FLOOR * start, sqrt(start * split))


def _merged(histograms: Sequence[Histogram]) -> tuple[float, ...]:
    return tuple(map(sum, zip(*(histogram.counts for histogram in histograms), strict=True)))


def otsu(counts: Sequence[float], top: float, *, cap: float = 1.0, smallest: float = 0.0) -> float | None:
    """The score that best splits the ``top`` highest of these counted scores (equal bins over [0, 1]) in two classes.

    Scores above ``cap`` count as ``cap``; the upper class holds at least ``smallest`` of them. Where a whole gap splits
    equally well, its middle. None when there are no two classes.
    """
    width = 1.0 / len(counts)
    kept = [(min((index + 0.5) * width, cap), count) for index, count in _highest(counts, top)]
    weight_all = sum(count for _, count in kept)
    sum_all = sum(value * count for value, count in kept)
    best, split = 0.0, None
    weight_below = sum_below = 0.0
    for (value, count), (following, _) in pairwise(kept):
        weight_below += count
        sum_below += value * count
        weight_above = weight_all - weight_below
        if weight_above < max(smallest, 1e-9):
            break
        apart = sum_below / weight_below - (sum_all - sum_below) / weight_above
        between = weight_below * weight_above * apart * apart
        if between > best:
            best, split = between, (value + following) / 2
    return split


def _highest(counts: Sequence[float], top: float) -> list[tuple[int, float]]:
    """The filled bins that hold the ``top`` highest scores, lowest bin first; the last one taken may be cut."""
    kept: list[tuple[int, float]] = []
    left = top
    for index in range(len(counts) - 1, -1, -1):
        if left <= 1e-9:
            break
        if counts[index] > 0:
            kept.append((index, min(left, counts[index])))
            left -= kept[-1][1]
    return kept[::-1]


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
