"""After an outage: everything is told once, in order, within the caps, and with a line from when to when."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.delivering import TOPIC, policy, put, run
from tests.fakes import FakeClock, FakeNotifier, Stored, refusal
from tests.installation import installed
from watcher.deliver import DeliverReport
from watcher.deliver.telling import BEST, PER_REPLY
from watcher.store import Store, outbox
from watcher.store.report import outbox_rows

CAP = 10
PENDING = 500
UNREACHABLE = refusal("unreachable", scope="retry", remedy="check the network")
DRAIN = timedelta(minutes=2)


def alerts(there: FakeNotifier) -> list[Stored]:
    return [post for post in there.posts if post.message.kind != "notice"]


async def until_all_is_told(store: Store, there: FakeNotifier, clock: FakeClock) -> DeliverReport:
    """Passes, minute by minute, as the service makes them; the flood window is ten minutes."""
    for _ in range(40):
        report = await run(store, there, clock, policy(flood=CAP), drain=DRAIN)
        if report.pending == 0:
            return report
        clock.pass_(minutes=1)
    raise AssertionError(f"{report.pending} still wait")


async def test_500_alerts_of_a_day_without_slack_are_told_once_in_order_by_the_cap_and_one_digest_a_topic(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    keys = []
    for hour in range(24):  # while they come in, Slack cannot be reached
        there.faults["CDESK"] = [UNREACHABLE] * 2
        count = PENDING // 24 + (hour < PENDING % 24)
        topic = TOPIC if hour % 2 else "other"
        keys += put(store, count, prefix=f"hour {hour}", topic=topic, created_at=clock())
        await run(store, there, clock, policy(flood=CAP))
        clock.pass_(hours=1)
    assert len(keys) == PENDING
    assert there.posts == []
    there.faults.clear()
    assert (await until_all_is_told(store, there, clock)).dead == 0

    told = [one.key for post in alerts(there) for one in post.message.items]
    assert sorted(told) == sorted(keys), "each of them exactly once"
    single = [post for post in alerts(there) if post.message.kind == "alert"]
    assert [post.message.key for post in single] == keys[:CAP], "the oldest, in order"
    heads = [post for post in alerts(there) if post.message.kind == "digest" and post.message.thread is None]
    assert len(heads) == 2, "one digest a topic"
    rest = [post for post in alerts(there) if post.message.kind == "digest" and post.message.thread is not None]
    assert len(rest) <= sum(-(-(PENDING // 2 - BEST) // PER_REPLY) for _ in heads), "its rest is in its thread"
    assert all(later.at >= earlier.at for earlier, later in pairwise(there.posts))
    assert {one.state for one in store.read_now(outbox_rows)} == {"sent"}


async def test_one_line_a_topic_says_from_when_to_when_nothing_could_be_posted(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    there.faults["CDESK"] = [UNREACHABLE]
    put(store, 3)
    put(store, 2, prefix="other", topic="other")
    await run(store, there, clock)
    clock.pass_(hours=24)
    await run(store, there, clock, drain=DRAIN)
    notices = [post.message.title for post in there.posts if post.message.kind == "notice"]
    assert sorted(notices) == [
        "Other: nothing could be posted here from Mon 2 Mar 12:00 to Tue 3 Mar 12:00 UTC. "
        "2 more alerts of that time follow, as the caps allow.",
        "US–South Korea alliance: nothing could be posted here from Mon 2 Mar 12:00 to Tue 3 Mar 12:00 UTC. "
        "2 more alerts of that time follow, as the caps allow.",
    ]
    kinds = [post.message.kind for post in there.posts]
    assert kinds == ["alert", "notice", "notice", *["alert"] * 4], "before the rest, not after it"
    clock.pass_(hours=1)
    put(store, 1, prefix="later")
    await run(store, there, clock, drain=DRAIN)
    assert there.posts[-1].message.kind == "alert", "it is said once"


async def test_a_short_one_is_not_worth_a_line(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    there.faults["CDESK"] = [UNREACHABLE]
    put(store, 3)
    await run(store, there, clock)
    assert "outage" in store.read_now(outbox.silences, "fake")
    clock.pass_(minutes=59)
    await run(store, there, clock, drain=DRAIN)
    assert [post.message.kind for post in there.posts] == ["alert"] * 3
    assert store.read_now(outbox.silences, "fake") == {}


async def test_being_asked_to_slow_down_is_no_outage(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    there.faults["CDESK"] = [refusal("ratelimited", scope="retry", retry_after=timedelta(seconds=5))]
    put(store)
    await run(store, there, clock)
    assert store.read_now(outbox.silences, "fake") == {}


async def test_when_slack_is_back_no_channel_waits_for_its_own_back_off(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    put(store)
    there.faults["CDESK"] = [UNREACHABLE] * 7
    for _ in range(7):  # until it waits twenty seconds for its next try
        await run(store, there, clock)
        clock.pass_(seconds=20)
    there.faults["CDESK"] = [UNREACHABLE]
    await run(store, there, clock)
    assert there.posts == []
    (other,) = put(store, destination="fake:#b")
    await run(store, there, clock)
    await run(store, there, clock)
    assert there.keys[0] == other
    assert len(there.posts) == 2, "the channel that waited goes on, too"


async def test_a_channel_that_hangs_beside_one_that_is_served_keeps_its_back_off(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    put(store)
    there.faults["CDESK"] = [UNREACHABLE] * 9
    for number in range(9):
        put(store, destination="fake:#b", prefix=f"b {number}", created_at=clock())
        await run(store, there, clock)
        clock.pass_(seconds=1)
    tried = 9 - len(there.faults["CDESK"])
    assert tried == 4, "after 0, 1, 3 and 7 seconds"


# -- watcher itself was off


async def test_what_was_off_for_hours_says_so_once_in_each_topics_channel(tmp_path: Path, clock: FakeClock) -> None:
    async with installed(tmp_path, "one", clock=clock) as place:
        await place.tick()
        clock.pass_(hours=5)
        await place.app.say_off()
        await place.app.say_off()
        await place.deliver()
        (post,) = place.notifier.posts
        assert post.message.title == (
            "The alliance: watcher was off from Mon 2 Mar 12:00 UTC to Mon 2 Mar 17:00 UTC. "
            "What its feeds still hold of that time is read now."
        )


@pytest.mark.parametrize("minutes", [0, 59])
async def test_a_restart_is_no_outage(tmp_path: Path, clock: FakeClock, minutes: int) -> None:
    async with installed(tmp_path, "one", clock=clock) as place:
        await place.app.say_off()  # the very first start
        await place.tick()
        clock.pass_(minutes=minutes)
        await place.app.say_off()
        await place.deliver()
        assert place.notifier.posts == []


async def test_feeds_that_are_polled_rarely_are_not_taken_for_an_outage(tmp_path: Path, clock: FakeClock) -> None:
    async with installed(tmp_path, "one", clock=clock, every="6h") as place:
        await place.tick()
        clock.pass_(hours=6)
        await place.app.say_off()
        await place.deliver()
        assert place.notifier.posts == []
