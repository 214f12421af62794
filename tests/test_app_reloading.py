"""A changed configuration: topics come, go and change their names; and the ops channel hears of it."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from tests.builders import NOW, decision, entry, outbox_item
from tests.line import SEEDS
from watcher.app import App, build
from watcher.app.reloading import say_not_taken_up, say_taken_up
from watcher.config import Config, load
from watcher.errors import ConfigError
from watcher.store import Store
from watcher.store.notices import notice_text
from watcher.store.report import outbox_rows, recent_decisions
from watcher.store.save import save
from watcher.store.stream import load_stream
from watcher.store.topics import known_topics, register_topics
from watcher.types import Batch, StreamDelta

FEED = "https://news.example/feed.xml"


def configured(folder: Path, topics: str = "alliance: {seeds: seeds}", feeds: str = FEED) -> Config:
    seeds = folder / "seeds"
    seeds.mkdir(exist_ok=True)
    (seeds / "seed.txt").write_text(SEEDS[0])
    path = folder / "watcher.yaml"
    path.write_text(
        f"feeds: [{feeds}]\ntopics: {{{topics}}}\nnotify: console\ndatabase: sqlite:///watcher.db\n"
        "defaults: {channel: '#desk'}\nslack: {ops_channel: '#ops'}\n"
    )
    return load(path, {})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(configured(tmp_path).database, now=NOW) as opened:
        yield opened


def made(config: Config, store: Store) -> App:
    return build(config, store, clock=lambda: NOW, jitter=lambda: 0.5, console=Console(file=StringIO()))


def remembered(store: Store, topic: str) -> None:
    """A topic that has judged an entry, has an alert waiting, and has scores to place its threshold by."""
    news = entry("news")
    store.write_now(register_topics, [topic], now=NOW)
    scores = StreamDelta(documents={}, terms={}, scores={(topic, "snippet"): (0.1, 0.2, 0.3)})
    row = outbox_item(topic=topic, entry=news.id, destination="console:#desk")
    batch = Batch(at=NOW, entries=(news,), decisions=(decision(news.id, topic),), outbox=(row,), stream=scores)
    store.write_now(save, batch)


def told(store: Store) -> list[str]:
    rows = [row for row in store.read_now(outbox_rows) if row.kind == "notice"]
    assert {row.destination for row in rows} <= {"console:#ops"}
    return [store.read_now(notice_text, row.key) or "" for row in rows]


async def test_a_topic_that_was_renamed_goes_on_after_a_restart(tmp_path: Path, store: Store) -> None:
    remembered(store, "alliance")
    app = made(configured(tmp_path, "pact: {seeds: seeds, was: alliance}"), store)
    assert set(app.stream.histograms) == {("pact", "snippet")}
    assert await app.start() == (), "nothing to catch up on"
    assert store.read_now(known_topics) == {"pact"}
    assert {one.decision.topic for one in store.read_now(recent_decisions, NOW)} == {"pact"}
    await app.close()


async def test_a_topic_that_was_renamed_goes_on_while_it_runs(tmp_path: Path, store: Store) -> None:
    remembered(store, "alliance")
    before = configured(tmp_path)
    app = made(before, store)
    await app.start()
    assert await app.reconfigure(configured(tmp_path, "pact: {seeds: seeds, was: alliance}")) == ()
    assert set(app.stream.histograms) == set(store.read_now(load_stream).histograms) == {("pact", "snippet")}
    await say_taken_up(app, before)
    assert told(store) == ["The changed configuration is in use: topic alliance is pact now."]
    assert (await app.deliver()).dropped == {}
    assert [row.topic for row in store.read_now(outbox_rows) if row.kind == "parent"] == ["pact"]
    await app.close()


async def test_what_waits_for_a_topic_that_left_is_counted_and_said(tmp_path: Path, store: Store) -> None:
    remembered(store, "alliance")
    app = made(configured(tmp_path), store)
    await app.start()
    assert await app.reconfigure(configured(tmp_path, "other: {seeds: seeds}")) == ("other",)
    assert (await app.deliver()).dropped == {"alliance": 1}
    assert told(store) == ["Topic alliance is not in the configuration any more: 1 alert that waited is not sent."]
    assert b"watcher_alerts_dropped_total 1.0" in app.metrics.render()
    assert store.read_now(known_topics) == frozenset(), "alliance would catch up if it came back; other is about to"
    await app.close()


async def test_the_ops_channel_hears_what_a_changed_file_changes(tmp_path: Path, store: Store) -> None:
    before = configured(tmp_path)
    app = made(before, store)
    await app.start()
    feeds = ", ".join(f"https://news.example/{number}.xml" for number in range(5))
    await app.reconfigure(configured(tmp_path, "alliance: {seeds: seeds}, more: {seeds: seeds}", feeds))
    await say_taken_up(app, before)
    (line,) = told(store)
    assert line.startswith("The changed configuration is in use: new topic: more; new feed: ")
    assert " and 3 more; feed left out: news.example" in line
    await app.close()


async def test_the_ops_channel_hears_of_a_broken_file(tmp_path: Path, store: Store) -> None:
    app = made(configured(tmp_path), store)
    with pytest.raises(ConfigError) as caught:
        configured(tmp_path, ", ".join(f"t{number}: {{seeds: seeds, colour: red}}" for number in range(5)))
    await say_not_taken_up(app, caught.value)
    (text,) = told(store)
    first, *lines = text.splitlines()
    assert first == "The changed configuration is not used, for it is broken; the last good one stays."
    assert len(lines) == 4
    assert "topics.t0.colour" in lines[0]
    assert lines[-1] == "… and 2 more: `watcher check` tells them all"
    await app.close()
