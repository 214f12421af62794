"""What a database keeps for ever is small, room is used again, and no poll waits long for the tidying."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests import builders as b
from tests.bench.growth import MOST_BYTES, TOPICS, batches, forget, in_use, left
from tests.builders import NOW
from watcher.app import tidying
from watcher.app.tidying import tidy_all
from watcher.config.model import RetentionConfig
from watcher.store import Store, condensing, entries
from watcher.store.entries import find_entry
from watcher.store.report import counts
from watcher.store.save import save
from watcher.types import Batch

ENTRIES = 2_000
PAGE = 4096
DAY = timedelta(days=1)
KEEP = RetentionConfig(articles=14 * DAY, entries=180 * DAY, feedback=730 * DAY)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/watcher.db", now=NOW) as opened:
        yield opened


def fill(store: Store, seed: int) -> None:
    for batch in batches(ENTRIES, rng=random.Random(seed)):
        store.write_now(save, batch)


def used(store: Store) -> int:
    return sum(store.read_now(in_use).values())


def pages(conn: Connection) -> int:
    return int(conn.exec_driver_sql("PRAGMA page_count").scalar_one())


def test_a_forgotten_entry_leaves_little_all_in_all_and_its_room_is_used_again(store: Store) -> None:
    fill(store, 1)
    peak, before = store.read_now(pages), store.read_now(counts)
    forget(store)
    first = used(store)
    assert store.read_now(left) == [ENTRIES // 50, ENTRIES - ENTRIES // 50], "near and told ones keep their rows"
    assert store.read_now(counts) == before
    fill(store, 2)
    live = used(store) - first
    assert store.read_now(pages) < peak + 1.1 * first / PAGE, "what was forgotten made room for what came"
    forget(store)
    each = (used(store) - first) / ENTRIES
    assert each < MOST_BYTES < live / ENTRIES / 5, f"{each} bytes"


def test_of_each_topic_there_is_one_end_for_many_entries(store: Store) -> None:
    fill(store, 1)
    forget(store)
    different = store.read_now(lambda conn: conn.exec_driver_sql("SELECT COUNT(*) FROM tombstone_ends").scalar_one())
    assert different <= 31 * len(TOPICS) * 3, "models × topics × seeds, and no figures among the reasons"


def test_a_transaction_of_tidying_looks_at_a_bounded_number_of_entries(store: Store) -> None:
    """Polls wait for it. 100 entries take a tenth of a second, one of which words are counted some milliseconds."""
    old = NOW - 400 * DAY
    near = tuple(
        b.entry(f"near {number}", first_seen=old + timedelta(seconds=number), article="Long text.")
        for number in range(2 * entries.MOST_COUNTED)
    )
    made = tuple(b.entry(f"old {number}", first_seen=old + DAY) for number in range(2 * entries.PORTION))
    store.write_now(save, Batch(at=old, entries=(*near, *made)))
    bounds = {"articles_before": NOW, "entries_before": NOW}
    done: list[tuple[int, int]] = []
    while not done or done[-1] != (0, 0):
        done.append(store.write_now(entries.tidy, **bounds))
    assert [articles for articles, _ in done if articles] == [entries.MOST_COUNTED] * 2
    assert max(words for _, words in done) <= entries.PORTION
    first = store.write_now(condensing.condense, before=NOW)
    assert first.last is not None
    assert first.number <= condensing.PORTION <= 100


def test_near_ones_without_articles_are_all_counted_before_they_are_forgotten(store: Store) -> None:
    old = NOW - 400 * DAY
    found = tuple(
        b.entry(f"near {number}", first_seen=old + timedelta(seconds=number))
        for number in range(2 * entries.MOST_COUNTED + 3)
    )
    judged = tuple(b.decision(one.id, state="below", decided_at=old) for one in found)
    store.write_now(save, Batch(at=old, entries=found, decisions=judged))
    forget(store)
    kept = store.read_now(lambda conn: conn.exec_driver_sql("SELECT COUNT(terms) FROM entries WHERE title = ''"))
    assert kept.scalar_one() == len(found)


async def test_tidying_makes_small_what_an_older_version_left(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(condensing, "PORTION", 2)
    monkeypatch.setattr(entries, "PORTION", 2)
    ages = (300, 250, 200, 190, 10)
    found = [b.entry(str(age), first_seen=NOW - age * DAY) for age in ages]
    judged = tuple(b.decision(one.id, state="below", score=0.01, decided_at=one.first_seen) for one in found)
    store.write_now(save, Batch(at=NOW, entries=tuple(found), decisions=judged))
    for one in found[:2]:
        assert store.write_now(entries.entomb, one.id)  # all that it did with forgotten words
    await tidy_all(store, KEEP, now=NOW)
    assert store.read_now(left) == [1, 4]
    assert store.read_now(counts).entries == len(found)
    assert store.read_now(find_entry, found[-1].id, None) == found[-1]


async def test_what_lists_still_show_is_not_made_small_however_short_the_retention(store: Store) -> None:
    entry = b.entry(first_seen=NOW - tidying.LISTED + DAY)
    judged = b.decision(entry.id, state="below", score=0.01, decided_at=entry.first_seen)
    store.write_now(save, Batch(at=NOW, entries=(entry,), decisions=(judged,)))
    short = RetentionConfig(articles=DAY, entries=DAY, feedback=DAY)
    await tidy_all(store, short, now=NOW)
    assert store.read_now(left) == [1, 0]
    await tidy_all(store, short, now=NOW + 2 * DAY)
    assert store.read_now(left) == [0, 1]
