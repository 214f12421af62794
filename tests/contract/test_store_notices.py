"""What every store must do with notices: queue each once, and let it be sent as alerts are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from tests.builders import NOW
from tests.delivering import policy, run
from tests.fakes import FakeClock, FakeNotifier
from watcher.store import Store
from watcher.store.notices import known_troubles, notice_text, put_notices, tidy_notices
from watcher.store.outbox import oldest_due, pending_count
from watcher.timing import parse_quiet_hours
from watcher.types import Notice, Trouble

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def queue(store: Store, *notices: Notice, over: tuple[str, ...] = (), **places: tuple[str, ...]) -> int:
    return store.write_now(
        put_notices,
        notices,
        destinations={"": ("fake:#ops",), **places},
        installation="inst",
        standing=[Trouble(subject="feed:1", what="403", since=NOW, told_at=NOW)],
        over=over,
        now=NOW,
    )


OPS = Notice(name="0123456789abcdef", text="Example: 403 since Monday.\nOther <feed>: 404.")


def test_a_notice_is_queued_once_with_what_is_remembered_of_it(store: Store) -> None:
    assert queue(store, OPS) == 1
    queue(store, OPS, over=("feed:2",))
    assert store.read_now(notice_text, "inst/notice/0123456789abcdef") == OPS.text
    assert set(store.read_now(known_troubles)) == {"feed:1"}
    queue(store, over=("feed:1",))
    assert store.read_now(known_troubles) == {}


def test_what_another_process_said_a_moment_ago_is_not_said_again(store: Store) -> None:
    def say(name: str, text: str, minutes: int) -> int:
        return store.write_now(
            put_notices,
            [Notice(name=name, text=text)],
            destinations={"": ("fake:#ops",)},
            installation="inst",
            standing=(),
            over=(),
            now=NOW + timedelta(minutes=minutes),
            since=NOW + timedelta(minutes=minutes - 10),
        )

    assert [say("one", "The file was taken up.", 9), say("two", "The file was taken up.", 11)] == [1, 0]
    assert say("three", "The file was not taken up.", 11) == 1
    assert say("four", "The file was taken up.", 22) == 1


async def test_notices_are_sent_like_alerts_but_are_none(store: Store) -> None:
    clock, ops = FakeClock(), FakeNotifier()
    queue(
        store,
        OPS,
        replace(OPS, name="fedcba9876543210", topic="us-south-korea"),
        **{"us-south-korea": ("fake:#a", "fake:#b")},
    )
    assert (store.read_now(pending_count), store.read_now(oldest_due, NOW + HOUR)) == (0, None)
    report = await run(store, ops, clock)
    assert (report.sent, report.pending) == (0, 0)
    assert sorted(ops.keys) == [
        "inst/notice/0123456789abcdef", "inst/notice/fedcba9876543210", "inst/notice/fedcba9876543210/1",
    ]  # fmt: skip
    assert {post.message.kind for post in ops.posts} == {"notice"}
    await run(store, ops, clock)
    assert len(ops.posts) == 3


async def test_a_notice_passes_the_flood_cap_and_a_topics_waits_for_its_quiet_hours(store: Store) -> None:
    clock, notifier = FakeClock(), FakeNotifier()
    quiet = parse_quiet_hours("11:00-13:00", ZoneInfo("UTC"))
    queue(store, OPS, replace(OPS, name="fedcba9876543210", topic="us-south-korea"), **{"us-south-korea": ("fake:#a",)})
    await run(store, notifier, clock, policy(flood=0, quiet_hours=quiet))
    assert notifier.keys == ["inst/notice/0123456789abcdef"]
    clock.pass_(hours=2)
    await run(store, notifier, clock, policy(flood=0, quiet_hours=quiet))
    assert notifier.keys == ["inst/notice/0123456789abcdef", "inst/notice/fedcba9876543210"]


async def test_old_notices_are_forgotten_but_for_those_still_to_be_sent(store: Store) -> None:
    queue(store, OPS)
    assert store.write_now(tidy_notices, before=NOW + DAY) == 0
    await run(store, FakeNotifier(), FakeClock())
    assert store.write_now(tidy_notices, before=NOW + DAY) == 1
