"""``watcher worker`` as a user runs it: several processes, one of which may be killed, on one database."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.commands import run
from tests.fake_socket import APP_TOKEN, FakeSocketSlack
from tests.fleet import Fleet, fleet
from tests.line import ON_TOPIC, Item, World, world
from tests.torture import story
from tests.torture_workers import changes, torture
from watcher.cli import worker as cli
from watcher.service.queue import WORKS


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        made.feeds = {"one": [Item(title=ON_TOPIC[0][0], text=ON_TOPIC[0][1], path="/story/1.html")]}
        made.configure(feeds=[{"url": f"{made.base}/one.xml", "name": "one", "every": "1s"}])
        yield made


# what is refused


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ([], 2, r"watcher.yaml:\d+: database: is a file, which is for one process; run `watcher run`"),
        (["--queue", "news"], 2, "news is not one of tick, poll, deliver, learn"),
        (["--jobs", "0"], 2, "Input should be greater than or equal to 1"),
    ],
)
def test_what_cannot_be_is_refused(place: World, arguments: list[str], code: int, sentence: str) -> None:
    ended = run("--config", str(place.config), "worker", *arguments, environ={**place.environ(), "COLUMNS": "200"})
    assert ended.code == code
    assert re.search(sentence, re.sub(r"\s*│?\s*\n\s*│?\s*", " ", ended.err))


@pytest.mark.postgresql_line
def test_the_one_process_and_workers_refuse_each_other(place: World, url: str) -> None:
    there = {**place.environ(), "WATCHER_DATABASE_URL": url}
    with fleet(place, url, 1) as workers:
        assert workers.wait_until(lambda: len(place.told()) == 1), workers.said()
        ended = run("--config", str(place.config), "run", "--once", environ=there)
        assert ended.code == 3
        assert re.search(r"already running \(pid \d+\)", ended.err)
        health = run("--config", str(place.config), "health", environ=there)
        assert health.code == 0, health.out
        assert "is alive at 127.0.0.1:" in health.out


def test_the_command_takes_the_kinds_of_work_that_there_are() -> None:
    assert cli.WORKS == WORKS  # written there once more, since the queue's library is not always installed


# what they do together


def answer(workers: Fleet, number: int, path: str) -> str:
    """What a worker says at an address of its own."""
    found = re.findall(r'"address": "([^"]+)"', workers.log(number).read_text())
    with urllib.request.urlopen(f"http://{found[-1]}{path}", timeout=20) as response:
        return str(response.read().decode())


def model(workers: Fleet, number: int) -> str:
    (version,) = re.findall(r'watcher_model_info{[^}]*version="([^"]+)"', answer(workers, number, "/metrics"))
    return str(version)


def test_they_share_the_work_and_what_one_is_taught_the_other_uses(place: World, url: str) -> None:
    slack = place.slack
    assert isinstance(slack, FakeSocketSlack)
    place.feeds["one"].clear()
    with fleet(place, url, 2, environ={"SLACK_APP_TOKEN": APP_TOKEN}) as workers:
        assert workers.wait_until(lambda: len(slack.sockets) == 2), workers.said()
        assert workers.wait_until(lambda: bool(place.requests))
        before = model(workers, 0)
        assert model(workers, 1) == before
        place.feeds["one"].append(story(1, Random(1)))
        assert workers.wait_until(lambda: bool(slack.messages)), workers.said()
        (row,) = [block for block in slack.messages[0]["blocks"] if block["type"] == "actions"]
        button: dict[str, Any] = next(one for one in row["elements"] if one["action_id"] == "feedback_not_relevant")
        where = place.do(slack.press(button, ts=slack.messages[0]["ts"]))
        assert story(1, Random(1)).title in place.do(slack.answer(where))
        assert workers.wait_until(lambda: model(workers, 0) == model(workers, 1) != before), workers.said()
        assert 'worker="worker-0"' in answer(workers, 0, "/metrics")
        assert '"ready": true' in answer(workers, 1, "/readyz")
        assert [workers.stop(number) for number in range(2)] == [0, 0]
    assert set(place.told().values()) == {1}


@pytest.mark.postgresql_line
def test_one_that_only_asks_and_one_that_only_works_are_enough(place: World, url: str) -> None:
    with fleet(place, url, 0) as workers:
        workers.start(0, "--queue", "tick")
        workers.start(1, "--queue", "poll", "--queue", "deliver", "--queue", "learn", "--jobs", "2")
        assert workers.wait_until(lambda: len(place.told()) == 1), workers.said()
        done = [
            set(re.findall(r'watcher_jobs_total{kind="([a-z ]+)"', answer(workers, one, "/metrics"))) for one in (0, 1)
        ]
        assert "tick" in done[0]
        assert {"poll", "deliver"} <= done[1]
        assert done[0].isdisjoint(done[1])


@pytest.mark.postgresql_line
def test_a_new_topic_of_a_changed_file_judges_what_is_stored_once(place: World, url: str) -> None:
    with fleet(place, url, 2) as workers:
        assert workers.wait_until(lambda: len(place.told()) == 1), workers.said()
        topics = {
            name: {"title": name, "seeds": "seeds", "channel": channel}
            for name, channel in (("alliance", "C000DESK1"), ("second", "C0GENERAL"))
        }
        place.configure(feeds=[{"url": f"{place.base}/one.xml", "name": "one", "every": "1s"}], topics=topics)
        assert workers.wait_until(lambda: len(place.slack.keys("C0GENERAL")) == 1), workers.said()
    assert set(place.told().values()) == {1}


@pytest.mark.postgresql_line
def test_killed_at_random_they_tell_each_story_exactly_once(place: World, url: str) -> None:
    outcome = torture(place, url, workers=3, seconds=20, seed=4)
    assert outcome.wrong == [], str(outcome)
    assert outcome.kills.total() >= 2


@pytest.mark.postgresql_line
def test_while_a_topic_comes_goes_and_changes_its_name_each_story_is_told_exactly_once(place: World, url: str) -> None:
    outcome = changes(place, url, workers=3, number=5, seed=1)
    assert outcome.wrong == [], str(outcome)
    assert outcome.changes == 5
