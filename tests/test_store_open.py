"""Opening a database: made, refused or locked; and a refused one is left as it was."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import builders as b
from tests.builders import NOW
from watcher.errors import StateError
from watcher.store import Store
from watcher.store.feeds import feed_states, save_feed_state
from watcher.store.lock import lock_file, running
from watcher.store.save import save
from watcher.store.schema import revisions
from watcher.store.topics import register_topics
from watcher.types import Batch

KILLED_WITH_A_LOG = """
import os
from tests import builders as b
from watcher.store import Store
from watcher.store.feeds import save_feed_state
Store.open({url!r}).write_now(save_feed_state, b.feed_state())
os._exit(137)
"""


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def made(path: Path) -> Path:
    with Store.open(url(path), now=NOW) as store:
        entries = tuple(b.entry(f"headline {n}") for n in range(50))
        store.write_now(save, Batch(at=NOW, feeds=(b.feed_state(),), entries=entries))
    return path


def content(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def test_a_database_is_made_with_its_folder_and_an_identity_of_its_own(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "var" / "w.db", tmp_path / "b.db"
    with Store.open(url(first), now=NOW) as one, Store.open(url(second), now=NOW) as two:
        assert len(one.installation) == 16
        assert one.installation != two.installation
        installation = one.installation
    with Store.open(url(first), now=NOW) as again:
        assert again.installation == installation
    assert sorted(path.name for path in first.parent.iterdir()) == ["w.db", "w.db.lock"]


def test_what_is_written_survives_and_is_safe_on_power_loss(tmp_path: Path) -> None:
    path = made(tmp_path / "w.db")
    with Store.open(url(path)) as store:
        assert set(store.read_now(feed_states)) == {b.feed_state().id}

        def pragmas(conn: object) -> tuple[object, ...]:
            execute = conn.exec_driver_sql  # type: ignore[attr-defined]  # a verb's connection
            names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            return tuple(execute(f"PRAGMA {name}").scalar() for name in names)

        assert store.write_now(pragmas) == ("wal", 2, 1, 1000)


def test_a_scratch_database_is_gone_when_closed() -> None:
    with Store.open("sqlite://") as store:
        path = store.path
        assert path is not None
        store.write_now(register_topics, ["a"], now=NOW)
        assert path.exists()
    assert not path.parent.exists()


def test_an_unfinished_database_of_a_killed_process_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "w.db.new").write_bytes(b"")
    (tmp_path / "w.db.new-wal").write_bytes(b"left over")
    made(tmp_path / "w.db")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["w.db", "w.db.lock"]


def test_a_log_that_a_removed_database_left_is_not_played_into_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    kill = KILLED_WITH_A_LOG.format(url=url(path))
    assert subprocess.run([sys.executable, "-c", kill], check=False, timeout=60).returncode == 137
    path.unlink()
    with Store.open(url(path)) as store:
        assert store.read_now(feed_states) == {}
    assert (tmp_path / "w.db-wal.old").stat().st_size > 0


def test_a_database_whose_log_was_deleted_starts_with_what_is_left(tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    kill = KILLED_WITH_A_LOG.format(url=url(path))
    assert subprocess.run([sys.executable, "-c", kill], check=False, timeout=60).returncode == 137
    for name in ("w.db-wal", "w.db-shm"):
        (tmp_path / name).unlink()
    with Store.open(url(path)) as store:
        assert store.read_now(feed_states) == {}
        store.write_now(save_feed_state, b.feed_state())


def test_another_kind_of_database_is_refused_without_its_password() -> None:
    with pytest.raises(StateError, match="mysql is not supported; write sqlite:///") as refused:
        Store.open("mysql://me:secret@host/db")
    assert "secret" not in str(refused.value)


# refusals


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _text(path: Path) -> None:
    path.write_text("not a database, but longer than sixteen bytes")


def _foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("CREATE TABLE bookmarks (url TEXT)")
        conn.commit()


def _newer(path: Path) -> None:
    made(path)
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("UPDATE alembic_version SET version_num = '9999'")
        conn.commit()


def _corrupt(path: Path) -> None:
    made(path)
    body = bytearray(path.read_bytes())
    for start in range(4096, len(body), 4096):
        body[start : start + 40] = b"\xa5" * 40
    path.write_bytes(bytes(body))


def _short(path: Path) -> None:
    made(path)
    path.write_bytes(path.read_bytes()[:9000])


def _identityless(path: Path) -> None:
    made(path)
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("DELETE FROM meta")
        conn.commit()


def _altered(path: Path) -> None:
    made(path)
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("ALTER TABLE outbox RENAME COLUMN state TO stat")
        conn.commit()


def _overwritten(path: Path) -> None:
    made(path)
    body = path.read_bytes()
    path.write_bytes(body.replace(b"CREATE TABLE outbox", b"CREATE TABLE outb\xe5x"))


UNUSABLE: dict[str, tuple[Callable[[Path], None], str]] = {
    "empty": (_empty, "is an empty file.*put a backup in its place.*or delete the file"),
    "text": (_text, "is not a database; put a backup in its place"),
    "foreign": (_foreign, "another program's database; name another file"),
    "newer": (_newer, rf"newer version of watcher \(schema 9999, this version knows up to {revisions()[-1]}\)"),
    "corrupt": (_corrupt, "is corrupt.*put a backup in its place"),
    "short": (_short, "is corrupt.*put a backup in its place"),
    "altered": (_altered, "its tables are not as watcher made them.*put a backup in its place"),
    "overwritten": (_overwritten, "is corrupt; put a backup in its place"),
    "identityless": (_identityless, "lost its installation id.*put a backup in its place"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
@pytest.mark.parametrize("mode", ["write", "read"])
def test_an_unusable_database_is_refused_and_left_as_it_was(
    tmp_path: Path, kind: str, mode: Literal["write", "read"]
) -> None:
    spoil, sentence = UNUSABLE[kind]
    path = tmp_path / "w.db"
    spoil(path)
    before = content(path)
    with pytest.raises(StateError, match=sentence) as refused:
        Store.open(url(path), mode=mode)
    assert refused.value.exit_code == 4
    assert str(path) in str(refused.value)
    assert content(path) == before
    assert running(url(path)) is None


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_flipped_bytes_are_refused_with_the_file_untouched_or_harmless(tmp_path: Path, data: st.DataObject) -> None:
    sound = tmp_path / "sound.db"
    if not sound.exists():
        made(sound)
    body = bytearray(sound.read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(body) - 1), min_size=1, max_size=50)):
        body[at] ^= data.draw(st.integers(1, 255))
    path = tmp_path / "flipped.db"
    path.write_bytes(bytes(body))
    before = content(path)
    try:
        store = Store.open(url(path))
    except StateError:
        assert content(path) == before
    else:
        store.close()


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="is a folder, not a database; name a file in it"):
        Store.open(url(tmp_path))


def test_a_place_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StateError, match="folder cannot be made"):
        Store.open(url(tmp_path / "file" / "w.db"))


STRANGER = """
import os, sys
from watcher.store import Store
from watcher.errors import StateError
os.setgid(65534), os.setuid(65534)
try:
    Store.open(sys.argv[1], mode=sys.argv[2]).close()
except StateError as error:
    print(error)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize(
    ("folder", "file", "mode", "says"),
    [
        (0o755, 0o644, "write", "may write; mount the volume writable"),
        (0o777, 0o644, "write", "cannot be written; mount the volume writable"),
        (0o777, 0o600, "write", "cannot be read (permission denied)"),
        (0o755, 0o644, "read", ""),
        (0o755, 0o600, "read", "cannot be read (permission denied)"),
        (0o700, 0o644, "read", "cannot be read (permission denied)"),
    ],
)
def test_what_may_not_be_written_is_a_sentence_at_the_start(
    tmp_path_factory: pytest.TempPathFactory, folder: int, file: int, mode: str, says: str
) -> None:
    place = tmp_path_factory.mktemp("volume")
    for above in (place, *place.parents[:3]):
        above.chmod(0o755)
    path = made(place / "w.db")
    lock_file(path).unlink()
    place.chmod(folder)
    path.chmod(file)
    before = content(path)
    ran = subprocess.run(
        [sys.executable, "-c", STRANGER, url(path), mode], capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.stderr == ""
    assert says in ran.stdout
    assert bool(ran.stdout) == bool(says)
    assert content(path) == before


# reading


def test_a_reader_never_makes_a_database(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="there is no database yet; run `watcher run` once"):
        Store.open(url(tmp_path / "none" / "w.db"), mode="read")
    assert list(tmp_path.iterdir()) == []


def test_a_reader_works_beside_the_service_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    with Store.open(url(path)) as service, Store.open(url(path), mode="read") as reader:
        service.write_now(save_feed_state, b.feed_state())
        assert set(reader.read_now(feed_states)) == {b.feed_state().id}
        with pytest.raises(StateError, match="for reading only"):
            reader.write_now(save_feed_state, b.feed_state())
        with pytest.raises(StateError, match="cannot be written"):
            reader.read_now(save_feed_state, b.feed_state())
        with pytest.raises(StateError, match="cannot be written"):
            service.read_now(save_feed_state, b.feed_state())
