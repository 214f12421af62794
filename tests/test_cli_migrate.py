"""`watcher migrate`: a database moves, and what was told stays told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import databases, postgres
from tests.builders import NOW
from tests.commands import Outcome, run
from tests.databases import content
from tests.line import CRASHED, ON_TOPIC, Item, World, world
from watcher.store import Store

STORIES = [Item(title=title, text=text, path=f"/{number}.html") for number, (title, text) in enumerate(ON_TOPIC)]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        made.feeds = {"one": STORIES[:2]}
        made.configure()
        yield made


@pytest.fixture
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return databases.empty("postgresql", request, tmp_path)


def command(*words: object) -> Outcome:
    return run("migrate", *words)


@pytest.mark.slow
def test_after_moving_there_and_back_nothing_is_told_again_and_all_that_is_new_is(place: World, empty: str) -> None:
    assert place.once() == 0
    file = f"sqlite:///{place.database}"
    moved = command("--from", file, "--to", empty)
    assert moved.code == 0, moved.err
    assert moved.out.startswith("postgresql://watcher@/test")
    assert f"holds all of {place.database}: " in moved.out
    assert "read back and found the same" in moved.out
    assert "start no watcher on it: it would tell everything that is new a second time" in moved.out
    with Store.open(empty) as there:
        refused = command("--from", empty, "--to", f"sqlite:///{place.folder}/back.db")
        assert (refused.code, "already running" in refused.err) == (3, True)
        installation = there.installation

    place.server = empty
    place.configure()
    assert place.once() == 0
    assert len(place.slack.messages) == 2, "nothing again"
    place.feeds["one"] = STORIES[:3]
    assert place.once(crash_at="deliver.send.after") == CRASHED

    place.server = f"sqlite:///{place.folder}/back.db"
    told = command("--from", empty, "--to", place.server, "--json").json
    assert told.keys() == {"source", "target", "installation", "revision", "migrated", "rows", "tables"}
    assert (told["installation"], told["tables"]["entries"]["rows"]) == (installation, 3)
    assert told["rows"] == sum(one["rows"] for one in told["tables"].values())
    place.feeds["one"] = STORIES
    place.configure()
    assert place.once() == 0
    assert set(place.told().values()) == {1}, "what was on its way when it was moved was looked up"
    assert len(place.slack.messages) == 4


def test_what_stands_in_its_way_is_said_and_nothing_is_made(postgresql: postgres.Server, tmp_path: Path) -> None:
    file = tmp_path / "w.db"
    Store.open(f"sqlite:///{file}", now=NOW).close()
    full = postgresql.ready()
    for code, words, said in (
        (2, ("--from", f"sqlite:///{file}"), "Missing option '--to'"),
        (2, ("--from", f"sqlite:///{file}", "--to", "mysql://db/news"), '--to: "mysql" is no kind of database'),
        (2, ("--from", "w.db", "--to", full), "--from: this is no address of a database"),
        (2, ("--from", f"sqlite:///{file}", "--to", full), "there is a database already, which is left as it is"),
        (4, ("--from", f"sqlite:///{tmp_path}/none.db", "--to", full), "there is no database there"),
        (4, ("--from", full, "--to", f"postgresql+psycopg://me:secret@/n?host={tmp_path}"), "check the address"),
    ):
        refused = command(*words)
        assert (refused.code, said in refused.err) == (code, True), refused.err
        assert "secret" not in refused.err
    assert sorted(one.name for one in tmp_path.iterdir()) == ["w.db", "w.db.lock"]


def test_a_relative_path_counts_from_the_working_folder(
    tmp_path: Path, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Store.open(f"sqlite:///{tmp_path}/w.db", now=NOW) as store:
        before = content(store)
    assert command("--from", "sqlite:///w.db", "--to", empty).code == 0
    with Store.open(empty, mode="read") as store:
        assert content(store) == before
