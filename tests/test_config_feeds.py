"""The list of feeds: addresses, searches, OPML files, names, places to fill in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_config import loaded, refused
from watcher.types import Feed
from watcher.urls import identity_hash

TOPICS = "topics: {t: {seeds: s}, korea: {seeds: s}}\nnotify: console\n"


def feeds(folder: Path, items: str, environ: dict[str, str] | None = None) -> tuple[Feed, ...]:
    return loaded(folder, f"feeds:\n{items}\n{TOPICS}", environ).feeds


def test_a_bare_address_is_a_feed_with_its_sites_name(tmp_path: Path) -> None:
    (feed,) = feeds(tmp_path, "- https://feeds.a.example/f.xml?x=1")
    assert (feed.url, feed.name) == ("https://feeds.a.example/f.xml?x=1", "a.example")
    assert feed.id == identity_hash(feed.url)
    assert (feed.topics, feed.query, feed.full_text) == (None, None, "likely")


def test_feeds_of_one_site_get_names_of_their_own(tmp_path: Path) -> None:
    items = "- https://a.example/f\n- https://a.example/g\n- https://a.example/g?k=1\n"
    items += "- {url: https://b.example, name: a.example}"
    names = [feed.name for feed in feeds(tmp_path, items)]
    assert names == ["a.example/f", "a.example/g", "a.example/g?…", "a.example"]


def test_a_search_is_a_feed(tmp_path: Path) -> None:
    (feed,) = feeds(tmp_path, """- search: '"South Korea" Trump & co'""")
    assert feed.url.startswith("https://news.google.com/rss/search?q=%22South%20Korea%22%20Trump%20%26%20co&hl=")
    assert (feed.query, feed.name) == ('"South Korea" Trump & co', 'Search: "South Korea" Trump & co')


def test_places_are_filled_in_addresses_and_headers(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cret\n", encoding="utf-8")
    item = "- {url: 'https://a.example/f?k=${KEY}', headers: {Authorization: 'Bearer ${file:key}'}}"
    (feed,) = feeds(tmp_path, item, {"KEY": "one"})
    (later,) = feeds(tmp_path, item, {"KEY": "two"})
    assert (feed.url, later.url) == ("https://a.example/f?k=one", "https://a.example/f?k=two")
    assert feed.headers == {"Authorization": "Bearer s3cret"}
    assert feed.id == later.id  # a new password is no new feed


def bad() -> list[tuple[str, str]]:
    """Of data/bad_feeds.txt: an item as the file has it, and what is said of it."""
    table = (Path(__file__).parent / "data" / "bad_feeds.txt").read_text(encoding="utf-8")
    return [(item, said.strip()) for item, _, said in (row.partition("\n") for row in table.split("\n\n")[1:])]


@pytest.mark.parametrize(("item", "expected"), bad())
def test_a_bad_feed_is_told_with_its_line(tmp_path: Path, item: str, expected: str) -> None:
    environ = {"KEY": "s3cret", "BLANK": "", "CRLF": "s3cret\r\nB: y"}
    (line,) = refused(tmp_path, f"feeds:\n{item}\n{TOPICS}", environ)
    assert line == f"watcher.yaml:2: {expected.replace('{}/', '').replace('{}', str(tmp_path))}"
    assert "s3cret" not in line


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ("- https://a.example/f\n- https://A.EXAMPLE/f", "3: feeds[1]: https://a.example/f is listed already (line 2)"),
        ("- https://a.example/f\n- http://a.example/f#x", "3: feeds[1]: http://a.example/f is listed already (line 2)"),
        (
            "- https://u:s3cret@a.example/f?k=s3cret\n" * 2,
            "3: feeds[1]: https://a.example/f?… is listed already (line 2)",
        ),
        (
            "- {url: https://a.example/f, name: A}\n- {url: https://a.example/g, name: a}",
            '3: feeds[1].name: "a" is the name of another feed (line 2)',
        ),
    ],
)
def test_what_stands_twice_is_refused(tmp_path: Path, items: str, expected: str) -> None:
    (line,) = refused(tmp_path, f"feeds:\n{items}\n{TOPICS}")
    assert line.startswith(f"watcher.yaml:{expected}; ")
    assert "s3cret" not in line


OPML = """<opml version="2.0"><body>
<outline text="Korea"><outline text="World" xmlUrl="https://a.example/w"/></outline>
<outline text="News"><outline text="World" xmlUrl="https://b.example/w"/></outline>
<outline xmlUrl="https://c.example/${KEY}"/>
</body></opml>"""


def test_an_opml_file_gives_feeds_and_topics_by_folder(tmp_path: Path) -> None:
    (tmp_path / "my.opml").write_text("\ufeff" + OPML, encoding="utf-8")
    config = loaded(tmp_path, f"feeds: [{{opml: my.opml, every: 1h, topics: [t]}}]\n{TOPICS}", {"KEY": "s3cret"})
    told = [(feed.name, feed.url, feed.topics) for feed in config.feeds]
    assert told[:2] == [
        ("World (a.example)", "https://a.example/w", ("korea",)),
        ("World (b.example)", "https://b.example/w", ("t",)),
    ]
    assert not any("s3cret" in feed.url for feed in config.feeds)  # others write such files: nothing is filled in
    assert tmp_path / "my.opml" in config.watched


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "my.opml: the file is empty; export the list of feeds from your reader again"),
        (b"<opml><body/></opml>", "my.opml: the file lists no feeds; export the list from your feed reader again"),
        (b"<opml>\n<body>\xff</body></opml>", "my.opml:2: the file is not UTF-8 text; save it as UTF-8"),
        (b" " * (5 * 1024 * 1024 + 1), "my.opml: the file is larger than 5 MiB; split it"),
    ],
)
def test_a_bad_opml_file_is_told_by_its_own_name(tmp_path: Path, content: bytes, expected: str) -> None:
    (tmp_path / "my.opml").write_bytes(content)
    assert refused(tmp_path, f"feeds: [{{opml: my.opml}}]\n{TOPICS}") == [expected]


def test_a_feed_of_the_file_and_of_an_opml_file_is_one_too_many(tmp_path: Path) -> None:
    (tmp_path / "my.opml").write_text(OPML, encoding="utf-8")
    (line,) = refused(tmp_path, f"feeds:\n- https://a.example/w\n- opml: my.opml\n{TOPICS}")
    assert line.startswith("watcher.yaml:3: feeds[1]: my.opml: https://a.example/w is listed already (line 2); ")


def test_the_shipped_list_of_feeds_is_read(tmp_path: Path) -> None:
    shipped = Path(__file__).parent.parent / "config" / "feeds.opml"
    config = loaded(
        tmp_path, f"feeds: [{{opml: {shipped}}}]\ntopics: {{us-south-korea: {{seeds: s}}}}\nnotify: console"
    )
    assert len(config.feeds) >= 3
    assert ("us-south-korea",) in {feed.topics for feed in config.feeds}
