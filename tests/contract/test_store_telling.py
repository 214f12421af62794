"""What every store must do when rows end, wait or are told together: nothing lost, nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests import builders as b
from tests.builders import NOW
from tests.contract.outboxes import DESK, MINUTE, keys, put, receipt, row, state_of, take, tell_story
from tests.contract.test_store import member
from watcher.store import Store
from watcher.store.outbox import (
    Told,
    alerts,
    bury,
    channel_id,
    give_back,
    held,
    hold,
    in_digest,
    make_digest,
    oldest_due,
    pending_count,
    release,
    remember_channel,
    retry_later,
    revive,
    sent_between,
    settle,
    told_since,
)
from watcher.store.save import save
from watcher.types import Batch

# ends


def test_a_settled_row_is_told_for_every_topic_that_matched_there(store: Store) -> None:
    entry = b.entry()
    batch = Batch(
        at=NOW,
        entries=(entry,),
        decisions=tuple(b.decision(entry.id, topic) for topic in ("a", "b", "c")),
        members=(member(entry, topics=("a", "b")),),
        outbox=(b.outbox_item("i/s1", topic="a", story="s1", entry=entry.id),),
    )
    store.write_now(save, batch)
    assert store.write_now(settle, "i/s1", receipt=receipt(), now=NOW)
    assert [state_of(store, entry, topic) for topic in "abc"] == ["posted", "posted", "pending"]
    assert not store.write_now(settle, "i/s1", receipt=receipt("9.9"), now=NOW)
    assert row(store, "i/s1").receipt == receipt()


@pytest.mark.parametrize("verb", ["give_back", "retry_later", "bury", "hold", "release", "make_digest", "revive"])
def test_nothing_unsends_a_sent_row(store: Store, verb: str) -> None:
    (entry,) = tell_story(store, "news")
    take(store)
    store.write_now(settle, "i/news", receipt=receipt(), now=NOW)
    before = row(store, "i/news")
    tries: dict[str, Callable[[], Any]] = {
        "give_back": lambda: store.write_now(give_back, "i/news"),
        "retry_later": lambda: store.write_now(retry_later, "i/news", at=NOW, error="x", unsure=True),
        "bury": lambda: store.write_now(bury, "i/news", reason="x", now=NOW),
        "hold": lambda: store.write_now(hold, "i/news", reason="flood", until=None),
        "release": lambda: store.write_now(release, ["i/news"]),
        "make_digest": lambda: store.write_now(
            make_digest, key="d", destination=DESK, topic="t", members=["i/news"], now=NOW
        ),
        "revive": lambda: store.write_now(revive, ["i/news"], now=NOW),
    }
    assert not tries[verb]()
    assert row(store, "i/news") == before
    assert state_of(store, entry) == "posted"
    assert take(store, NOW + 9 * MINUTE) == []


def test_a_dead_row_takes_its_decisions_along_and_can_be_raised(store: Store) -> None:
    (entry,) = tell_story(store, "news")
    take(store)
    assert store.write_now(bury, "i/news", reason="msg_too_long", now=NOW)
    assert not store.write_now(bury, "i/news", reason="again", now=NOW)
    assert (row(store, "i/news").state, row(store, "i/news").error) == ("dead", "msg_too_long")
    assert state_of(store, entry) == "dead"
    assert take(store) == []
    assert store.write_now(revive, now=NOW) == 1
    assert state_of(store, entry) == "pending"
    assert keys(take(store)) == ["i/news"]


def test_an_entry_told_elsewhere_is_not_dead(store: Store) -> None:
    (entry,) = tell_story(store, "news")
    put(store, b.outbox_item("i/elsewhere", destination="slack:#other", entry=entry.id))
    store.write_now(bury, "i/news", reason="x", now=NOW)
    assert state_of(store, entry) == "pending"
    store.write_now(settle, "i/elsewhere", receipt=receipt(), now=NOW)
    assert state_of(store, entry) == "posted"


def test_the_next_member_of_a_story_replaces_a_dead_parent(store: Store) -> None:
    _, second, third = tell_story(store, "news", "more", "most")
    store.write_now(bury, "i/news", reason="x", now=NOW)
    (heir,) = take(store)
    assert (heir.key, heir.kind, heir.entry) == ("i/more", "parent", second.id)
    store.write_now(settle, "i/more", receipt=receipt("3.0"), now=NOW)
    (reply,) = take(store)
    assert (reply.entry, reply.thread) == (third.id, receipt("3.0"))
    assert store.write_now(revive, now=NOW) == 1
    assert row(store, "i/news").kind == "reply"


def test_a_copy_replaces_a_dead_parent_with_a_row_of_its_own(store: Store) -> None:
    founder, copy = tell_story(store, "news", copies=1)
    store.write_now(bury, "i/news", reason="x", now=NOW)
    (heir,) = take(store)
    assert (heir.key, heir.kind, heir.entry) == (f"{store.installation}/s1/{copy.id}", "parent", copy.id)
    assert (heir.topic, heir.strength) == ("us-south-korea", 0.71)
    assert (state_of(store, founder), state_of(store, copy)) == ("dead", "pending")
    store.write_now(bury, heir.key, reason="x", now=NOW)
    assert state_of(store, copy) == "dead"
    assert take(store) == []


# holds and digests


def test_what_is_held_is_not_claimed_until_released(store: Store) -> None:
    (entry,) = tell_story(store, "news")
    take(store)
    until = NOW + 5 * MINUTE
    assert store.write_now(hold, "i/news", reason="quiet_hours", until=until)
    assert state_of(store, entry) == "held"
    assert take(store, NOW + 9 * MINUTE) == []
    (waiting,) = store.read_now(held, reason="quiet_hours")
    assert (waiting.key, waiting.hold, waiting.held_until) == ("i/news", "quiet_hours", until)
    assert store.read_now(held, reason="flood") == []
    assert store.write_now(release, ["i/news"]) == 1
    assert state_of(store, entry) == "pending"
    assert store.read_now(oldest_due, NOW + 9 * MINUTE) == until
    assert keys(take(store, until)) == ["i/news"]


def test_a_digest_tells_its_members_and_counts_as_one_message(store: Store) -> None:
    first, second = b.entry("one"), b.entry("two")
    rows = (b.outbox_item("i/1", entry=first.id, strength=0.4), b.outbox_item("i/2", entry=second.id, strength=0.9))
    decisions = (b.decision(first.id), b.decision(second.id))
    store.write_now(save, Batch(at=NOW, entries=(first, second), decisions=decisions, outbox=rows))
    store.write_now(hold, "i/1", reason="digest", until=None)
    made: dict[str, Any] = {
        "key": "i/digest/9",
        "destination": DESK,
        "topic": "us-south-korea",
        "members": ["i/1", "i/2"],
        "now": NOW,
    }
    assert store.write_now(make_digest, **made)
    assert not store.write_now(make_digest, **made)
    assert store.read_now(pending_count) == 1
    assert [(state_of(store, entry)) for entry in (first, second)] == ["held", "held"]
    assert store.write_now(release, ["i/1"]) == 0
    assert state_of(store, first) == "held"
    (digest,) = take(store)
    assert (digest.kind, digest.strength, digest.entry) == ("digest", 0.9, None)
    assert keys(store.read_now(in_digest, "i/digest/9")) == ["i/1", "i/2"]
    store.write_now(settle, "i/digest/9", receipt=receipt("8.0"), now=NOW)
    assert [(state_of(store, entry)) for entry in (first, second)] == ["posted", "posted"]
    assert [one.receipt for one in store.read_now(in_digest, "i/digest/9")] == [receipt("8.0")] * 2
    assert store.read_now(sent_between, destination=DESK, since=NOW, now=NOW + MINUTE) == 1
    assert store.read_now(pending_count) == 0


def test_a_digest_is_made_whole_or_not_at_all(store: Store) -> None:
    put(store, b.outbox_item("i/1"), b.outbox_item("i/2"), b.outbox_item("i/3", destination="slack:#other"))
    store.write_now(settle, "i/2", receipt=receipt(), now=NOW)
    for members in (["i/1", "i/2"], ["i/1", "i/3"], ["i/1", "unknown"], []):
        made = store.write_now(make_digest, key="d", destination=DESK, topic="t", members=members, now=NOW)
        assert not made
    assert row(store, "i/1").state == "pending"


def test_a_dead_digest_comes_back_whole(store: Store) -> None:
    (entry,) = tell_story(store, "news")
    store.write_now(make_digest, key="d", destination=DESK, topic="t", members=["i/news"], now=NOW)
    store.write_now(bury, "d", reason="invalid_blocks", now=NOW)
    assert (row(store, "i/news").state, state_of(store, entry)) == ("dead", "dead")
    assert store.write_now(revive, ["d"], now=NOW) == 1
    assert (row(store, "i/news").state, state_of(store, entry)) == ("in_digest", "held")
    store.write_now(settle, "d", receipt=receipt(), now=NOW)
    assert state_of(store, entry) == "posted"


# counts, channels, alerts


def test_the_oldest_due_row_is_the_one_that_waits_longest_and_may_go(store: Store) -> None:
    assert store.read_now(oldest_due, NOW) is None
    tell_story(store, "news", "more")
    put(store, b.outbox_item("i/later", created_at=NOW + MINUTE))
    later = NOW + 2 * MINUTE
    assert store.read_now(oldest_due, NOW - MINUTE) is None
    assert store.read_now(oldest_due, later) == NOW
    store.write_now(hold, "i/news", reason="flood", until=None)
    assert store.read_now(oldest_due, later) == NOW + MINUTE
    store.write_now(settle, "i/news", receipt=receipt(), now=NOW)
    assert store.read_now(oldest_due, later) == NOW


def test_messages_of_a_window_are_counted_per_destination(store: Store) -> None:
    put(store, *(b.outbox_item(f"i/{n}") for n in range(3)), b.outbox_item("i/x", destination="slack:#other"))
    for n in range(3):
        store.write_now(settle, f"i/{n}", receipt=receipt(), now=NOW + n * MINUTE)
    assert store.read_now(sent_between, destination=DESK, since=NOW + MINUTE, now=NOW + 9 * MINUTE) == 2
    assert store.read_now(sent_between, destination="slack:#other", since=NOW, now=NOW + 9 * MINUTE) == 0


def test_alerts_of_a_topic_are_counted_without_digests_and_replies(store: Store) -> None:
    strengths = {"i/early": 0.99, "i/one": 0.4, "i/two": 0.6, "i/next": 0.9, "i/1": 0.95, "i/2": 0.97}
    more = b.outbox_item("i/x", topic="other"), b.outbox_item("i/y", destination="slack:#other")
    reply = b.outbox_item("i/reply", kind="reply", strength=0.98)
    put(store, *(b.outbox_item(key, strength=strength) for key, strength in strengths.items()), reply, *more)
    what: dict[str, Any] = {"destination": DESK, "topic": "us-south-korea", "since": NOW}
    store.write_now(settle, "i/early", receipt=receipt(), now=NOW - MINUTE)
    assert store.read_now(told_since, **what) == Told(sent=0, strongest=0.0, waiting=5)
    store.write_now(make_digest, key="d", destination=DESK, topic="us-south-korea", members=["i/1", "i/2"], now=NOW)
    for key in ("i/one", "i/two", "d", "i/reply", "i/x", "i/y"):
        store.write_now(settle, key, receipt=receipt(), now=NOW)
    assert store.read_now(told_since, **what) == Told(sent=2, strongest=0.6, waiting=1)


def test_a_channel_is_resolved_once(store: Store) -> None:
    assert store.read_now(channel_id, DESK) is None
    store.write_now(remember_channel, DESK, "C1")
    store.write_now(remember_channel, DESK, "C2")
    assert store.read_now(channel_id, DESK) == "C2"


def test_an_alert_says_all_that_is_known_of_its_story(store: Store) -> None:
    founder, reply = b.entry("news", outlet="Times"), b.entry("more", outlet="Post")
    copy = b.entry("copy", outlet="Herald", article_note="paywall")
    strong = b.decision(copy.id, "b", state="grouped", strength=0.9)
    store.write_now(
        save,
        Batch(
            at=NOW,
            entries=(founder, copy, reply),
            decisions=(b.decision(founder.id, "a"), strong, b.decision(copy.id, "a"), b.decision(reply.id, "a")),
            members=(
                member(founder, topics=("a",), summary="Short."),
                member(copy, topics=("a", "b"), relation="copy"),
                member(reply, topics=("a",), relation="follow_up", summary_source="article"),
            ),
            outbox=(
                b.outbox_item("i/p", topic="a", story="s1", entry=founder.id),
                b.outbox_item("i/r", topic="a", story="s1", entry=reply.id, kind="reply"),
                b.outbox_item("i/d", kind="digest"),
            ),
        ),
    )
    found = store.read_now(alerts, ["i/p", "i/r", "i/d", "unknown"])
    assert set(found) == {"i/p", "i/r"}
    parent = found["i/p"]
    assert (parent.entry, parent.summary, parent.relation) == (founder, "Short.", "founder")
    assert parent.outlets == ("Times", "Herald", "Post")
    assert [(one.topic, one.entry) for one in parent.decisions] == [("b", copy.id), ("a", founder.id)]
    assert [(one.topic, one.entry) for one in found["i/r"].decisions] == [("a", reply.id)]
    assert found["i/r"].summary_source == "article"
