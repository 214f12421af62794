"""One topic's model: a list of at most 200 weighted words and word pairs.

In scikit-learn's terms it is a TF-IDF vectoriser and a linear classifier whose weights are the (nearest-centroid) mean
of its few positive examples, Rocchio's rule without negatives. With one to five examples this ranks as logistic
regression does, and its yes/no does not depend on a made-up negative class. `TfidfTransformer` and `normalize` do the
work.

Its one rule: a weight is large for what is frequent in the seeds and rare both in ordinary news and in what was polled
lately. Nothing here depends on the order of seeds, on a clock or on chance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, repeat

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.preprocessing import normalize

from watcher.errors import Problem, SeedError
from watcher.relevance.features import total
from watcher.relevance.stream import RAREST
from watcher.relevance.subjects import Places, Subjects
from watcher.text import words
from watcher.types import Seed, TermShares

Floats = NDArray[np.float64]

ENOUGH_POLLED = 100.0
"""Polled documents of a language (faded) before their statistics count."""

MOST_TERMS = 200
KEY_TERMS = 30
TITLE_BOOST, TITLE_PAIR, TITLE_PAIR_ONCE = 2.0, 1.5, 1.0
"""A headline's words are chosen. Its pairs less so: "push withdrawing" stands in it because two words do."""

LEAD_BOOST = 1.25
SINGLE_USE, SINGLE_USE_PAIR = 0.75, 0.5
"""What stands once in all seeds and in no title says less; a pair of words still less, since its words count, too."""

FIGURES = 0.5
"""A figure belongs to one report more than to its topic."""

_GENERIC = frozenset({"news", "com", "org", "net", "www", "tv", "radio", "online"})


class Rarity:
    """How rare terms of one language are: idf = 1 − ln p, p the larger of the background's and the stream's share."""

    def __init__(self, background: TermShares | None, stream: TermShares | None) -> None:
        self._background: Mapping[str, float] = background.shares if background else {}
        self._knows_pairs = any(" " in term for term in self._background)
        known = stream is not None and stream.documents >= ENOUGH_POLLED
        self._stream: Mapping[str, float] = stream.shares if stream and known else {}

    def idf(self, vocabulary: Sequence[str]) -> Floats:
        """At least 1 (every document holds it), at most 1 − ln(`RAREST`); half of it for a pair nobody has counted.

        Where a table has no pairs, every pair would look rare and most of a text's weight would be theirs.
        """
        ordinary, lately = (
            np.fromiter(map(shares.get, vocabulary, repeat(0.0)), dtype=np.float64, count=len(vocabulary))
            for shares in (self._background, self._stream)
        )
        shares = np.maximum(ordinary, lately)
        idf: Floats = 1.0 - np.log(np.maximum(shares, RAREST))
        if not self._knows_pairs:
            uncounted = [not share and " " in term for share, term in zip(shares, vocabulary, strict=True)]
            idf[np.array(uncounted, dtype=bool)] *= 0.5
        return idf

    def vectors(self, counts: csr_matrix, vocabulary: Sequence[str]) -> csr_matrix:
        """Counts (documents × vocabulary) as unit TF-IDF vectors, tf = 1 + ln(count)."""
        transformer = TfidfTransformer(sublinear_tf=True, norm="l2")
        transformer.idf_ = self.idf(vocabulary)
        vectors: csr_matrix = transformer.transform(counts)
        return vectors


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicModel:
    """A topic in one language. ``weights``: unit vector, heaviest term first; ``key``: its first 30, summing to 1."""

    topic: str
    language: str
    weights: Mapping[str, float]
    key: Mapping[str, float]
    seeds: Mapping[str, Mapping[str, float]]
    """Seed's name → its unit vector over the terms in ``weights`` (shorter than 1 where others carried it)."""
    middle: Places | None
    """Where its seeds lie among the subjects of news; None for a language without such a table."""


def train(
    topic: str, seeds: Sequence[Seed], language: str, rarity: Rarity, subjects: Subjects | None = None
) -> TopicModel:
    """The model of a topic from its seeds in one language. Raises SeedError when they hold no word at all."""
    totals = [_without_outlet(seed) for seed in seeds]
    vocabulary = sorted(set().union(*totals))
    if not vocabulary:
        raise SeedError([no_words(topic, seeds)])
    vectors = rarity.vectors(_matrix(totals, vocabulary), vocabulary)
    mean = np.asarray(vectors.mean(axis=0)).ravel() * _boosts(seeds, totals, vocabulary)
    # the heaviest first; of equal ones single words, then by the alphabet (the vocabulary's order)
    pairs = np.array([" " in term for term in vocabulary])
    chosen = [int(i) for i in np.lexsort((pairs, -mean))[:MOST_TERMS]]
    unit: Floats = normalize(mean[chosen].reshape(1, -1)).ravel()
    weights = {vocabulary[column]: float(weight) for column, weight in zip(chosen, unit, strict=True)}
    heaviest = dict(list(weights.items())[:KEY_TERMS])
    whole = sum(heaviest.values())
    return TopicModel(
        topic=topic,
        language=language,
        weights=weights,
        key={term: weight / whole for term, weight in heaviest.items()},
        seeds={seed.name: _row(vectors[i], vocabulary, weights) for i, seed in enumerate(seeds)},
        middle=subjects.places(vectors, vocabulary).middle() if subjects else None,
    )


def _matrix(totals: Sequence[Mapping[str, int]], vocabulary: Sequence[str]) -> csr_matrix:
    column = {term: i for i, term in enumerate(vocabulary)}
    rows = [i for i, counts in enumerate(totals) for _ in counts]
    columns = [column[term] for counts in totals for term in counts]
    values = [float(count) for counts in totals for count in counts.values()]
    return csr_matrix((values, (rows, columns)), shape=(len(totals), len(vocabulary)))


def _boosts(seeds: Sequence[Seed], totals: Sequence[Counter[str]], vocabulary: Sequence[str]) -> Floats:
    in_titles = set().union(*(seed.counts.title for seed in seeds))
    in_leads = set().union(*(seed.counts.lead for seed in seeds))
    uses: Counter[str] = sum(totals, Counter())

    def boost(term: str) -> float:
        words = term.split()
        figures = FIGURES if any(word.isdigit() for word in words) else 1.0
        pair, single = len(words) > 1, uses[term] <= 1
        if term in in_titles:
            return figures * ((TITLE_PAIR_ONCE if single else TITLE_PAIR) if pair else TITLE_BOOST)
        once = (SINGLE_USE_PAIR if pair else SINGLE_USE) if single else 1.0
        return figures * once * (LEAD_BOOST if term in in_leads else 1.0)

    return np.array([boost(term) for term in vocabulary], dtype=np.float64)


def _row(vector: csr_matrix, vocabulary: Sequence[str], weights: Mapping[str, float]) -> dict[str, float]:
    terms = ((vocabulary[i], float(value)) for i, value in zip(vector.indices, vector.data, strict=True))
    return {term: value for term, value in terms if term in weights}


def _without_outlet(seed: Seed) -> Counter[str]:
    """A seed's counts without the name of its own outlet: an alert is about the news, not about who brought it.

    Two-word names go as pairs ("washington post" leaves "washington" alone); a single word goes unless a title has it.
    """
    counts = total(seed.counts)
    name = [word for word in words(seed.outlet or "") if word not in _GENERIC]
    if len(name) == 1 and name[0] not in seed.counts.title:
        for term in [term for term in counts if name[0] in term.split()]:
            del counts[term]
    elif len(name) > 1:
        for first, second in pairwise(name):
            counts.pop(f"{first} {second}", None)
    return counts or total(seed.counts)


def no_words(topic: str, seeds: Sequence[Seed]) -> Problem:
    """What to say of seeds without a single word."""
    names = ", ".join(seed.name for seed in seeds) or "no file"
    return Problem(
        file=names,
        key=topic,
        what="the seeds of this topic hold no words to look for (nothing but stop words, marks or left-overs)",
        remedy="add an article whose text can be read, at least a headline and a paragraph",
    )
