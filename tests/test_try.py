"""``watcher try``: two links and go, without configuration, token or trace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import Site, rss, run, site
from tests.line import OFF_TOPIC, ON_TOPIC, SEEDS
from watcher.cli.try_links import gather

NEAR = ("Lawmakers in the valley warned of floods", "The cost of the dams is too high, officials said on Monday.")


@pytest.fixture
def web() -> Iterator[Site]:
    with site() as made:
        told = [(t, x, f"{made.base}/{n}") for n, (t, x) in enumerate([*ON_TOPIC, *OFF_TOPIC, NEAR])]
        made.pages["/feed.xml"] = rss(*told)
        yield made


@pytest.fixture
def articles(tmp_path: Path) -> list[Path]:
    files = [tmp_path / f"article{number}.txt" for number in range(len(SEEDS))]
    for file, text in zip(files, SEEDS, strict=True):
        file.write_text(text)
    return files


def test_two_files_and_a_feed_show_what_would_be_told(web: Site, articles: list[Path], tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    told = run("try", *articles, "--feed", web.base + "/feed.xml", "--no-suggest")
    assert told.code == 0, told.err
    assert "is carried by: " in told.out
    assert "south korea" in told.out
    assert all(title.split()[0] in told.out for title, _ in ON_TOPIC)
    assert f"{len(ON_TOPIC) + len(OFF_TOPIC) + 1} entries in 1 feed" in told.out
    assert "Closest of what would not have been told" in told.out
    assert NEAR[0] in told.out
    assert sorted(tmp_path.iterdir()) == before, "it leaves no trace"
    assert not Path("watcher.db").exists()


async def test_links_are_read_and_their_sites_feeds_are_suggested(web: Site) -> None:
    url = web.page("/story.html", SEEDS[0].partition("\n")[0], *SEEDS[0].split("\n\n")[1:] * 3)
    status, kind, body = web.pages["/story.html"]
    link = b'<link rel="alternate" type="application/rss+xml" title="World news" href="/feed.xml">'
    web.pages["/story.html"] = status, kind, body.replace(b"<head>", b"<head>" + link)
    trial = await gather([url], (), None, ("127.0.0.1/32",), suggest=True)
    linked, search = trial.feeds
    assert linked == web.base + "/feed.xml"
    assert "q=%22" in search or "q=seoul" in search
    assert re.fullmatch(r"[a-z0-9-]{1,40}", trial.topic)
    assert [seed.url for seed in trial.seeds] == [url]


def test_a_link_is_read_and_nothing_of_its_address_is_shown(web: Site) -> None:
    url = web.page("/story.html", SEEDS[0].partition("\n")[0], *SEEDS[0].split("\n\n")[1:] * 3)
    feed = web.base + "/feed.xml?key=sentinel"
    told = run("try", url + "?key=sentinel", "--topic", "my-topic", "--no-suggest", "--feed", feed)
    assert told.code == 0, told.err
    assert "my-topic is carried by" in told.out
    assert "sentinel" not in told.out + told.err


def test_what_is_written_is_a_configuration_that_check_accepts(web: Site, articles: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    words = ("try", *articles, "--feed", web.base + "/feed.xml", "--no-suggest", "--write", "--folder", folder)
    told = run(*words)
    assert told.code == 0, told.err
    config = folder / "config" / "watcher.yaml"
    assert str(config) in told.out
    (topic,) = (folder / "seeds").iterdir()
    assert len(list(topic.glob("*.json"))) == len(SEEDS)
    assert SEEDS[0][100:160] not in "".join(path.read_text() for path in topic.iterdir())
    checked = run("--config", config, "check", "--json")
    assert checked.code == 0, checked.err
    assert list(checked.json["topics"]) == [topic.name]
    assert run("--config", config, "run", "--once", "--json").json["matches"] == len(ON_TOPIC)
    before = config.read_bytes()
    again = run(*words)
    assert again.code == 2
    assert "exists already" in again.err
    assert config.read_bytes() == before


def test_a_feed_that_fails_is_said_and_stops_nothing(web: Site, articles: list[Path]) -> None:
    feeds = ("--feed", web.base + "/feed.xml", "--feed", web.base + "/none.xml")
    told = run("try", *articles, *feeds, "--no-suggest")
    assert told.code == 0
    assert "404" in told.out


def test_without_any_feed_it_says_how_to_give_one(articles: list[Path]) -> None:
    told = run("try", *articles, "--no-suggest")
    assert told.code == 2
    assert "--feed URL" in told.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["none.txt", "--no-suggest"], "none.txt"),
        (["none.txt", "--feed", "not an address"], "no http(s) address"),
        (["none.txt", "--topic", "Not A Name"], "a-z, 0-9"),
        ([], "FILE"),
    ],
)
def test_wrong_words_are_refused(words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = run("try", *words)
    assert told.code == 2
    assert said in told.err


def test_a_page_that_cannot_be_read_names_the_way_out(web: Site) -> None:
    told = run("try", web.base + "/none.html?key=sentinel", "--no-suggest", "--feed", web.base + "/feed.xml")
    assert told.code == 2
    assert "404" in told.err
    assert "save the article as a text file" in told.err
    assert "sentinel" not in told.err
