"""A short form of ``make torture``: a dozen kills, and nothing is lost, doubled or out of order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.line import world
from tests.torture import torture

KILLS = 12


@pytest.mark.long
@pytest.mark.slow
def test_a_service_that_is_killed_again_and_again_tells_each_story_once_and_in_order(tmp_path: Path) -> None:
    with world(tmp_path) as place:
        outcome = torture(place, kills=KILLS, seed=7)
    print(outcome)
    assert outcome.wrong == []
    assert outcome.kills.total() == KILLS == outcome.stories
    assert outcome.kills["during a post"] > 0
