"""Settings of the whole suite."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests import databases, postgres
from tests.builders import NOW
from tests.fakes import FakeClock, FakeNotifier
from watcher.store import Store

# A landing must not hang on luck: there the examples are always the same ones; at a desk they are always new.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("desk", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long: nobody shall wait at the end for the one that was begun last."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def there(clock: FakeClock) -> FakeNotifier:
    return FakeNotifier(clock=clock)


@pytest.fixture(scope="session")
def made_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database made once: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("made") / "w.db"
    Store.open(f"sqlite:///{path}", now=NOW).close()
    return path


@pytest.fixture(params=databases.WHERE)
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Gives addresses of new databases, all in files or all on a server."""
    return lambda: databases.ready(request.param, request, tmp_path)


@pytest.fixture
def store(fresh: Callable[[], str]) -> Iterator[Store]:
    with Store.open(fresh(), now=NOW) as made:
        yield made


@pytest.fixture(params=databases.WHERE)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    """For a ``World``: the address of an empty database on a server, or None for a file."""
    return None if request.param == "sqlite" else databases.empty(request.param, request, tmp_path)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres.Server]:
    """A real server, started once for all tests of this process that want one."""
    found = postgres.programs()
    if found is None:
        pytest.skip("needs PostgreSQL's initdb and postgres (Debian's package postgresql)")
    with postgres.running(found) as server:
        yield server


@pytest.fixture
def url(postgresql: postgres.Server) -> Iterator[str]:
    """The address of a database of its own on the server, with watcher's tables."""
    made = postgresql.ready()
    yield made
    postgresql.drop(made)
