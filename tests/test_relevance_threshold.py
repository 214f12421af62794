"""What a score must reach: fixed at first, then moved by how far the high scores lie above it."""

from __future__ import annotations

from math import exp, log
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from watcher.relevance.stream import histogram_of
from watcher.relevance.threshold import (
    CEILING,
    FLOOR,
    NEVER,
    PRIOR,
    START,
    STEEPNESS,
    USUAL,
    likely,
    reached,
    strength,
    threshold,
)
from watcher.types import Histogram, Mode, Sensitivity

BALANCED = Sensitivity()
SHORT, FULL = 0.105, 0.135
MODES: tuple[Mode, ...] = get_args(Mode)
scores = st.lists(st.floats(0, 1), max_size=50)


def polled(*, noise: int = 990, hits: int = 10, low: float = 0.02, high: float = 0.3) -> Histogram:
    return histogram_of([low] * noise + [high] * hits, NOW)


def test_it_starts_at_the_measured_values() -> None:
    assert threshold("snippet", BALANCED) == SHORT
    assert threshold("headline", BALANCED) == SHORT
    assert threshold("full", BALANCED) == FULL


def test_one_seed_asks_for_less_and_five_for_more() -> None:
    found = [threshold("snippet", BALANCED, seeds=seeds) for seeds in (1, 2, 3, 5, 50)]
    assert found == sorted(found)
    assert found[0] == pytest.approx(SHORT / 2**0.1)
    assert found[-1] == found[-2] == pytest.approx(SHORT * 2.5**0.1)
    assert threshold("full", Sensitivity(fixed=0.2), seeds=1) == 0.2


def test_it_rises_into_the_gap_below_scores_that_lie_far_above_it() -> None:
    found = threshold("snippet", BALANCED, short=[polled()])
    mean = (10 * log(0.301 / SHORT) + PRIOR * USUAL) / (10 + PRIOR)  # the middle of the bin that 0.3 falls into
    assert found == pytest.approx(SHORT * exp(STEEPNESS * (mean - USUAL)), rel=1e-3)
    assert 1.2 * SHORT < found < 0.3


def test_it_sinks_where_scores_crowd_just_above_it() -> None:
    crowd = threshold("snippet", BALANCED, short=[polled(hits=100, high=1.1 * SHORT)])
    assert FLOOR * SHORT <= crowd < SHORT


def test_it_stays_until_enough_was_polled() -> None:
    assert threshold("snippet", BALANCED, short=[polled(noise=180)]) == SHORT


def test_the_fewer_lie_above_the_less_it_moves() -> None:
    found = [threshold("snippet", BALANCED, short=[polled(hits=hits)]) for hits in (0, 1, 4, 20)]
    assert found == sorted(found)
    assert found[0] == pytest.approx(SHORT)
    assert found[1] < 1.2 * SHORT


def test_copies_of_a_seed_do_not_lift_it_out_of_reach() -> None:
    assert threshold("snippet", BALANCED, short=[polled(hits=200, high=0.95)]) <= CEILING * SHORT


def test_headlines_and_snippets_are_one_stream() -> None:
    parts = [polled(noise=400, hits=5), polled(noise=590, hits=5)]
    assert threshold("headline", BALANCED, short=parts) == pytest.approx(
        threshold("snippet", BALANCED, short=[polled()])
    )


def test_articles_not_fetched_count_as_below() -> None:
    fetched = histogram_of([0.05] * 20 + [0.4] * 10, NOW)
    alone = threshold("full", BALANCED, full=fetched)
    assert alone == FULL
    assert threshold("full", BALANCED, short=[polled()], full=fetched) > FULL


def test_sensitivity() -> None:
    assert threshold("snippet", Sensitivity(factor=1.25)) == pytest.approx(1.25 * SHORT)
    assert threshold("full", Sensitivity(factor=0.7)) == pytest.approx(0.7 * FULL)
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
    assert FLOOR * START[mode] - 1e-12 <= found <= CEILING * START[mode] + 1e-12


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 1), st.sampled_from(MODES))
def test_strength_grows_with_the_score(one: float, other: float, line: float, mode: Mode) -> None:
    low, high = sorted((one, other))
    assert 0.0 <= strength(low, line, mode) <= strength(high, line, mode) <= 1.0
