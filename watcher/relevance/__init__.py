"""How near a text is to a topic's seeds: features, model, threshold, and what was polled so far.

Its one rule: a scorer is anything that keeps the `Scorer` protocol. Adding one is a module, a line in `SCORERS` and a
row in the contract test. This module stays light; scikit-learn is imported when a scorer is first made.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from watcher.relevance.features import Document
from watcher.types import Example, Mode, Score, Sensitivity, StreamDelta

if TYPE_CHECKING:
    from watcher.relevance.trial import Trial  # scikit-learn comes with it

__all__ = ["SCORERS", "Document", "Judgement", "Scorer", "scorer_factory"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a scorer says of one document and topic. ``match``: the score reaches the threshold."""

    topic: str
    score: Score
    threshold: float
    strength: float
    """Between 0 and 1, for people; 0.27 at the threshold."""
    match: bool
    without_answers: bool | None = None
    """What ``match`` would be had readers answered nothing; None where nobody has looked."""


class Scorer(Protocol):
    """Judges documents by the topics it was made with, and by what was polled before them."""

    def judge(
        self, documents: Sequence[Document], *, topics: Sequence[Collection[str]] | None = None, now: datetime
    ) -> list[dict[str, Judgement]]:
        """Per document, topic → judgement. ``topics`` names those to judge per document; None means all."""

    def delta(self, documents: Sequence[Document], judged: Sequence[Mapping[str, Judgement]]) -> StreamDelta:
        """What these documents add to the stream statistics; articles (mode "full") add scores only."""

    def absorb(self, delta: StreamDelta, at: datetime) -> None:
        """Take in what was saved; from here on it counts as the past."""

    def version(self, topic: str) -> str:
        """Names tokeniser, background and seeds; equal versions and streams score equally."""

    def key_terms(self, topic: str, n: int) -> tuple[tuple[str, float], ...]:
        """The ``n`` heaviest terms with their weights, heaviest first."""

    def needed_words(self) -> frozenset[str]:
        """A text without any of these words scores 0 for every topic."""

    def languages(self, topic: str) -> frozenset[str]:
        """The languages of the topic's seeds."""

    def thresholds(self, topic: str, sensitivity: Sensitivity, now: datetime) -> Mapping[Mode, float]:
        """What scores would have to reach by another sensitivity."""

    def trial(self, topic: str, now: datetime) -> Trial:
        """The topic as it is at this moment, to try other examples on."""

    def teach(self, topic: str, examples: Sequence[Example]) -> None:
        """Have these examples, and no others, count for a topic from here on."""


SCORERS: dict[str, str] = {"tfidf": "watcher.relevance.scorer:TfidfScorer"}
"""Name → "module:class"; the class takes (topics, background, stream, subjects=, examples=, now=)."""


def scorer_factory(name: str = "tfidf") -> Callable[..., Any]:
    """The class behind a registered name, imported now. Raises KeyError for an unknown name."""
    module, _, attribute = SCORERS[name].partition(":")
    factory: Callable[..., Any] = getattr(import_module(module), attribute)
    return factory
