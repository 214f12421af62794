"""From the first schema to the newest, with all that was known; and back, as the runbook says it."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.builders import NOW
from tests.commands import ROOT, _environ, installed, run
from tests.line import ON_TOPIC, Item, World, world
from tests.test_store_migrations import LAST, NEXT, newer, revision
from watcher.errors import StateError
from watcher.store import Store
from watcher.store.feeds import feed_states
from watcher.store.report import counts, outbox_rows
from watcher.store.schema import MIGRATIONS
from watcher.store.stream import load_stream

STORIES = [Item(title=title, text=text, path=f"/{number}.html") for number, (title, text) in enumerate(ON_TOPIC)]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        made.feeds = {"one": STORIES[:1]}
        made.configure()
        yield made


def as_the_first_version_had_it(path: Path, folder: Path) -> None:
    """Bring a database back to the first schema: each table with the columns that it had then."""
    scripts, first = folder / "first", folder / "first.db"
    shutil.copytree(MIGRATIONS, scripts, ignore=shutil.ignore_patterns("__pycache__", "000[2-9]*"))
    with pytest.raises(StateError, match=r"no such (table|column)"):
        Store.open(f"sqlite:///{first}", migrations=scripts)  # made, and then looked at by today's code
    with closing(sqlite3.connect(first)) as conn, conn:
        conn.execute("ATTACH ? AS now", (str(path),))
        tables = [name for (name,) in conn.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")]
        for table in set(tables) - {"alembic_version", "sqlite_sequence"}:
            columns = ", ".join(f'"{row[1]}"' for row in conn.execute(f"PRAGMA main.table_info({table})"))
            conn.execute(f"DELETE FROM main.{table}")
            conn.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM now.{table}")
    for left in path.parent.glob(f"{path.name}*"):
        left.unlink()
    first.rename(path)


@pytest.mark.slow
def test_a_database_of_the_first_version_goes_on_where_it_was(place: World) -> None:
    """One alert was told, one waits; both are known, and so is all that was judged and polled."""
    assert place.once() == 0
    (told,) = place.slack.keys()
    place.feeds["one"] = STORIES[:2]
    place.slack.faults["chat.postMessage"].append("is_archived")
    assert place.once() == 0
    assert len(place.slack.messages) == 1

    def known() -> tuple[object, ...]:
        with Store.open(f"sqlite:///{place.database}", mode="read") as store:
            states = {one.key: one.state for one in store.read_now(outbox_rows)}
            stream = store.read_now(load_stream)
            return store.installation, store.read_now(counts), states, stream.languages, dict(stream.histograms)

    before = known()
    as_the_first_version_had_it(place.database, place.folder)
    assert revision(place.database) == "0001"
    assert run("--config", place.config, "check", environ=place.environ()).code == 4, "a reader does not migrate"
    with Store.open(f"sqlite:///{place.database}"):
        pass
    assert revision(place.database) == LAST
    assert known() == before
    (copy,) = place.folder.glob(f"watcher.db.before-{LAST}-*.bak")
    assert revision(copy) == "0001"
    place.feeds["one"] = STORIES
    assert place.once() == 0
    assert place.slack.keys()[0] == told
    assert len(place.slack.messages) == len(STORIES)
    assert set(place.told().values()) == {1}


def runbook() -> list[str]:
    """The lines that the runbook tells to type to go back."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    section = page.partition("### Back to the version before\n")[2].partition("\n### ")[0].partition("\n## ")[0]
    lines = re.findall(r"^\$ (.*)$", section, re.MULTILINE)
    assert lines
    return lines


def test_the_way_back_from_an_upgrade_is_the_runbooks(tmp_path: Path) -> None:
    """This version is the old one; the one that it was upgraded to has a schema more."""
    (tmp_path / "config").mkdir()
    database = tmp_path / "var" / "watcher.db"
    config = installed(tmp_path / "config", database="sqlite:///../var/watcher.db")
    assert run("--config", config, "run", "--once").code == 0
    with Store.open(f"sqlite:///{database}", migrations=newer(tmp_path), now=NOW) as store:
        assert store.read_now(feed_states)
        installation = store.installation
    refused = run("--config", config, "check")
    assert (refused.code, "made by a newer version" in refused.err) == (4, True)

    (tmp_path / "bin").mkdir()
    watcher = tmp_path / "bin" / "watcher"
    watcher.write_text(f'#!/bin/sh\nexec {sys.executable} -m watcher "$@"\n')
    watcher.chmod(0o755)
    environ = _environ({}, {"PATH": f"{watcher.parent}:/usr/bin:/bin"})
    for line in runbook():
        told = "watcher run --once" if line == "watcher run" else line
        ended = subprocess.run(
            ["/bin/sh", "-c", told], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False, timeout=60
        )
        assert ended.returncode == 0, f"{told}: {ended.stderr}"
    assert revision(database) == LAST
    with Store.open(f"sqlite:///{database}", mode="read") as store:
        assert store.installation == installation
        assert {one.name for one in store.read_now(feed_states).values()} == {"Example"}
    (kept,) = database.parent.glob("watcher.db.before-restore-*.bak")
    assert revision(kept) == NEXT
