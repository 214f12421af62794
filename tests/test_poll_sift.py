from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, entry, feed, feed_entry
from watcher.poll.sift import Sifted, keyed, sift
from watcher.text import content_hash
from watcher.types import FeedEntry, KnownEntry, ParsedFeed, State

FEED = feed()
TOPICS = frozenset({"alliance", "trade"})


def parsed(*entries: FeedEntry) -> ParsedFeed:
    return ParsedFeed(title="Example", site=None, language="en", version="rss20", entries=entries)


def known(item: FeedEntry, *, state: State = "below", feeds: frozenset[str] = frozenset({FEED.id})) -> KnownEntry:
    (one,) = keyed(FEED, parsed(item))
    remembered = entry(
        item.title,
        text=item.text,
        url=item.url,
        identity=one.identity,
        content_hash=content_hash(item.title, item.text),
    )
    return KnownEntry(entry=remembered, feeds=feeds, decided=dict.fromkeys(TOPICS, state))


def sifted(item: FeedEntry, before: KnownEntry | None = None, **over: Any) -> Sifted:
    document = parsed(item)
    items = keyed(FEED, document)
    given: dict[str, Any] = {
        "by_identity": {before.entry.identity: before} if before else {},
        "by_guid": {},
        "by_text": {},
        "topics": TOPICS,
        "first": False,
        "now": NOW,
    }
    return sift(FEED, document, items, **{**given, **over})


def test_a_new_entry_is_judged_by_every_topic_its_feed_serves() -> None:
    found = sifted(feed_entry())
    (candidate,) = found.candidates
    assert (candidate.topics, candidate.new) == (TOPICS, True)
    assert candidate.entry.language == "en"
    assert [one.entry for one in found.sightings] == [candidate.entry.id]


def test_a_known_entry_is_left_alone() -> None:
    item = feed_entry()
    assert sifted(item, known(item)) == Sifted()


def test_a_second_feed_adds_a_sighting_and_only_the_missing_topics() -> None:
    item = feed_entry()
    before = replace(known(item, feeds=frozenset({"another"})), decided={"alliance": "posted"})
    found = sifted(item, before)
    assert [one.feed for one in found.sightings] == [FEED.id]
    assert [one.topics for one in found.candidates] == [frozenset({"trade"})]
    assert not found.candidates[0].new


def test_a_material_edit_of_an_untold_entry_is_judged_again() -> None:
    item = feed_entry()
    edited = replace(item, text="Negotiators walked out after the bill rose to 5 billion dollars, officials said.")
    found = sifted(edited, known(item))
    assert [one.topics for one in found.candidates] == [TOPICS]
    assert found.candidates[0].entry.text == edited.text


def test_an_edit_of_a_told_entry_is_remembered_but_not_judged() -> None:
    item = feed_entry()
    edited = replace(item, text="Negotiators walked out after the bill rose to 5 billion dollars, officials said.")
    found = sifted(edited, known(item, state="posted"))
    assert found.candidates == ()
    assert [(one.before.text, one.now.text) for one in found.edited] == [(item.text, edited.text)]


def test_a_touched_comma_is_no_news() -> None:
    item = feed_entry()
    found = sifted(replace(item, title=item.title + ","), known(item))
    assert found.candidates == ()


def test_two_feeds_with_different_snippets_do_not_edit_each_other() -> None:
    item = feed_entry()
    before = known(item, feeds=frozenset({FEED.id, "another"}))
    assert sifted(replace(item, text="Quite another snippet of the same article, 300 words."), before) == Sifted()


def test_an_entry_whose_link_changed_is_known_by_its_guid() -> None:
    item = feed_entry()
    before = known(item)
    moved = replace(item, url="https://news.example/moved/elsewhere")
    assert sifted(moved, by_guid={item.guid: before}).candidates == ()


def test_items_that_share_one_link_are_told_apart_by_their_guids() -> None:
    shared = "https://news.example/live"
    one, two = feed_entry("First update", url=shared), feed_entry("Second update", url=shared)
    assert len(keyed(FEED, parsed(one, two))) == 2


def test_a_guid_that_items_share_does_not_make_them_one() -> None:
    one, two = feed_entry("First", guid="same"), feed_entry("Second", guid="same")
    assert [item.guid for item in keyed(FEED, parsed(one, two))] == [None, None]


def test_the_same_item_twice_in_a_document_counts_once() -> None:
    assert len(keyed(FEED, parsed(feed_entry(), feed_entry()))) == 1


def test_a_headline_that_is_missing_is_taken_from_the_text() -> None:
    (candidate,) = sifted(feed_entry("", guid="g", url=None, text="The allies met in Seoul. More soon.")).candidates
    assert candidate.entry.title == "The allies met in Seoul. More soon."


items = st.builds(
    FeedEntry,
    title=st.text(max_size=20),
    text=st.text(max_size=60),
    url=st.one_of(st.none(), st.sampled_from(["https://a.example/1", "https://a.example/2?utm_source=x"])),
    guid=st.one_of(st.none(), st.sampled_from(["1", "2", "3"])),
)


@given(st.lists(items, max_size=8))
def test_identities_are_unique_and_the_same_in_any_order(entries: list[FeedEntry]) -> None:
    forward = {one.identity for one in keyed(FEED, parsed(*entries))}
    backward = [one.identity for one in keyed(FEED, parsed(*reversed(entries)))]
    assert len(backward) == len(set(backward))
    assert forward == set(backward)


def test_a_forgotten_entry_is_never_taken_for_an_edited_one() -> None:
    item = feed_entry()
    before = known(item)
    forgotten = replace(before, entry=replace(before.entry, title="", text=""))
    assert sifted(replace(item, title="Quite another headline for 2027"), forgotten) == Sifted()


def test_beyond_the_cap_only_the_feeds_own_word_tells_the_language() -> None:
    (candidate,) = sifted(feed_entry("Die Verhandlungen sind gescheitert", text="", capped=True)).candidates
    assert (candidate.capped, candidate.entry.language) == (True, "en")
