"""Scores of many documents against many topics of one language, by a few sparse products.

Its one rule: the explanation is exact. A score is s = √(cosine × coverage); both parts are sums over terms, so a term's
own part is s·½(cᵢ/c + vᵢ/v), and these parts sum to s. How near the subjects are is a factor of the whole cosine: it
scales all of its parts alike.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache

import numpy as np
from scipy.sparse import csr_matrix

from watcher.relevance.features import Document
from watcher.relevance.model import Floats, Rarity, TopicModel
from watcher.relevance.subjects import Subjects, neutral
from watcher.relevance.vectors import TermVectors
from watcher.types import Mode, Score

Analyse = Callable[[Document, str], list[str]]
"""The terms of a document, read in a language."""

Postings = Mapping[str, Sequence[tuple[int, float]]]
"""Term → the rows that hold it, with their values: what a batch's own terms find, however many topics there are."""


@cache
def nothing(mode: Mode) -> Score:
    """The score of a text that shares no term with a topic."""
    return Score(value=0.0, cosine=0.0, coverage=0.0, subject=0.0, terms=(), nearest_seed=None, mode=mode)


class TopicIndex:
    """All topics of one language, by term. ``rarity`` and ``subjects`` are those the models were trained with."""

    def __init__(self, models: Sequence[TopicModel], rarity: Rarity, subjects: Subjects | None = None) -> None:
        self.models = models
        self.rarity = rarity
        self.subjects = subjects
        self.terms = list(_postings([model.weights for model in models]).items())
        self.key_terms = frozenset(term for model in models for term in model.key)
        self.row = {term: row for row, (term, _) in enumerate(self.terms)}
        named = [(i, name, vector) for i, model in enumerate(models) for name, vector in model.seeds.items()]
        self.weights = self._table([model.weights for model in models])
        self.keys = self._table([model.key for model in models])
        self.seeds = self._table([vector for _, _, vector in named])
        self.seed_names = [name for _, name, _ in named]
        self.seeds_of = [[row for row, (topic, _, _) in enumerate(named) if topic == i] for i in range(len(models))]

    def _table(self, columns: Sequence[Mapping[str, float]]) -> csr_matrix:
        """(terms of the index × columns); what a model's key and its seeds hold is among its weights."""
        found = [(self.row[term], column, value) for column, of in enumerate(columns) for term, value in of.items()]
        rows, at, values = zip(*found, strict=True) if found else ((), (), ())
        return csr_matrix((values, (rows, at)), shape=(len(self.row), len(columns)), dtype=np.float64)

    def nearness(self, vectors: TermVectors) -> Floats:
        """How near each text's subject is to each topic's, (texts × topics)."""
        middles = [model.middle for model in self.models if model.middle is not None]
        if self.subjects is None or len(middles) < len(self.models):
            return np.full((len(vectors.borders) - 1, len(self.models)), neutral(self.models[0].language))
        return self.subjects.places_of(vectors.over(self.subjects.index)).nearness(middles)


def score(documents: Sequence[Document], index: TopicIndex, language: str, analyse: Analyse) -> list[list[Score]]:
    """Per document the scores for the index's models, in their order. All of them are of ``language``."""
    found = [analyse(document, language) for document in documents]
    # most of what is polled holds none of a topic's heaviest terms: it covers nothing, so its score is 0 whatever else
    read = [Counter[str]() if index.key_terms.isdisjoint(terms) else Counter(terms) for terms in found]
    return score_counts(read, [document.mode for document in documents], index)


def score_counts(read: Sequence[Mapping[str, int]], modes: Sequence[Mode], index: TopicIndex) -> list[list[Score]]:
    """The same for texts whose terms are counted already."""
    found = [[nothing(mode)] * len(index.models) for mode in modes]
    rows = [row for row, terms in enumerate(read) if terms]
    if index.models and rows:
        table = _Products(TermVectors.of([read[row] for row in rows], index.rarity), index)
        for place, row in enumerate(rows):
            found[row] = table.scores(place, modes[row])
    return found


class _Products:
    """Cosines, coverages and seed similarities of all documents and topics, and what each term gave to them."""

    def __init__(self, texts: TermVectors, index: TopicIndex) -> None:
        self._index = index
        self._near = index.nearness(texts)
        vectors = texts.over(index.row)
        present = csr_matrix((np.ones_like(vectors.data), vectors.indices, vectors.indptr), shape=vectors.shape)
        self._vectors = vectors
        self._cosine = _product(vectors, index.weights) * self._near
        self._coverage = _product(present, index.keys)
        self._value = np.sqrt(self._cosine * self._coverage)
        similarity = _product(vectors, index.seeds)
        self._nearest = [[of[i] for i in np.argmax(similarity[:, of], axis=1)] if of else [] for of in index.seeds_of]

    def scores(self, row: int, mode: Mode) -> list[Score]:
        """One document's scores for all topics."""
        found = [nothing(mode)] * len(self._index.models)
        values, cosines, coverages, nearness = (
            table[row].tolist() for table in (self._value, self._cosine, self._coverage, self._near)
        )
        for position, parts in self._parts(row, values).items():
            value, cosine, coverage, near = values[position], cosines[position], coverages[position], nearness[position]
            by_cosine, by_coverage = near * value / 2 / cosine, value / 2 / coverage
            key = self._index.models[position].key
            # negative, so that sorting puts the largest first and equal ones in the alphabet's order
            terms = sorted([(-by_cosine * part - by_coverage * key.get(term, 0.0), term) for term, part in parts])
            found[position] = Score(
                value=value,
                cosine=cosine,
                coverage=coverage,
                subject=near,
                terms=tuple([(term, -part) for part, term in terms]),
                nearest_seed=self._index.seed_names[self._nearest[position][row]],
                mode=mode,
            )
        return found

    def _parts(self, row: int, scored: Sequence[float]) -> Mapping[int, list[tuple[str, float]]]:
        """Topic with a score → what each of its terms in this document gives to the words' cosine."""
        found: defaultdict[int, list[tuple[str, float]]] = defaultdict(list)
        begin, end = self._vectors.indptr[row], self._vectors.indptr[row + 1]
        columns, values = self._vectors.indices[begin:end].tolist(), self._vectors.data[begin:end].tolist()
        for column, value in zip(columns, values, strict=True):
            term, postings = self._index.terms[column]
            for position, weight in postings:
                if scored[position] > 0.0:
                    found[position].append((term, value * weight))
        return found


def _postings(rows: Sequence[Mapping[str, float]]) -> Postings:
    found: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for row, terms in enumerate(rows):
        for term, value in terms.items():
            found[term].append((row, value))
    return dict(found)


def _product(documents: csr_matrix, table: csr_matrix) -> Floats:
    """The products of all documents with all columns, dense. Rounding may leave a sum of shares just above 1."""
    dense: Floats = np.minimum((documents @ table).toarray(), 1.0)
    return dense
