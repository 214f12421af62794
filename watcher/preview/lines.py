"""Places where a topic's threshold may be: what the file may say, and what that comes to. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from watcher.preview.plan import Thresholds
from watcher.relevance.threshold import NEVER
from watcher.types import SENSITIVITIES, Sensitivity

AROUND = (0.6, 0.8, 0.9, 1.1, 1.5, 2.0)
"""Parts of the threshold in use that are tried as fixed ones, beside the named sensitivities."""
TOO_NEAR = 0.03
"""A part that lies so near a named one says nothing more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One place where the threshold may be. ``name``: what to write into the file for it."""

    name: str
    thresholds: Thresholds
    present: bool


def named(sensitivity: Sensitivity) -> str:
    """How the file says it."""
    if sensitivity.fixed is not None:
        return f"{sensitivity.fixed:g}"
    if sensitivity.budget is not None:
        return f"{{alerts_per_day: {sensitivity.budget}}}"
    return next(
        (name for name, factor in SENSITIVITIES.items() if factor == sensitivity.factor), f"× {sensitivity.factor:g}"
    )


def lines(sensitivity: Sensitivity, thresholds: Callable[[Sensitivity], Thresholds]) -> list[Line]:
    """The places that are tried, the highest first; the present one is among them."""
    own = thresholds(sensitivity)
    found = [Line(name=named(sensitivity), thresholds=own, present=True)]
    for name, factor in SENSITIVITIES.items():
        if sensitivity.fixed is not None or factor != sensitivity.factor:
            found.append(Line(name=name, thresholds=thresholds(Sensitivity(factor=factor)), present=False))
    for part in AROUND:
        fixed = round(part * own["full"], 3)
        apart = all(abs(fixed / one.thresholds["full"] - 1) > TOO_NEAR for one in found)
        if apart and fixed < NEVER:
            found.append(Line(name=f"{fixed:g}", thresholds=thresholds(Sensitivity(fixed=fixed)), present=False))
    return sorted(found, key=lambda one: -one.thresholds["full"])
