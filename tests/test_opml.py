"""OPML: what readers really export comes in, well-formed OPML goes out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher import opml
from watcher.opml import OpmlError, OpmlFeed

LIST = """<?xml version="1.0" encoding="ISO-8859-1"?>
<opml version="1.0"><head><title>Mine</title></head><body>
<outline text="Asia">
  <outline text="Korea"><outline type="rss" text="One &amp; all" xmlUrl="https://one.example/rss?a=1&b=2"/></outline>
  <outline title="Two&nbsp;desk" text="x" XMLURL="feed://two.example/rss"/>
</outline>
<outline text="Three" xmlurl="feed:https://three.example/rss"/>
<outline text="again" xmlUrl="https://three.example/rss"/>
<outline text="No feed" htmlUrl="https://four.example/"/>
<outline text="Script" xmlUrl="javascript:alert(1)"/>
</body></opml>"""


def test_a_real_list_is_read_with_its_folders() -> None:
    assert opml.read("\ufeff" + LIST) == (
        OpmlFeed(title="One & all", url="https://one.example/rss?a=1&b=2", folders=("Asia", "Korea")),
        OpmlFeed(title="Two desk", url="http://two.example/rss", folders=("Asia",)),
        OpmlFeed(title="Three", url="https://three.example/rss"),
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "empty"),
        ("<rss><channel/></rss>", "not OPML"),
        ("<opml><head/></opml>", "not OPML"),
        ("feeds:\n - https://a.example", "not well-formed"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><opml><body/></opml>', "entities"),
    ],
)
def test_what_is_no_list_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(OpmlError, match=sentence):
        opml.read(text)


def test_a_fault_names_its_line() -> None:
    with pytest.raises(OpmlError) as caught:
        opml.read("<opml>\n<body>\n<outline></body></opml>")
    assert caught.value.line == 3


def test_deep_folders_are_read() -> None:
    depth = 2000
    text = '<outline text="f">' * depth + '<outline xmlUrl="https://a.example/"/>' + "</outline>" * depth
    (feed,) = opml.read(f"<opml><body>{text}</body></opml>")
    assert len(feed.folders) == depth


def test_ampersands_that_are_no_entities_are_taken_literally() -> None:
    (feed,) = opml.read(
        '<opml><body><outline text="&#0; &bogus; &" xmlUrl="https://a.example/?copy=1&copy=2;"/></body></opml>'
    )
    assert feed.url == "https://a.example/?copy=1&copy=2;"
    assert feed.title == "\ufffd &bogus; &"


TITLES = {"korea": "US–South Korea alliance", "trade": "trade", "sea": "The  Sea"}


@pytest.mark.parametrize(
    ("folders", "also", "topics"),
    [
        ((), (), ()),
        (("Korea",), (), ("korea",)),
        (("News", "us–south korea ALLIANCE", "Blogs"), (), ("korea",)),
        (("the sea",), (("Asia", "Trade"), ("x",)), ("sea", "trade")),
        (("South Korea",), (), ()),
    ],
)
def test_folders_are_topics_by_name_or_title_at_any_depth(
    folders: tuple[str, ...], also: tuple[tuple[str, ...], ...], topics: tuple[str, ...]
) -> None:
    feed = OpmlFeed(title="", url="https://a.example/", folders=folders, also=also)
    assert opml.topics_of(feed, TITLES) == topics


def test_a_feed_in_two_folders_is_one_feed_that_knows_both() -> None:
    line = '<outline xmlUrl="https://a.example/"/>'
    (feed,) = opml.read(
        f'<opml><body><outline text="A">{line}{line}</outline><outline text="B">{line}</outline></body></opml>'
    )
    assert (feed.folders, feed.also) == (("A",), (("B",),))


words = st.text(max_size=20).map(opml._clean)
places = st.lists(words.filter(bool), max_size=3).map(tuple)
feeds = st.lists(
    st.builds(
        OpmlFeed,
        title=words,
        url=st.integers(0, 99).map(lambda n: f"https://h{n}.example/rss?a=1&b=<{n}>"),
        folders=places,
        also=st.lists(places, max_size=2).map(tuple),
    ).filter(lambda feed: len({feed.folders, *feed.also}) == 1 + len(feed.also)),
    unique_by=lambda feed: feed.url,
)


@given(feeds)
def test_what_is_written_is_read_back(given_feeds: list[OpmlFeed]) -> None:
    def told(feeds: Iterable[OpmlFeed]) -> dict[str, tuple[str, set[tuple[str, ...]]]]:
        return {feed.url: (feed.title, {feed.folders, *feed.also}) for feed in feeds}

    written = opml.write(given_feeds)
    assert told(opml.read(written)) == told(given_feeds)
    assert opml.read(opml.write(opml.read(written))) == opml.read(written)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for document in (text, f"<opml><body>{text}</body></opml>"):
        with contextlib.suppress(OpmlError):
            opml.read(document)
