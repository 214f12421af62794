"""Where texts lie among the subjects of news, and what that does to a score."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from tests.builders import NOW
from watcher.data import background, subjects
from watcher.relevance.features import Document, count_terms
from watcher.relevance.scorer import TfidfScorer
from watcher.relevance.stream import Stream
from watcher.relevance.subjects import NEUTRAL, Subjects
from watcher.types import Seed, Sensitivity

WORDS = ["army", "navy", "goal", "match"]
SMALL = Subjects.of(WORDS, np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]]))
weights = st.lists(st.floats(0, 5), min_size=6, max_size=6)


def nearness(one: list[float], other: list[float], vocabulary: list[str]) -> float:
    places = [SMALL.places(csr_matrix([row]), vocabulary) for row in (one, other)]
    return float(places[0].nearness([places[1].middle()])[0, 0])


def test_words_of_one_subject_are_near_without_being_the_same() -> None:
    vocabulary = ["army", "navy", "goal", "match"]
    assert nearness([1, 0, 0, 0], [0, 1, 0, 0], vocabulary) > NEUTRAL > nearness([1, 0, 0, 0], [0, 0, 1, 0], vocabulary)


def test_a_text_without_known_words_is_neutral() -> None:
    assert nearness([1, 1, 0, 0], [0, 0, 1, 1], ["zzz", "yyy", "army", "goal"]) == pytest.approx(NEUTRAL)


def test_more_known_words_are_believed_more() -> None:
    vocabulary = ["army", "navy", "zzz", "goal"]
    one, two = nearness([1, 0, 0, 0], [1, 1, 0, 0], vocabulary), nearness([1, 1, 0, 0], [1, 1, 0, 0], vocabulary)
    assert NEUTRAL < one < two <= 1.0


@given(weights, weights)
def test_nearness_is_a_factor(one: list[float], other: list[float]) -> None:
    found = nearness(one, other, [*WORDS, "zzz", "yyy"])
    assert 0.0 < found <= 1.0
    assert found == pytest.approx(nearness(other, one, [*WORDS, "zzz", "yyy"]))


def test_the_shipped_places_know_what_goes_together() -> None:
    words, vectors = subjects()["en"]
    place = dict(zip(words, vectors, strict=True))

    def near(one: str, other: str) -> float:
        return float(place[one] @ place[other] / np.linalg.norm(place[one]) / np.linalg.norm(place[other]))

    assert vectors.shape == (12_000, 64)
    assert near("pyongyang", "missile") > near("pyongyang", "striker")
    assert near("goalkeeper", "striker") > near("goalkeeper", "senate")
    assert near("software", "computer") > near("software", "striker")


def test_a_name_alone_scores_less_where_the_subject_is_another() -> None:
    text = "South Korea and the United States discussed the cost of troops and a missile shield in Seoul."
    counts = count_terms("Seoul and Washington discuss missile defence", [text], "en")
    seed = Seed(name="a.txt", title="", outlet=None, published=None, url=None, counts=counts, words=40)
    documents = [
        Document("1", "Seoul weighs missile shield", "Generals met about the defence alliance.", "en", "snippet"),
        Document(
            "2", "Seoul striker scores twice", "The coach praised the goalkeeper after the final.", "en", "snippet"
        ),
    ]
    topics = {"korea": ([seed], Sensitivity())}
    scorer = TfidfScorer(topics, background(), Stream(), subjects=subjects())
    on, off = (found["korea"].score for found in scorer.judge(documents, now=NOW))
    assert on.subject > NEUTRAL > off.subject
    assert all(sum(part for _, part in one.terms) == pytest.approx(one.value) for one in (on, off))
    plain = TfidfScorer(topics, background(), Stream()).judge(documents, now=NOW)
    assert {found["korea"].score.subject for found in plain} == {NEUTRAL}
