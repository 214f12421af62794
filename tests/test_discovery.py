from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from watcher.sources.discovery import linked_feeds

PAGE = b"""<html><head>
<link rel="alternate" type="application/rss+xml" title="World" href="/world.xml">
<link rel="alternate" type="application/atom+xml" href="https://feeds.example/all.atom">
<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments.xml">
<link rel="alternate" hreflang="ko" href="/ko"><link rel="stylesheet" href="/a.css">
<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
</head><body></body></html>"""


def test_a_pages_own_feeds_are_found_in_order_and_absolute() -> None:
    assert linked_feeds(PAGE, "https://news.example/story/1") == (
        "https://news.example/world.xml",
        "https://feeds.example/all.atom",
    )


@given(st.binary(max_size=300))
def test_no_page_breaks_it(page: bytes) -> None:
    assert isinstance(linked_feeds(page, "https://news.example/"), tuple)
