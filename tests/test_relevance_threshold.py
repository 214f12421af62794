"""What a score must reach: fixed at first, then the gap in what was polled."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from watcher.relevance.stream import histogram_of
from watcher.relevance.threshold import FLOOR, NEVER, START, likely, otsu, reached, strength, threshold
from watcher.types import Histogram, Mode, Sensitivity

BALANCED = Sensitivity()
MODES: tuple[Mode, ...] = get_args(Mode)
scores = st.lists(st.floats(0, 1), max_size=50)


def polled(*, noise: int = 990, hits: int = 10, low: float = 0.02, high: float = 0.3) -> Histogram:
    return histogram_of([low] * noise + [high] * hits, NOW)


def test_it_starts_at_the_measured_values() -> None:
    assert threshold("snippet", BALANCED) == 0.12
    assert threshold("headline", BALANCED) == 0.12
    assert threshold("full", BALANCED) == 0.15


def test_it_moves_to_the_gap() -> None:
    found = threshold("snippet", BALANCED, short=[polled()])
    assert found == pytest.approx((0.12 * (0.02 + 0.3) / 2) ** 0.5, rel=0.02)


def test_it_stays_until_enough_was_polled() -> None:
    assert threshold("snippet", BALANCED, short=[polled(noise=480)]) == 0.12


def test_it_stays_while_a_topic_is_fresh() -> None:
    """Fewer than five entries above the start: the split would be a split of noise."""
    assert threshold("snippet", BALANCED, short=[polled(hits=4)]) == 0.12


def test_one_copy_of_a_seed_does_not_lift_it() -> None:
    some = [0.02] * 900 + [0.05] * 80 + [0.14] * 19
    with_copy = threshold("snippet", BALANCED, short=[histogram_of([*some, 0.95], NOW)])
    assert with_copy < 0.13


def test_it_never_sinks_below_its_floor() -> None:
    crowd = histogram_of([0.001] * 400 + [0.004] * 594 + [0.13] * 6, NOW)
    assert threshold("snippet", BALANCED, short=[crowd]) >= FLOOR * 0.12


def test_headlines_and_snippets_are_one_stream() -> None:
    parts = [polled(noise=400, hits=5), polled(noise=590, hits=5)]
    assert threshold("headline", BALANCED, short=parts) == pytest.approx(
        threshold("snippet", BALANCED, short=[polled()])
    )


def test_articles_not_fetched_count_as_below() -> None:
    fetched = histogram_of([0.05] * 20 + [0.4] * 10, NOW)
    alone = threshold("full", BALANCED, full=fetched)
    assert alone == 0.15
    assert threshold("full", BALANCED, short=[polled()], full=fetched) > 0.15


def test_sensitivity() -> None:
    assert threshold("snippet", Sensitivity(factor=1.25)) == pytest.approx(0.15)
    assert threshold("full", Sensitivity(factor=0.7)) == pytest.approx(0.105)
    assert threshold("full", Sensitivity(fixed=0.2), short=[polled()]) == 0.2
    assert threshold("headline", Sensitivity(fixed=0.2), short=[polled()]) == pytest.approx(0.16)


@pytest.mark.parametrize("mode", MODES)
def test_one_means_never(mode: Mode) -> None:
    line = threshold(mode, Sensitivity(fixed=1.0))
    assert line == NEVER
    assert not reached(1.0, line)
    assert not likely(1.0, line)


def test_zero_reaches_nothing() -> None:
    assert not reached(0.0, 0.0)
    assert reached(0.12, 0.12)
    assert likely(0.05, 0.12)
    assert not likely(0.04, 0.12)


def test_otsu_without_two_classes() -> None:
    assert otsu([0.0, 5.0, 0.0], 10) is None
    assert otsu([0.0, 5.0, 0.0, 2.0], 10, smallest=3) is None
    assert otsu([4.0, 0.0, 0.0, 4.0], 10) == pytest.approx(0.5)


def test_strength_at_and_above_the_threshold() -> None:
    assert strength(0.12, 0.12, "snippet") == pytest.approx(0.269, abs=1e-3)
    assert strength(0.24, 0.12, "snippet") == pytest.approx(0.612, abs=1e-3)
    assert strength(0.30, 0.15, "full") == pytest.approx(0.660, abs=1e-3)
    assert strength(0.0, 0.12, "snippet") == 0.0
    assert strength(0.3, 0.0, "full") == 1.0


@given(st.sampled_from(MODES), scores, scores, st.integers(0, 2000))
def test_it_stays_in_bounds(mode: Mode, low: list[float], fetched: list[float], noise: int) -> None:
    short = histogram_of([*low, *([0.01] * noise)], NOW)
    found = threshold(mode, BALANCED, short=[short], full=histogram_of(fetched, NOW))
    assert FLOOR * START[mode] - 1e-12 <= found <= 2 * START[mode]


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 1), st.sampled_from(MODES))
def test_strength_grows_with_the_score(one: float, other: float, line: float, mode: Mode) -> None:
    low, high = sorted((one, other))
    assert 0.0 <= strength(low, line, mode) <= strength(high, line, mode) <= 1.0
