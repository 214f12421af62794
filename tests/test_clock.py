"""The wall clock goes back, jumps ahead, changes its zone: polls and posts neither stop nor come in a burst."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from apscheduler.schedulers import base
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tests import builders as b
from tests.builders import NOW
from tests.delivering import policy, put, row, run
from tests.fakes import FakeClock, FakeNotifier, refusal
from tests.installation import MINUTE, Installation, installed
from tests.line import ON_TOPIC
from watcher.store import Store
from watcher.store.clock import pull_back
from watcher.store.feeds import feed_states
from watcher.store.outbox import claim, mark_sending_unsure
from watcher.store.save import save
from watcher.ticks import Beat, keep, rearm
from watcher.timing import longest_wait, next_poll
from watcher.types import Batch, FeedState, Message

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EVERY = 10 * MINUTE
QUICK = 0.02
"""Seconds between two beats of a scheduler under test."""


class Wall:
    """The system's clock and a shift; APScheduler is made to read it."""

    shift = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.shift


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    made = Wall()

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]  # always asked with a zone
            del tz
            return made()

    monkeypatch.setattr(base, "datetime", Shifted)
    return made


@asynccontextmanager
async def beating(wall: Callable[[], datetime]) -> AsyncIterator[Callable[[], asyncio.Future[None]]]:
    """A scheduler with one quick tick, looked after; gives a function whose result is set three ticks later."""
    waiting: list[tuple[int, asyncio.Future[None]]] = []
    beats = 0

    async def tick() -> None:
        nonlocal beats
        beats += 1
        for number, future in waiting:
            if beats >= number and not future.done():
                future.set_result(None)

    def three_more() -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting.append((beats + 3, future))
        return future

    scheduler = AsyncIOScheduler(timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True})
    scheduler.add_job(tick, Beat(seconds=QUICK, timezone="UTC"))
    scheduler.start()
    looking_after = asyncio.create_task(keep(scheduler, wall=wall, every=QUICK))
    try:
        yield three_more
    finally:
        looking_after.cancel()
        scheduler.shutdown(wait=False)


@pytest.mark.parametrize("step", [-3 * HOUR, -DAY, DAY, timedelta(seconds=0.4), -timedelta(seconds=0.4)], ids=str)
async def test_ticks_go_on_whatever_is_done_to_the_clock(wall: Wall, step: timedelta) -> None:
    async with beating(wall) as three_more, asyncio.timeout(10):
        await three_more()
        wall.shift += step
        await three_more()
        wall.shift -= step
        await three_more()


def test_a_jump_of_years_is_one_tick_and_no_count_of_missed_ones() -> None:
    beat = Beat(seconds=1, timezone="UTC")
    later = NOW + 3650 * DAY
    assert beat.get_next_fire_time(NOW, later) == later + timedelta(seconds=1)
    assert beat.get_next_fire_time(NOW, NOW) == NOW + timedelta(seconds=1)
    assert IntervalTrigger(seconds=1, timezone="UTC").get_next_fire_time(NOW, later) < later, "Beat is still needed"


async def test_only_what_lies_too_far_ahead_is_brought_back() -> None:
    scheduler = AsyncIOScheduler(timezone="UTC")
    scheduler.start(paused=True)
    for name, ahead in (("near", 9), ("far", 21)):
        scheduler.add_job(lambda: None, Beat(seconds=10, timezone="UTC"), id=name, next_run_time=NOW + ahead * SECOND)
    assert rearm(scheduler, NOW) == 1
    assert {job.id: job.next_run_time for job in scheduler.get_jobs()} == {"near": NOW + 9 * SECOND, "far": NOW}
    scheduler.shutdown()


SECOND = timedelta(seconds=1)

# -- polls


NAMES = tuple(f"feed{number}" for number in range(6))


@asynccontextmanager
async def polled(folder: Path) -> AsyncIterator[Installation]:
    """Six feeds that have been polled for an hour, each at its own minute."""
    async with installed(folder, *NAMES) as place:
        place.jitter[:] = [number / 6 for number in range(6)]
        for number, name in enumerate(NAMES):
            place.feed(f"/{name}", f"<item><title>Item {number}</title><guid>{number}</guid></item>")
        await place.tick()
        await place.pass_(HOUR)
        yield place


def polls_of(place: Installation, since: int) -> dict[str, int]:
    """Requests per feed after the first ``since``."""
    asked = [one.path.strip("/") for one in place.server.requests[since:]]
    return {name: asked.count(name) for name in NAMES}


@pytest.mark.parametrize("hours", [-3, -27, -24 * 400])
async def test_a_clock_that_is_put_back_neither_stops_polls_nor_makes_a_burst(tmp_path: Path, hours: int) -> None:
    async with polled(tmp_path) as place:
        begun = len(place.server.requests)
        with capture_logs() as lines:
            place.clock.pass_(hours=hours)
            made = await place.pass_(HOUR)
        assert set(polls_of(place, begun).values()) <= {5, 6, 7}, "as many as in any other hour"
        assert sum(made[:12]) >= len(NAMES), "the first comes within the interval and its jitter"
        assert [one["event"] for one in lines if "clock" in one["event"]] == ["service.clock_put_back"]
        assert {one.failures for one in place.states().values()} == {0}


@pytest.mark.parametrize("days", [1, 3650])
async def test_a_clock_that_jumps_ahead_is_one_poll_of_each_feed(tmp_path: Path, days: int) -> None:
    async with polled(tmp_path) as place:
        begun = len(place.server.requests)
        place.clock.pass_(days=days)
        await place.tick()
        assert set(polls_of(place, begun).values()) == {1}
        await place.pass_(HOUR)
        assert set(polls_of(place, begun).values()) <= {6, 7, 8}
        place.clock.pass_(days=-days)
        begun = len(place.server.requests)
        await place.pass_(HOUR)
        assert set(polls_of(place, begun).values()) <= {5, 6, 7}


async def test_steps_of_a_time_service_are_not_noticed(tmp_path: Path) -> None:
    async with polled(tmp_path) as place:
        begun = len(place.server.requests)
        with capture_logs() as lines:
            for number in range(60):
                place.clock.pass_(seconds=(-1) ** number * 0.5)
                await place.pass_(MINUTE)
        assert set(polls_of(place, begun).values()) <= {5, 6, 7}
        assert [one for one in lines if "clock" in one["event"]] == []


async def test_a_clock_that_was_put_back_while_it_was_stopped_is_noticed_at_the_start(tmp_path: Path) -> None:
    async with polled(tmp_path) as place:
        place.clock.pass_(hours=-30)
        place.service._last_tick = None  # what a new process knows
        await place.app.start()
        begun = len(place.server.requests)
        await place.pass_(HOUR)
        assert set(polls_of(place, begun).values()) <= {5, 6, 7}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/watcher.db", mode="write", now=NOW) as made:
        yield made


def state(name: str, wait: timedelta, *, polled: datetime = NOW, **over: Any) -> FeedState:
    """A feed that was polled and is due so long after NOW."""
    return b.feed_state(f"https://{name}.example/", name=name, last_polled=polled, next_due=NOW + wait, **over)


def pulled(store: Store, now: datetime, *states: FeedState) -> dict[str, timedelta]:
    """What is due how long after ``now``, once it was pulled back; feeds are polled every ten minutes."""
    store.write_now(save, Batch(at=NOW, feeds=states))
    found = store.read_now(feed_states)
    store.write_now(pull_back, every=dict.fromkeys(found, EVERY), now=now)
    return {one.name: one.next_due - now for one in store.read_now(feed_states).values()}


def test_times_of_a_clock_put_back_keep_their_order(store: Store) -> None:
    first, last = state("a", 6 * MINUTE, polled=NOW - 4 * MINUTE), state("b", EVERY)
    idle = b.feed_state("https://c.example/", name="c", next_due=NOW)
    assert pulled(store, NOW - 3 * HOUR, first, last, idle) == {
        "a": 6 * MINUTE, "b": EVERY, "c": timedelta(),
    }  # fmt: skip


def test_what_is_due_as_it_may_be_is_left_alone(store: Store) -> None:
    waits: dict[str, tuple[dict[str, Any], timedelta]] = {
        "usual": ({}, EVERY),
        "kept an hour": ({}, HOUR),
        "failing": ({"failures": 5}, 5 * HOUR),
        "told to wait": ({"failures": 1, "told_to_wait": True}, DAY),
    }
    states = [state(name, wait, **over) for name, (over, wait) in waits.items()]
    assert pulled(store, NOW, *states) == {name: wait for name, (_, wait) in waits.items()}


def test_what_no_poll_can_have_put_off_so_far_is_pulled_back(store: Store) -> None:
    waits: dict[str, tuple[dict[str, Any], timedelta]] = {
        "usual": ({}, 1.05 * HOUR),
        "failing": ({"failures": 2}, 1.05 * 4 * EVERY),
        "told to wait": ({"failures": 1, "told_to_wait": True}, 1.05 * DAY),
    }
    states = [state(name, 9 * DAY, **over) for name, (over, _) in waits.items()]
    assert pulled(store, NOW, *states) == {name: wait for name, (_, wait) in waits.items()}


@given(
    every=st.timedeltas(SECOND, 7 * DAY),
    failures=st.integers(0, 40),
    max_age=st.none() | st.timedeltas(timedelta(), 400 * DAY),
    retry_after=st.none() | st.timedeltas(timedelta(), 400 * DAY),
    jitter=st.floats(0, 1, exclude_max=True),
)
def test_no_poll_is_put_off_longer_than_the_longest_wait(
    every: timedelta, failures: int, max_age: timedelta | None, retry_after: timedelta | None, jitter: float
) -> None:
    due = next_poll(NOW, every=every, failures=failures, max_age=max_age, retry_after=retry_after, jitter=jitter)
    longest = longest_wait(every=every, failures=failures, told_to_wait=retry_after is not None)
    assert due - NOW <= longest + timedelta(microseconds=2)


# -- zones


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"])
@pytest.mark.parametrize("change", ["2026-03-08T10:00", "2026-11-01T09:00", "2026-04-04T15:00", "2026-10-03T15:30"])
async def test_polls_come_on_time_over_clock_changes_of_the_hosts_zone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str, change: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        begin = datetime.fromisoformat(change).replace(tzinfo=UTC) - HOUR - MINUTE
        async with installed(tmp_path, "feed", clock=FakeClock(begin)) as place:
            await place.tick()
            made = await place.pass_(2 * HOUR)
        assert made == [int(minute % 10 == 0) for minute in range(1, 121)]
    finally:
        monkeypatch.undo()
        time.tzset()


# -- messages


async def test_messages_told_by_the_old_clock_hold_up_no_new_ones(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    put(store, 3)
    await run(store, there, clock, policy(flood=4))
    clock.pass_(hours=-3)
    put(store, 2, prefix="later", created_at=clock.now)
    assert (await run(store, there, clock, policy(flood=4))).sent == 2


async def test_a_flood_window_of_the_old_clock_ends_in_time(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    put(store, 3)
    await run(store, there, clock, policy(flood=2))
    assert len(there.posts) == 2
    clock.pass_(hours=-3)
    await run(store, there, clock, policy(flood=2))
    clock.pass_(minutes=10)
    await run(store, there, clock, policy(flood=2))
    assert len(there.posts) == 3


async def test_a_look_up_begins_before_the_send_and_waits_for_no_time_of_the_old_clock(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    (key,) = put(store)
    clock.pass_(hours=3)
    store.write_now(claim, owner="crashed", now=clock.now, lease=MINUTE, limit=1)
    store.write_now(mark_sending_unsure)
    clock.pass_(hours=-3)
    receipt = await there.send(Message(key=key, kind="alert"), "CDESK")
    await run(store, there, clock)
    assert row(store, key).receipt == receipt
    assert there.keys == [key], "found, and not sent again"
    assert sum(clock.slept) <= 4


async def test_what_waited_for_its_next_try_is_tried_when_the_clock_was_put_back(tmp_path: Path) -> None:
    async with installed(tmp_path, "feed") as place:
        place.notifier.remote = True
        title, text = ON_TOPIC[0]
        place.feed("/feed", f"<item><title>{title}</title><description>{text}</description></item>")
        await place.tick()
        place.notifier.faults["CCONSOLE"].append(refusal("ratelimited", scope="retry", retry_after=MINUTE))
        assert (await place.deliver()).sent == 0
        place.clock.pass_(hours=-3)
        assert (await place.deliver()).sent == 0, "nobody has noticed yet"
        await place.tick()
        assert (await place.deliver()).sent == 1
