"""What waits for a topic that is no longer in the configuration is told for another one, or dropped and counted."""

from __future__ import annotations

from datetime import timedelta

from tests import builders as b
from tests.builders import NOW
from tests.delivering import TOPIC, put, row, run
from tests.fakes import FakeClock, FakeNotifier
from watcher.deliver import Policy, TopicPolicy
from watcher.store import Store, outbox
from watcher.store.notices import put_notices
from watcher.store.report import entry_report
from watcher.store.save import save
from watcher.types import Batch, NewMember, Notice, State


def only(*topics: str, **former: str) -> Policy:
    return Policy(topics={name: TopicPolicy(title=name.title()) for name in topics}, former=former)


def states(store: Store, key: str) -> dict[str, State]:
    report = store.read_now(entry_report, row(store, key).entry or "")
    assert report is not None
    return {one.topic: one.state for one in report.decisions}


def also_matched(store: Store, key: str, topic: str) -> None:
    """The same entry matched another topic of the channel, less strongly."""
    item = row(store, key)
    assert item.entry is not None
    assert item.story is not None
    member = NewMember(
        story=item.story, destination=item.destination, entry=item.entry, relation="founder", nearest=None,
        summary="It was agreed.", summary_source="feed", at=NOW, topics=(topic,),
    )  # fmt: skip
    decided = b.decision(item.entry, topic, strength=0.4)
    store.write_now(save, Batch(at=NOW, decisions=(decided,), members=(member,)))


async def test_what_waits_for_a_topic_that_is_gone_is_dropped_counted_and_explained(store: Store) -> None:
    gone, kept = put(store, 2), put(store, topic="other", prefix="other")
    slack = FakeNotifier()
    report = await run(store, slack, FakeClock(), only("other"))
    assert (slack.keys, report.dropped, report.pending) == (kept, {TOPIC: 2}, 0)
    for key in gone:
        assert (row(store, key).state, states(store, key)) == ("dropped", {TOPIC: "excluded"})
    told = store.read_now(entry_report, row(store, gone[0]).entry or "")
    assert told is not None
    assert told.decisions[0].reason.endswith("; its topic was removed from the configuration")
    again = await run(store, slack, FakeClock(), only("other"))
    assert not again.dropped, "counted once"


async def test_an_entry_that_another_topic_matched_too_is_told_for_that_one(store: Store) -> None:
    (key,) = put(store)
    also_matched(store, key, "other")
    slack = FakeNotifier()
    report = await run(store, slack, FakeClock(), only("other"))
    assert (slack.keys, report.dropped) == ([key], {})
    assert (row(store, key).topic, row(store, key).strength) == ("other", 0.4)
    assert states(store, key)["other"] == "posted"


async def test_a_digest_that_waits_takes_its_members_along(store: Store) -> None:
    members = put(store, 3)
    store.write_now(outbox.make_digest, key="d", destination="fake:#desk", topic=TOPIC, members=members, now=NOW)
    slack = FakeNotifier()
    report = await run(store, slack, FakeClock(), only("other"))
    assert (slack.posts, report.dropped, report.pending) == ([], {TOPIC: 1}, 0)
    assert {row(store, key).state for key in members} == {"dropped"}
    assert {state for key in members for state in states(store, key).values()} == {"excluded"}


async def test_what_was_to_be_said_about_the_topic_goes_along_and_is_no_alert(store: Store) -> None:
    notice, places = Notice(name="off", text="Nothing was watched.", topic=TOPIC), {TOPIC: ["fake:#desk"]}
    store.write_now(put_notices, [notice], destinations=places, installation="inst", standing=(), over=(), now=NOW)
    slack = FakeNotifier()
    report = await run(store, slack, FakeClock(), only("other"))
    assert (slack.posts, report.dropped, report.pending) == ([], {}, 0)


async def test_a_renamed_topic_goes_on_even_with_what_was_saved_late_under_its_former_name(store: Store) -> None:
    (key,) = put(store)
    slack = FakeNotifier()
    report = await run(store, slack, FakeClock(), only("pact", **{TOPIC: "pact"}))
    assert (slack.keys, report.dropped) == ([key], {})
    assert states(store, key) == {"pact": "posted"}


async def test_what_was_told_for_a_removed_topic_stays_told(store: Store) -> None:
    (key,) = put(store)
    slack, clock = FakeNotifier(), FakeClock()
    await run(store, slack, clock)
    clock.now += timedelta(minutes=1)
    await run(store, slack, clock, only("other"))
    assert (slack.keys, states(store, key)) == ([key], {TOPIC: "posted"})
