"""`watcher forget`: asks first, works beside a running service, and tells nothing twice."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests import builders as b
from tests.commands import Outcome, _environ, installed, run
from tests.line import ON_TOPIC, Item, world
from watcher.seeds.answers import person
from watcher.store import Store
from watcher.store.feedback import labels, put_labels

STORIES = [Item(title=title, text=text, path=f"/{number}.html") for number, (title, text) in enumerate(ON_TOPIC)]


def topics(*names: str) -> dict[str, object]:
    return {one: {"title": f"The {one}", "seeds": "seeds", "channel": "C000DESK1"} for one in names}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """An installation in which two people have answered."""
    path = installed(tmp_path)
    with Store.open(f"sqlite:///{tmp_path}/watcher.db") as store:
        store.write_now(put_labels, b.click("1"), [b.label("Troops to stay", topic="alliance")])
        bob = b.label("Troops to stay", topic="gone", user="U2", name="bob")
        store.write_now(put_labels, b.click("2", user="U2", name="bob"), [bob])
    return path


def forget(config: Path, *words: object, stdin: str = "") -> Outcome:
    return run("--config", config, "forget", *words, stdin=stdin)


def people(config: Path) -> list[tuple[str, str]]:
    with Store.open(f"sqlite:///{config.parent}/watcher.db", mode="read") as store:
        return [(one.label.user, one.label.name) for one in store.read_now(labels)]


@pytest.mark.slow
def test_a_topic_that_comes_back_is_told_nothing_twice(tmp_path: Path) -> None:
    with world(tmp_path) as place:
        place.feeds = {"one": STORIES[:2]}
        place.configure(topics=topics("alliance"))
        assert place.once() == 0
        told = place.told()
        assert set(told.values()) == {1}
        place.configure(topics=topics("other"), feeds=[{"url": f"{place.base}/none.xml"}])
        with Store.open(f"sqlite:///{place.database}"):  # beside a service
            done = run("--config", place.config, "forget", "--topic", "alliance", "--yes", environ=place.environ())
        assert (done.code, done.out) == (0, "forgotten; backups that were made before still hold it\n")
        place.configure(topics=topics("alliance"))
        place.feeds = {"one": STORIES[:3]}
        assert place.once() == 0
        assert place.told().items() > told.items()
        assert len(place.told()) == 3
        assert set(place.told().values()) == {1}


def test_a_topic_in_use_is_not_forgotten(config: Path) -> None:
    told = forget(config, "--topic", "alliance", "--yes")
    assert told.code == 2
    assert "topics.alliance: the topic is still in use; take it out of the file, then forget it" in told.err


def test_nothing_goes_before_somebody_says_yes(config: Path) -> None:
    told = forget(config, "--topic", "gone")
    assert (told.code, people(config)) == (2, [("U1", "ann"), ("U2", "bob")])
    assert "of gone: 0 seeds added in Slack, 1 answers and 0 decisions go" in told.err
    assert "--yes" in told.err
    done = forget(config, "--topic", "gone", "--yes", "--json")
    assert done.json == {
        "topic": "gone", "user": None, "seeds": 0, "answers": 1, "decisions": 0, "told": 0, "waiting": 0,
    }  # fmt: skip
    assert people(config) == [("U1", "ann")]
    again = forget(config, "--topic", "gone", "--yes")
    assert (again.code, "nothing is stored of a topic 'gone'" in again.err) == (1, True)


@pytest.mark.parametrize(("answer", "code", "left"), [("y", 0, "somebody"), ("n", 1, "ann")])
def test_on_a_terminal_it_asks(config: Path, answer: str, code: int, left: str) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    ask = [sys.executable, "-m", "watcher", "--config", str(config), "forget", "--user", "U1"]
    ended = subprocess.run(
        ask, stdin=theirs, capture_output=True, text=True, check=False, timeout=60, env=_environ({}, os.environ)
    )
    os.close(ours)
    os.close(theirs)
    assert (ended.returncode, "forget it?" in ended.stderr) == (code, True)
    assert people(config)[0][1] == left


def test_a_person_is_gone_from_the_file_itself(config: Path) -> None:
    name, database = "sentinel-of-a-person", config.parent / "watcher.db"
    with Store.open(f"sqlite:///{database}") as store:
        store.write_now(put_labels, b.click("3", user="U3", name=name), [b.label(user="U3", name=name)])
        done = forget(config, "--user", name, "--yes", "--json")
        assert done.json == {
            "topic": None, "user": name, "clicks": 1, "answers": 1, "mutes": 0, "seeds": 0, "notices": 0,
        }  # fmt: skip
        for path in config.parent.glob("watcher.db*"):
            assert name.encode() not in path.read_bytes()
    user, called = people(config)[-1]
    assert (user[:2], called) == ("p-", "somebody")
    assert user != person("U3"), "nobody can try ids"


def test_answers_that_lie_in_files_stay_one_persons(config: Path) -> None:
    assert run("--config", config, "feedback", "export", "--topic", "alliance").code == 0
    told = forget(config, "--user", "ann", "--yes")
    assert f"holds answers of theirs as {person('U1')}'s: yours to remove" in told.err
    assert people(config)[0] == (person("U1"), "somebody")


def test_what_cannot_be_meant_is_said(config: Path) -> None:
    for words in ((), ("--topic", "a", "--user", "b")):
        told = forget(config, *words)
        assert (told.code, "name one of the two" in told.err) == (2, True)
    told = forget(config, "--user", "carol", "--yes")
    assert (told.code, "nobody with the id or name 'carol'" in told.err) == (1, True)
    with Store.open(f"sqlite:///{config.parent}/watcher.db") as store:
        store.write_now(put_labels, b.click("4", user="U4"), [b.label(user="U4")])
    told = forget(config, "--user", "ann", "--yes")
    assert (told.code, "several people are called 'ann'; name one by id: U1, U4" in told.err) == (2, True)


def test_it_says_that_the_configuration_names_them_too(tmp_path: Path, config: Path) -> None:
    installed(tmp_path, slack={"editors": ["U0123ABCD"]})
    with Store.open(f"sqlite:///{tmp_path}/watcher.db") as store:
        store.write_now(put_labels, b.click("5", user="U0123ABCD", name="eve"), [b.label(user="U0123ABCD", name="eve")])
    assert "slack.editors still names U0123ABCD" in forget(config, "--user", "eve", "--yes").err


def test_it_makes_no_database(tmp_path: Path) -> None:
    config = installed(tmp_path)
    assert forget(config, "--user", "ann", "--yes").code == 4
    assert not (tmp_path / "watcher.db").exists()
