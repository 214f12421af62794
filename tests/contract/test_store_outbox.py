"""What every store must do with claims and threads: everything in its order, one at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests import builders as b
from tests.builders import NOW
from tests.contract.outboxes import DESK, LEASE, MINUTE, keys, put, receipt, row, take, tell_story
from tests.contract.test_store import member
from watcher.store import Store
from watcher.store.outbox import (
    claim,
    give_back,
    hold,
    make_digest,
    mark_plain,
    mark_sending_unsure,
    release,
    retry_later,
    retry_now,
    settle,
    settle_update,
)
from watcher.store.report import outbox_rows
from watcher.store.save import save
from watcher.types import Batch

# claims


def test_a_key_saved_twice_is_one_row(store: Store) -> None:
    put(store, b.outbox_item("i/a"))
    put(store, b.outbox_item("i/a", strength=0.1), b.outbox_item("i/b"))
    assert [(one.key, one.strength) for one in store.read_now(outbox_rows)] == [("i/a", 0.7), ("i/b", 0.7)]


def test_one_row_per_destination_is_claimed_the_oldest_first(store: Store) -> None:
    put(
        store,
        b.outbox_item("i/late", created_at=NOW + MINUTE),
        b.outbox_item("i/first"),
        b.outbox_item("i/second"),
        b.outbox_item("i/other", destination="slack:#other"),
    )
    later = NOW + 2 * MINUTE
    (first, other) = take(store, later)
    assert (first.key, other.key) == ("i/first", "i/other")
    assert (first.state, first.claimed_at, first.lease_owner, first.lease_until, first.unsure) == (
        "sending",
        later,
        "me",
        later + LEASE,
        False,
    )
    assert take(store, later) == []
    store.write_now(settle, "i/first", receipt=receipt(), now=later)
    assert keys(take(store, later)) == ["i/second"]


def test_a_claim_keeps_to_its_limit_and_to_the_destinations_asked_for(store: Store) -> None:
    put(store, *(b.outbox_item(f"i/{n}", destination=f"slack:#{n}") for n in range(4)))
    asked: dict[str, Any] = {"owner": "me", "now": NOW, "lease": LEASE}
    assert keys(store.write_now(claim, **asked, limit=1, destinations_busy=["slack:#0"])) == ["i/1"]
    assert keys(store.write_now(claim, **asked, limit=9, only=["slack:#3"])) == ["i/3"]
    assert keys(store.write_now(claim, **asked, limit=0)) == []


def test_rows_wait_behind_one_that_will_be_tried_again(store: Store) -> None:
    put(store, b.outbox_item("i/a"), b.outbox_item("i/b"))
    take(store)
    assert store.write_now(retry_later, "i/a", at=NOW + MINUTE, error="503", unsure=False)
    assert take(store) == []
    (again,) = take(store, NOW + MINUTE)
    assert (again.key, again.attempts, again.error, again.claimed_at) == ("i/a", 1, "503", NOW + MINUTE)


def test_a_lease_that_ran_out_is_unsure_from_its_first_claim(store: Store) -> None:
    put(store, b.outbox_item("i/a"))
    take(store, owner="dead")
    assert take(store, NOW + LEASE - timedelta(seconds=1)) == []
    (again,) = take(store, NOW + LEASE)
    assert (again.unsure, again.claimed_at, again.lease_owner) == (True, NOW, "me")


def test_whatever_was_being_sent_is_unsure_at_the_start(store: Store) -> None:
    put(store, b.outbox_item("i/a"), b.outbox_item("i/b"))
    take(store)
    assert store.write_now(mark_sending_unsure) == 1
    (again,) = take(store, NOW + timedelta(seconds=1))
    assert (again.key, again.unsure, again.claimed_at) == ("i/a", True, NOW)


def test_an_unsure_send_stays_in_doubt_until_it_surely_was_not(store: Store) -> None:
    put(store, b.outbox_item("i/a"))
    take(store)
    store.write_now(retry_later, "i/a", at=NOW, error="timeout", unsure=True)
    (again,) = take(store, NOW + MINUTE)
    assert (again.unsure, again.claimed_at) == (True, NOW)
    store.write_now(retry_later, "i/a", at=NOW, error="refused", unsure=False, attempts_plus=0)
    (again,) = take(store, NOW + 2 * MINUTE)
    assert (again.unsure, again.claimed_at, again.attempts) == (False, NOW + 2 * MINUTE, 1)


def test_a_claim_given_back_never_was(store: Store) -> None:
    put(store, b.outbox_item("i/a"))
    take(store)
    assert store.write_now(give_back, "i/a")
    assert not store.write_now(give_back, "i/a")
    assert (row(store, "i/a").state, row(store, "i/a").unsure, row(store, "i/a").attempts) == ("pending", False, 0)


def test_only_its_owner_gives_a_row_back(store: Store) -> None:
    put(store, b.outbox_item("i/a"))
    take(store, owner="other")
    assert not store.write_now(give_back, "i/a", owner="me")
    assert not store.write_now(retry_later, "i/a", at=NOW, error="x", unsure=False, owner="me")
    assert row(store, "i/a").lease_owner == "other"


def test_a_row_once_refused_as_blocks_goes_as_plain_text(store: Store) -> None:
    put(store, b.outbox_item("i/a"))
    store.write_now(mark_plain, "i/a")
    assert take(store)[0].plain


# threads


def test_a_reply_waits_for_its_parent_and_blocks_nobody(store: Store) -> None:
    tell_story(store, "news", "more")
    put(store, b.outbox_item("i/next", created_at=NOW + MINUTE))
    now = NOW + 2 * MINUTE
    assert keys(take(store, now)) == ["i/news"]
    store.write_now(hold, "i/news", reason="quiet_hours", until=None)
    assert keys(take(store, now)) == ["i/next"]
    store.write_now(give_back, "i/next")
    store.write_now(release, ["i/news"], now=now)
    assert keys(take(store, now)) == ["i/news"]
    store.write_now(settle, "i/news", receipt=receipt("5.0"), now=now)
    (reply,) = take(store, now)
    assert (reply.key, reply.kind, reply.thread) == ("i/more", "reply", receipt("5.0"))


def test_a_reply_goes_into_the_thread_of_the_digest_that_told_its_parent(store: Store) -> None:
    tell_story(store, "news", "more")
    store.write_now(hold, "i/news", reason="digest", until=None)
    store.write_now(make_digest, key="i/digest/1", destination=DESK, topic="t", members=["i/news"], now=NOW)
    assert keys(take(store)) == ["i/digest/1"]
    store.write_now(settle, "i/digest/1", receipt=receipt("7.0"), now=NOW)
    assert [(one.key, one.thread) for one in take(store)] == [("i/more", receipt("7.0"))]


def test_a_reply_whose_parent_will_never_be_is_the_parent(store: Store) -> None:
    put(store, b.outbox_item("i/r1", kind="reply", story="s9"), b.outbox_item("i/r2", kind="reply", story="s9"))
    (first,) = take(store)
    assert (first.key, first.kind, first.thread) == ("i/r1", "parent", None)
    store.write_now(settle, "i/r1", receipt=receipt(), now=NOW)
    assert [(one.key, one.kind) for one in take(store)] == [("i/r2", "reply")]


def test_what_waits_for_its_next_try_is_tried_at_once_after_a_start(store: Store) -> None:
    put(store, b.outbox_item("i/a"))
    take(store)
    store.write_now(retry_later, "i/a", at=NOW + MINUTE, error="not_in_channel", unsure=False)
    assert take(store) == []
    assert store.write_now(retry_now) == 1
    assert keys(take(store)) == ["i/a"]


def test_an_update_that_is_claimed_again_tells_all_that_came_since_and_is_not_done_once_more(store: Store) -> None:
    (entry,) = tell_story(store, "news")
    take(store)
    store.write_now(settle, row(store, "i/news").key, receipt=receipt(), now=NOW)

    def copied(name: str, at: datetime) -> None:
        copy = b.entry(name)
        joined = member(copy, relation="copy", nearest=entry.id, at=at)
        store.write_now(save, Batch(at=at, entries=(copy,), members=(joined,)))

    copied("one", NOW)
    (first,) = take(store)
    assert first.kind == "update"
    copied("two", NOW + MINUTE / 4)
    later = NOW + 2 * LEASE
    (again,) = take(store, later)
    assert (again.key, again.unsure) == (first.key, True)
    assert store.write_now(settle_update, first.key, now=later)
    assert take(store, later + LEASE) == []
