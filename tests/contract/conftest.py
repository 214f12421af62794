"""The backends that every contract test of the store runs on: adding one is one row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.builders import NOW
from watcher.store import Store


def on_a_server(request: pytest.FixtureRequest) -> str:
    """A fresh database on PostgreSQL; the server is started for the first test that wants one."""
    server: postgres.Server = request.getfixturevalue("postgresql")
    url = server.ready()
    request.addfinalizer(lambda: server.drop(url))
    return url


BACKENDS: dict[str, Callable[[pytest.FixtureRequest, Path], str]] = {
    "postgresql": lambda request, _: on_a_server(request),
    "sqlite": lambda _, folder: f"sqlite:///{folder}/watcher.db",
}
"""Name → the address of a fresh database."""


@pytest.fixture(params=sorted(BACKENDS))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with Store.open(BACKENDS[request.param](request, tmp_path), now=NOW) as opened:
        yield opened
