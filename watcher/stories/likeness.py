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
    weekday: float
    """The same for the days of the week that the text and the nearest member name."""
    first: float
    """1 for a story of one member, else 0."""
    length: float
    """ln(1 + the text's words)."""
    other_length: float
    """ln(1 + the nearest member's words)."""
    crowd: float
    """Mean cosine to the nearest members of the third to eighth nearest stories (0 to 1)."""
    open: float
    """ln(1 + the open stories): the more there are, the more likely one is alike by chance."""


WEIGHTS = Likeness(
    cosine=6.06, shared=2.17, names=0.68, told=1.87, retold=1.09, headline=2.45, lead=1.14, figures=0.53, year=1.44,
    weekday=0.79, first=0.33, length=-0.78, other_length=-1.02, crowd=-17.8, open=-0.1,
)  # fmt: skip
"""As fitted, but for ``first``: the fitted 1.33 less 1. Where one text meets one text there is the least evidence."""
BIAS = -3.86
"""The fitted −3.36 less 0.5: together with what is taken off ``first`` the cross-fitted precision is 0.95."""


def logit(like: Likeness) -> float:
    """ln(p / (1 − p)) of a text and a story being one event, moved so that from 0 on precision suffices."""
    return BIAS + sum(weight * value for weight, value in zip(WEIGHTS, like, strict=True))
