"""TF-IDF vectors of a batch of texts, all terms in one row.

Its one rule: the values are scikit-learn's (``TfidfTransformer(sublinear_tf=True, norm="l2")``, which trains the
models). For some ten short texts at a time, checking types and building a vocabulary would take it most of the time,
and no topic knows more than a few of a text's words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, repeat

import numpy as np
from scipy.sparse import csr_matrix

from watcher.relevance.model import Floats, Rarity


@dataclass(frozen=True, slots=True, eq=False)
class TermVectors:
    """Unit vectors of texts: text i holds ``terms[borders[i]:borders[i + 1]]`` with the ``values`` there."""

    terms: list[str]
    values: Floats
    borders: list[int]

    @staticmethod
    def of(read: Sequence[Mapping[str, int]], rarity: Rarity) -> TermVectors:
        """The vectors of texts whose terms are counted, tf = 1 + ln(count)."""
        terms = list(chain.from_iterable(read))
        borders = [0, *accumulate(map(len, read))]
        uses = np.fromiter(chain.from_iterable(one.values() for one in read), dtype=np.float64, count=len(terms))
        values = (1.0 + np.log(uses)) * rarity.idf(terms)
        sizes = np.diff(borders)
        if terms:
            # text by text: a sum that ran over all of them would make a score depend on its neighbours
            squares = np.add.reduceat(values * values, np.array(borders[:-1])[sizes > 0])
            values /= np.repeat(np.sqrt(squares), sizes[sizes > 0])
        return TermVectors(terms=terms, values=values, borders=borders)

    def one(self, text: int) -> dict[str, float]:
        """One of them, by its terms."""
        here = slice(self.borders[text], self.borders[text + 1])
        return dict(zip(self.terms[here], self.values[here].tolist(), strict=True))

    def over(self, columns: Mapping[str, int]) -> csr_matrix:
        """What of them has a column, (texts × columns)."""
        at = np.fromiter(map(columns.get, self.terms, repeat(-1)), dtype=np.int32, count=len(self.terms))
        known = at >= 0
        borders = np.concatenate(([0], np.cumsum(known)))[self.borders].astype(np.int32)
        shape = (len(self.borders) - 1, len(columns))
        return csr_matrix((self.values[known], at[known], borders), shape=shape)
