"""An older database is brought up to date, after a copy, whole or not at all."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_mock_engine
from sqlalchemy.exc import DBAPIError

from tests import builders as b
from tests.builders import NOW
from watcher.errors import StateError
from watcher.store import Store
from watcher.store.feeds import feed_states, save_feed_state
from watcher.store.schema import MIGRATIONS, backup, revisions
from watcher.store.tables import metadata

COMING = '''
"""A coming schema, for tests."""

import os
import sqlalchemy as sa
from alembic import op

revision = "{next}"
down_revision = "{last}"


def upgrade() -> None:
    with op.batch_alter_table("entries") as table:  # a table that others refer to, made anew
        table.add_column(sa.Column("colour", sa.Text()))
    op.execute("UPDATE feed_states SET name = 'migrated'")
    {fault}
'''


LAST = revisions()[-1]
NEXT = f"{int(LAST) + 1:04}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database of the present schema with something in it."""
    path = tmp_path / "w.db"
    with Store.open(f"sqlite:///{path}", now=NOW) as store:
        store.write_now(save_feed_state, b.feed_state())
    return path


def newer(folder: Path, fault: str = "") -> Path:
    """The migrations of a later version."""
    scripts = folder / "migrations"
    shutil.copytree(MIGRATIONS, scripts, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    told = COMING.replace("{fault}", fault).replace("{next}", NEXT).replace("{last}", LAST)
    (scripts / "versions" / f"{NEXT}_coming.py").write_text(told)
    return scripts


def revision(path: Path) -> str:
    with closing(sqlite3.connect(path)) as conn:
        return str(conn.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def name(store: Store) -> str:
    return store.read_now(feed_states)[b.feed_state().id].name


def test_the_migrations_make_the_tables_that_the_code_uses(path: Path) -> None:
    def differences(conn: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(conn), metadata))

    with Store.open(f"sqlite:///{path}") as store:
        assert store.read_now(differences) == []


def test_the_tables_can_be_made_on_another_database() -> None:
    said: list[str] = []

    def listen(ddl: Any, *_: Any, **__: Any) -> None:
        said.append(str(ddl.compile(dialect=elsewhere.dialect)))

    elsewhere = create_mock_engine("postgresql://", listen)
    metadata.create_all(elsewhere, checkfirst=False)
    assert sum("CREATE TABLE" in one for one in said) == len(metadata.tables)


def test_revisions_are_one_line_from_first_to_last() -> None:
    known = revisions()
    assert known[0] == "0001"
    assert list(known) == [f"{n:04}" for n in range(1, len(known) + 1)]


def test_an_older_database_is_copied_and_migrated(path: Path, tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{path}", migrations=newer(tmp_path), now=NOW) as store:
        assert name(store) == "migrated"
        installation = store.installation
    copy = path.with_name(f"w.db.before-{NEXT}-20260302T120000Z.bak")
    assert (revision(path), revision(copy)) == (NEXT, LAST)
    with Store.open(f"sqlite:///{copy}") as store:
        assert (name(store), store.installation) == ("Example News", installation)


def test_a_database_of_the_first_schema_keeps_what_it_knows_of_feeds(tmp_path: Path) -> None:
    scripts = tmp_path / "first"
    shutil.copytree(MIGRATIONS, scripts, ignore=shutil.ignore_patterns("__pycache__", "000[2-9]*"))
    path = tmp_path / "w.db"
    with pytest.raises(StateError, match=r"no such (table|column)"):
        Store.open(f"sqlite:///{path}", migrations=scripts)  # made, and then looked at by today's code
    known = b.feed_state(etag='"1"', entries=30)
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute(
            "INSERT INTO feed_states VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, NULL, NULL, 0, NULL, 0, 0, 30)",
            (known.id, known.url, known.name, NOW.isoformat(), NOW.isoformat(), known.etag),
        )
    with Store.open(f"sqlite:///{path}", now=NOW) as store:
        assert store.read_now(feed_states) == {known.id: known}
    assert revision(path) == LAST


def test_an_up_to_date_database_is_not_copied(path: Path) -> None:
    Store.open(f"sqlite:///{path}").close()
    assert list(path.parent.glob("*.bak*")) == []


def test_a_migration_that_fails_has_never_happened(path: Path, tmp_path: Path) -> None:
    with pytest.raises(DBAPIError):
        Store.open(f"sqlite:///{path}", migrations=newer(tmp_path, 'op.execute("nonsense")'), now=NOW)
    with Store.open(f"sqlite:///{path}", migrations=MIGRATIONS) as store:
        assert name(store) == "Example News"
    assert revision(path) == LAST


def test_kill_9_in_a_migration_is_as_if_it_had_not_begun(path: Path, tmp_path: Path) -> None:
    scripts = newer(tmp_path, "os._exit(137)")
    start = (
        "import sys; from pathlib import Path; from watcher.store import Store;"
        "Store.open(sys.argv[1], migrations=Path(sys.argv[2]))"
    )
    killed = subprocess.run([sys.executable, "-c", start, f"sqlite:///{path}", str(scripts)], check=False, timeout=60)
    assert killed.returncode == 137
    assert revision(path) == LAST
    with Store.open(f"sqlite:///{path}", migrations=newer(tmp_path), now=NOW) as store:
        assert name(store) == "migrated"


def test_a_reader_does_not_migrate(path: Path, tmp_path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(
        StateError, match=rf"older schema \({LAST}, this version needs {NEXT}\); run `watcher run` once"
    ):
        Store.open(f"sqlite:///{path}", mode="read", migrations=newer(tmp_path))
    assert path.read_bytes() == before


def test_a_database_is_copied_while_it_is_written(path: Path, tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{path}") as store:
        store.write_now(save_feed_state, b.feed_state(name="Unflushed"))
        store.backup(tmp_path / "copy.db")
    with Store.open(f"sqlite:///{tmp_path}/copy.db") as copy:
        assert name(copy) == "Unflushed"


def test_a_copy_replaces_nothing_half(path: Path, tmp_path: Path) -> None:
    part = tmp_path / "copy.db.part"
    part.write_bytes(b"half a copy, left by a kill")
    backup(path, tmp_path / "copy.db")
    assert not part.exists()
    assert revision(tmp_path / "copy.db") == LAST
