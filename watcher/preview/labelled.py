"""Precision and recall on what readers answered.

Its one rule: a text is never judged by a model that has learned from it. The answered texts are dealt into ten parts,
and each part is judged by the seeds and the other nine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watcher.preview.plan import Thresholds
from watcher.relevance.trial import Trial
from watcher.relevance.votes import examples
from watcher.types import Label, Mode

PARTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One text with its right judgement. ``ratio``: its score as a part of what it would have had to reach."""

    relevant: bool
    mode: Mode
    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """How answered texts come out at some threshold."""

    found: int
    """Relevant ones that match."""
    missed: int
    wrong: int
    """Matches that are not relevant."""

    @property
    def precision(self) -> float | None:
        """Share of the matches that are relevant."""
        return self.found / (self.found + self.wrong) if self.found + self.wrong else None

    @property
    def recall(self) -> float | None:
        """Share of the relevant ones that match."""
        return self.found / (self.found + self.missed) if self.found + self.missed else None


def answered(trial: Trial, labels: Sequence[Label]) -> tuple[Answered, ...]:
    """Judge every answered text by what the others teach."""
    texts = examples(labels)
    found: list[Answered] = []
    for part in range(min(PARTS, len(texts))):
        taught = trial.teach([one for place, one in enumerate(texts) if place % PARTS != part])
        own = texts[part::PARTS]
        found += [
            Answered(relevant=text.relevant, mode=verdict.score.mode, ratio=verdict.score.value / verdict.threshold)
            for text, verdict in zip(own, taught.judge(own), strict=True)
        ]
    return tuple(found)


def at(texts: Sequence[Answered], lines: Thresholds, present: Thresholds) -> Labelled:
    """How they come out with other thresholds than the ones they were judged by."""
    matched = [one.ratio > 0 and one.ratio * present[one.mode] >= lines[one.mode] for one in texts]
    pairs = list(zip(texts, matched, strict=True))
    return Labelled(
        found=sum(match and one.relevant for one, match in pairs),
        missed=sum(one.relevant and not match for one, match in pairs),
        wrong=sum(match and not one.relevant for one, match in pairs),
    )
