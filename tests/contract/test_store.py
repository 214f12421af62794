"""What every store must do with feeds, entries, stories and statistics."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import builders as b
from tests.builders import NOW
from watcher import text
from watcher.store import Store
from watcher.store.entries import entomb, entries_since, find_entry, known_entries, known_texts, tidy
from watcher.store.feeds import due_feeds, due_since, feed_states, register_feeds, save_feed_state
from watcher.store.report import entry_report, recent_decisions
from watcher.store.save import SaveResult, save
from watcher.store.stories import open_stories
from watcher.store.stream import load_stream
from watcher.store.topics import forget_topics, known_topics, register_topics, rename_topic
from watcher.types import Batch, Entry, NewMember, State, StreamDelta

MINUTE = timedelta(minutes=1)
FEED = b.feed().id


def member(entry: Entry, story: str = "s1", **over: Any) -> NewMember:
    given: dict[str, Any] = {"story": story, "destination": "slack:#desk", "entry": entry.id, "relation": "founder"}
    told = {
        "nearest": None,
        "summary": "They agreed.",
        "summary_source": "feed",
        "at": NOW,
        "topics": ("us-south-korea",),
    }
    return NewMember(**{**given, **told, **over})


def known(store: Store, entry: Entry) -> dict[str, State]:
    found, _ = store.read_now(known_entries, feed=FEED, identities=[entry.identity], guids=())
    return dict(found[entry.identity].decided)


# feeds and topics


def test_a_registered_feed_is_due_at_once_and_only_new_ones_are_told(store: Store) -> None:
    feed = b.feed()
    urls = {feed.id: "https://news.example/feed.xml"}
    assert store.write_now(register_feeds, [feed], urls=urls, now=NOW) == (feed.id,)
    assert store.write_now(register_feeds, [feed], urls=urls, now=NOW + MINUTE) == ()
    (state,) = store.read_now(due_feeds, ids=[feed.id], now=NOW, limit=5)
    assert state == b.feed_state()


def test_registering_again_renames_a_feed_and_forgets_nothing(store: Store) -> None:
    state = b.feed_state(etag='"1"', failures=3, error="timed out", last_polled=NOW)
    store.write_now(save_feed_state, state)
    renamed = b.feed(name="Another name")
    store.write_now(register_feeds, [renamed], urls={renamed.id: state.url}, now=NOW + MINUTE)
    assert store.read_now(feed_states)[state.id] == replace(state, name="Another name")


def test_the_longest_waiting_feed_is_polled_first_and_a_gone_one_never(store: Store) -> None:
    urls = [f"https://{n}.example/feed" for n in range(4)]
    late, later, gone, future = (b.feed_state(url) for url in urls)
    for state in (
        replace(late, next_due=NOW - MINUTE),
        replace(later, next_due=NOW - 2 * MINUTE),
        replace(gone, next_due=NOW - 3 * MINUTE, gone=True),
        replace(future, next_due=NOW + MINUTE),
    ):
        store.write_now(save_feed_state, state)
    ids = [state.id for state in (late, later, gone, future)]
    assert [s.id for s in store.read_now(due_feeds, ids=ids, now=NOW, limit=9)] == [later.id, late.id]
    assert [s.id for s in store.read_now(due_feeds, ids=ids, now=NOW, limit=1)] == [later.id]
    assert store.read_now(due_feeds, ids=[future.id], now=NOW, limit=9) == []
    assert set(store.read_now(feed_states, ids[:2])) == set(ids[:2])


def test_when_a_feed_was_added_is_never_rewritten(store: Store) -> None:
    store.write_now(save_feed_state, b.feed_state())
    store.write_now(save, Batch(at=NOW, feeds=(b.feed_state(added_at=NOW + MINUTE, etag="x"),)))
    state = store.read_now(feed_states)[FEED]
    assert (state.added_at, state.etag) == (NOW, "x")


def test_a_topic_is_new_once(store: Store) -> None:
    assert store.write_now(register_topics, ["a", "b", "a"], now=NOW) == ("a", "b")
    assert store.write_now(register_topics, ["b", "c"], now=NOW) == ("c",)


# entries


def test_an_entry_is_known_by_identity_anywhere_and_by_guid_in_its_feed(store: Store) -> None:
    entry = b.entry()
    seen = b.sighting(entry.id, FEED, guid="guid-1")
    assert store.write_now(save, Batch(at=NOW, entries=(entry,), sightings=(seen,))) == SaveResult(
        entries_new=1, outbox_new=0
    )
    here = store.read_now(known_entries, feed=FEED, identities=[entry.identity, "other"], guids=["guid-1", "guid-2"])
    there = store.read_now(known_entries, feed="elsewhere", identities=[entry.identity], guids=["guid-1"])
    assert (set(here[0]), set(here[1])) == ({entry.identity}, {"guid-1"})
    assert (set(there[0]), set(there[1])) == ({entry.identity}, set())
    assert here[0][entry.identity].entry == entry
    assert here[1]["guid-1"].feeds == frozenset({FEED})


def test_a_guid_that_was_used_again_stands_for_its_latest_entry(store: Store) -> None:
    old, new = b.entry("old"), b.entry("new")
    seen = (b.sighting(old.id, FEED, guid="g"), b.sighting(new.id, FEED, guid="g", seen=NOW + MINUTE))
    store.write_now(save, Batch(at=NOW, entries=(old, new), sightings=seen))
    _, by_guid = store.read_now(known_entries, feed=FEED, identities=(), guids=["g"])
    assert by_guid["g"].entry == new


def test_more_identities_than_one_statement_takes(store: Store) -> None:
    entries = tuple(b.entry(f"headline {n}") for n in range(1200))
    assert store.write_now(save, Batch(at=NOW, entries=entries)).entries_new == 1200
    assert store.write_now(save, Batch(at=NOW, entries=entries)).entries_new == 0
    found, _ = store.read_now(known_entries, feed=FEED, identities=[e.identity for e in entries], guids=())
    assert len(found) == 1200


def test_an_entry_said_again_changes_its_text_but_never_loses_its_article(store: Store) -> None:
    entry = b.entry(article="The whole story.", published=NOW)
    again = replace(
        entry, title="Edited", article=None, published=None, first_seen=NOW + MINUTE, article_note="paywall"
    )
    store.write_now(save, Batch(at=NOW, entries=(entry,)))
    assert store.write_now(save, Batch(at=NOW, entries=(again,))).entries_new == 0
    assert store.read_now(find_entry, entry.id, None) == replace(entry, title="Edited")


def test_an_article_that_came_later_takes_its_note_along(store: Store) -> None:
    entry = b.entry(article_note="timed out")
    store.write_now(save, Batch(at=NOW, entries=(entry,)))
    store.write_now(save, Batch(at=NOW, entries=(replace(entry, article="Text.", article_note=None),)))
    assert store.read_now(find_entry, entry.id, None) == replace(entry, article="Text.", article_note=None)


def test_an_entry_is_found_by_id_and_by_either_form_of_its_address(store: Store) -> None:
    entry = b.entry(url="http://www.news.example/a?utm_source=x", identity="https://news.example/a")
    store.write_now(save, Batch(at=NOW, entries=(entry,)))
    for needle, canonical in (
        (entry.id, None),
        ("https://news.example/a", None),
        ("http://m.news.example/a", "https://news.example/a"),
        ("http://www.news.example/a?utm_source=x", None),
    ):
        assert store.read_now(find_entry, needle, canonical) == entry
    assert store.read_now(find_entry, "https://news.example/b", None) is None


def test_entries_since_are_told_oldest_first(store: Store) -> None:
    entries = tuple(b.entry(str(n), first_seen=NOW - n * MINUTE) for n in range(4))
    store.write_now(save, Batch(at=NOW, entries=entries))
    found = store.read_now(entries_since, NOW - 2 * MINUTE)
    assert [one.entry.title for one in found] == ["2", "1", "0"]


def test_old_words_are_forgotten_but_not_that_they_were_seen(store: Store) -> None:
    old, older, waiting = (
        b.entry(name, article="Long text.", first_seen=NOW - days * timedelta(days=1))
        for name, days in (("old", 20), ("older", 200), ("waiting", 300))
    )
    decisions = tuple(b.decision(one.id, state="below") for one in (old, older))
    batch = Batch(
        at=NOW,
        entries=(old, older, waiting),
        decisions=decisions,
        outbox=(b.outbox_item("i/w", entry=waiting.id, state="held", hold="digest"),),
    )
    store.write_now(save, batch)
    bounds = {"articles_before": NOW - timedelta(days=14), "entries_before": NOW - timedelta(days=180)}
    assert store.write_now(tidy, **bounds) == (2, 1)
    assert store.write_now(tidy, **bounds) == (0, 0)
    assert store.read_now(find_entry, old.id, None) == replace(old, article=None)
    assert store.read_now(find_entry, waiting.id, None) == waiting
    assert known(store, older) == {"us-south-korea": "below"}
    assert [one.entry.title for one in store.read_now(entries_since, NOW - timedelta(days=400))] == ["waiting", "old"]


def test_forgotten_words_are_known_when_they_come_again_under_another_id(store: Store) -> None:
    entry = b.entry(first_seen=NOW - timedelta(days=200))
    store.write_now(save, Batch(at=NOW, entries=(entry,), sightings=(b.sighting(entry.id, "f1"),)))
    store.write_now(tidy, articles_before=NOW, entries_before=NOW)
    found = store.read_now(known_texts, feed="f1", hashes={entry.content_hash, "other"})
    assert {words: one.entry.id for words, one in found.items()} == {entry.content_hash: entry.id}
    assert store.read_now(known_texts, feed="f2", hashes={entry.content_hash}) == {}


def test_a_tombstone_stays_empty_whatever_its_feed_says(store: Store) -> None:
    entry = b.entry(article="Text.")
    store.write_now(save, Batch(at=NOW, entries=(entry,)))
    assert store.write_now(entomb, entry.id)
    assert not store.write_now(entomb, entry.id)
    assert store.write_now(save, Batch(at=NOW, entries=(entry,))).entries_new == 0
    assert store.read_now(find_entry, entry.id, None) == replace(entry, title="", text="", article=None)


nasty = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=nasty, guid=nasty.map(text.tidy))  # sources tidy guids: halves of broken pairs never come this far
def test_whatever_a_publisher_writes_can_be_stored_and_found(store: Store, title: str, guid: str) -> None:
    entry = b.entry(title, identity=f"{FEED} {guid}", url=None, id=b.hex16(repr(guid)))
    seen = b.sighting(entry.id, FEED, guid=guid)
    store.write_now(save, Batch(at=NOW, entries=(entry,), sightings=(seen,)))
    by_identity, by_guid = store.read_now(known_entries, feed=FEED, identities=[entry.identity], guids=[guid])
    assert set(by_identity) == {entry.identity}
    assert set(by_guid) == ({guid} if guid else set())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moment=st.datetimes(
        min_value=datetime(1, 1, 2),  # noqa: DTZ001  hypothesis adds the zone
        max_value=datetime(9999, 12, 30),  # noqa: DTZ001  same
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=9)), timezone(timedelta(hours=-5, minutes=-30))]),
    )
)
def test_times_come_back_as_the_same_moment_in_utc(store: Store, moment: datetime) -> None:
    entry = b.entry(str(moment), published=moment)
    store.write_now(save, Batch(at=NOW, entries=(entry,)))
    found = store.read_now(find_entry, entry.id, None)
    assert found is not None
    assert found.published == moment
    assert found.published.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    entry = b.entry(published=NOW.replace(tzinfo=None))
    with pytest.raises(ValueError, match="a time without a zone"):
        store.write_now(save, Batch(at=NOW, entries=(entry,)))


# decisions


@pytest.mark.parametrize("state", ["below", "excluded", "stale"])
def test_what_was_not_told_may_be_judged_again(store: Store, state: State) -> None:
    entry = b.entry()
    store.write_now(save, Batch(at=NOW, entries=(entry,), decisions=(b.decision(entry.id, state=state),)))
    store.write_now(save, Batch(at=NOW, decisions=(b.decision(entry.id, state="pending"),)))
    assert known(store, entry) == {"us-south-korea": "pending"}


@pytest.mark.parametrize("state", ["posted", "grouped", "held", "dead", "pending"])
def test_what_was_told_stays_told(store: Store, state: State) -> None:
    entry = b.entry()
    first = b.decision(entry.id, state=state)
    store.write_now(save, Batch(at=NOW, entries=(entry,), decisions=(first,)))
    store.write_now(save, Batch(at=NOW, decisions=(b.decision(entry.id, state="below", reason="other"),)))
    report = store.read_now(entry_report, entry.id)
    assert report is not None
    assert report.decisions == (first,)


def test_another_topic_is_another_decision(store: Store) -> None:
    entry = b.entry()
    both = (b.decision(entry.id, "a", state="posted"), b.decision(entry.id, "b", state="below", score=None))
    store.write_now(save, Batch(at=NOW, entries=(entry,), decisions=both))
    assert known(store, entry) == {"a": "posted", "b": "below"}
    assert [(one.entry, one.decision) for one in store.read_now(recent_decisions, NOW)] == [
        (entry, both[0]),
        (entry, both[1]),
    ]
    assert store.read_now(recent_decisions, NOW + MINUTE) == []


# stories


def test_an_open_story_is_read_whole_in_the_order_of_its_members(store: Store) -> None:
    first, second, third = b.entry("one", article="The article."), b.entry("two"), b.entry("three", outlet="Other")
    store.write_now(save, Batch(at=NOW, entries=(first, second), members=(member(first), member(second))))
    late = member(third, relation="follow_up", nearest=first.id, at=NOW + MINUTE)
    store.write_now(save, Batch(at=NOW, entries=(third,), members=(late, member(first))))
    (story,) = store.read_now(open_stories, destination="slack:#desk", since=NOW + MINUTE)
    assert [(one.title, one.text, one.seen) for one in story.members] == [
        ("one", "The article.", NOW),
        ("two", second.text, NOW),
        ("three", third.text, NOW + MINUTE),
    ]
    assert (story.id, story.opened_at, story.last_at) == ("s1", NOW, NOW + MINUTE)


def test_a_member_comes_with_the_topic_that_it_matched_best_there(store: Store) -> None:
    entry = b.entry()
    strengths = {"a": 0.4, "b": 0.9, "elsewhere": 1.0}
    decisions = tuple(b.decision(entry.id, topic, strength=strength) for topic, strength in strengths.items())
    joined = (
        member(entry, topics=("a", "b")),
        member(entry, story="s2", destination="slack:#other", topics=("elsewhere",)),
    )
    store.write_now(save, Batch(at=NOW, entries=(entry,), decisions=decisions, members=joined))
    found = {
        place: [
            one.topic for story in store.read_now(open_stories, destination=place, since=NOW) for one in story.members
        ]
        for place in ("slack:#desk", "slack:#other")
    }
    assert found == {"slack:#desk": ["b"], "slack:#other": ["elsewhere"]}


def test_a_story_closes_and_belongs_to_one_destination(store: Store) -> None:
    entry = b.entry()
    store.write_now(save, Batch(at=NOW, entries=(entry,), members=(member(entry),)))
    assert store.read_now(open_stories, destination="slack:#desk", since=NOW + MINUTE) == []
    assert store.read_now(open_stories, destination="slack:#other", since=NOW) == []


# topics


def test_all_that_is_remembered_of_a_topic_goes_along_when_its_name_changes(store: Store) -> None:
    one, two = b.entry("one"), b.entry("two")
    store.write_now(register_topics, ["old"], now=NOW)
    delta = StreamDelta(documents={"en": 2}, terms={}, scores={("old", "snippet"): (0.2, 0.3)})
    decided = b.decision(one.id, "old"), b.decision(two.id, "old", state="below")
    row = b.outbox_item(topic="old", entry=one.id, story="s1", destination="slack:#desk")
    batch = Batch(at=NOW, entries=(one, two), decisions=decided, members=(member(one, topics=("old",)),), stream=delta)
    store.write_now(save, replace(batch, outbox=(row,)))
    assert store.write_now(rename_topic, "old", "new")
    assert store.read_now(known_topics) == {"new"}
    assert {one.decision.topic for one in store.read_now(recent_decisions, NOW)} == {"new"}
    report = store.read_now(entry_report, one.id)
    assert report is not None
    assert [(told.topics, told.item.topic if told.item else "") for told in report.tellings] == [(("new",), "new")]
    assert set(store.read_now(load_stream).histograms) == {("new", "snippet")}
    assert not store.write_now(rename_topic, "old", "new"), "once"


def test_a_name_that_has_something_of_its_own_keeps_it(store: Store) -> None:
    one = b.entry("one")
    store.write_now(register_topics, ["old", "new"], now=NOW)
    decided = b.decision(one.id, "old", state="below"), b.decision(one.id, "new", state="posted")
    store.write_now(save, Batch(at=NOW, entries=(one,), decisions=decided))
    store.write_now(rename_topic, "old", "new")
    left = {(one.decision.topic, one.decision.state) for one in store.read_now(recent_decisions, NOW)}
    assert left == {("new", "posted"), ("old", "below")}
    assert store.read_now(known_topics) == {"new"}


def test_a_topic_that_left_is_unknown_when_it_comes_back(store: Store) -> None:
    store.write_now(register_topics, ["a", "b", "c"], now=NOW)
    assert store.write_now(forget_topics, ["b"]) == ("a", "c")
    assert store.read_now(known_topics) == {"b"}
    assert store.write_now(register_topics, ["a", "b"], now=NOW) == ("a",)


def test_since_when_feeds_are_due_is_told_of_all_and_of_some(store: Store) -> None:
    late, later, gone, future = (b.feed_state(f"https://{n}.example/feed") for n in range(4))
    for state, when, is_gone in (
        (late, NOW - MINUTE, False),
        (later, NOW - 2 * MINUTE, False),
        (gone, NOW - MINUTE, True),
        (future, NOW + MINUTE, False),
    ):
        store.write_now(save_feed_state, replace(state, next_due=when, gone=is_gone))
    assert store.read_now(due_since, NOW) == {late.id: NOW - MINUTE, later.id: NOW - 2 * MINUTE}
    assert store.read_now(due_since, NOW, [later.id, gone.id, "nobody"]) == {later.id: NOW - 2 * MINUTE}
    assert store.read_now(due_since, NOW, []) == {}
