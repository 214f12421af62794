"""The backends that every contract test of the store runs on: adding one is one row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.builders import NOW
from watcher.store import Store

BACKENDS: dict[str, Callable[[Path], Store]] = {
    "sqlite": lambda folder: Store.open(f"sqlite:///{folder}/watcher.db", now=NOW),
}


@pytest.fixture(params=sorted(BACKENDS))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with BACKENDS[request.param](tmp_path) as opened:
        yield opened
