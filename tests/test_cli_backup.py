"""`watcher backup` and `watcher restore`, and what is told after one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import databases
from tests.commands import Outcome, run
from tests.line import ON_TOPIC, Item, World, world
from watcher.store import Store, sessions

STORIES = [Item(title=title, text=text, path=f"/{number}.html") for number, (title, text) in enumerate(ON_TOPIC)]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        made.feeds = {"one": STORIES[:1]}
        made.configure()
        yield made


def command(place: World, *words: object) -> Outcome:
    return run("--config", place.config, *words, environ=place.environ())


@pytest.mark.slow
@pytest.mark.parametrize("lost", [False, True])
def test_a_backup_is_put_back_and_nothing_is_told_again(place: World, lost: bool) -> None:
    """The database is replaced, or was lost."""
    assert place.once() == 0
    file = place.folder / "backup.db"
    with Store.open(f"sqlite:///{place.database}"):
        made = command(place, "backup", file)
        assert (made.code, made.out.startswith(f"{file}: 0.3 MB, 1 entries, last polled ")) == (0, True)
        assert command(place, "restore", file, "--force").code == 3, "while it runs"
    place.feeds["one"] = STORIES[:3]
    assert place.once() == 0
    told = place.slack.keys()
    assert len(told) == 3
    if lost:
        for one in place.folder.glob("watcher.db*"):
            one.unlink()
    else:
        refused = command(place, "restore", file)
        assert (refused.code, "with --force it is copied beside itself and replaced" in refused.err) == (2, True)
    done = command(place, "restore", file, *([] if lost else ["--force"]))
    assert done.code == 0, done.err
    assert ("what was there before is kept as" in done.out) is not lost
    assert "looked up in its channel before it is sent" in done.out
    place.feeds["one"] = STORIES
    assert place.once() == 0
    assert place.slack.keys()[:3] == told
    assert set(place.told().values()) == {1}
    assert len(place.slack.messages) == 4, "what is new since is told"


def test_both_print_json(place: World) -> None:
    assert command(place, "backup", place.folder / "b.db").code == 4, "there is none yet"
    Store.open(f"sqlite:///{place.database}").close()
    made = command(place, "backup", place.folder / "b.db", "--json").json
    assert made.keys() == {"file", "bytes", "entries", "last_polled", "schema", "installation"}
    told = command(place, "restore", place.folder / "b.db", "--force", "--json").json
    assert told["backup"] == made
    assert (told["database"], told["other_installation"], told["migrated"]) == (str(place.database), None, None)
    assert Path(told["kept"]).exists()


def test_neither_needs_a_configuration_where_the_environment_names_the_database(tmp_path: Path) -> None:
    environ = {"WATCHER_DATABASE_URL": f"sqlite:///{tmp_path}/w.db"}
    Store.open(environ["WATCHER_DATABASE_URL"]).close()
    for words in (("backup", tmp_path / "b.db"), ("restore", tmp_path / "b.db", "--force")):
        assert run("--config", tmp_path / "none.yaml", *words, environ=environ).code == 0


def test_another_installations_backup_is_told_as_one(place: World) -> None:
    other = place.folder / "other.db"
    for path in (other, place.database):
        Store.open(f"sqlite:///{path}").close()
    done = command(place, "restore", other, "--force")
    assert (done.code, "that was another installation" in done.out) == (0, True)


@pytest.mark.postgresql_line
@pytest.mark.slow
def test_a_backup_of_a_server_is_put_on_an_empty_one_and_nothing_is_told_again(
    place: World, request: pytest.FixtureRequest
) -> None:
    place.server = databases.empty("postgresql", request, place.folder)
    place.configure()
    file = place.folder / "backup.db"
    assert place.once() == 0
    with Store.open(place.server):
        made = command(place, "backup", file)
        assert (made.code, " 1 entries, last polled " in made.out) == (0, True), made.err
    place.feeds["one"] = STORIES[:3]
    assert place.once() == 0
    told = place.slack.keys()
    assert len(told) == 3
    refused = command(place, "restore", file, "--force")
    assert (refused.code, "is left as it is; name an empty database (createdb makes one)" in refused.err) == (2, True)
    databases.clear(place.server)
    done = command(place, "restore", file)
    assert done.code == 0, done.err
    assert done.out.startswith(f"{sessions.shown(place.server)}: {file} is in place (1 entries")
    assert "looked up in its channel before it is sent" in done.out
    place.feeds["one"] = STORIES
    assert place.once() == 0
    assert place.slack.keys()[:3] == told
    assert set(place.told().values()) == {1}
    assert len(place.slack.messages) == 4, "what is new since is told"
