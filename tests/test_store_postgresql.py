"""A database on a server: made, refused, locked, lost and found again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from tests import builders as b
from tests import postgres
from tests.builders import NOW
from tests.databases import content
from tests.test_store_migrations import NEXT, name, newer
from watcher.config import addresses
from watcher.errors import AlreadyRunning, StateError
from watcher.store import Store, sessions
from watcher.store.backups import read_back
from watcher.store.feeds import feed_states, save_feed_state
from watcher.store.lock import database_file, running
from watcher.store.save import save
from watcher.store.schema import MIGRATIONS, revisions
from watcher.store.tables import metadata
from watcher.store.topics import known_topics, register_topics
from watcher.types import Batch

SHORT = timedelta(milliseconds=50)


@pytest.fixture
def empty(postgresql: postgres.Server) -> Iterator[str]:
    made = postgresql.empty()
    yield made
    postgresql.drop(made)


def plain(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def do(url: str, statement: Any) -> None:
    with plain(url) as conn:
        conn.execute(statement)


# made


def test_the_migrations_make_the_tables_that_the_code_uses(empty: str) -> None:
    def differences(conn: Connection) -> list[Any]:
        found = compare_metadata(MigrationContext.configure(conn), metadata)
        return [one for one in found if one[0] != "add_table_comment"]  # a file keeps none, so none was missed there

    assert not Store.exists(empty)
    with Store.open(empty) as store:
        assert len(store.installation) == 16
        assert store.path is None
        assert store.read_now(differences) == []
        installation = store.installation
    assert Store.exists(empty)
    with Store.open(empty) as again:
        assert again.installation == installation


def test_all_text_is_ordered_as_in_a_file(empty: str) -> None:
    with Store.open(empty) as store:
        query = (
            "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public' "
            "AND data_type IN ('text', 'character varying') AND collation_name IS DISTINCT FROM 'C'"
        )
        assert store.read_now(lambda conn: conn.exec_driver_sql(query).scalar()) == 0


def test_an_older_database_is_migrated_and_a_reader_asks_for_it(url: str, tmp_path: Path) -> None:
    with Store.open(url) as store:
        store.write_now(save_feed_state, b.feed_state())
    scripts = newer(tmp_path)
    with pytest.raises(StateError, match=rf"older schema \({revisions()[-1]}, this version needs {NEXT}\)"):
        Store.open(url, mode="read", migrations=scripts)
    with Store.open(url, migrations=scripts, backups=False) as store:
        assert name(store) == "migrated"
    with pytest.raises(StateError, match=f"made by a newer version of watcher .schema {NEXT}"):
        Store.open(url)


def test_it_is_copied_before_it_is_migrated_where_a_folder_is_named(url: str, tmp_path: Path) -> None:
    with Store.open(url) as store:
        store.write_now(save_feed_state, b.feed_state())
        before = content(store)
    Store.open(url, backups=tmp_path / "backups").close()
    assert not (tmp_path / "backups").exists(), "nothing was to be changed"
    with Store.open(url, migrations=newer(tmp_path), now=NOW, backups=tmp_path / "backups") as store:
        assert name(store) == "migrated"
    (copy,) = (tmp_path / "backups").iterdir()
    database = url.partition("@/")[2].partition("?")[0]
    assert copy.name == f"{database}.db.before-{NEXT}-20260302T120000Z.bak"
    assert copy.stat().st_mode & 0o777 == 0o600
    assert read_back(copy).revision == revisions()[-1]
    with Store.open(f"sqlite:///{copy}", mode="read") as store:
        assert content(store) == before


@pytest.mark.parametrize("there", [None, "a file"])
def test_it_is_not_migrated_where_nobody_knows_of_a_copy(url: str, tmp_path: Path, there: str | None) -> None:
    if there:
        (tmp_path / "backups").write_text("no folder")
    with pytest.raises(StateError, match=r"name a folder in `backups`|the folder for backups cannot be made"):
        Store.open(url, migrations=newer(tmp_path), backups=tmp_path / "backups" if there else None)
    with Store.open(url, mode="read") as store:
        assert store.read_now(known_topics) == frozenset()
    assert running(url) is None


def test_a_migration_that_fails_leaves_nothing(empty: str, tmp_path: Path) -> None:
    scripts = tmp_path / "broken"
    shutil.copytree(MIGRATIONS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    last = max((scripts / "versions").glob("0*.py"))
    last.write_text(last.read_text() + "    raise RuntimeError('broken')\n")
    with pytest.raises(RuntimeError, match="broken"):
        Store.open(empty, migrations=scripts)
    assert not Store.exists(empty)
    assert running(empty) is None


# refused


def test_a_reader_never_makes_tables(empty: str) -> None:
    with pytest.raises(StateError, match="there is no database yet; run `watcher run` once"):
        Store.open(empty, mode="read")
    assert not Store.exists(empty)


def test_another_programs_tables_are_left_alone(empty: str) -> None:
    do(empty, "CREATE TABLE orders (id int)")
    for mode in ("write", "read", "beside"):
        with pytest.raises(StateError, match="holds another program's tables; name an empty database"):
            Store.open(empty, mode=mode)
    assert running(empty) is None


def test_a_database_that_cannot_hold_every_text_is_refused(postgresql: postgres.Server) -> None:
    postgresql.run("CREATE DATABASE {} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'", "ascii")
    with pytest.raises(StateError, match="its encoding is SQL_ASCII; make it anew"):
        Store.open(postgresql.url("ascii"))


def test_tables_that_were_changed_are_said(url: str) -> None:
    do(url, "ALTER TABLE feed_states DROP COLUMN etag")
    with pytest.raises(StateError, match="its tables are not as watcher made them"):
        Store.open(url)


def test_a_user_who_may_not_write_is_told_at_the_start(url: str) -> None:
    do(url, "CREATE ROLE reader LOGIN")
    try:
        do(url, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
        theirs = url.replace("watcher@", "reader@")
        with pytest.raises(StateError, match="this user may not do that; make it the owner"):
            Store.open(theirs)
        with Store.open(theirs, mode="read") as store:
            assert store.read_now(known_topics) == frozenset()
    finally:
        do(url, "DROP OWNED BY reader")
        do(url, "DROP ROLE reader")


@pytest.mark.parametrize("mode", ["write", "read"])
def test_a_server_that_is_not_there_is_a_sentence_without_the_password(tmp_path: Path, mode: Any) -> None:
    with pytest.raises(StateError, match="goes on by itself when the server is back") as refused:
        Store.open(f"postgresql+psycopg://me:secret@/news?host={tmp_path}&passfile=secret", mode=mode)
    assert str(refused.value).startswith("postgresql://me@/news: ")
    assert "secret" not in str(refused.value)
    assert running(f"postgresql://me:secret@/news?host={tmp_path}") is None


def test_what_people_see_of_an_address_has_no_secret() -> None:
    told = sessions.shown("postgresql+psycopg://me:s%40cret@db.example:5433/news?sslpassword=secret")
    assert told == "postgresql://me@db.example:5433/news"


def test_the_name_of_a_connection_says_who_it_is_unless_it_was_cut_off() -> None:
    read = sessions._read
    assert read(sessions.name_of("[::1]:8080")) == {"pid": os.getpid(), "address": "[::1]:8080"}
    assert read(sessions.name_of(None)) == {"pid": os.getpid(), "address": None}
    assert read("watcher 7 " + "a" * 53) == {"pid": 7, "address": None}
    assert read("") == read("psql") == {"pid": None, "address": None}


def test_a_socket_is_an_address(tmp_path: Path) -> None:
    url = "postgresql+psycopg://watcher@/news?host=/run/postgresql"
    assert addresses.database(url, tmp_path) == url


def test_a_file_is_asked_for_where_there_is_none(url: str) -> None:
    with pytest.raises(StateError, match="use pg_dump"):
        database_file(url)


def test_a_copy_of_it_is_a_file_with_the_same_in_it_and_nothing_beside(url: str, tmp_path: Path) -> None:
    with Store.open(url, now=NOW) as store:
        store.write_now(save, Batch(at=NOW, feeds=(b.feed_state(),), entries=(b.entry(),)))
        store.backup(tmp_path / "copy.db")
        assert [one.name for one in tmp_path.iterdir()] == ["copy.db"]
        with Store.open(f"sqlite:///{tmp_path}/copy.db") as copy:
            assert content(copy) == content(store)


# locked


def test_a_second_instance_is_told_who_runs_and_a_reader_asks_where(url: str) -> None:
    with Store.open(url, address="127.0.0.1:8080") as store:
        assert running(url) == {"pid": os.getpid(), "address": "127.0.0.1:8080"}
        store.record_address("127.0.0.1:41234")
        assert running(url) == {"pid": os.getpid(), "address": "127.0.0.1:41234"}
        rests: list[float] = []
        with pytest.raises(AlreadyRunning, match=rf"already running \(pid {os.getpid()}\) on postgresql://watcher@/"):
            Store.open(url, sleep=rests.append)
        assert rests == [0.02, 0.05, 0.1, 0.2, 0.4, 0.8]
    assert running(url) is None
    Store.open(url).close()


def test_one_that_is_closed_has_let_go_and_no_server_that_stands_still_keeps_it(url: str) -> None:
    with sessions.connect(url) as looking:
        for _ in range(20):
            Store.open(url).close()
            assert sessions.holder(looking) is None
        store = Store.open(url)
        held = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s"
        found = looking.execute(held, (sessions.SPACE, sessions.RUNS)).fetchone()
        looking.rollback()
        assert found is not None
        os.kill(found[0], signal.SIGSTOP)
        try:
            store.close()
            assert sessions.holder(looking) == {"pid": os.getpid(), "address": None}
        finally:
            os.kill(found[0], signal.SIGCONT)
        Store.open(url).close()


def test_a_killed_instance_is_in_nobodys_way(url: str) -> None:
    kill = f"import os; from watcher.store import Store; Store.open({url!r}); os._exit(137)"
    assert subprocess.run([sys.executable, "-c", kill], check=False, timeout=60).returncode == 137
    Store.open(url).close()


def test_single_changes_are_made_beside_a_service_and_a_reader_makes_none(url: str) -> None:
    with Store.open(url) as service, Store.open(url, mode="beside") as beside, Store.open(url, mode="read") as reader:
        beside.write_now(register_topics, ["a"], now=NOW)
        service.write_now(register_topics, ["b"], now=NOW)
        assert reader.read_now(known_topics) == {"a", "b"}
        with pytest.raises(StateError, match="for reading only"):
            reader.write_now(register_topics, ["c"], now=NOW)
        with pytest.raises(StateError, match="takes no writes"):
            reader.read_now(register_topics, ["c"], now=NOW)


def test_a_read_is_one_view(url: str) -> None:
    with Store.open(url) as store, Store.open(url, mode="read") as reader:

        def twice(conn: Connection) -> tuple[frozenset[str], frozenset[str]]:
            before = known_topics(conn)
            store.write_now(register_topics, ["a"], now=NOW)
            return before, known_topics(conn)

        assert reader.read_now(twice) == (frozenset(), frozenset())
        assert reader.read_now(known_topics) == {"a"}


def test_who_writes_waits_for_another_and_gives_up_with_a_sentence(url: str) -> None:
    rests: list[float] = []
    with Store.open(url) as other, Store.open(url, mode="beside", sleep=rests.append, busy=SHORT) as store:

        def meanwhile(conn: Connection) -> None:
            del conn
            with pytest.raises(StateError, match="another program holds it"):
                store.write_now(register_topics, ["a"], now=NOW)
            tried = len(rests)
            assert tried > 2
            store.hurry()
            with pytest.raises(StateError, match="another program holds it"):
                store.write_now(register_topics, ["a"], now=NOW)
            assert len(rests) == tried, "near the end it is given up at once"

        other.write_now(meanwhile)
        store.write_now(register_topics, ["a"], now=NOW)
        assert other.read_now(known_topics) == {"a"}


def test_a_write_fails_whole_and_our_own_broken_promise_stays_one(url: str) -> None:
    with Store.open(url) as store:
        with pytest.raises(IntegrityError):
            store.write_now(save, Batch(at=NOW, feeds=(b.feed_state(),), decisions=(b.decision("nobody"),)))
        assert store.read_now(feed_states) == {}


# lost


def cut(url: str) -> None:
    """End every connection to the database, as a server does that is started anew."""
    do(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid()")  # fmt: skip


def test_a_connection_that_was_cut_is_made_anew_with_its_lock(url: str) -> None:
    with Store.open(url, address="127.0.0.1:8080") as store:
        cut(url)
        assert store.read_now(known_topics) == frozenset()
        store.write_now(register_topics, ["a"], now=NOW)
        assert running(url) == {"pid": os.getpid(), "address": "127.0.0.1:8080"}


def test_a_write_that_is_cut_off_is_a_sentence_and_the_next_one_succeeds(url: str) -> None:
    with Store.open(url) as store:

        def cut_off(conn: Connection) -> None:
            register_topics(conn, ["a"], now=NOW)
            cut(url)
            known_topics(conn)

        with pytest.raises(StateError, match="goes on by itself"):
            store.write_now(cut_off)
        store.write_now(register_topics, ["b"], now=NOW)
        assert store.read_now(known_topics) == {"b"}


def test_who_lost_the_lock_to_another_cannot_write(url: str) -> None:
    with Store.open(url) as store:
        cut(url)
        with Store.open(url) as other:
            with pytest.raises(StateError, match=r"another watcher .* has run on it since the connection broke"):
                store.write_now(register_topics, ["a"], now=NOW)
            other.write_now(register_topics, ["b"], now=NOW)
        store.write_now(register_topics, ["c"], now=NOW)
        assert store.read_now(known_topics) == {"b", "c"}
