"""What the page reads of the database is found by an index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from tests.builders import NOW
from tests.delivering import TOPIC
from watcher.store import Store
from watcher.store.condition import yields
from watcher.store.overview import WAITING, ends, matched_lately, nearest_misses, queued, tallies


@pytest.fixture
def store(made_file: Path) -> Iterator[Store]:
    """A file: SQLite says how it would read."""
    with Store.open(f"sqlite:///{made_file}", mode="read") as made:
        yield made


@pytest.mark.parametrize(
    ("verb", "given", "index"),
    [
        (matched_lately, {"since": NOW, "limit": 9, "topic": TOPIC}, "ix_decisions_decided_at"),
        (nearest_misses, {"since": NOW, "limit": 9, "topic": TOPIC}, "ix_decisions_decided_at"),
        (tallies, {"since": NOW}, "ix_decisions_decided_at"),
        (ends, {"since": NOW}, "ix_decisions_decided_at"),
        (queued, {"states": WAITING, "limit": 9}, "ix_outbox_state_created_at_number"),
        (yields, {"feeds": ["x"], "since": NOW}, "ix_entries_first_seen"),
    ],
)
def test_a_view_reads_by_time_and_not_all_there_ever_was(
    store: Store, verb: Any, given: dict[str, Any], index: str
) -> None:
    asked: list[tuple[str, Any]] = []
    event.listen(store._reader, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
    store.read_now(verb, **given)
    with store._reader.connect() as conn:
        plans = [
            row[3]
            for statement, values in list(asked)
            if statement.startswith("SELECT")
            for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    assert any(index in step for step in plans), plans
