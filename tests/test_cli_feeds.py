"""``watcher feeds``: what the feeds of a configuration are doing, and what one brings now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests import builders as b
from tests.commands import installed, rss, run, site
from tests.line import ON_TOPIC
from watcher.config import load
from watcher.store import Store
from watcher.store.feeds import register_feeds
from watcher.store.save import save
from watcher.types import Batch

NUMBER = len(ON_TOPIC)
KEYS = {
    "id", "name", "url", "topics", "every_seconds", "last_polled", "last_success", "next_due", "failures",
    "failing_since", "gone", "error", "moved_to", "gap", "warning", "in_document", "seen", "matched",
}  # fmt: skip


@pytest.fixture
def config(tmp_path: Path) -> Path:
    feeds = [
        {"url": "https://user:sentinel@news.example/feed.xml?key=sentinel", "name": "News", "every": "5m"},
        {"url": "https://other.example/rss", "name": "Ünïcode & <Other>", "topics": ["alliance"]},
    ]
    return installed(tmp_path, feeds=feeds)


def test_list_before_the_first_poll(config: Path) -> None:
    rows = run("--config", config, "feeds", "list", "--json").json
    assert [row["name"] for row in rows] == ["News", "Ünïcode & <Other>"]
    assert all(row.keys() == KEYS for row in rows)
    assert rows[0]["every_seconds"] == 300
    assert rows[0]["topics"] is None
    assert rows[1]["topics"] == ["alliance"]
    assert rows[0]["last_polled"] is None
    told = run("--config", config, "feeds", "list")
    assert "not polled yet" in told.out
    assert "sentinel" not in told.out
    assert not (config.parent / "watcher.db").exists()


def test_list_after_a_poll_tells_entries_and_failures(tmp_path: Path) -> None:
    with site() as web:
        web.pages["/good.xml"] = rss(*((t, x, f"{web.base}/{n}") for n, (t, x) in enumerate(ON_TOPIC)))
        web.pages["/gone.xml"] = (410, "text/plain", b"")
        feeds = [{"url": f"{web.base}/{name}.xml", "name": name} for name in ("good", "gone", "bad")]
        config = installed(tmp_path, feeds=feeds)
        assert run("--config", config, "run", "--once").code == 0
    good, gone, bad = run("--config", config, "feeds", "list", "--json").json
    assert (good["seen"], good["in_document"], good["failures"], good["error"]) == (NUMBER, NUMBER, 0, None)
    assert gone["gone"] is True
    assert bad["failures"] == 1
    assert "404" in bad["error"]
    told = run("--config", config, "feeds", "list").out
    lines = {line.split()[0]: line.split() for line in reversed(told.splitlines()) if line.strip()}
    assert (lines["good"][1], lines["good"][-4]) == ("ok", str(NUMBER))
    assert int(lines["good"][-3]) == good["matched"] > 0
    assert lines["gone"][1] == "gone"
    assert lines["bad"][1:6] == ["failing", "(1", "in", "a", "row)"]
    assert "is not polled any more" in told
    assert "410" in told
    assert "failing since 20" in told


def test_list_names_a_feed_that_has_brought_much_for_long_and_nothing_that_anybody_wanted(config: Path) -> None:
    both, long_ago = load(config, {}).feeds, datetime.now(UTC) - timedelta(days=40)
    entries = [b.entry(f"weather {number}") for number in range(300)]
    with Store.open(f"sqlite:///{config.parent}/watcher.db") as store:
        store.write_now(register_feeds, both, urls={one.id: "https://x.example" for one in both}, now=long_ago)
        seen = tuple(b.sighting(entry.id, both[0].id) for entry in entries)
        store.write_now(save, Batch(at=long_ago, entries=tuple(entries), sightings=seen))
    told = run("--config", config, "feeds", "list").out
    assert told.count("has matched: take it out, or look at its language") == 1
    assert "none of its 300 entries in 40 days has matched" in told


def test_test_shows_what_a_feed_brings(config: Path) -> None:
    with site() as web:
        web.pages["/feed.xml"] = rss(*((t, x, f"{web.base}/{n}") for n, (t, x) in enumerate(ON_TOPIC)))
        told = run("--config", config, "feeds", "test", web.base + "/feed.xml")
        as_json = run("--config", config, "feeds", "test", web.base + "/feed.xml", "--json").json
    assert told.code == 0
    assert f"A feed: {NUMBER} entries (rss20)" in told.out
    assert ON_TOPIC[0][0] in told.out
    assert as_json.keys() == {"url", "title", "version", "warnings", "entries"}
    assert [entry["title"] for entry in as_json["entries"]] == [title for title, _ in ON_TOPIC]
    assert as_json["entries"][0].keys() == {"title", "url", "published"}


@pytest.mark.parametrize(
    ("page", "word"),
    [
        (None, "404"),
        ((200, "text/html", b"<html><body>Please log in</body></html>"), "web page"),
        ((200, "application/rss+xml", b""), "empty"),
        ((200, "application/feed+json", b'{"version": "https://jsonfeed.org/version/1.1"}'), "a JSON Feed that"),
    ],
)
def test_test_of_what_is_no_feed_is_exit_code_1_with_a_sentence(
    config: Path, page: tuple[int, str, bytes] | None, word: str
) -> None:
    with site() as web:
        if page:
            web.pages["/feed.xml"] = page
        told = run("--config", config, "feeds", "test", web.base + "/feed.xml?key=sentinel")
        as_json = run("--config", config, "feeds", "test", web.base + "/feed.xml?key=sentinel", "--json")
    assert told.code == as_json.code == 1
    assert word in told.err
    assert told.err.count(web.base) == 1
    assert as_json.json.keys() == {"url", "error"}
    assert "sentinel" not in told.out + told.err + as_json.out


def test_opml_goes_out_and_comes_in_again(config: Path, tmp_path: Path) -> None:
    exported = run("--config", config, "feeds", "export")
    assert exported.code == 0
    (tmp_path / "feeds.opml").write_text(exported.out)
    lines = run("--config", config, "feeds", "import", tmp_path / "feeds.opml").out
    again = tmp_path / "again.yaml"
    topics = "topics:\n  alliance: {seeds: seeds, channel: '#desk'}\nnotify: console\n"
    again.write_text(f"feeds:\n{lines}{topics}")
    names = [row["name"] for row in run("--config", config, "feeds", "list", "--json").json]
    assert [row["name"] for row in run("--config", again, "feeds", "list", "--json").json] == names
    assert run("--config", again, "feeds", "export").out == exported.out


def test_topics_are_folders_on_both_ways(tmp_path: Path) -> None:
    topics = {
        name: {"title": title, "seeds": "seeds", "channel": "#desk"}
        for name, title in (("alliance", "The alliance"), ("trade", "Trade war"))
    }
    feeds = [
        {"url": "https://one.example/rss", "name": 'It\'s "One": all', "topics": ["alliance", "trade"]},
        {"url": "https://two.example/rss", "topics": ["trade"]},
        "https://three.example/rss",
    ]
    config = installed(tmp_path, feeds=feeds, topics=topics)
    exported = run("--config", config, "feeds", "export").out
    assert exported.count('<outline text="alliance"') == exported.count('<outline text="trade"') == 1
    assert exported.count("https://one.example/rss") == 2
    (tmp_path / "feeds.opml").write_text(exported.replace('text="trade" title="trade"', 'text="TRADE WAR"'))
    lines = run("--config", config, "feeds", "import", tmp_path / "feeds.opml").out
    for listed in (YAML(typ="safe").load(lines), [{"opml": "feeds.opml"}]):
        again = installed(tmp_path, feeds=listed, topics=topics)
        rows = run("--config", again, "feeds", "list", "--json").json
        assert {row["name"]: row["topics"] for row in rows} == {
            "It's \"One\": all": ["alliance", "trade"], "two.example": ["trade"], "three.example": None,
        }  # fmt: skip


@pytest.mark.parametrize("content", [None, "feeds: []\n"])
def test_import_needs_no_configuration_that_is_whole(tmp_path: Path, content: str | None) -> None:
    config, file = tmp_path / "watcher.yaml", tmp_path / "feeds.opml"
    if content is not None:
        config.write_text(content)
    file.write_text('<opml><body><outline text="korea"><outline xmlUrl="https://a.example/"/></outline></body></opml>')
    told = run("--config", config, "feeds", "import", file)
    assert (told.code, told.out) == (0, '  - {url: "https://a.example/"}\n')
    assert ("folders are not taken for topics" in told.err) is (content is not None)


@pytest.mark.parametrize("content", [None, b"", b"<html/>", b"no xml at all", b"\xff\xfe\x00"])
def test_an_opml_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "feeds.opml"
    if content is not None:
        file.write_bytes(content)
    told = run("feeds", "import", file)
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith(f"{file}: ")
