"""``watcher explain``: what became of an entry and why; and what would become of one that was never seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import Outcome, Site, installed, rss, run, site
from tests.line import OFF_TOPIC, ON_TOPIC
from watcher.explain import FACTS

HOST = "https://www.news.example"


@pytest.fixture(scope="module")
def polled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration whose feeds were polled once: three entries, one of which is in two feeds and one excluded."""
    folder = tmp_path_factory.mktemp("polled")
    (told, excluded), other = ON_TOPIC[:2], OFF_TOPIC[0]
    with site() as web:
        web.pages["/one.xml"] = rss((*told, f"{HOST}/told.html"), (*excluded, f"{HOST}/excluded.html"))
        web.pages["/two.xml"] = rss((*told, f"{HOST}/told.html?utm_source=rss"), (*other, f"{HOST}/other.html"))
        topics = {
            "alliance": {"title": "The alliance", "seeds": "seeds", "channel": "#desk", "must": ["troops"]},
            "costs": {"title": "Costs", "seeds": "seeds", "channel": "#desk", "exclude": ["negotiators"]},
        }
        feeds = [{"url": f"{web.base}/{name}.xml?key=sentinel", "name": name} for name in ("one", "two")]
        config = installed(folder, feeds=feeds, topics=topics)
        assert run("--config", config, "run", "--once").code == 0
    return config


def explain(config: Path, needle: str, *more: str) -> Outcome:
    return run("--config", config, "explain", needle, *more)


def test_an_entry_s_story_is_told_per_topic(polled: Path) -> None:
    told = explain(polled, f"{HOST}/told.html", "--json")
    assert told.code == 0
    report = told.json
    assert report.keys() == {"entry", "topics"}
    assert sorted(one["feed"] for one in report["entry"]["sightings"]) == ["one", "two"]
    assert report["entry"]["forgotten"] is report["entry"]["counted"] is False
    assert report["entry"]["title"] == ON_TOPIC[0][0]
    assert sorted(report["entry"]["feeds"]) == ["one", "two"]
    assert [one["topic"] for one in report["topics"]] == ["alliance", "costs"]
    for topic in report["topics"]:
        assert tuple(topic)[: len(FACTS)] == FACTS
        assert topic["model"].startswith("tfidf-")
        (telling,) = topic["tellings"]
        assert (telling["story"], telling["relation"], telling["nearest"]) == (topic["story"], "founder", None)
        assert [(one["kind"], one["state"]) for one in telling["messages"]] == [("parent", "sent")]
        assert telling["messages"][-1]["ts"] == topic["ts"]
    assert len({topic["key"] for topic in report["topics"]}) == 1, "one message for both topics"


@pytest.mark.parametrize(
    "form",
    [
        "{}/told.html",
        "{}/told.html?utm_source=x&utm_medium=y",
        "{}/told.html#comments",
        "{}/told.html/",
    ],
)
@pytest.mark.parametrize("host", [HOST, "http://www.news.example", "https://news.example", "HTTPS://NEWS.example:443"])
def test_an_address_is_found_in_any_of_its_forms(polled: Path, form: str, host: str) -> None:
    told = explain(polled, form.format(host), "--json")
    assert told.code == 0
    assert told.json["entry"]["title"] == ON_TOPIC[0][0]


def test_an_id_finds_the_same(polled: Path) -> None:
    by_url = explain(polled, f"{HOST}/told.html", "--json").json
    assert explain(polled, by_url["entry"]["id"], "--json").json == by_url


def test_states_other_than_posted_have_their_reason(polled: Path) -> None:
    excluded = {one["topic"]: one for one in explain(polled, f"{HOST}/excluded.html", "--json").json["topics"]}
    assert excluded["costs"]["state"] == "excluded"
    assert "negotiators" in excluded["costs"]["reason"]
    assert excluded["alliance"]["state"] == "posted"
    other = {one["topic"]: one for one in explain(polled, f"{HOST}/other.html", "--json").json["topics"]}
    assert other["costs"]["state"] == "below"
    assert other["alliance"]["state"] in {"below", "excluded"}
    assert other["costs"]["key"] is other["costs"]["channel"] is other["costs"]["ts"] is None


def test_people_read_the_same_in_words(polled: Path) -> None:
    told = explain(polled, f"{HOST}/told.html")
    assert told.code == 0
    assert ON_TOPIC[0][0] in told.out
    assert "alliance: posted" in told.out
    assert "nearest seed: " in told.out
    assert "told in " in told.out
    assert "first seen " in told.out
    assert "seen again " in told.out
    assert "its article was not asked for" in told.out or "its article could not be read" in told.out
    assert "must rules that hit: troops" in told.out
    assert "report 1 of " in told.out
    assert "posted 20" in told.out
    excluded = explain(polled, f"{HOST}/excluded.html").out
    assert "exclude rules that hit: negotiators" in excluded


def test_what_was_never_seen_is_scored_now(polled: Path) -> None:
    before = (polled.parent / "watcher.db").read_bytes()
    with site() as web:
        url = web.page("/new.html", ON_TOPIC[2][0], *(text for _, text in ON_TOPIC * 3))
        told = explain(polled, url, "--json")
        in_words = explain(polled, url)
    assert told.code == in_words.code == 1
    report = told.json
    assert report["entry"] is None
    assert report["message"] == f"{url} was never seen"
    by_topic = {one["topic"]: one for one in report["topics"]}
    assert by_topic["alliance"]["match"] is True
    assert by_topic["costs"]["match"] is False
    assert "negotiators" in by_topic["costs"]["excluded"]
    assert "alliance: would match" in in_words.out
    assert "costs: would not match" in in_words.out
    assert "negotiators" in in_words.out
    assert "terms: " in in_words.out
    assert (polled.parent / "watcher.db").read_bytes() == before


def test_feeds_of_the_same_site_are_named(tmp_path: Path) -> None:
    hosts = ("www.paper.example", "feeds.paper.example", "newspaper.example", "other.example")
    config = installed(tmp_path, feeds=[{"url": f"https://{one}/f.xml", "name": one} for one in hosts], **NOWHERE)
    told = explain(config, "https://paper.example/2026/story.html", "--json").json
    assert told["feeds"] == ["www.paper.example", "feeds.paper.example"]
    assert "could not be read now" in told["message"]
    below = explain(config, "https://world.other.example/story", "--json").json
    assert below["feeds"] == ["other.example"]
    none = explain(config, "https://elsewhere.example/story?token=sentinel")
    assert none.code == 1
    assert "no feed of the configuration covers its site" in none.out
    assert "sentinel" not in none.out + none.err


NOWHERE = {"fetch": {"timeout": "1s", "proxy": "http://127.0.0.1:1"}}
"""Every request is refused at once, without a look-up of names."""


def test_an_id_that_nothing_has_is_said_to_be_unknown(polled: Path) -> None:
    told = explain(polled, "0123456789abcdef", "--json")
    assert told.code == 1
    assert told.json == {"entry": None, "message": "'0123456789abcdef' was never seen", "feeds": [], "topics": []}


def test_before_the_first_run_there_is_nothing_and_nothing_is_made(tmp_path: Path, web: Site) -> None:
    config = installed(tmp_path)
    assert explain(config, web.base + "/none.html").code == 1
    assert not (tmp_path / "watcher.db").exists()


@pytest.fixture
def web() -> Iterator[Site]:
    with site() as made:
        yield made
