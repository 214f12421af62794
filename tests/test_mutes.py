"""What was muted in Slack is not told, is recorded with its reason, and comes back when the mute ends."""

from __future__ import annotations

from datetime import timedelta

from tests import builders as b
from tests.builders import NOW
from tests.delivering import TOPIC, put, row, run
from tests.fakes import FakeClock, FakeNotifier
from watcher.store import Store
from watcher.store.entries import entries_since, known_entries
from watcher.store.feedback import put_mute, undo
from watcher.store.report import entry_report
from watcher.store.save import save
from watcher.types import Batch, Decision

DESK = "fake:#desk"
WEEK = timedelta(days=7)


def decided(store: Store, key: str) -> Decision:
    report = store.read_now(entry_report, row(store, key).entry or "")
    assert report is not None
    return next(one for one in report.decisions if one.topic == TOPIC)


def seen_in(store: Store, key: str, *feeds: str) -> None:
    entry = row(store, key).entry or ""
    store.write_now(save, Batch(at=NOW, sightings=tuple(b.sighting(entry, feed) for feed in feeds)))


async def test_a_muted_story_is_not_told_again(store: Store) -> None:
    clock, slack = FakeClock(), FakeNotifier()
    first, second = put(store, 2)
    story = row(store, first).story or ""
    store.write_now(put_mute, b.click("1"), b.mute(subject=story, destination=DESK))
    report = await run(store, slack, clock)
    assert (slack.keys, report.pending, report.dead) == ([second], 0, 0)
    assert (decided(store, first).state, row(store, first).state) == ("grouped", "dropped")
    assert decided(store, first).reason.endswith("; its story was muted here by ann")


async def test_a_muted_source_is_left_out_at_that_destination_for_a_week(store: Store) -> None:
    clock, slack = FakeClock(), FakeNotifier()
    (here,), (there,) = put(store), put(store, destination="fake:#other")
    for key in (here, there):
        seen_in(store, key, "f1")
    mute = b.mute(kind="source", subject="f1", title="Example News", destination=DESK, until=NOW + WEEK)
    store.write_now(put_mute, b.click("1"), mute)
    await run(store, slack, clock)
    assert slack.keys == [there]
    assert decided(store, here).state == "excluded"
    assert "its source Example News was muted here by ann until 2026-03-09 12:00 UTC" in decided(store, here).reason
    clock.pass_(days=8)
    (later,) = put(store, prefix="later")
    seen_in(store, later, "f1")
    await run(store, slack, clock)
    assert slack.keys == [there, later]


async def test_a_mute_that_was_taken_back_mutes_nothing(store: Store) -> None:
    clock, slack = FakeClock(), FakeNotifier()
    store.write_now(put_mute, b.click("1"), b.mute(kind="source", subject="f1", destination=DESK, until=NOW + WEEK))
    store.write_now(undo, b.click("2", action="undo"))
    (key,) = put(store)
    seen_in(store, key, "f1")
    await run(store, slack, clock)
    assert slack.keys == [key]


async def test_what_was_muted_is_settled_and_an_edit_does_not_raise_it(store: Store) -> None:
    clock, slack = FakeClock(), FakeNotifier()
    (key,) = put(store)
    seen_in(store, key, "f1")
    store.write_now(put_mute, b.click("1"), b.mute(kind="source", subject="f1", destination=DESK, until=NOW + WEEK))
    await run(store, slack, clock)
    entry = next(one.entry for one in store.read_now(entries_since, NOW) if one.entry.id == row(store, key).entry)
    known, _ = store.read_now(known_entries, feed="f1", identities=[entry.identity], guids=())
    assert known[entry.identity].decided == {TOPIC: "grouped"}, "open to no further judgement"
    assert decided(store, key).state == "excluded"


async def test_held_rows_are_muted_before_they_become_a_digest(store: Store) -> None:
    clock, slack = FakeClock(), FakeNotifier()
    keys = put(store, 4, state="held", hold="first_poll")
    seen_in(store, keys[0], "f1")
    store.write_now(put_mute, b.click("1"), b.mute(kind="source", subject="f1", destination=DESK, until=NOW + WEEK))
    await run(store, slack, clock)
    (post,) = slack.posts
    assert {item.key for item in post.message.items} == set(keys[1:])
    assert decided(store, keys[0]).state == "excluded"
