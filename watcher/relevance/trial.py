"""A topic's models made and tried beside those in use: what would be said of texts with other examples.

Its one rule: a trial changes nothing and looks at nothing that changes, so it may run beside everything else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from watcher.relevance.features import UNDETERMINED, primary, total
from watcher.relevance.learning import Labelled, in_language, labelled, learn, threshold_by_labels
from watcher.relevance.model import Rarity, train
from watcher.relevance.scoring import TopicIndex, nothing, score_counts
from watcher.relevance.subjects import Subjects
from watcher.relevance.threshold import reached
from watcher.types import Example, Mode, Score, Seed


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a trial says of one text."""

    score: Score
    threshold: float

    @property
    def match(self) -> bool:
        """Whether the score reaches the threshold."""
        return reached(self.score.value, self.threshold)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """Models, one a language, and thresholds, as certain examples make them."""

    indexes: Mapping[str, TopicIndex]
    thresholds: Mapping[Mode, float]

    def judge(self, texts: Sequence[Example]) -> list[Verdict]:
        """What is said of each text; one in an unknown language is read as each, and the highest score counts."""
        best = [nothing(one.mode) for one in texts]
        for language, index in self.indexes.items():
            rows = [i for i, one in enumerate(texts) if primary(one.language) in {language, UNDETERMINED}]
            found = score_counts([texts[i].terms for i in rows], [texts[i].mode for i in rows], index) if rows else []
            for i, (given,) in zip(rows, found, strict=True):
                best[i] = max(best[i], given, key=lambda one: one.value)
        return [Verdict(given, self.thresholds[given.mode]) for given in best]

    def weights(self) -> dict[str, float]:
        """The weights of all terms; a term that two languages have counts where it weighs more."""
        found: dict[str, float] = {}
        for index in self.indexes.values():
            for term, weight in index.models[0].weights.items():
                found[term] = max(weight, found.get(term, 0.0))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """All that a topic's models are made of, as it is at this moment."""

    topic: str
    seeds: Mapping[str, Sequence[Seed]]
    """Language → seeds."""
    rarity: Mapping[str, Rarity]
    subjects: Mapping[str, Subjects]
    placed: Mapping[Mode, float]
    """The thresholds as they are without examples."""
    fixed: bool
    """The user has fixed the threshold: examples do not move it."""

    def teach(self, examples: Sequence[Example]) -> Taught:
        """The models and thresholds with these examples."""
        return self._made(self.seeds, examples)

    def judge_seeds(self, examples: Sequence[Example]) -> dict[str, bool]:
        """Seed's name → whether it matches by the examples and the other seeds; a lone one is judged by itself.

        A model always finds the texts that it was made of: only a seed that was left out says what it would miss.
        """
        found = {}
        for language, seeds in self.seeds.items():
            labels = labelled(examples, language, self.rarity[language], self.subjects.get(language))
            for seed in seeds:
                others = [one for one in seeds if one is not seed] or [seed]
                made = self._made({language: others}, examples, {language: labels})
                (verdict,) = made.judge([_text(seed, language)])
                found[seed.name] = verdict.match
        return found

    def by_others(self) -> dict[str, float | None]:
        """Seed's name → the part of the threshold that it reaches by the others of its language; None: it is alone."""
        found: dict[str, float | None] = {}
        for language, seeds in self.seeds.items():
            for seed in seeds:
                others = [one for one in seeds if one is not seed]
                (verdict,) = self._made({language: others}, ()).judge([_text(seed, language)]) if others else (None,)
                found[seed.name] = None if verdict is None else verdict.score.value / verdict.threshold
        return found

    def _made(
        self,
        seeds: Mapping[str, Sequence[Seed]],
        examples: Sequence[Example],
        known: Mapping[str, Sequence[Labelled]] | None = None,
    ) -> Taught:
        """Models of these seeds; ``known``: the examples as vectors, where somebody has made them already."""
        indexes = {}
        for language, of_language in seeds.items():
            rarity, subjects = self.rarity[language], self.subjects.get(language)
            model = train(self.topic, of_language, language, rarity, subjects)
            own = known[language] if known else labelled(examples, language, rarity, subjects)
            indexes[language] = TopicIndex([learn(model, own)], rarity, subjects)
        labels = [found for language, index in indexes.items() for found in scored(examples, language, index, 0)]
        return Taught(indexes=indexes, thresholds=self._thresholds(labels))

    def _thresholds(self, labels: Sequence[tuple[Score, Example]]) -> dict[Mode, float]:
        if self.fixed:
            return dict(self.placed)
        return {mode: moved(placed, mode, labels) for mode, placed in self.placed.items()}


def scored(examples: Sequence[Example], language: str, index: TopicIndex, position: int) -> list[tuple[Score, Example]]:
    """What one model of an index says of the examples of its language."""
    given = in_language(examples, language)
    found = score_counts([one.terms for one in given], [one.mode for one in given], index)
    return [(scores[position], one) for scores, one in zip(found, given, strict=True)]


def moved(placed: float, mode: Mode, labels: Sequence[tuple[Score, Example]]) -> float:
    """A threshold as examples of its kind (articles, or what is shorter) move it."""
    alike = [(given.value, one) for given, one in labels if (one.mode == "full") == (mode == "full")]
    return threshold_by_labels(
        placed,
        [value for value, one in alike if one.relevant],
        [value for value, one in alike if not one.relevant],
        known=sum(one.weight for _, one in alike),
    )


def _text(seed: Seed, language: str) -> Example:
    """A seed as an entry's article would be seen: the words of its headline count twice."""
    terms = total(seed.counts) + Counter(seed.counts.title)
    return Example(terms=terms, language=language, mode="full", relevant=True)
