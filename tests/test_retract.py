"""`watcher retract` and `watcher retry`: beside a running service, and whatever state the alert is in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import builders as b
from tests.builders import NOW
from tests.commands import Outcome, run
from tests.delivering import put, row
from tests.delivering import run as deliver
from tests.fakes import FakeClock, FakeNotifier, refusal
from tests.line import ON_TOPIC, Item, World, world
from watcher.deliver.retracting import NotRetracted, Retracted, retract
from watcher.errors import DeliveryError
from watcher.explain import as_text
from watcher.store import Store, outbox
from watcher.store.report import entry_report, outbox_rows
from watcher.store.save import save
from watcher.store.trace import entry_trace
from watcher.types import Batch, State

POISON = refusal("invalid_blocks", scope="message", remedy="")
LOST = DeliveryError("no answer", outcome="unsure", scope="retry", code="arrived")


async def take_back(store: Store, there: FakeNotifier, clock: FakeClock, key: str) -> Retracted:
    return await retract(store, {"fake": there}, key, clock=clock)


def words(store: Store, key: str) -> str:
    """Everything the store still holds in words of what a key tells."""
    item = row(store, key)
    report = store.read_now(entry_report, item.entry or "")
    assert report is not None
    alerts = store.read_now(outbox.alerts, [key])
    summary = alerts[key].summary if key in alerts else ""
    terms = [term for decision in report.decisions for term, _ in decision.terms]
    return " ".join([report.entry.title, report.entry.text, report.entry.article or "", summary, *terms]).strip()


def state(store: Store, key: str) -> State:
    report = store.read_now(entry_report, row(store, key).entry or "")
    assert report is not None
    return report.decisions[0].state


async def test_what_was_told_is_deleted_and_its_words_with_it_and_it_stays_told(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    gone, kept = put(store, 2)
    await deliver(store, there, clock)
    assert words(store, gone)
    assert await take_back(store, there, clock, gone) == Retracted(key=gone, messages=1, needed_by=())
    assert there.keys == [kept]
    assert words(store, gone) == ""
    assert words(store, kept)
    assert (row(store, gone).state, row(store, gone).receipt, state(store, gone)) == ("sent", None, "posted")
    trace = store.read_now(entry_trace, row(store, gone).entry or "")
    assert trace is not None
    assert "told, and deleted since" in as_text(trace)
    assert "its words are forgotten (retention, or retracted); nothing of its words is kept" in as_text(trace)
    put(store, 1)
    clock.pass_(minutes=1)
    await deliver(store, there, clock)
    assert there.keys == [kept], "its tombstone keeps it from being told again"


async def test_twice_is_once(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    (key,) = put(store)
    await deliver(store, there, clock)
    await take_back(store, there, clock, key)
    assert await take_back(store, there, clock, key) == Retracted(key=key, messages=0, needed_by=())


@pytest.mark.parametrize("over", [{}, {"state": "held", "hold": "quiet_hours"}])
async def test_what_waits_is_never_told(
    store: Store, there: FakeNotifier, clock: FakeClock, over: dict[str, Any]
) -> None:
    gone, kept = put(store, 2, **over)
    assert await take_back(store, there, clock, gone) == Retracted(key=gone, messages=0, needed_by=())
    assert (row(store, gone).state, state(store, gone), words(store, gone)) == ("dropped", "excluded", "")
    await deliver(store, there, clock)
    assert there.keys == [kept]
    assert store.write_now(outbox.revive, now=NOW) == 0, "nor does retry bring it back"


async def test_a_dead_one_is_forgotten(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    (key,) = put(store)
    there.faults["CDESK"] = [POISON, POISON]
    await deliver(store, there, clock)
    await take_back(store, there, clock, key)
    assert (row(store, key).state, words(store, key)) == ("dropped", "")


async def test_the_next_news_of_a_retracted_story_is_a_new_parent(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    (key,) = put(store)
    await deliver(store, there, clock)
    await take_back(store, there, clock, key)
    entry = b.entry("What came later")
    later = b.outbox_item(
        "i/later", kind="reply", story=row(store, key).story, entry=entry.id, destination="fake:#desk"
    )
    store.write_now(save, Batch(at=NOW, entries=(entry,), outbox=(later,)))
    await deliver(store, there, clock)
    (post,) = there.posts
    assert (post.message.kind, post.message.thread) == ("alert", None)
    assert post.message.items[0].notes == ("The earlier message about this story was deleted.",)


async def test_a_lost_answer_is_looked_up_before_it_is_taken_back(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    (key,) = put(store)
    there.faults["CDESK"] = [LOST]
    there.find_faults = [refusal("unreachable", scope="retry")] * 2
    await deliver(store, there, clock)
    assert row(store, key).unsure
    with pytest.raises(NotRetracted, match="whether it was sent cannot be found out now"):
        await take_back(store, there, clock, key)
    assert (await take_back(store, there, clock, key)).messages == 1
    assert there.posts == []


async def test_one_that_is_being_sent_is_left_alone(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    (key,) = put(store)
    store.write_now(outbox.claim, owner="other", now=NOW, lease=timedelta(seconds=60), limit=1)
    with pytest.raises(NotRetracted, match="try again in a minute"):
        await take_back(store, there, clock, key)
    assert words(store, key)
    clock.pass_(seconds=61)
    assert (await take_back(store, there, clock, key)).messages == 0, "who sent it has died before it did"


async def test_a_refused_deletion_can_be_done_again(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    (key,) = put(store)
    await deliver(store, there, clock)
    there.faults["CDESK"] = [refusal("cant_delete_message", scope="message")]
    with pytest.raises(NotRetracted, match=f"still there.*watcher retract {key}"):
        await take_back(store, there, clock, key)
    assert words(store, key) == ""
    assert (await take_back(store, there, clock, key)).messages == 1


async def test_a_digest_goes_whole_and_a_part_of_it_not_alone(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    keys = put(store, 30, state="held", hold="first_poll")
    await deliver(store, there, clock)
    assert len(there.posts) == 3
    digest = row(store, keys[0]).digest
    assert digest is not None
    with pytest.raises(NotRetracted, match=f"watcher retract {digest}"):
        await take_back(store, there, clock, keys[0])
    assert await take_back(store, there, clock, digest) == Retracted(key=digest, messages=3, needed_by=())
    assert there.posts == []
    assert {words(store, key) for key in keys} == {""}


async def test_a_member_leaves_a_digest_that_is_still_to_be_sent(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    keys = put(store, 2, state="held", hold="first_poll")
    store.write_now(outbox.make_digest, key="d", destination="fake:#desk", topic="other", members=keys, now=NOW)
    await take_back(store, there, clock, keys[0])
    await deliver(store, there, clock)
    assert [item.key for item in there.posts[0].message.items] == [keys[1]]
    assert row(store, keys[0]).state == "dropped"


async def test_a_digest_without_members_is_not_posted(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    (key,) = put(store, state="held", hold="first_poll")
    store.write_now(outbox.make_digest, key="d", destination="fake:#desk", topic="other", members=[key], now=NOW)
    await take_back(store, there, clock, key)
    await deliver(store, there, clock)
    assert there.posts == []


async def test_words_that_another_channel_tells_too_stay(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    (key,) = put(store)
    other = replace(row(store, key), key="i/other", destination="fake:#b")
    store.write_now(save, Batch(at=NOW, outbox=(other,)))
    await deliver(store, there, clock)
    assert (await take_back(store, there, clock, key)).needed_by == ("i/other",)
    assert words(store, key)
    await take_back(store, there, clock, "i/other")
    assert words(store, key) == ""
    assert there.posts == []


async def test_a_key_that_is_none(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    with pytest.raises(NotRetracted, match="no alert has the key i/nothing"):
        await take_back(store, there, clock, "i/nothing")


# -- the commands, beside who holds the lock


@pytest.fixture
def place(tmp_path: Path, server: str | None) -> Iterator[World]:
    with world(tmp_path, server=server) as made:
        made.feeds = {"one": [Item(title=t, text=x, path=f"/{n}.html") for n, (t, x) in enumerate(ON_TOPIC[:2])]}
        made.configure()
        yield made


def command(place: World, *words: str) -> Outcome:
    return run("--config", place.config, *words, environ=place.environ())


def rows(place: World) -> dict[str, str]:
    with Store.open(place.url, mode="read") as store:
        return {item.key: item.state for item in store.read_now(outbox_rows)}


def test_retract_works_beside_a_service(place: World) -> None:
    assert place.once() == 0
    key, kept = place.slack.keys()
    with Store.open(place.url):
        told = command(place, "retract", key)
        assert (told.code, told.out) == (0, f"{key}: 1 message was deleted\n")
    assert place.slack.keys() == [kept]
    again = command(place, "retract", key, "--json")
    assert again.json == {"key": key, "messages": 0, "needed_by": []}
    assert place.once() == 0
    assert place.slack.keys() == [kept]


def test_retract_of_what_is_not_there_is_a_no(place: World) -> None:
    assert place.once() == 0
    told = command(place, "retract", "i/nothing")
    assert (told.code, "no alert has the key i/nothing" in told.err) == (1, True)


def test_retry_sends_dead_alerts_again_beside_a_service(place: World) -> None:
    place.slack.faults["chat.postMessage"].extend(["invalid_blocks", "invalid_blocks"])
    assert place.once() == 0
    (dead,) = [key for key, found in rows(place).items() if found == "dead"]
    assert command(place, "retry", "i/nothing").code == 1
    with Store.open(place.url):
        told = command(place, "retry", dead)
    assert told.code == 0
    assert told.out.startswith("1 dead alerts are sent again")
    assert "no watcher runs" in command(place, "retry").out
    assert rows(place)[dead] == "pending"
    assert place.once() == 0
    assert rows(place)[dead] == "sent"
    assert set(place.told().values()) == {1}
    assert command(place, "retry", "--json").json == {"revived": 0, "waiting": 0}


def test_neither_makes_a_database(place: World) -> None:
    for words_ in (("retry",), ("retract", "i/1")):
        told = command(place, *words_)
        assert (told.code, "there is no database yet" in told.err) == (4, True)
    assert not Store.exists(place.url)
