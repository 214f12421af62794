"""OPML: what readers really export comes in, well-formed OPML goes out."""

from __future__ import annotations

import contextlib

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


words = st.text(max_size=20).map(opml._clean)
feeds = st.lists(
    st.builds(
        OpmlFeed,
        title=words,
        url=st.integers(0, 99).map(lambda n: f"https://h{n}.example/rss?a=1&b=<{n}>"),
        folders=st.lists(words.filter(bool), max_size=3).map(tuple),
    ),
    unique_by=lambda feed: feed.url,
)


@given(feeds)
def test_what_is_written_is_read_back(given_feeds: list[OpmlFeed]) -> None:
    def by_url(feed: OpmlFeed) -> str:
        return feed.url

    assert sorted(opml.read(opml.write(given_feeds)), key=by_url) == sorted(given_feeds, key=by_url)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for document in (text, f"<opml><body>{text}</body></opml>"):
        with contextlib.suppress(OpmlError):
            opml.read(document)
