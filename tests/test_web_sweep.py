"""What moving a threshold would match, and the picture of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from watcher.store.overview import HIGHEST, STEPS, Tally
from watcher.types import Sensitivity
from watcher.web import words
from watcher.web.sweep import FLOOR, TOP, WIDTH, rate, sweep

DAY = timedelta(days=1)


def tally(shares: dict[int, int], *, days: float = 2) -> Tally:
    return Tally(since=NOW - days * DAY, shares=shares)


def test_nothing_scored_is_no_picture() -> None:
    assert sweep(None, Sensitivity(), NOW) is None
    assert sweep(tally({}), Sensitivity(), NOW) is None


@pytest.mark.parametrize(
    ("sensitivity", "names", "current"),
    [
        (Sensitivity(), ["strict", "balanced", "broad"], "balanced"),
        (Sensitivity(factor=1.25), ["strict", "balanced", "broad"], "strict"),
        (Sensitivity(factor=0.7), ["strict", "balanced", "broad"], "broad"),
        (Sensitivity(budget=5), ["strict", "balanced", "broad"], "balanced"),
        (Sensitivity(fixed=0.2), ["a quarter higher", "as it is", "0.7 of it"], "as it is"),
        (Sensitivity(factor=2.0), ["strict", "balanced", "broad", "as it is"], "as it is"),
    ],
)
def test_settings_are_told_as_shares_of_the_present_one(
    sensitivity: Sensitivity, names: list[str], current: str
) -> None:
    found = sweep(tally({100: 3}), sensitivity, NOW)
    assert found is not None
    assert [one.name for one in found.settings] == names
    assert found.current.name == current
    assert found.current.number == 3


@given(st.dictionaries(st.integers(0, HIGHEST), st.integers(1, 100_000), min_size=1))
def test_every_score_is_counted_once_and_every_bar_is_in_the_picture(shares: dict[int, int]) -> None:
    found = sweep(tally(shares), Sensitivity(), NOW)
    assert found is not None
    assert sum(number for _, number in found.rows) == found.judged == sum(shares.values())
    assert found.current.number == sum(number for place, number in shares.items() if place >= STEPS)
    for bar in found.bars:
        assert bar.x >= 0
        assert bar.x + bar.width <= WIDTH + 0.5
        assert TOP <= bar.y < bar.y + bar.height <= FLOOR + 0.1
    numbers = [one.number for one in sorted(found.settings, key=lambda one: -one.share)]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize(
    ("number", "days", "said"),
    [(3, 0.5, "3 so far"), (0, 7, "0 a day"), (9, 7, "1.3 a day"), (100, 7, "14 a day")],
)
def test_rates_are_for_people(number: int, days: float, said: str) -> None:
    assert rate(number, days * DAY) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (90, "90 s"), (600, "10 min"), (3600, "1 h"), (5400, "90 min"),
     (86400, "1 d"), (100_000, "27 h"), (7 * 86400, "7 d"), (-5, "0 s")],
)  # fmt: skip
def test_spans_are_for_people(seconds: int, said: str) -> None:
    assert words.span(timedelta(seconds=seconds)) == said


def test_times_are_told_from_now() -> None:
    assert words.ago(NOW, NOW) == "now"
    assert words.ago(NOW - DAY, NOW) == "1 d ago"
    assert words.ago(NOW + DAY / 24, NOW) == "in 1 h"


@pytest.mark.parametrize(
    "url", [None, "", "javascript:alert(1)", "//x.example", "ftp://x.example", "https://" + "a" * 3000]
)
def test_only_an_address_of_the_web_is_a_link(url: str | None) -> None:
    assert words.address(url) is None
    assert words.address("https://x.example/a?b") == "https://x.example/a?b"
