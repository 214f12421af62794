"""A backup in place of the database: what was told meanwhile is not told again, and only what was told counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests import builders as b
from tests import databases
from tests.builders import NOW
from tests.delivering import policy, run
from tests.fakes import FakeClock, FakeNotifier, refusal
from tests.line import CRASHED, ON_TOPIC, Item, World, world
from watcher.deliver.restored import LOOKS_FIRST, notice_restored
from watcher.store import Store, outbox
from watcher.store.moving import move
from watcher.store.report import outbox_rows
from watcher.store.save import save
from watcher.types import Batch, Message, OutboxItem, Receipt

STORIES = [Item(title=title, text=text, path=f"/{number}.html") for number, (title, text) in enumerate(ON_TOPIC)]


@pytest.fixture
def place(tmp_path: Path, server: str | None) -> Iterator[World]:
    with world(tmp_path, server=server) as made:
        made.feeds = {"one": STORIES[:1]}
        made.configure()
        yield made


def back_up(place: World) -> Path:
    target = place.folder / "backup.db"
    with Store.open(place.url, mode="read") as store:
        store.backup(target)
    return target


def restore(place: World, backup: Path) -> None:
    """By hand, as with a database's own tools."""
    if place.server:
        databases.clear(place.server)
        move(f"sqlite:///{backup}", place.server)
        return
    for suffix in ("", "-wal", "-shm"):
        place.database.with_name(place.database.name + suffix).unlink(missing_ok=True)
    backup.rename(place.database)


def rows(place: World) -> dict[str, OutboxItem]:
    with Store.open(place.url, mode="read") as store:
        return {row.key: row for row in store.read_now(outbox_rows) if row.kind in {"parent", "reply"}}


def looks_first(place: World) -> bool:
    with Store.open(place.url, mode="read") as store:
        return store.read_now(outbox.look_first, store.read_now(outbox.last_told)["slack:C000DESK1"]) is not None


@pytest.mark.slow
def test_after_an_old_backup_nothing_is_told_again_and_nothing_counts_that_was_not_told(place: World) -> None:
    assert place.once() == 0
    backup = back_up(place)
    place.feeds["one"] = STORIES[:3]
    assert place.once() == 0
    told = place.slack.keys()
    assert len(told) == 3
    restore(place, backup)
    place.feeds["one"] = STORIES
    assert place.once() == 0
    assert set(place.told().values()) == {1}
    assert place.slack.keys()[:3] == told
    assert len(place.slack.messages) == 4, "what is new since is told"
    stored = rows(place)
    assert {row.state for row in stored.values()} == {"sent"}
    there = {m["metadata"]["event_payload"]["key"]: m["ts"] for m in place.slack.messages}
    assert {key: row.receipt.ts for key, row in stored.items() if row.receipt} == there, "each by its own message"
    assert looks_first(place)


@pytest.mark.slow
def test_a_backup_made_while_an_alert_waited_does_not_tell_it_again(place: World) -> None:
    assert place.once() == 0
    place.feeds["one"] = STORIES[:2]
    place.slack.faults["chat.postMessage"].append("is_archived")
    assert place.once() == 0
    backup = back_up(place)
    assert place.once() == 0
    assert len(place.slack.messages) == 2
    restore(place, backup)
    assert sorted(row.state for row in rows(place).values()) == ["pending", "sent"]
    assert place.once() == 0
    assert len(place.slack.messages) == 2
    assert {row.state for row in rows(place).values()} == {"sent"}


@pytest.mark.slow
@pytest.mark.parametrize("step", [None, "deliver.send.after"])
def test_a_database_that_is_up_to_date_is_not_taken_for_a_backup(place: World, step: str | None) -> None:
    assert place.once() == 0
    place.feeds["one"] = STORIES[:2]
    assert place.once(crash_at=step) == (CRASHED if step else 0)
    assert place.once() == 0
    assert not looks_first(place)


# -- one by one


def put(store: Store, title: str) -> str:
    entry = b.entry(title)
    key = f"{store.installation}/{entry.id}"
    item = b.outbox_item(key, story=entry.id, entry=entry.id, destination="fake:#desk")
    store.write_now(save, Batch(at=NOW, entries=(entry,), decisions=(b.decision(entry.id),), outbox=(item,)))
    return key


async def posted(there: FakeNotifier, key: str) -> Receipt:
    return await there.send(Message(key=key, kind="notice", title="x"), "CDESK")


@pytest.mark.parametrize(
    "key", ["other-installation/s1", "{ours}/notice/0123", "{ours}/doctor/0123"], ids=["other", "notice", "doctor"]
)
async def test_what_is_no_alert_of_ours_proves_nothing(
    store: Store, there: FakeNotifier, clock: FakeClock, key: str
) -> None:
    put(store, "one")
    await run(store, there, clock)
    await posted(there, key.replace("{ours}", store.installation))
    assert await notice_restored(store, {"fake": there}, now=clock()) == []


async def test_every_send_looks_first_for_three_days(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    put(store, "one")
    await run(store, there, clock)
    lost = f"{store.installation}/{b.entry('two').id}"
    receipt = await posted(there, lost)
    assert await notice_restored(store, {"fake": there}, now=clock()) == [lost]
    there.looked_up.clear()
    assert put(store, "two") == lost
    three = put(store, "three")
    await run(store, there, clock)
    assert there.looked_up == [lost, three]
    found = {row.key: row for row in store.read_now(outbox_rows)}
    assert found[lost].receipt == receipt
    assert there.posts[-1].message.key == three
    clock.pass_(seconds=LOOKS_FIRST.total_seconds() + 1)
    put(store, "four")
    await run(store, there, clock)
    assert there.looked_up == [lost, three]


async def test_a_channel_that_cannot_be_looked_at_holds_up_nothing(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    put(store, "one")
    await run(store, there, clock)
    there.find_faults = [refusal("missing_scope")]
    assert await notice_restored(store, {"fake": there}, now=clock()) == []
    store.write_now(outbox.mark_restored, since=NOW, until=NOW + timedelta(hours=1))
    there.find_faults = [refusal("missing_scope")]
    two = put(store, "two")
    await run(store, there, clock, policy())
    assert there.posts[-1].message.key == two


async def test_a_look_that_fails_for_now_is_waited_for(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    store.write_now(outbox.mark_restored, since=NOW, until=NOW + timedelta(hours=1))
    key = put(store, "one")
    there.find_faults = [refusal("unreachable", scope="retry")]
    await run(store, there, clock)
    assert there.posts == []
    clock.pass_(seconds=5)
    await run(store, there, clock)
    assert there.keys == [key]
