"""What every store must do with what it has forgotten: it takes little room, and every question has its old answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select

from tests import builders as b
from tests.builders import NOW
from watcher.explain import as_json
from watcher.store import Store, condensing
from watcher.store.condensing import condense
from watcher.store.entries import entomb, find_entry, known_entries, known_texts, tidy
from watcher.store.feedback import feeds_of
from watcher.store.feeds import save_feed_state
from watcher.store.forgetting import forget_topic, topic_traces
from watcher.store.past import past_facts
from watcher.store.report import counts, entry_report, feed_languages, feed_rows
from watcher.store.save import save
from watcher.store.tables import decisions, entries, sightings
from watcher.store.tombs import tombstone_ends, tombstone_feeds, tombstone_marks, tombstones
from watcher.store.topics import register_topics, rename_topic
from watcher.store.trace import entry_trace
from watcher.types import Batch, Decision, Entry, NewMember, Sighting

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OLD = NOW - 200 * DAY
FEEDS = [b.hex16(f"feed {number}") for number in range(3)]


def forget(store: Store) -> int:
    """Tidy until nothing is left to do; how many became small."""
    while store.write_now(tidy, articles_before=NOW - DAY, entries_before=NOW - DAY) != (0, 0):
        pass
    number, last = 0, None
    while True:
        done = store.write_now(condense, before=NOW - DAY, after=last)
        number, last = number + done.number, done.last
        if last is None:
            return number


def rows_of(store: Store, *tables: Any) -> tuple[int, ...]:
    def count(conn: Connection) -> tuple[int, ...]:
        return tuple(conn.scalar(select(func.count()).select_from(table)) or 0 for table in tables)

    return store.read_now(count)


def old(name: str, **over: Any) -> Entry:
    return b.entry(name, first_seen=OLD, published=OLD - HOUR, **over)


def below(entry: Entry, topic: str = "a", **over: Any) -> Decision:
    reason = "below the threshold (score 0.031, threshold 0.105)"
    given = {"state": "below", "reason": reason, "score": 0.031, "threshold": 0.105, "strength": 0.02}
    return b.decision(entry.id, topic, **{**given, "decided_at": OLD, **over})


def member(entry: Entry) -> NewMember:
    return NewMember(
        story="s1", destination="slack:#desk", entry=entry.id, relation="founder", nearest=None, summary="They agreed.",
        summary_source="feed", at=OLD, topics=("a",),
    )  # fmt: skip


def told(store: Store, entry: Entry) -> dict[str, Any]:
    trace = store.read_now(entry_trace, entry.id)
    assert trace is not None
    return as_json(trace)


WORDS = {"title", "forgotten", "terms", "article", "summary"}


def without_words(said: Any) -> Any:
    if isinstance(said, dict):
        return {key: without_words(value) for key, value in said.items() if key not in WORDS}
    return [without_words(one) for one in said] if isinstance(said, list) else said


UNTOLD: dict[str, dict[str, Any]] = {
    "below": {},
    "never scored": {
        "state": "below", "reason": "its language (ko) is not one of the topic's seeds", "score": None,
        "threshold": None, "strength": None, "nearest_seed": None,
    },
    "excluded by a rule": {"state": "excluded", "reason": "the exclude rule 'baseball' hits"},
    "excluded, silent": {"state": "excluded", "reason": "the first poll is silent (score 0.031, threshold 0.105)"},
    "stale": {"state": "stale", "reason": f"published {OLD:%Y-%m-%d}, before the last 3 days"},
}  # fmt: skip


@pytest.mark.parametrize("case", UNTOLD)
def test_what_was_never_told_becomes_small_and_is_explained_as_before(store: Store, case: str) -> None:
    store.write_now(save_feed_state, b.feed_state())
    entry = old("one", landed="https://other.example/page", article_note="paywall")
    seen = [b.sighting(entry.id, b.feed().id, guid="g1", seen=OLD), b.sighting(entry.id, FEEDS[1], seen=OLD + HOUR)]
    made = [below(entry, **UNTOLD[case]), below(entry, "b", decided_at=OLD + HOUR, nearest_seed=None)]
    store.write_now(save, Batch(at=OLD, entries=(entry,), sightings=tuple(seen), decisions=tuple(made)))
    before = told(store, entry)
    assert forget(store) == 1
    assert rows_of(store, entries, sightings, decisions, tombstones) == (0, 0, 0, 1)
    after = told(store, entry)
    assert without_words(after) == without_words(before)
    assert (after["entry"]["title"], after["entry"]["forgotten"], after["topics"][0]["terms"]) == ("", True, [])


@pytest.mark.parametrize("state", ["posted", "grouped", "held", "dead", "pending"])
def test_what_was_told_keeps_its_rows_and_is_explained_as_before(store: Store, state: Any) -> None:
    entry = old("one")
    row = b.outbox_item("i/s1", entry=entry.id, story="s1", created_at=OLD, state="dead")
    made = Batch(
        at=OLD, entries=(entry,), decisions=(below(entry, state=state, reason="a match"),), members=(member(entry),),
        outbox=(row,), sightings=(b.sighting(entry.id, FEEDS[0], seen=OLD),),
    )  # fmt: skip
    store.write_now(save, made)
    before = told(store, entry)
    assert forget(store) == 0
    after = told(store, entry)
    assert without_words(after) == without_words(before)
    assert after["topics"][0]["tellings"][0]["summary"] == "", "a summary is words"
    assert after["topics"][0]["terms"] == before["topics"][0]["terms"], "why it was told stays known"


def test_what_is_young_or_was_judged_lately_or_left_counts_keeps_its_rows(store: Store) -> None:
    young, lately, counted = b.entry("young"), old("lately"), old("counted", article="Long text.")
    judged = (below(young), below(lately, decided_at=NOW), below(counted, score=0.1))
    store.write_now(save, Batch(at=OLD, entries=(young, lately, counted), decisions=judged))
    assert forget(store) == 0
    assert rows_of(store, entries, tombstones) == (3, 0)


def test_a_tombstone_is_whole_again_when_something_new_comes_to_it(store: Store) -> None:
    entry, feed = old("one"), b.feed().id
    first = b.sighting(entry.id, feed, guid="g1", seen=OLD)
    store.write_now(save, Batch(at=OLD, entries=(entry,), sightings=(first,), decisions=(below(entry),)))
    assert forget(store) == 1
    before = told(store, entry)
    again = Batch(at=NOW, entries=(replace(entry, title="Back"),), sightings=(b.sighting(entry.id, FEEDS[0]),))
    assert store.write_now(save, again).entries_new == 0
    assert rows_of(store, entries, sightings, decisions, tombstones, tombstone_marks) == (1, 2, 1, 0, 0)
    after = told(store, entry)
    assert after["entry"].pop("sightings")[:1] == before["entry"].pop("sightings")
    assert (before["entry"].pop("feeds"), after["entry"].pop("feeds")) == ([feed], [feed, FEEDS[0]])
    assert after == before, "a tombstone stays empty, whatever its feed says"
    assert store.read_now(lambda conn: conn.scalars(select(tombstone_ends.c.times)).all()) == [0]
    assert store.read_now(lambda conn: conn.scalars(select(tombstone_feeds.c.seen)).all()) == [0]
    assert store.write_now(save, Batch(at=NOW, decisions=(below(entry, "b"),))).entries_new == 0
    assert forget(store) == 1
    (found,) = store.read_now(known_entries, feed=feed, identities=[entry.identity], guids=())[0].values()
    assert found.feeds == {feed, FEEDS[0]}
    assert dict(found.decided) == {"a": "below", "b": "below"}


def test_a_tombstone_has_nothing_left_to_be_entombed(store: Store) -> None:
    entry = old("one")
    store.write_now(save, Batch(at=OLD, entries=(entry,)))
    assert forget(store) == 1
    assert not store.write_now(entomb, entry.id)


def test_a_topic_that_changes_its_name_takes_its_tombstones_along(store: Store) -> None:
    both, one = old("both"), old("one")
    judged = (below(both), below(both, "b", state="stale"), below(one))
    store.write_now(save, Batch(at=OLD, entries=(both, one), decisions=judged))
    forget(store)
    store.write_now(register_topics, ["a"], now=OLD)
    assert store.write_now(rename_topic, "a", "c")
    report = store.read_now(entry_report, both.id)
    assert report is not None
    assert [(found.topic, found.state) for found in report.decisions] == [("b", "stale"), ("c", "below")]
    assert store.read_now(counts).decisions == {"b": {"stale": 1}, "c": {"below": 2}}


def test_a_topic_that_is_forgotten_is_gone_from_tombstones_too(store: Store) -> None:
    entry = old("one")
    store.write_now(save, Batch(at=OLD, entries=(entry,), decisions=(below(entry), below(entry, "b"))))
    forget(store)
    assert store.read_now(topic_traces, "a").decisions == 1
    assert store.write_now(forget_topic, "a").decisions == 1
    assert not store.read_now(topic_traces, "a")
    report = store.read_now(entry_report, entry.id)
    assert report is not None
    assert [found.topic for found in report.decisions] == ["b"]
    again = Batch(at=NOW, decisions=(below(entry, "a", state="stale"),))
    store.write_now(save, again)
    assert store.read_now(counts).decisions == {"a": {"stale": 1}, "b": {"below": 1}}


def test_a_link_that_says_nothing_about_the_entry_still_finds_it(store: Store) -> None:
    entry = old("one", url="https://news.example/", identity=f"{FEEDS[0]} g1")
    store.write_now(save, Batch(at=OLD, entries=(entry,)))
    forget(store)
    found = store.read_now(find_entry, "https://news.example/", "https://news.example/")
    assert found is not None
    assert found.id == entry.id


def test_many_are_made_small_some_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(condensing, "PORTION", 3)
    found = [old(f"entry {number}") for number in range(8)]
    stays = tuple(below(one, state="posted") for one in found[:2])
    store.write_now(save, Batch(at=OLD, entries=tuple(found), decisions=stays))
    assert forget(store) == 6
    assert rows_of(store, entries, tombstones) == (2, 6)


# every reading verb, over random histories

TOPICS = ("a", "b", "c")
REASONS = ("a rule", "below the threshold (score 0.031, threshold 0.105)", f"published {OLD - HOUR:%Y-%m-%d}, too old")


@st.composite
def histories(draw: st.DrawFn) -> Batch:
    """Entries that shared pages, guids and words, in feeds, judged by topics; some were told."""
    made = [
        old(
            f"headline {number}",
            url=draw(
                st.sampled_from([f"http://www.news.example/{number}?utm_source=x", "https://root.example/", None])
            ),
            identity=draw(st.sampled_from([f"https://news.example/{number}", f"{FEEDS[0]} g{number}"])),
            landed=draw(st.sampled_from([None, None, "https://news.example/0", "https://landed.example/"])),
            content_hash=draw(st.sampled_from([b.hex16("same"), b.hex16(f"words {number}")])),
            language=draw(st.sampled_from(["en", "ko"])),
        )
        for number in range(draw(st.integers(1, 5)))
    ]
    moments = st.integers(0, 10**12).map(lambda number: OLD + timedelta(microseconds=number))
    made = [replace(one, first_seen=draw(moments)) for one in made]
    seen = [
        b.sighting(
            one.id, feed, guid=draw(st.sampled_from([None, one.url, "shared", f"g-{one.id}"])), seen=draw(moments)
        )
        for one in made
        for feed in draw(st.lists(st.sampled_from(FEEDS), max_size=3))
    ]
    return Batch(at=OLD, entries=tuple(made), sightings=tuple(seen), decisions=tuple(draw(_judged(made))))


@st.composite
def _judged(draw: st.DrawFn, found: list[Entry]) -> list[Decision]:
    part = st.integers(0, 10**6).map(lambda number: number / 10**6)
    return [  # scores that are not near enough for counts of words to be kept
        below(
            one,
            topic,
            state=draw(st.sampled_from(["below", "excluded", "stale", "posted"])),
            reason=draw(st.sampled_from(REASONS)),
            score=draw(st.none() | st.just(0.031) | part.map(lambda share: round(share / 25, 5))),
            strength=draw(st.integers(0, 1000)) / 1000,
            mode=draw(st.sampled_from(["headline", "snippet", "full"])),
            terms=(),
            nearest_seed=draw(st.sampled_from([None, "one.txt"])),
            decided_at=one.first_seen + draw(st.sampled_from([timedelta(), HOUR])),
        )
        for one in found
        for topic in draw(st.sets(st.sampled_from(TOPICS)))
    ]


def answers(store: Store, history: Batch) -> dict[str, Any]:
    """What every verb says that tells of entries."""
    made = history.entries
    addresses = [*(one.identity for one in made), *{one.landed for one in made if one.landed}]
    guids = [one.guid for one in history.sightings if one.guid]
    hashes = {one.content_hash for one in made}
    needles = [*addresses, *(one.id for one in made), *(one.url for one in made if one.url)]
    return {
        "known": {feed: store.read_now(known_entries, feed=feed, identities=addresses, guids=guids) for feed in FEEDS},
        "texts": {feed: store.read_now(known_texts, feed=feed, hashes=hashes) for feed in FEEDS},
        "found": {one: store.read_now(find_entry, one, None) for one in needles},
        "traces": {one.id: store.read_now(entry_trace, one.id) for one in made},
        "feeds of": {one.id: store.read_now(feeds_of, one.id) for one in made},
        "feeds": store.read_now(feed_rows),
        "languages": store.read_now(feed_languages, FEEDS),
        "counts": store.read_now(counts),
        "past": [store.read_now(past_facts, since) for since in (OLD, OLD + 5 * DAY, NOW)],
        "topics": {topic: store.read_now(topic_traces, topic) for topic in TOPICS},
    }


def emptied(store: Store) -> None:
    def empty(conn: Connection) -> None:
        for table in (sightings, decisions, entries, tombstones, tombstone_marks, tombstone_ends, tombstone_feeds):
            conn.execute(table.delete())

    store.write_now(empty)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories())
def test_no_verb_answers_otherwise_once_what_was_forgotten_is_small(store: Store, history: Batch) -> None:
    emptied(store)
    store.write_now(save_feed_state, b.feed_state(id=FEEDS[0]))
    store.write_now(save, history)
    while store.write_now(tidy, articles_before=NOW, entries_before=NOW) != (0, 0):
        pass
    before = answers(store, history)
    forget(store)
    posted = {one.entry for one in history.decisions if one.state == "posted"}
    assert rows_of(store, entries, tombstones) == (len(posted), len({one.id for one in history.entries} - posted))
    after = answers(store, history)
    assert [name for name, said in before.items() if after[name] != said] == []
    again = tuple(Sighting(entry=one.id, feed=FEEDS[2], guid=None, seen=NOW) for one in history.entries)
    store.write_now(save, Batch(at=NOW, sightings=again))
    assert rows_of(store, tombstones, tombstone_marks) == (0, 0)
