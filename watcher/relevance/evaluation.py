"""How good a ranking and its yes/no are, given labels.

Its one rule: tied scores share one precision, so that the order of a file earns nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import sqrt

MISS_COST = 1.0
FALSE_ALARM_COST = 4.9
"""Cost of a false alarm relative to a miss, prior included: topic detection and tracking's own (NIST TDT)."""

ENOUGH = 20
"""Answers from which on an interval says more than the two numbers."""
NORMAL = 1.96
"""Standard deviations on each side: of a hundred such intervals 95 hold the true share."""


def interval(hits: int, of: int) -> tuple[float, float] | None:
    """Between which shares the true one lies, by Wilson's score; None where there is too little to say so."""
    if of < ENOUGH:
        return None
    share, square = hits / of, NORMAL**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = NORMAL * sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    # rounding must not put an end on the wrong side of what was seen
    return min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half))


def _steps(scores: Sequence[float], relevant: Sequence[bool]) -> list[tuple[int, int]]:
    """(taken, relevant among them) after each distinct score, highest first."""
    ranked = sorted(zip(scores, relevant, strict=True), key=lambda pair: -pair[0])
    steps, taken, hits = [], 0, 0
    for _, tied in groupby(ranked, key=lambda pair: pair[0]):
        labels = [label for _, label in tied]
        taken += len(labels)
        hits += sum(labels)
        steps.append((taken, hits))
    return steps


def average_precision(scores: Sequence[float], relevant: Sequence[bool]) -> float:
    """Mean precision at the ranks of the relevant ones; 0 when there are none."""
    total = sum(relevant)
    area, before = 0.0, 0
    for taken, hits in _steps(scores, relevant):
        area += (hits - before) * hits / taken
        before = hits
    return area / total if total else 0.0


def f1(matched: Sequence[bool], relevant: Sequence[bool]) -> float:
    """Harmonic mean of precision and recall of a yes/no; 0 when there is neither."""
    both = sum(match and label for match, label in zip(matched, relevant, strict=True))
    total = sum(matched) + sum(relevant)
    return 2 * both / total if total else 0.0


def best_f1(scores: Sequence[float], relevant: Sequence[bool]) -> float:
    """F1 at the best threshold there is."""
    total = sum(relevant)
    return max((2 * hits / (taken + total) for taken, hits in _steps(scores, relevant)), default=0.0)


def detection_cost(matched: Sequence[bool], relevant: Sequence[bool]) -> float:
    """Normalised detection cost: share missed + 4.9 × share of false alarms. 0 is perfect, 1 is saying nothing."""
    pairs = list(zip(matched, relevant, strict=True))
    wanted = sum(relevant)
    missed = sum(label and not match for match, label in pairs) / wanted if wanted else 0.0
    alarms = sum(match and not label for match, label in pairs) / (len(pairs) - wanted) if wanted < len(pairs) else 0.0
    return MISS_COST * missed + FALSE_ALARM_COST * alarms
