"""What a text has in common with an open story, in figures, and the logistic rule that weighs them.

Its one rule: nothing is trained when it runs; `tests/eval/fit_stories.py` made the constants.
"""

from __future__ import annotations

from typing import NamedTuple

LEAD = 30
"""Words of a text's beginning, headline included, where a report tells what happened."""


class Likeness(NamedTuple):
    """What a text has in common with an open story. A cosine with a story is the largest one with a member (0 to 1)."""

    cosine: float
    """Half the largest, half the mean cosine to the story's members (0 to 1)."""
    shared: float
    """ln(1 + the summed idf of the words shared with the nearest member): an absolute amount of evidence."""
    names: float
    """Cosine of names and figures."""
    told: float
    """Share (by idf) of the text's names and figures that stand in a member (0 to 1)."""
    retold: float
    """Share (by idf) of the nearest member's names and figures that stand in the text (0 to 1)."""
    headline: float
    """Cosine of the headlines."""
    lead: float
    """Cosine of the first `LEAD` words."""
    figures: float
    """Cosine of the figures."""
    year: float
    """1 where both name the same year, −1 where each names others, 0 where one names none."""
    first: float
    """1 for a story of one member, else 0."""
    length: float
    """ln(1 + the text's words)."""
    other_length: float
    """ln(1 + the nearest member's words)."""
    crowd: float
    """Mean cosine to the nearest members of the third to sixth nearest stories (0 to 1)."""


WEIGHTS = Likeness(
    cosine=2.46, shared=2.54, names=1.21, told=2.73, retold=1.24, headline=2.66, lead=1.22, figures=0.68, year=1.77,
    first=-0.18, length=-0.87, other_length=-1.12, crowd=-16.9,
)  # fmt: skip
"""As fitted, but for ``first``: the fitted 1.32 less 1.5. There the cross-fitted precision of every set is 0.95: where
one text meets one text, there is the least evidence, and most stories are such."""
BIAS = -4.8


def logit(like: Likeness) -> float:
    """ln(p / (1 − p)) of a text and a story being one event, moved so that from 0 on precision suffices."""
    return BIAS + sum(weight * value for weight, value in zip(WEIGHTS, like, strict=True))
