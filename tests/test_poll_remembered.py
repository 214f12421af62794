"""What is remembered of a document's items, and when nothing is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests import builders as b
from watcher.poll import remembered
from watcher.types import FeedEntry, Outline, ParsedFeed


def parsed(*entries: FeedEntry, warnings: tuple[str, ...] = ()) -> ParsedFeed:
    return ParsedFeed(title="T", site=None, language=None, version="rss20", entries=entries, warnings=warnings)


def outline(*hashes: bytes) -> Outline:
    return Outline(spans=tuple((n, n + 1) for n in range(len(hashes))), hashes=hashes)


ONE, TWO, THREE = (bytes([n]) * remembered.ITEM for n in (1, 2, 3))
A, B = b.feed_entry("A"), b.feed_entry("B")


def test_what_was_seen_is_remembered_with_what_is_new() -> None:
    first = remembered.packed(outline(ONE, TWO), parsed(A, B), {})
    assert first is not None
    seen = remembered.unpacked(first)
    assert list(seen) == [ONE, TWO]
    assert remembered.packed(outline(ONE, TWO), None, seen) == first
    second = remembered.packed(outline(THREE, ONE), parsed(b.feed_entry("C")), seen)
    assert second is not None
    assert list(remembered.unpacked(second)) == [THREE, ONE]


def test_only_the_items_of_the_last_document_are_remembered() -> None:
    seen = remembered.unpacked(remembered.packed(outline(ONE, TWO), parsed(A, B), {}))
    assert remembered.packed(outline(TWO), None, seen) == TWO + seen[TWO]


def test_nothing_is_remembered_when_the_parser_found_other_items() -> None:
    assert remembered.packed(outline(ONE, TWO), parsed(A), {}) is None
    assert remembered.packed(outline(ONE), parsed(A, B), {}) is None
    assert remembered.packed(outline(ONE), parsed(A, warnings=("not well-formed",)), {}) is None


def test_nothing_is_remembered_of_items_that_share_a_link_or_a_guid() -> None:
    same_link = b.feed_entry("C", url=f"{A.url}?utm_source=rss")
    same_guid = b.feed_entry("C", guid=A.guid)
    for other in (same_link, same_guid):
        assert remembered.packed(outline(ONE, TWO), parsed(A, other), {}) is None
        seen = remembered.unpacked(remembered.packed(outline(ONE), parsed(A), {}))
        assert remembered.packed(outline(TWO, ONE), parsed(other), seen) is None


def test_items_without_link_and_guid_share_nothing() -> None:
    bare = [b.feed_entry(title, url=None, guid=None) for title in "AB"]
    assert remembered.packed(outline(ONE, TWO), parsed(*bare), {}) is not None


def test_the_salt_changes_with_topics_and_base_and_not_with_their_order() -> None:
    told = remembered.salt(["a", "b"], "https://one.example/")
    assert told == remembered.salt({"b", "a"}, "https://one.example/")
    assert told != remembered.salt(["a"], "https://one.example/")
    assert told != remembered.salt(["a", "b"], "https://two.example/")


@given(st.binary(max_size=200) | st.none())
def test_any_bytes_can_be_unpacked(items: bytes | None) -> None:
    assert len(remembered.unpacked(items)) <= len(items or b"") // 16
