"""All feeds of three feed readers' own test suites in one configuration, one real round of the program over them."""

from __future__ import annotations

import asyncio
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import feedparser
import pytest

from tests.corpora.places import SEEDS, corpora
from tests.loopback import response, serve
from tests.program import MOST_MEMORY, watcher
from watcher.store import Store
from watcher.store.feeds import feed_states
from watcher.types import FeedState

COLLECTIONS = ("rsparser", "feedjira", "miniflux")
PARSERS_OWN = "feedparser"
"""Two thousand small documents, each odd in its own way."""
NO_DOCUMENT = {"LICENSE", "Info.plist"}
TYPES = {
    ".rss": "application/rss+xml",
    ".atom": "application/atom+xml",
    ".rdf": "application/rdf+xml",
    ".xml": "application/xml",
    ".json": "application/feed+json",
    ".opml": "text/x-opml",
}


def documents(*collections: str) -> dict[str, bytes]:
    """Name → bytes of every document, pages, OPML lists and JSON feeds included: people subscribe to such things."""
    root = corpora() / "feeds"
    found = [path for name in collections for path in sorted((root / name).rglob("*")) if path.is_file()]
    return {str(path.relative_to(root)): path.read_bytes() for path in found if path.name not in NO_DOCUMENT}


def configure(folder: Path, names: list[str], base: str) -> Path:
    path = folder / "watcher.yaml"
    config = {
        "feeds": [{"url": base + name, "name": name} for name in names],
        "topics": {"us-south-korea": {"seeds": str(SEEDS)}},
        # the entries' own links lead to the real network
        "fetch": {"allow_networks": ["127.0.0.0/8"], "full_text": "never"},
        "notify": "console",
        "server": {"listen": "127.0.0.1:0"},
        "database": "sqlite:///watcher.db",
    }
    path.write_text(json.dumps(config))  # JSON is YAML
    return path


def stored(folder: Path) -> dict[str, FeedState]:
    with Store.open(f"sqlite:///{folder}/watcher.db", mode="read") as store:
        return {one.name: one for one in store.read_now(feed_states).values()}


def by_others(name: str, body: bytes) -> int:
    """The number of entries that feedparser finds; it reads no JSON, whose items are counted."""
    if not name.endswith(".json"):
        return len(feedparser.parse(io.BytesIO(body)).entries)
    try:
        return len(json.loads(body).get("items", ()))
    except ValueError:
        return 0


@pytest.mark.corpora
async def test_every_real_feed_is_read_or_refused_with_a_sentence_in_one_round(tmp_path: Path) -> None:
    found = documents(*COLLECTIONS)
    answers = {
        f"/{name}": response(body, Content_Type=TYPES.get(Path(name).suffix, "text/html"))
        for name, body in found.items()
    }
    async with serve(answers) as server:
        config = configure(tmp_path, list(found), server.url("/"))
        ended = await watcher("--config", str(config), "run", "--once", "--json")
    assert ended.code == 0, ended.err
    assert "Traceback" not in ended.err
    assert "Warning:" not in ended.err
    report = ended.report
    states = stored(tmp_path)
    assert states.keys() == found.keys()
    refused = {name: one.error for name, one in states.items() if one.error is not None}
    told = {error["name"]: error["message"] for error in report["errors"]}
    assert told == refused
    expected = await asyncio.to_thread(lambda: {name: by_others(name, body) for name, body in found.items()})
    print(f"{len(found)} documents, {len(refused)} refused, {sum(one.entries for one in states.values())} entries,")
    print(f"{report['entries_new']} new, {ended.seconds:.1f} s, {ended.peak / 1024**2:.0f} MB")
    for name, sentence in sorted(refused.items()):
        print(f"  {name}: {sentence}")
        assert expected[name] == 0, name
        assert len(sentence.split()) >= 6, sentence
        assert "internal error" not in sentence
        assert "fault in this program" not in sentence
    read = states.keys() - refused.keys()
    assert {name: states[name].entries for name in read} == {name: expected[name] for name in read}
    assert report["feeds"] == len(found) == 118
    assert len(read) == 88
    assert report["feeds_failed"] == len(refused)
    assert ended.peak < MOST_MEMORY


@pytest.mark.corpora
@pytest.mark.slow
async def test_a_running_service_reads_them_all_and_stays_small(tmp_path: Path) -> None:
    found = documents(*COLLECTIONS, PARSERS_OWN)
    assert len(found) > 2200
    answers = {
        f"/{name}": response(body, Content_Type=TYPES.get(Path(name).suffix, "text/html"))
        for name, body in found.items()
    }

    def all_polled() -> bool:
        if not (tmp_path / "watcher.db").exists():
            return False
        with closing(sqlite3.connect(f"file:{tmp_path}/watcher.db?mode=ro", uri=True)) as looking:
            try:
                polled = looking.execute("SELECT count(*) FROM feed_states WHERE last_polled IS NOT NULL").fetchone()
            except sqlite3.OperationalError:  # the tables are being made
                return False
        return bool(polled[0] == len(found))

    async with serve(answers) as server:
        config = configure(tmp_path, list(found), server.url("/"))
        ended = await watcher("--config", str(config), "run", until=all_polled)
    states = stored(tmp_path)
    refused = {name: one.error for name, one in states.items() if one.error is not None}
    print(f"{len(found)} documents, {len(refused)} refused, {ended.seconds:.1f} s, {ended.peak / 1024**2:.0f} MB")
    assert ended.code == 0, ended.err[-2000:]
    assert "Traceback" not in ended.err
    for name, sentence in refused.items():
        assert "internal error" not in sentence, name
        assert "fault in this program" not in sentence, name
    expected = await asyncio.to_thread(lambda: {name: by_others(name, found[name]) for name in refused})
    lost = {name: refused[name] for name, count in expected.items() if count}
    assert lost == {}
    assert len(refused) < len(found) / 2
    assert ended.peak < MOST_MEMORY
