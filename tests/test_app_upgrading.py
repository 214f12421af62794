"""After an upgrade that scores otherwise the ops channel hears how much, once."""

from __future__ import annotations

from pathlib import Path

from tests import builders as b
from tests.builders import NOW, decision, entry, outbox_item
from tests.line import OFF_TOPIC, ON_TOPIC
from tests.test_app_reloading import configured, made, store, told
from watcher import __version__
from watcher.app.upgrading import say_upgraded
from watcher.config import Config
from watcher.store import Store
from watcher.store.save import save
from watcher.store.topics import register_topics
from watcher.store.versions import last_version, remember_version
from watcher.types import Batch

__all__ = ["store"]


def polled(store: Store, config: Config, state: str) -> None:
    """What was decided a day ago of news on the topic, and of other news."""
    (feed,) = config.feeds
    texts = [*ON_TOPIC[:3], *OFF_TOPIC[:3]]
    news = [entry(title, text=text, language="en", first_seen=NOW, published=NOW) for title, text in texts]
    store.write_now(register_topics, ["alliance"], now=NOW)
    seen = tuple(b.sighting(one.id, feed.id) for one in news)
    on, off = news[:3], news[3:]
    decided = [decision(one.id, "alliance", state=state, mode="snippet") for one in on]
    decided += [decision(one.id, "alliance", state="below", mode="snippet", score=0.0) for one in off]
    rows = [outbox_item(f"k{one.id}", topic="alliance", entry=one.id, story=one.id) for one in on if state == "posted"]
    batch = Batch(at=NOW, entries=tuple(news), sightings=seen, decisions=tuple(decided), outbox=tuple(rows))
    store.write_now(save, batch)


async def test_a_version_that_tells_more_than_the_last_one_says_so_once(tmp_path: Path, store: Store) -> None:
    config = configured(tmp_path)
    polled(store, config, "below")
    store.write_now(remember_version, "0.0.9")
    app = made(config, store)
    await say_upgraded(app)
    await say_upgraded(app)
    (line,) = told(store)
    assert line.startswith(f"watcher {__version__} scores otherwise than 0.0.9 did.")
    assert "alliance: 3.0 in place of 0.0" in line
    assert store.read_now(last_version) == __version__
    await app.close()


async def test_a_version_that_tells_the_same_says_nothing(tmp_path: Path, store: Store) -> None:
    config = configured(tmp_path)
    polled(store, config, "posted")
    store.write_now(remember_version, "0.0.9")
    app = made(config, store)
    await say_upgraded(app)
    assert told(store) == []
    assert store.read_now(last_version) == __version__
    await app.close()


async def test_a_new_database_is_no_upgrade(tmp_path: Path, store: Store) -> None:
    app = made(configured(tmp_path), store)
    polled(store, app.config, "below")
    await say_upgraded(app)
    assert (told(store), store.read_now(last_version)) == ([], __version__)
    await app.close()
