"""What every store must do with clicks: keep each once, and let it be taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests import builders as b
from tests.builders import NOW
from tests.contract.outboxes import DESK, row, state_of, tell_story
from watcher.store import Store
from watcher.store.feedback import (
    Numbered,
    destinations_at,
    feeds_of,
    labels,
    lift,
    mark_labels,
    muted_rows,
    mutes_in_force,
    put_click,
    put_labels,
    put_mute,
    put_seed,
    seeds_added,
    tidy_feedback,
    undo,
    undo_label,
)
from watcher.store.outbox import drop, remember_channel
from watcher.store.save import save
from watcher.types import AddedSeed, Batch, Undone

KEY = "i/one"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def standing(store: Store) -> list[Numbered]:
    return store.read_now(labels)


def say(store: Store, click_id: str, relevant: bool, user: str = "U1", *topics: str, **over: Any) -> bool:
    click = b.click(click_id, user=user, **over)
    given = [b.label(topic=topic, relevant=relevant, user=user, at=click.at) for topic in topics or ("us-south-korea",)]
    return store.write_now(put_labels, click, given)


def test_a_click_counts_once_however_often_it_arrives(store: Store) -> None:
    assert say(store, "1", True)
    assert not say(store, "1", False)
    (one,) = standing(store)
    assert one.label == b.label()
    assert one.undone_at is None


def test_a_persons_new_answer_takes_the_place_of_the_old_one(store: Store) -> None:
    say(store, "1", True)
    say(store, "2", True, "U2")
    say(store, "3", False, at=NOW + HOUR)
    assert [(one.label.user, one.label.relevant) for one in standing(store)] == [("U2", True), ("U1", False)]
    everything = store.read_now(labels, standing=False)
    assert [one.undone_at for one in everything] == [NOW + HOUR, None, None]
    assert store.read_now(labels, topics=["other"]) == []


def test_undo_takes_back_ones_own_last_act_before_anybody_elses(store: Store) -> None:
    say(store, "1", True)
    say(store, "2", False, "U2", "us-south-korea", "trade", at=NOW + HOUR)
    mine = store.write_now(undo, b.click("3", action="undo", at=NOW + 2 * HOUR))
    assert mine == Undone(what="label", title=b.label().title, topics=("us-south-korea",), name="ann")
    theirs = store.write_now(undo, b.click("4", action="undo", at=NOW + 2 * HOUR))
    assert theirs is not None
    assert theirs.topics == ("trade", "us-south-korea")
    assert store.write_now(undo, b.click("5", action="undo", at=NOW + 2 * HOUR)) is None
    assert standing(store) == []


def test_an_undo_that_arrives_twice_takes_back_one_thing(store: Store) -> None:
    say(store, "1", True)
    say(store, "2", True, "U2")
    assert store.write_now(undo, b.click("3", action="undo")) is not None
    assert store.write_now(undo, b.click("3", action="undo")) is None
    assert len(standing(store)) == 1


def test_one_answer_is_taken_back_by_its_number(store: Store) -> None:
    say(store, "1", True)
    (one,) = standing(store)
    assert store.write_now(undo_label, one.number, now=NOW) is not None
    assert store.write_now(undo_label, one.number, now=NOW) is None
    assert standing(store) == []


def test_what_became_of_an_answer_is_kept(store: Store) -> None:
    say(store, "1", True)
    (one,) = standing(store)
    store.write_now(mark_labels, {one.number: ("aside", "a seed would not match")})
    (now,) = standing(store)
    assert now.label == replace(one.label, state="aside", note="a seed would not match")


def test_old_clicks_are_forgotten_with_what_they_said(store: Store) -> None:
    say(store, "1", True)
    say(store, "2", True, "U2", at=NOW + DAY)
    assert store.write_now(tidy_feedback, before=NOW + HOUR) == 1
    assert [one.label.user for one in standing(store)] == ["U2"]
    assert say(store, "1", True), "forgotten is forgotten"


def test_a_seed_added_again_is_one_seed(store: Store) -> None:
    seed = AddedSeed(topic="t", name="a", card={"words": 1}, url="https://n.example/a", user="U1", person="ann", at=NOW)
    assert store.write_now(put_seed, b.click("1"), seed)
    assert not store.write_now(put_seed, b.click("1"), replace(seed, card={}))
    assert store.write_now(put_seed, b.click("2"), replace(seed, card={"words": 2}))
    assert [one.card for one in store.read_now(seeds_added, ["t"])] == [{"words": 2}]
    assert store.read_now(seeds_added, ["other"]) == []


def test_a_click_without_effect_is_known_when_it_comes_again(store: Store) -> None:
    assert store.write_now(put_click, b.click("1"))
    assert not store.write_now(put_click, b.click("1"))


def test_a_muted_story_says_no_more_and_its_entries_count_as_grouped(store: Store) -> None:
    first, second = tell_story(store, "one", "two")
    mute = b.mute(subject="s1", destination=DESK)
    assert store.write_now(put_mute, b.click("1"), mute)
    assert not store.write_now(put_mute, b.click("1"), mute)
    assert store.read_now(mutes_in_force, now=NOW + DAY, closes_after=NOW - DAY) == {1: mute}
    assert store.read_now(mutes_in_force, now=NOW + 9 * DAY, closes_after=NOW + DAY) == {}, "the story closed"
    found = store.read_now(muted_rows, [mute])
    assert set(found) == {"i/one", "i/two"}
    assert store.write_now(drop, "i/two", state="grouped", reason="muted by ann", now=NOW)
    assert not store.write_now(drop, "i/two", state="grouped", reason="muted by ann", now=NOW)
    assert (state_of(store, first), state_of(store, second)) == ("pending", "grouped")
    assert (row(store, "i/two").state, row(store, "i/two").error) == ("dropped", "muted by ann")
    assert store.read_now(muted_rows, [replace(mute, destination="slack:#other")]) == {}


def test_what_two_feeds_brought_is_muted_when_both_are(store: Store) -> None:
    (told,) = tell_story(store, "one")
    seen = (b.sighting(told.id, "f1"), b.sighting(told.id, "f2", seen=NOW + HOUR))
    store.write_now(save, Batch(at=NOW, sightings=seen))
    one, two = (b.mute(kind="source", subject=feed, destination=DESK, until=NOW + DAY) for feed in ("f1", "f2"))
    assert store.read_now(feeds_of, told.id) == ["f1", "f2"]
    assert store.read_now(muted_rows, [one]) == {}
    assert store.read_now(muted_rows, [one, two]) == {"i/one": one}
    store.write_now(put_mute, b.click("1"), one)
    assert store.read_now(mutes_in_force, now=NOW + HOUR) == {1: one}
    assert store.read_now(mutes_in_force, now=NOW + DAY) == {}


def test_a_dropped_parent_is_replaced_by_the_storys_next_member(store: Store) -> None:
    first, second = tell_story(store, "one", "two")
    assert store.write_now(drop, "i/one", state="excluded", reason="its source is muted", now=NOW)
    assert row(store, "i/two").kind == "parent"
    assert (state_of(store, first), state_of(store, second)) == ("excluded", "pending")


def test_a_mute_is_lifted_by_its_number(store: Store) -> None:
    store.write_now(put_mute, b.click("1"), b.mute(kind="source", until=NOW + DAY))
    assert store.write_now(lift, b.click("2"), 2) is None
    found = store.write_now(lift, b.click("3"), 1)
    assert found == b.mute(kind="source", until=NOW + DAY)
    assert store.write_now(lift, b.click("4"), 1) is None
    assert store.read_now(mutes_in_force, now=NOW) == {}


def test_a_channel_is_found_by_its_id(store: Store) -> None:
    store.write_now(remember_channel, DESK, "C1")
    assert store.read_now(destinations_at, "C1") == [DESK]
    assert store.read_now(destinations_at, "C2") == []
