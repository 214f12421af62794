"""Scores of many documents against many topics of one language, by a few sparse products.

Its one rule: the explanation is exact. A score is s = √(cosine × coverage); both parts are sums over terms, so a term's
own part is s·½(cᵢ/c + vᵢ/v), and these parts sum to s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction import DictVectorizer

from watcher.relevance.features import Document
from watcher.relevance.model import Floats, Rarity, TopicModel
from watcher.types import Mode, Score

Analyse = Callable[[Document, str], list[str]]
"""The terms of a document, read in a language."""


def nothing(mode: Mode) -> Score:
    """The score of a text that shares no term with a topic."""
    return Score(value=0.0, cosine=0.0, coverage=0.0, terms=(), nearest_seed=None, mode=mode)


def score(
    documents: Sequence[Document], models: Sequence[TopicModel], rarity: Rarity, language: str, analyse: Analyse
) -> list[list[Score]]:
    """Per document the scores for ``models``, in their order. All models are of ``language``."""
    read = [analyse(document, language) for document in documents]
    if not models or not any(read):
        return [[nothing(document.mode) for _ in models] for document in documents]
    # counted by us and not sorted: `CountVectorizer` spends a quarter of the time on the order of the vocabulary
    vectorizer = DictVectorizer(dtype=np.float64, sort=False)
    counts = vectorizer.fit_transform([Counter(terms) for terms in read])
    vocabulary = list(vectorizer.feature_names_)
    vectors = rarity.vectors(counts, vocabulary)
    table = _Products(vectors, vocabulary, models)
    return [
        [table.score(row, position, document.mode) for position in range(len(models))]
        for row, document in enumerate(documents)
    ]


class _Products:
    """Cosines, coverages and seed similarities of all documents and models, and what each term gave to them."""

    def __init__(self, vectors: csr_matrix, vocabulary: Sequence[str], models: Sequence[TopicModel]) -> None:
        column = {term: i for i, term in enumerate(vocabulary)}
        weights = _rows([model.weights for model in models], column)
        present = csr_matrix((np.ones_like(vectors.data), vectors.indices, vectors.indptr), shape=vectors.shape)
        self._models = models
        self._cosine = _product(vectors, weights)
        self._coverage = _product(present, _rows([model.key for model in models], column))
        self._value = np.sqrt(self._cosine * self._coverage)
        named = [(i, name, vector) for i, model in enumerate(models) for name, vector in model.seeds.items()]
        self._seeds: list[list[tuple[int, str]]] = [[] for _ in models]
        for position, (i, name, _) in enumerate(named):
            self._seeds[i].append((position, name))
        self._similarity = _product(vectors, _rows([vector for _, _, vector in named], column))
        used = np.unique(weights.indices)
        self._used = [vocabulary[i] for i in used]
        self._parts = vectors[:, used].tocsr()

    def score(self, row: int, position: int, mode: Mode) -> Score:
        value = float(self._value[row, position])
        if value <= 0.0:
            return nothing(mode)
        cosine, coverage = float(self._cosine[row, position]), float(self._coverage[row, position])
        similarity = self._similarity[row]
        nearest = max(self._seeds[position], key=lambda seed: similarity[seed[0]])[1]
        terms = self._terms(row, self._models[position], value / 2 / cosine, value / 2 / coverage)
        return Score(value=value, cosine=cosine, coverage=coverage, terms=terms, nearest_seed=nearest, mode=mode)

    def _terms(
        self, row: int, model: TopicModel, by_cosine: float, by_coverage: float
    ) -> tuple[tuple[str, float], ...]:
        begin, end = self._parts.indptr[row], self._parts.indptr[row + 1]
        found = []
        for i, part in zip(self._parts.indices[begin:end].tolist(), self._parts.data[begin:end].tolist(), strict=True):
            term = self._used[i]
            weight = model.weights.get(term)
            if weight is not None:
                found.append((term, by_cosine * part * weight + by_coverage * model.key.get(term, 0.0)))
        return tuple(sorted(found, key=lambda pair: (-pair[1], pair[0])))


def _rows(rows: Sequence[Mapping[str, float]], column: Mapping[str, int]) -> csr_matrix:
    """Sparse rows over the batch's vocabulary; terms that no document holds drop out."""
    values: list[float] = []
    columns: list[int] = []
    borders = [0]
    for row in rows:
        for term, value in row.items():
            if term in column:
                columns.append(column[term])
                values.append(value)
        borders.append(len(columns))
    return csr_matrix((values, columns, borders), shape=(len(rows), len(column)), dtype=np.float64)


def _product(documents: csr_matrix, rows: csr_matrix) -> Floats:
    """The products of all documents with all rows, dense. Rounding may leave a sum of shares just above 1."""
    dense: Floats = np.minimum((documents @ rows.T).toarray(), 1.0)
    return dense
