"""Makes the constants of `watcher.stories.events`: the weights of what a text and a story have in common.

    WATCHER_CORPORA=../shared python -m tests.eval.fit_stories

Each text of each set is compared with the stories of all texts before it, as they truly are; a logistic regression
tells the own story from others. So that the number of open stories is told from the kind of text, sets come whole and
in parts; and because a story once split stays split, each comes a second time with its stories split in two by chance.
Every part counts alike. The figures printed are cross-fitted: the events are halved (siblings stay together), each half
is grouped by the rule that the other half made. The constants are those of all events. Precision is made by what is
taken off the weight of ``first`` (a story of one text) and off the bias, which `--shift` tries.
"""

from __future__ import annotations

import argparse
import os
import random
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

PARTS: dict[str, Sequence[tuple[int, Sequence[int]]]] = {
    "events snippet": ((0, (21, 22)), (8, (21, 22))),
    "events article": ((0, (21, 22)), (8, (21, 22))),
    "round-ups": ((0, (21,)), (500, (21, 22)), (150, range(21, 25)), (50, range(21, 29))),
}
"""How many topics (0: all of them) come together for fitting, and in which orders; no measured one is among them."""
SHIFTS = ("1.0,0.5", "1.0,0.7", "0.5,1.2")
"""What is taken off the weight of a story of one text, and off the bias."""

Row = tuple[str, Likeness, bool]
Rule = tuple[NDArray[np.float64], float]


def topic(event: str) -> str:
    """What "12ecb" and its sibling "12ecbplus" share."""
    found = re.match(r"\d+(?=ecb)", event)
    return found.group() if found else event


def half(event: str) -> int:
    """0 or 1; the events of one topic are in the same half."""
    return crc32(topic(event).encode()) % 2


def part(found: Sequence[Labelled], topics: int, order: int) -> list[Labelled]:
    """The texts of so many topics (0: of all) in a random order."""
    names = sorted({topic(event) for _, event in found})
    kept = set(random.Random(order).sample(names, topics or len(names)))
    return shuffled([one for one in found if topic(one[1]) in kept], order)


def rows(found: Sequence[Labelled], pieces: int, order: int) -> list[Row]:
    """What each text has in common with the true stories before it, each in so many pieces; whether it is its own."""
    events, made, chance = Events(background(), polled(found)), [], random.Random(order)
    for member, event in found:
        new = events.read(member)
        near = events.near(new, seen=member.seen)[:6]
        made += [(event, one.likeness, one.story.partition("|")[0] == event) for one in near]
        events.add(f"{event}|{chance.randrange(pieces)}", new, seen=member.seen)
    return made


def fitted_on(found: Sequence[Labelled], name: str) -> list[list[Row]]:
    """The rows of a set's parts, whole stories first, then those in two pieces."""
    return [
        [row for order in orders for row in rows(part(found, topics, order), pieces, order)]
        for pieces in (1, 2)
        for topics, orders in PARTS[name]
    ]


def fit(sets: Sequence[Sequence[Row]]) -> Rule:
    """The weights and the bias of a logistic regression in which every part counts alike."""
    x = np.array([like for one in sets for _, like, _ in one])
    y = np.array([own for one in sets for _, _, own in one])
    weights = np.array([len(y) / len(sets) / len(one) for one in sets for _ in one])
    scale = StandardScaler().fit(x)
    model = LogisticRegression(max_iter=2000).fit(scale.transform(x), y, sample_weight=weights)
    slopes = model.coef_[0] / scale.scale_
    return slopes, float(model.intercept_[0] - slopes @ scale.mean_)


def grouped(found: Sequence[Labelled], rules: Sequence[Rule], first: float, shift: float) -> dict[str, float]:
    """B-cubed figures of a stream where each event's texts are placed by the rule that the other half made."""
    events, stories = Events(background(), polled(found)), []
    for member, event in found:
        new = events.read(member)
        slopes, bias = rules[half(event)]
        scored = [
            (float(slopes @ near.likeness) + bias - first * near.likeness.first - shift, near.story)
            for near in events.near(new, seen=member.seen)
        ]
        value, story = max(scored, default=(-1.0, ""))
        stories.append(story if value >= 0 else member.entry)
        events.add(stories[-1], new, seen=member.seen)
    return b_cubed([event for _, event in found], stories)


def main() -> None:
    """Fit, print the constants, and the cross-fitted figures by shift."""
    options = argparse.ArgumentParser(description="Fit the constants of grouping.")
    options.add_argument("--shift", nargs="*", default=SHIFTS, help="what is taken off the weight, and off the bias")
    shifts = options.parse_args().shift
    corpora = Path(os.environ["WATCHER_CORPORA"])
    given = {name: members(corpora, name) for name in SETS}
    seen = [one for name, found in given.items() for one in fitted_on(found, name)]
    rules = [fit([[row for row in one if half(row[0]) != side] for one in seen]) for side in (0, 1)]
    slopes, bias = fit(seen)
    print(Likeness(*(round(float(slope), 2) for slope in slopes)), f"bias {bias:.2f}")
    for taken in shifts:
        first, shift = map(float, taken.split(","))
        for name, found in given.items():
            runs = [grouped(shuffled(found, order), rules, first, shift) for order in range(ORDERS[name])]
            means = {key: sum(run[key] for run in runs) / len(runs) for key in ("P", "R", "F1")}
            print(f"−{taken} {name:16}" + "".join(f" {key} {value:.3f}" for key, value in means.items()), flush=True)


if __name__ == "__main__":
    main()
