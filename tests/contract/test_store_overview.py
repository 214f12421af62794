"""What the page reads of the database: counted once, in order and within its bounds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests import builders as b
from tests.builders import NOW
from tests.delivering import TOPIC, put
from watcher.store import Store
from watcher.store.condition import conditions, last_success, yields
from watcher.store.feedback import put_labels, undo_label
from watcher.store.feeds import save_feed_state
from watcher.store.outbox import make_digest, settle
from watcher.store.overview import (
    DEAD,
    HIGHEST,
    WAITING,
    answers,
    ends,
    matched_lately,
    nearest_misses,
    queued,
    tallies,
)
from watcher.store.save import save
from watcher.store.threads import SHOWN, latest_threads, threads
from watcher.types import Batch, NewMember, Receipt

HOUR = timedelta(hours=1)


def judged(store: Store, title: str, topic: str = TOPIC, **decision: Any) -> str:
    entry = b.entry(title)
    store.write_now(save, Batch(at=NOW, entries=(entry,), decisions=(b.decision(entry.id, topic, **decision),)))
    return entry.id


# -- topics


def test_matches_are_the_newest_of_one_topic_or_of_all(store: Store) -> None:
    put(store, 2)
    other = judged(store, "other", "other", state="posted", decided_at=NOW + HOUR)
    judged(store, "old", state="posted", decided_at=NOW - 2 * HOUR)
    judged(store, "below", state="below", score=0.1)
    found = store.read_now(matched_lately, since=NOW - HOUR, limit=10)
    assert found[0].entry == other
    assert len(found) == 3
    assert (found[0].story, found[0].relation) == (None, None)
    assert {one.relation for one in found[1:]} == {"founder"}
    assert {one.story for one in found[1:]} == {one.entry for one in found[1:]}
    assert [one.topic for one in store.read_now(matched_lately, since=NOW - HOUR, limit=10, topic="other")] == ["other"]
    assert len(store.read_now(matched_lately, since=NOW - HOUR, limit=2)) == 2


def test_near_misses_are_from_half_of_the_threshold_on(store: Store) -> None:
    for title, score in (("half", 0.06), ("less", 0.059), ("near", 0.119)):
        judged(store, title, state="below", score=score, threshold=0.12)
    judged(store, "match", state="posted", score=0.2)
    judged(store, "unscored", state="below", score=None, threshold=None, strength=None)
    assert [one.title for one in store.read_now(nearest_misses, since=NOW, limit=9)] == ["near", "half"]
    assert store.read_now(nearest_misses, since=NOW, limit=9, topic="other") == []


def test_scores_are_counted_by_what_they_reached_of_their_own_threshold(store: Store) -> None:
    judged(store, "full", state="posted", score=0.27, threshold=0.135, mode="full")
    judged(store, "twice", state="grouped", score=0.2, threshold=0.1, decided_at=NOW - 5 * HOUR)
    judged(store, "at", state="held", score=0.12, threshold=0.12)
    judged(store, "huge", state="dead", score=0.9, threshold=0.1)
    judged(store, "below", state="below", score=0.0, threshold=0.12)
    judged(store, "rule", state="excluded", score=0.5, threshold=0.12)
    judged(store, "unscored", state="below", score=None, threshold=None, strength=None)
    (found,) = store.read_now(tallies, since=NOW - 9 * HOUR).values()
    assert found.shares == {200: 2, 100: 1, HIGHEST: 1, 0: 1}
    assert store.read_now(ends, since=NOW) == {TOPIC: {"posted": 1, "held": 1, "dead": 1, "below": 2, "excluded": 1}}
    assert found.since == NOW - 5 * HOUR


def test_of_several_answers_about_one_entry_the_latest_that_stands_counts(store: Store) -> None:
    said = [
        ("one", "U1", True, "i/one"),
        ("one", "U2", False, "i/one"),
        ("two", "U1", True, "i/two"),
        ("three", "U1", True, f"i/near/{TOPIC}/x"),
        ("four", "U1", False, "i/four"),
    ]
    for number, (title, user, relevant, key) in enumerate(said):
        label = b.label(title, user=user, relevant=relevant, key=key, topic=TOPIC)
        store.write_now(put_labels, b.click(str(number), user=user, key=key), [label])
    store.write_now(undo_label, 5, now=NOW)
    (found,) = store.read_now(answers).values()
    assert (found.relevant, found.not_relevant) == (1, 1)
    assert (found.near_relevant, found.near_not_relevant, found.aside) == (1, 0, 0)


# -- outbox and stories


def test_the_outbox_tells_what_waits_and_what_a_digest_tells_is_the_digest(store: Store) -> None:
    keys = put(store, 4, state="held", hold="digest", held_until=NOW)
    (dead,) = put(store, prefix="dead", state="dead", error="no")
    waits, number = store.read_now(queued, WAITING, limit=3)
    assert ([one.key for one in waits], number) == (keys[:3], 4)
    assert waits[0].title == "news 0 at fake:#desk"
    store.write_now(make_digest, key="d", destination="fake:#desk", topic=TOPIC, members=keys[:2], now=NOW)
    waits, number = store.read_now(queued, WAITING, limit=9)
    assert [(one.kind, one.title is None) for one in waits] == [("parent", False), ("parent", False), ("digest", True)]
    (row,), number = store.read_now(queued, DEAD, limit=9)
    assert (row.key, row.error, number) == (dead, "no", 1)


def test_threads_come_newest_first_with_members_in_order_and_their_messages(store: Store) -> None:
    first, second = put(store, 2)
    stories = [one.partition("/")[2] for one in (first, second)]
    copy = b.entry("copy", outlet="Another")
    member = NewMember(
        story=stories[0], destination="fake:#desk", entry=copy.id, relation="copy", nearest=stories[0],
        summary="", summary_source="none", at=NOW + HOUR, topics=(TOPIC,),
    )  # fmt: skip
    store.write_now(save, Batch(at=NOW + HOUR, entries=(copy,), members=(member,)))
    found, number = store.read_now(latest_threads, limit=1)
    assert (number, [one.id for one in found]) == (2, stories[:1])
    (thread,) = found
    assert [one.relation for one in thread.members] == ["founder", "copy"]
    assert (thread.size, thread.outlets, thread.topics) == (2, ("Example News", "Another"), (TOPIC,))
    assert thread.parent is not None
    assert (thread.parent.state, thread.parent.settled_at) == ("pending", None)
    found, _ = store.read_now(latest_threads, limit=1, offset=1)
    assert [one.id for one in found] == stories[1:]
    assert store.read_now(threads, ["none", *stories]) != []
    assert SHOWN >= 100


def test_a_story_that_a_digest_told_was_told_when_the_digest_was(store: Store) -> None:
    (key,) = put(store, state="held", hold="digest", held_until=NOW)
    store.write_now(make_digest, key="d", destination="fake:#desk", topic=TOPIC, members=[key], now=NOW)
    store.write_now(settle, "d", receipt=Receipt(channel="C1", ts="1"), now=NOW + HOUR)
    ((thread,), _) = store.read_now(latest_threads, limit=1)
    assert thread.parent is not None
    assert (thread.parent.in_digest, thread.parent.gone, thread.parent.settled_at) == (True, False, NOW + HOUR)


# -- feeds


def test_feeds_are_ranked_by_what_somebody_should_look_at(store: Store) -> None:
    given: dict[str, dict[str, Any]] = {
        "ok": {},
        "warned": {"warning": "odd"},
        "new": {"last_polled": None},
        "failing": {"failures": 2, "error": "no"},
        "gone": {"gone": True, "failures": 9},
        "moved": {"moved_to": "https://x.example", "moved_polls": 1},
    }
    for name, over in given.items():
        state = {"name": name, "last_polled": NOW, "last_success": NOW - HOUR, **over}
        store.write_now(save_feed_state, b.feed_state(f"https://{name}.example", **state))
    found = store.read_now(conditions)
    assert [one.name for one in found] == ["gone", "failing", "moved", "warned", "new", "ok"]
    assert [one.condition for one in found] == ["gone", "failing", "odd", "odd", "new", "ok"]
    assert store.read_now(last_success) == NOW - HOUR


def test_what_came_of_a_feed_is_counted_once_an_entry(store: Store) -> None:
    store.write_now(save_feed_state, b.feed_state())
    feed = b.feed_state().id
    seen, old = b.entry("seen"), b.entry("old", first_seen=NOW - 9 * HOUR)
    sightings = tuple(b.sighting(one.id, feed, guid=guid) for one in (seen, old) for guid in ("a", "b"))
    store.write_now(save, Batch(at=NOW, entries=(seen, old), sightings=sightings))
    found = store.read_now(yields, [feed, "none"], since=NOW - HOUR)
    assert (found[feed].entries, found[feed].matches, found[feed].latest) == (1, 0, NOW)
    assert (found["none"].entries, found["none"].latest) == (0, None)
    member = NewMember(
        story="s", destination="fake:#desk", entry=old.id, relation="founder", nearest=None,
        summary="", summary_source="none", at=NOW, topics=(TOPIC, "other"),
    )  # fmt: skip
    store.write_now(save, Batch(at=NOW, members=(member,)))
    assert store.read_now(yields, [feed], since=NOW - HOUR)[feed].matches == 1
