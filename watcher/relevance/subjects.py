"""What a text is about as a whole: its place among the subjects of ordinary news.

Latent semantic analysis (Deerwester et al., "Indexing by Latent Semantic Analysis", JASIS 41, 1990): words that stand
in the same articles lie close together, so that a report shares its subject with the seeds also where it shares few
words with them, and a text that shares a name only (a ballplayer from Seoul) lies elsewhere.

Its one rule: the subject never makes a match by itself. It is a factor in (0, 1] of the cosine, and where little is
known of a text's words, or nothing of its language, it is the neutral one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Floats = NDArray[np.float64]

NEUTRAL = 0.65
"""What counts where nothing is known: between the median of on-topic texts (0.75) and of look-alikes (0.55)."""

NEUTRAL_UNSPACED = 0.35
"""The same for languages whose words are counted as overlapping pairs of characters: one word that is shared counts
twice or three times there, so scores are as much higher as this is lower."""

UNSPACED = frozenset({"ja", "ko", "zh"})

DOUBT = 1.0
"""A text's place is believed by n/(n + this), n its known words."""


def neutral(language: str) -> float:
    """What counts for every text of a language without a table."""
    return NEUTRAL_UNSPACED if language in UNSPACED else NEUTRAL


@dataclass(frozen=True, slots=True, eq=False)
class Subjects:
    """The places of one language's words: ``vectors`` is (words × dimensions)."""

    index: Mapping[str, int]
    vectors: Floats

    @staticmethod
    def of(words: Sequence[str], vectors: NDArray[np.floating]) -> Subjects:
        """The table of ``words``, one row of ``vectors`` each."""
        return Subjects(index={word: i for i, word in enumerate(words)}, vectors=np.asarray(vectors, dtype=np.float64))

    def places(self, texts: csr_matrix, vocabulary: Sequence[str]) -> Places:
        """Where texts lie, given their TF-IDF vectors (texts × vocabulary).

        Pairs of words and unknown words say nothing.
        """
        found = [(column, row) for column, term in enumerate(vocabulary) if (row := self.index.get(term)) is not None]
        columns, rows = [column for column, _ in found], [row for _, row in found]
        return _places(texts[:, columns].tocsr(), self.vectors[rows])

    def places_of(self, known: csr_matrix) -> Places:
        """The same, given what they hold of this table's words (texts × words)."""
        return _places(known, self.vectors)


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Unit vectors (texts × dimensions; zero where nothing is known), and the known words of each text."""

    at: Floats
    known: Floats

    def middle(self) -> Places:
        """The one place between these texts, all counting alike."""
        return Places(at=_unit(self.at.sum(axis=0, keepdims=True)), known=self.known.sum(keepdims=True))

    def one(self, row: int) -> Places:
        """The place of one of these texts."""
        return Places(at=self.at[row : row + 1], known=self.known[row : row + 1])

    def towards(self, others: Sequence[Places], weight: float, shares: Sequence[float] | None = None) -> Places:
        """This middle moved by ``weight`` times the mean of others (away from them when it is negative).

        ``shares``: how much each of them counts in the mean; all alike where it is left out.
        """
        mean = np.average(np.concatenate([other.at for other in others]), axis=0, weights=shares)[np.newaxis]
        return Places(at=_unit(self.at + weight * mean), known=self.known)

    def nearness(self, middles: Sequence[Places]) -> Floats:
        """How near each text is to each of these places, (texts × places), in (0, 1]."""
        there = np.concatenate([middle.at for middle in middles])
        cosine = np.clip(self.at @ there.T, 0.0, 1.0)
        theirs = np.concatenate([middle.known for middle in middles])
        belief = np.outer(self.known / (self.known + DOUBT), theirs / (theirs + DOUBT))
        near: Floats = np.maximum(belief * cosine + (1.0 - belief) * NEUTRAL, 1e-6)
        return near


def _places(known: csr_matrix, words: Floats) -> Places:
    return Places(at=_unit(np.asarray(known @ words)), known=np.diff(known.indptr).astype(np.float64))


def _unit(rows: Floats) -> Floats:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Floats = rows / np.where(length > 0, length, 1.0)
    return unit
