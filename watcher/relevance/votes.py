"""From what people answered to what a model learns of it, and whether it should.

Its one rule: a text counts once, as most of those who answered see it, and one person's answers together count as
`MOST` at most, however many they are: nobody bends a topic alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from watcher.relevance.trial import Taught, Trial
from watcher.types import Example, Label

MOST = 10.0
"""A person's answers to one topic count as so many at most: less than what a model needs to learn at full weight."""

SHOWN = 3
"""Words that are told as having gone up or down."""

MOVED = 0.01
"""A weight that changed by less than this is not told; the heaviest weights are about 0.3."""


def examples(labels: Sequence[Label]) -> tuple[Example, ...]:
    """What the answers to one topic teach, in the order of their texts' first answers; a tie teaches nothing.

    ``labels``: at most one of each person about each entry.
    """
    given = Counter(label.user for label in labels)
    of_text: dict[str, list[Label]] = {}
    for label in labels:
        of_text.setdefault(label.entry, []).append(label)
    found = []
    for about in of_text.values():
        votes = sum((1 if one.relevant else -1) * min(1.0, MOST / given[one.user]) for one in about)
        if abs(votes) > 1e-9:
            found.append(example(about[-1], relevant=votes > 0, weight=min(1.0, abs(votes))))
    return tuple(found)


def example(label: Label, *, relevant: bool | None = None, weight: float = 1.0) -> Example:
    """One answer as a text whose right judgement is known."""
    answer = label.relevant if relevant is None else relevant
    return Example(terms=label.terms, language=label.language, mode=label.mode, relevant=answer, weight=weight)


def objection(trial: Trial, before: Sequence[Example], after: Sequence[Example], asked: Sequence[Label]) -> str | None:
    """Why learning must not go from the examples ``before`` to those ``after``, as a sentence; None when it may.

    It may when no seed stops to match, and when the yes and no to all the texts ``asked`` about is wrong no more often
    than it was.
    """
    seeds, still = trial.judge_seeds(before), trial.judge_seeds(after)
    lost = sorted(name for name, match in seeds.items() if match and not still[name])
    if lost:
        return f"the seed {lost[0]} would not match any more"
    right = examples(asked)
    wrong_before, wrong_after = (_wrong(trial.teach(given), right) for given in (before, after))
    if wrong_after > wrong_before:
        return f"{wrong_after} of {len(right)} texts that were answered would be judged wrongly, {wrong_before} were"
    return None


def _wrong(taught: Taught, right: Sequence[Example]) -> int:
    judged = taught.judge(right)
    return sum(verdict.match != one.relevant for verdict, one in zip(judged, right, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a lesson changed. ``lost`` and ``found`` count lately judged texts that changed sides."""

    up: tuple[str, ...] = ()
    down: tuple[str, ...] = ()
    lost: int = 0
    found: int = 0
    thresholds: tuple[float, float] | None = None
    """The threshold of the answered text's kind, before and after, where it moved."""


def change(before: Taught, after: Taught, about: Sequence[Label], lately: Sequence[Example]) -> Change:
    """What is different now. ``about``: the answers that were new; ``lately``: texts judged in the last days.

    Of the words only those of the answered texts are told: the others moved because all weights together stay one.
    """
    old, new = before.weights(), after.weights()
    words = {term for label in about for term in label.terms}
    moves = {term: new.get(term, 0.0) - old.get(term, 0.0) for term in words & (old.keys() | new.keys())}
    pairs = list(zip(before.judge(lately), after.judge(lately), strict=True))
    return Change(
        up=_most({term: move for term, move in moves.items() if move > MOVED}),
        down=_most({term: -move for term, move in moves.items() if move < -MOVED}),
        lost=sum(was.match and not now.match for was, now in pairs),
        found=sum(now.match and not was.match for was, now in pairs),
        thresholds=_thresholds(before, after, about),
    )


def _thresholds(before: Taught, after: Taught, about: Sequence[Label]) -> tuple[float, float] | None:
    if not about:
        return None
    was, now = (taught.thresholds[about[-1].mode] for taught in (before, after))
    return None if f"{was:.3f}" == f"{now:.3f}" else (was, now)


def _most(moves: Mapping[str, float]) -> tuple[str, ...]:
    """The terms that moved most; a pair goes where its words were told."""
    told: list[str] = []
    for term in sorted(moves, key=lambda term: (-moves[term], term)):
        words = set(term.split())
        if len(told) < SHOWN and not any(words & set(one.split()) for one in told):
            told.append(term)
    return tuple(told)
