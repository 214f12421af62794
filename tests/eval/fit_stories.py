"""Makes the constants of `watcher.stories.events`: the weights of what a text and a story have in common.

    WATCHER_CORPORA=../shared python -m tests.eval.fit_stories

Each text of each set is compared with the stories of all texts before it, as they truly are; a logistic regression
tells the own story from others, every set counting alike. The figures printed are cross-fitted: the events are halved
(siblings stay together), each half is grouped by the rule that the other half made. The constants are those of all
events. Precision is made by what is taken off the weight of ``first`` (a story of one text), which `--first` tries.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from tests.eval.story_sets import ORDERS, SETS, Labelled, b_cubed, members, polled, shuffled
from watcher.data import background
from watcher.stories.events import Events
from watcher.stories.likeness import Likeness

FITTED_ON = 21
"""The order in which the sets come for fitting; no measured one."""
SHIFTS = (0.0, 1.0, 1.5, 1.8)
"""What is taken off the weight of a story of one text."""

Row = tuple[str, Likeness, bool]
Rule = tuple[NDArray[np.float64], float]


def half(event: str) -> int:
    """0 or 1; the events of one topic ("12ecb" and its sibling "12ecbplus") are in the same half."""
    topic = re.match(r"\d+(?=ecb)", event)
    return crc32((topic.group() if topic else event).encode()) % 2


def rows(found: Sequence[Labelled]) -> list[Row]:
    """What each text has in common with the true stories before it, and whether the story is its own."""
    events, made = Events(background(), polled(found)), []
    for member, event in found:
        new = events.read(member)
        made += [(event, near.likeness, near.story == event) for near in events.near(new, seen=member.seen)[:6]]
        events.add(event, new, seen=member.seen)
    return made


def fit(sets: Sequence[Sequence[Row]]) -> Rule:
    """The weights and the bias of a logistic regression in which every set counts alike."""
    x = np.array([like for one in sets for _, like, _ in one])
    y = np.array([own for one in sets for _, _, own in one])
    weights = np.array([len(y) / len(sets) / len(one) for one in sets for _ in one])
    scale = StandardScaler().fit(x)
    model = LogisticRegression(max_iter=2000).fit(scale.transform(x), y, sample_weight=weights)
    slopes = model.coef_[0] / scale.scale_
    return slopes, float(model.intercept_[0] - slopes @ scale.mean_)


def grouped(found: Sequence[Labelled], rules: Sequence[Rule], shift: float) -> dict[str, float]:
    """B-cubed figures of a stream where each event's texts are placed by the rule that the other half made."""
    events, stories = Events(background(), polled(found)), []
    for member, event in found:
        new = events.read(member)
        slopes, bias = rules[half(event)]
        scored = [
            (float(slopes @ near.likeness) + bias - shift * near.likeness.first, near.story)
            for near in events.near(new, seen=member.seen)
        ]
        value, story = max(scored, default=(-1.0, ""))
        stories.append(story if value >= 0 else member.entry)
        events.add(stories[-1], new, seen=member.seen)
    return b_cubed([event for _, event in found], stories)


def main() -> None:
    """Fit, print the cross-fitted figures by shift of that weight, and the constants."""
    options = argparse.ArgumentParser(description="Fit the constants of grouping.")
    options.add_argument("--first", type=float, nargs="*", default=SHIFTS, help="what is taken off the weight")
    shifts = options.parse_args().first
    corpora = Path(os.environ["WATCHER_CORPORA"])
    given = {name: members(corpora, name) for name in SETS}
    seen = {name: rows(shuffled(found, FITTED_ON)) for name, found in given.items()}
    rules = [fit([[row for row in one if half(row[0]) != side] for one in seen.values()]) for side in (0, 1)]
    slopes, bias = fit(list(seen.values()))
    print(Likeness(*(round(float(slope), 2) for slope in slopes)), f"bias {bias:.2f}")
    for shift in shifts:
        for name, found in given.items():
            runs = [grouped(shuffled(found, order), rules, shift) for order in range(ORDERS[name])]
            means = {key: sum(run[key] for run in runs) / len(runs) for key in ("P", "R", "F1")}
            print(
                f"−{shift:.1f} {name:16}" + "".join(f" {key} {value:.3f}" for key, value in means.items()), flush=True
            )


if __name__ == "__main__":
    main()
