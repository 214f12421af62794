"""Settings of the whole suite."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests import postgres
from tests.builders import NOW
from tests.fakes import FakeClock, FakeNotifier
from watcher.store import Store

# A landing must not hang on luck: there the examples are always the same ones; at a desk they are always new.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("desk", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def there(clock: FakeClock) -> FakeNotifier:
    return FakeNotifier(clock=clock)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/w.db", now=NOW) as made:
        yield made


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres.Server]:
    """A real server, started once for all tests of this process that want one."""
    found = postgres.programs()
    if found is None:
        pytest.skip("needs PostgreSQL's initdb and postgres (Debian's package postgresql)")
    with postgres.running(found) as server:
        yield server
