"""Measures of a ranking and its yes/no, on cases worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score

from watcher.relevance.evaluation import average_precision, best_f1, detection_cost, f1, interval

labelled = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.9]), st.booleans()), min_size=1, max_size=30)


def test_by_hand() -> None:
    scores, relevant = [0.9, 0.8, 0.7, 0.6], [True, False, True, False]
    assert average_precision(scores, relevant) == pytest.approx((1 + 2 / 3) / 2)
    assert best_f1(scores, relevant) == pytest.approx(0.8)
    assert f1([True, True, False, False], relevant) == pytest.approx(0.5)
    assert detection_cost([True, True, False, False], relevant) == pytest.approx(0.5 + 4.9 * 0.5)


def test_nothing_to_find() -> None:
    assert average_precision([0.5], [False]) == 0.0
    assert f1([False], [False]) == 0.0
    assert best_f1([], []) == 0.0
    assert detection_cost([], []) == 0.0
    assert detection_cost([True], [True]) == 0.0


@given(labelled)
def test_as_scikit_learn_has_it(rows: list[tuple[float, bool]]) -> None:
    scores, relevant = [score for score, _ in rows], [label for _, label in rows]
    matched = [score >= 0.2 for score in scores]
    assert f1(matched, relevant) == pytest.approx(f1_score(relevant, matched, zero_division=0))
    assert best_f1(scores, relevant) >= f1(matched, relevant) - 1e-12
    if any(relevant):
        assert average_precision(scores, relevant) == pytest.approx(average_precision_score(relevant, scores))


def test_an_interval_by_hand_and_none_where_there_is_too_little() -> None:
    assert interval(19, 19) is None
    for hits, low, high in ((18, 0.699, 0.972), (0, 0.0, 0.161), (20, 0.839, 1.0)):
        assert interval(hits, 20) == pytest.approx((low, high), abs=0.001)


@given(st.integers(20, 10_000), st.data())
def test_an_interval_holds_the_share_and_narrows_with_more_answers(of: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, of))
    found, more = interval(hits, of), interval(hits * 10, of * 10)
    assert found is not None
    assert more is not None
    assert 0 <= found[0] <= hits / of + 1e-12
    assert hits / of - 1e-12 <= found[1] <= 1
    assert more[1] - more[0] < found[1] - found[0]
