"""A short form of ``make month``: two days of twelve feeds, and every promise of a month."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.month.running import month


@pytest.mark.long
@pytest.mark.slow
def test_two_days_pass_and_nothing_is_lost_doubled_out_of_order_or_told_without_cause(tmp_path: Path) -> None:
    run = month(tmp_path, days=2, feeds=12, seed=7)
    assert run.verdict.wrong == []
    assert run.verdict.entries > 300
    assert run.verdict.events == len(run.news.events)
    assert run.asked["feeds unchanged"] > run.asked["feeds read"] > 0
    assert run.lived.pressed > 0
    assert run.lived.starts == 1 + len(run.news.calendar.off)
    assert run.refused > 0, "Slack's outage met nobody"
