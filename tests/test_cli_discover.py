"""``watcher feeds discover`` and ``suggest``: every feed that is told was really read, over loopback only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tests.commands import Site, installed, rss, run, site
from tests.line import ON_TOPIC, SEEDS
from watcher.cli.query import search_query
from watcher.sources.discovery import USUAL

JSON_FEED = {"version": "https://jsonfeed.org/version/1.1", "title": "As JSON", "items": [{"id": "1", "title": "A"}]}
OLD, NEW = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def web() -> Iterator[Site]:
    with site() as made:
        yield made


@pytest.fixture
def nowhere(tmp_path: Path) -> Path:
    """A configuration that is not there: finding feeds needs none."""
    return tmp_path / "none.yaml"


def page(web: Site, path: str, head: str = "", body: str = "") -> str:
    text = f"<html><head><title>News</title>{head}</head><body>{body}</body></html>"
    web.pages[path] = (200, "text/html; charset=utf-8", text.encode())
    return web.base + path


def feed(web: Site, path: str, count: int = 3, at: datetime = NEW) -> str:
    web.pages[path] = rss(*((t, x, f"{web.base}{path}/{n}") for n, (t, x) in enumerate(ON_TOPIC[:count])), at=at)
    return web.base + path


def named(*paths: str, kind: str = "application/rss+xml") -> str:
    return "".join(f'<link rel="alternate" type="{kind}" href="{path}">' for path in paths)


def test_feeds_that_a_page_names_and_links_are_read_and_told_best_first(web: Site, nowhere: Path) -> None:
    feed(web, "/empty.xml", 0)
    feed(web, "/old.xml", at=OLD)
    feed(web, "/new.xml")
    feed(web, "/section/rss")
    web.pages["/feed.json"] = (200, "application/feed+json", json.dumps(JSON_FEED).encode())
    links = '<a href="/section/rss?">RSS</a> <a href="/feedback">Write to us</a> <a href="/comments/feed/">Comments</a>'
    head = named("/empty.xml", "/old.xml", "/new.xml", "/gone.xml") + named("/feed.json", kind="application/feed+json")
    told = run("--config", nowhere, "feeds", "discover", page(web, "/", head, links), "--json")
    assert told.code == 0, told.err
    rows = told.json["feeds"]
    assert [row["url"].removeprefix(web.base) for row in rows] == [
        "/new.xml", "/old.xml", "/feed.json", "/section/rss", "/empty.xml",
    ]  # fmt: skip
    assert [row["found"] for row in rows] == ["named", "named", "named", "linked", "named"]
    assert rows[0] == {
        "url": web.base + "/new.xml", "found": "named", "title": "A feed", "entries": 3,
        "newest": "2026-03-01T12:00:00+00:00", "language": "en",
    }  # fmt: skip
    (failed,) = told.json["tried"][1:]
    assert failed["url"] == web.base + "/gone.xml"
    assert "404" in failed["error"]
    assert not {"/feedback", "/comments/feed/", *USUAL} & set(web.requests) - {"/feed.json"}, "no guesses are made"
    words = run("--config", nowhere, "feeds", "discover", web.base + "/").out
    assert f"{web.base}/new.xml\n  A feed: 3 entries, newest 2026-03-01 12:00 UTC, en; named by the page" in words


def test_an_address_that_is_a_feed_is_said_to_be_one(web: Site, nowhere: Path) -> None:
    told = run("--config", nowhere, "feeds", "discover", feed(web, "/feed.xml"))
    assert told.code == 0
    assert "the address itself is a feed" in told.out
    assert list(web.requests) == ["/feed.xml"]


@pytest.mark.parametrize("start", ["/", "/story/that/is/gone.html?key=sentinel"])
def test_the_usual_places_are_tried_where_the_page_leads_to_none(web: Site, nowhere: Path, start: str) -> None:
    if start == "/":
        page(web, "/", named("/broken.xml"))
        page(web, "/broken.xml")
    feed(web, "/rss.xml")
    told = run("--config", nowhere, "feeds", "discover", web.base + start, "--json")
    assert [(row["url"], row["found"]) for row in told.json["feeds"]] == [(web.base + "/rss.xml", "usual")]
    assert len(web.requests) == len(USUAL) + (2 if start == "/" else 1)
    assert "sentinel" not in told.out + told.err


def test_without_a_feed_it_says_what_was_tried(web: Site, nowhere: Path) -> None:
    page(web, "/", named("/a.xml"), '<a href="/rss/b">RSS</a>')
    told = run("--config", nowhere, "feeds", "discover", web.base + "/")
    assert (told.code, told.out) == (1, "")
    assert "no feed was found; tried: the page itself (this is a web page (“News”), not a feed)" in told.err
    assert f"1 that the page names, 1 of its links, {len(USUAL)} usual places; look on the site" in told.err
    assert f"{web.base}/a.xml: the server has nothing at this address (404)" in told.err
    as_json = run("--config", nowhere, "feeds", "discover", web.base + "/", "--json")
    assert as_json.code == 1
    assert as_json.json["feeds"] == []
    assert len(as_json.json["tried"]) == len(USUAL) + 3


def test_a_page_cannot_send_it_to_other_machines_of_ours(web: Site, nowhere: Path) -> None:
    page(web, "/", named("http://127.0.0.2:1/feed.xml", "http://169.254.169.254/latest/rss", "/ok.xml"))
    feed(web, "/ok.xml")
    told = run("--config", nowhere, "feeds", "discover", web.base + "/", "--json").json
    assert [row["url"] for row in told["feeds"]] == [web.base + "/ok.xml"]
    assert all("not an address of the public internet" in one["error"] for one in told["tried"][1:])


def test_the_number_of_requests_is_bounded(web: Site, nowhere: Path) -> None:
    many = "".join(f'<a href="/rss/{n}">feed</a>' for n in range(200))
    page(web, "/", named(*(f"/{n}.xml" for n in range(200))), many)
    assert run("--config", nowhere, "feeds", "discover", web.base + "/").code == 1
    assert len(web.requests) == 1 + 10 + 10 + len(USUAL)


def test_a_site_that_is_not_there_is_asked_once(nowhere: Path) -> None:
    told = run("--config", nowhere, "feeds", "discover", "http://127.0.0.1:1/?key=sentinel")
    assert told.code == 1
    assert "refuses the connection" in told.err
    assert "usual places" not in told.err
    assert "sentinel" not in told.err
    assert run("--config", nowhere, "feeds", "discover", "no address").code == 2


def installed_with_links(folder: Path, web: Site) -> Path:
    fetch = {"allow_networks": ["127.0.0.0/8"], "search_url": web.base + "/search?q={query}"}
    config = installed(folder, fetch=fetch, feeds=[web.base + "/known.xml"])
    for number, text in enumerate(SEEDS):
        (folder / "seeds" / f"{number}.txt").write_text(text)
        url = f"{web.base}/story/{number}.html"
        run("--config", config, "seeds", "add", folder / "seeds" / f"{number}.txt", "--topic", "alliance", "--url", url)
        (folder / "seeds" / f"{number}.txt").unlink()
    return config


def test_feeds_are_suggested_from_the_seeds_and_can_be_pasted(web: Site, tmp_path: Path) -> None:
    config = installed_with_links(tmp_path, web)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    feed(web, "/world.xml")
    feed(web, "/known.xml")
    feed(web, "/search")
    page(web, "/", named("/world.xml", "/known.xml"))  # the story itself is gone
    told = run("--config", config, "feeds", "suggest", "--topic", "alliance")
    assert told.code == 0, told.err
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before, "it never writes"
    world, search = YAML(typ="safe").load(told.out)
    assert world == {"url": web.base + "/world.xml", "name": "A feed", "topics": ["alliance"]}
    assert search["topics"] == ["alliance"]
    assert '"south korea"' in search["search"]
    assert f"# listed already: {web.base}/known.xml" in told.out
    pasted = tmp_path / "pasted.yaml"
    rest = "topics:\n  alliance: {seeds: seeds}\nnotify: console\n"
    pasted.write_text(f"feeds:\n{told.out}{rest}")
    rows = run("--config", pasted, "feeds", "list", "--json").json
    assert [row["name"] for row in rows] == ["A feed", f"Search: {search['search']}"]
    as_json = run("--config", config, "feeds", "suggest", "--seeds", tmp_path / "seeds", "--json").json
    assert as_json["query"] == search["search"]
    assert as_json["search_entries"] == 3
    assert [row["url"] for row in as_json["feeds"]] == [web.base + "/world.xml"]
    assert as_json["topic"] is None


def test_a_search_that_cannot_be_read_is_suggested_all_the_same(web: Site, tmp_path: Path) -> None:
    config = installed(tmp_path, fetch={"allow_networks": ["127.0.0.0/8"], "search_url": web.base + "/s?q={query}"})
    told = run("--config", config, "feeds", "suggest", "--topic", "alliance")
    assert told.code == 0
    assert "could not be read now" in told.out
    assert "404" in told.err


@pytest.mark.parametrize(
    ("words", "said"),
    [([], "either"), (["--topic", "a", "--seeds", "b"], "either"), (["--topic", "unheard"], "known: alliance")],
)
def test_wrong_words_are_refused(tmp_path: Path, words: list[str], said: str) -> None:
    told = run("--config", installed(tmp_path), "feeds", "suggest", *words)
    assert told.code == 2
    assert said in told.err


@pytest.mark.parametrize(
    ("terms", "query"),
    [
        (["seoul", "south korea", "korea", "south", "trump"], '"south korea" seoul trump'),
        (["korea", "south korea", "trump"], '"south korea" trump'),
        (["south korea", "korea trump", "trump", "troops"], '"south korea" trump troops'),
        (["a", "b", "c", "d"], "a b c"),
        ([], ""),
    ],
)
def test_a_query_quotes_pairs_first_and_says_no_word_twice(terms: list[str], query: str) -> None:
    assert search_query(terms) == query


words = st.sampled_from(["korea", "south", "trump", "troops", "seoul", "talks"])


@given(st.lists(words | st.tuples(words, words).map(" ".join), max_size=12, unique=True))
def test_no_query_is_long_or_repeats_a_word_that_it_has(terms: list[str]) -> None:
    query = search_query(terms)
    told = re.findall(r'"[^"]*"|[^" ]+', query)
    assert len(told) <= 3
    assert bool(told) is bool(terms)
    assert {part.strip('"') for part in told} <= set(terms)
    parts = [set(part.strip('"').split()) for part in told]
    assert all(not one & other for number, one in enumerate(parts) for other in parts[:number])
