"""One instance per database: the second is told who runs, and anybody can ask."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from watcher.errors import AlreadyRunning
from watcher.store import Store
from watcher.store.lock import database_file, lock_file, running


def url(path: Path) -> str:
    return f"sqlite:///{path}"


SECOND = """
import sys
from watcher.errors import WatcherError
from watcher.store import Store
try:
    Store.open(sys.argv[1]).close()
except WatcherError as error:
    print(error)
    sys.exit(error.exit_code)
"""


def test_a_second_process_is_told_who_runs(tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    ask = [sys.executable, "-c", SECOND, url(path)]
    with Store.open(url(path), address="127.0.0.1:8080"):
        second = subprocess.run(ask, capture_output=True, text=True, check=False, timeout=60)
        assert second.returncode == 3
        assert f"already running (pid {os.getpid()}) on {path}" in second.stdout
    assert subprocess.run(ask, capture_output=True, check=False, timeout=60).returncode == 0


def test_a_second_store_in_one_process_is_refused_too(tmp_path: Path) -> None:
    rests: list[float] = []
    with Store.open(url(tmp_path / "w.db")):
        with pytest.raises(AlreadyRunning, match="already running"):
            Store.open(url(tmp_path / "w.db"), sleep=rests.append)
        assert len(rests) == 3
        Store.open(url(tmp_path / "other.db")).close()


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    kill = f"import os; from watcher.store import Store; Store.open({url(path)!r}); os._exit(137)"
    assert subprocess.run([sys.executable, "-c", kill], check=False, timeout=60).returncode == 137
    assert json.loads(lock_file(path).read_text())["pid"] != os.getpid()
    assert running(url(path)) is None
    Store.open(url(path)).close()


def test_the_address_of_the_running_service_is_beside_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    assert running(url(path)) is None
    assert list(tmp_path.iterdir()) == []
    with Store.open(url(path)) as store:
        assert running(url(path)) == {"pid": os.getpid(), "address": None}
        store.record_address("127.0.0.1:41234")
        assert running(url(path)) == {"pid": os.getpid(), "address": "127.0.0.1:41234"}
    assert running(url(path)) is None


def test_asking_who_runs_is_light() -> None:
    ask = "import sys, watcher.store.lock; print([m for m in ('sqlalchemy', 'numpy', 'alembic') if m in sys.modules])"
    light = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True, timeout=60)
    assert light.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("sqlite:////data/watcher.db", "/data/watcher.db"),
        ("sqlite:///var/watcher.db", "var/watcher.db"),
        ("sqlite:////data/my%20news.db?timeout=5", "/data/my news.db"),
    ],
)
def test_the_file_of_an_address(given: str, path: str) -> None:
    assert database_file(given) == Path(path)
