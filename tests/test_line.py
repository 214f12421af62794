"""Seeds and feeds in, Slack alerts out: the whole line, crashed between any two of its steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.line import CRASHED, OFF_TOPIC, ON_TOPIC, Item, World, world
from watcher.deliver import STAGES as DELIVER_STAGES
from watcher.poll import STAGES as POLL_STAGES
from watcher.store import WRITE_VERBS

STEPS = [
    *(f"poll.{stage}" for stage in POLL_STAGES),
    *DELIVER_STAGES,
    *(f"store.{verb.__name__}.{moment}" for verb in WRITE_VERBS for moment in ("begin", "commit", "done")),
]


def item(number: int, title: str, text: str, *, page: str | None = None) -> Item:
    return Item(title=title, text=text, path=f"/story/{number}.html", page=page)


def some_news(place: World) -> None:
    """Three stories on the topic (one of them in two feeds), two that are not, one feed that is broken."""
    stories = [item(number, *one) for number, one in enumerate([*ON_TOPIC, *OFF_TOPIC])]
    place.feeds = {"one": stories[:4], "two": [stories[0], *stories[3:]], "broken": []}
    place.raw["/broken.xml"] = b"<html><body>Please log in</body></html>"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        some_news(made)
        made.configure()
        yield made


def test_three_stories_become_three_messages_and_a_second_round_adds_none(place: World) -> None:
    assert place.once() == 0
    told = place.told()
    assert len(told) == len(ON_TOPIC)
    assert set(told.values()) == {1}
    titles = " ".join(message["text"] for message in place.slack.messages)
    assert all(title in titles for title, _ in ON_TOPIC)
    assert not any(title in titles for title, _ in OFF_TOPIC)
    assert place.once() == 0
    assert place.told() == told


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many messages an undisturbed run sends."""
    with world(tmp_path_factory.mktemp("undisturbed")) as made:
        some_news(made)
        made.configure()
        assert made.once() == 0
        return len(made.told())


@pytest.mark.slow
@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("step", STEPS)
def test_after_a_crash_at_any_step_every_alert_arrives_exactly_once(
    place: World, expected: int, step: str, nth: int, request: pytest.FixtureRequest
) -> None:
    code = place.once(crash_at=step, nth=nth)
    assert code in {0, CRASHED}
    REACHED[step] += code == CRASHED
    assert place.once() == 0
    assert place.once() == 0
    told = place.told()
    assert set(told.values()) == {1}, told
    assert len(told) == expected


REACHED: Counter[str] = Counter()
