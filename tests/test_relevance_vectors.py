"""The vectors of a batch are scikit-learn's."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction import DictVectorizer

from watcher.relevance.model import Rarity
from watcher.relevance.vectors import TermVectors
from watcher.types import TermShares

WORDS = ("seoul", "talks", "troops", "tariff", "said", "seoul talks", "서울")
RARITY = Rarity(TermShares(language="en", documents=1000.0, shares={"said": 0.4, "talks": 0.02}), None)

texts = st.lists(st.dictionaries(st.sampled_from(WORDS), st.integers(1, 500)), min_size=1, max_size=6)


def dense(read: list[dict[str, int]]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    found = TermVectors.of(read, RARITY).over({word: at for at, word in enumerate(WORDS)}).toarray()
    return np.asarray(found)


def test_a_word_that_is_rare_and_used_often_is_most_of_a_text() -> None:
    (vector,) = dense([{"said": 1, "troops": 3}])
    at = {word: vector[WORDS.index(word)] for word in WORDS}
    assert at["troops"] > 0.98
    assert 0 < at["said"] < 0.2
    assert at["seoul"] == 0.0


@given(texts)
def test_they_are_those_of_scikit_learn(read: list[dict[str, int]]) -> None:
    counter = DictVectorizer()
    counts = counter.fit_transform(read)
    vocabulary = counter.get_feature_names_out().tolist()
    if vocabulary:
        theirs = RARITY.vectors(counts, vocabulary).toarray()
        assert np.allclose(dense(read)[:, [WORDS.index(word) for word in vocabulary]], theirs, atol=1e-12)
        found = [TermVectors.of(read, RARITY).one(row) for row in range(len(read))]
        assert [set(vector) for vector in found] == [set(one) for one in read]
        assert np.allclose([[vector.get(word, 0.0) for word in vocabulary] for vector in found], theirs, atol=1e-12)


@given(texts)
def test_a_text_has_the_same_vector_in_any_company(read: list[dict[str, int]]) -> None:
    together = dense(read)
    assert all((together[at] == dense([one])[0]).all() for at, one in enumerate(read))


def test_a_text_without_words_and_a_table_without_words_hold_nothing() -> None:
    assert dense([{}, {"seoul": 1}, {}]).any(axis=1).tolist() == [False, True, False]
    assert dense([]).shape == (0, len(WORDS))
    assert TermVectors.of([{"seoul": 1}], RARITY).over({}).shape == (1, 0)
