"""``sensitivity: {alerts_per_day: N}``: a cap, and what is over it leaves as the day's digest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import builders as b
from tests.builders import NOW
from tests.delivering import policy, put, row, run
from tests.fakes import FakeClock, FakeNotifier, refusal
from watcher.deliver import holds
from watcher.store import Store
from watcher.store.outbox import Told
from watcher.timing import parse_digest, parse_quiet_hours

BERLIN, SEOUL = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Seoul")
MIDNIGHT = datetime(2026, 3, 3, tzinfo=UTC)


@pytest.fixture
def there(clock: FakeClock) -> FakeNotifier:
    return FakeNotifier(clock=clock, remote=False)  # nobody to pace: the tests are about days


def kinds(there: FakeNotifier) -> Counter[str]:
    return Counter(post.message.kind for post in there.posts)


def told(there: FakeNotifier) -> Counter[str]:
    return Counter(item.key for post in there.posts for item in post.message.items)


async def test_what_is_over_the_budget_leaves_as_one_digest_when_the_day_ends(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    keys = put(store, 5)
    how = policy(budget=2)
    assert (await run(store, there, clock, how)).pending == 3
    assert there.keys == keys[:2]
    late = put(store, prefix="late", created_at=NOW + timedelta(hours=11))
    clock.now = MIDNIGHT - timedelta(seconds=1)
    assert (await run(store, there, clock, how)).sent == 0
    assert {(row(store, key).hold, row(store, key).held_until) for key in keys[2:] + late} == {("budget", MIDNIGHT)}
    clock.now = MIDNIGHT
    assert (await run(store, there, clock, how)).pending == 0
    assert kinds(there) == {"alert": 2, "digest": 1}
    assert there.posts[-1].message.title == "US–South Korea alliance: 4 stories over the day's budget"
    assert told(there) == Counter(keys + late)


async def test_the_digest_is_no_alert_of_the_new_day(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    put(store, 3)
    how = policy(budget=2)
    await run(store, there, clock, how)
    clock.now = MIDNIGHT
    put(store, 3, prefix="next day", created_at=MIDNIGHT)
    await run(store, there, clock, how)
    assert kinds(there) == {"alert": 4, "digest": 1}


async def test_a_stronger_match_still_passes_and_raises_the_bar(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    how, passed = policy(budget=1), []
    for number, strength in enumerate([0.5, 0.5, 0.7, 0.6, 0.7, 0.9]):
        (key,) = put(store, prefix=f"{number}", strength=strength)
        await run(store, there, clock, how)
        passed += [strength] if key in there.keys else []
    assert passed == [0.5, 0.7, 0.9]


async def test_urgent_passes_the_budget(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    keys = put(store, strength=0.95) + put(store, 3, prefix="urgent", strength=0.85)
    await run(store, there, clock, policy(budget=1, urgent=0.8))
    assert there.keys == keys


async def test_each_topic_and_each_channel_has_its_own(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    keys = put(store, 2) + put(store, 2, destination="fake:#b") + put(store, 3, topic="other", prefix="other")
    await run(store, there, clock, policy(budget=1))
    assert sorted(there.keys) == sorted([keys[0], keys[2], *keys[4:]])


def test_digests_and_replies_are_never_held_by_it() -> None:
    full = Told(sent=9, strongest=1.0, waiting=0)
    how = policy(budget=1)
    held = {
        kind: holds.over_budget(b.outbox_item(kind=kind), how, told=full, now=NOW)
        for kind in ("parent", "reply", "digest")
    }
    assert held == {"parent": holds.Hold(reason="budget", until=MIDNIGHT), "reply": None, "digest": None}


async def test_quiet_hours_come_first_and_what_they_release_still_has_to_fit(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    put(store, 3)
    how = policy(budget=2, quiet_hours=parse_quiet_hours("11:00-13:00", ZoneInfo("UTC")))
    await run(store, there, clock, how)
    assert there.posts == []
    clock.pass_(hours=1)
    assert (await run(store, there, clock, how)).pending == 1
    assert kinds(there) == {"alert": 2}
    clock.now = MIDNIGHT
    await run(store, there, clock, how)
    assert kinds(there) == {"alert": 2, "digest": 1}


async def test_the_days_digest_waits_for_the_end_of_quiet_hours(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    keys = put(store, 4)
    how = policy(budget=1, quiet_hours=parse_quiet_hours("22:00-07:00", ZoneInfo("UTC")))
    await run(store, there, clock, how)
    clock.now = MIDNIGHT
    assert (await run(store, there, clock, how)).sent == 0
    clock.now = MIDNIGHT + timedelta(hours=7)
    await run(store, there, clock, how)
    assert kinds(there) == {"alert": 1, "digest": 1}
    assert told(there) == Counter(keys)


async def test_a_digest_topic_is_not_held_by_its_budget(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    keys = put(store, 4)
    how = policy(budget=1, digest=parse_digest("every 4h", ZoneInfo("UTC")))
    await run(store, there, clock, how)
    clock.pass_(hours=4)
    await run(store, there, clock, how)
    assert kinds(there) == {"digest": 1}
    assert told(there) == Counter(keys)


async def test_what_is_over_the_budget_opens_no_flood_window(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    keys = put(store, 4)
    await run(store, there, clock, policy(budget=2, flood=2))
    assert [row(store, key).hold for key in keys] == [None, None, "budget", "budget"]


# -- a changed configuration


@pytest.mark.parametrize(("count", "after"), [(4, {"alert": 4}), (9, {"alert": 1, "digest": 1})])
async def test_a_budget_taken_out_releases_what_it_held(
    store: Store, there: FakeNotifier, clock: FakeClock, count: int, after: dict[str, int]
) -> None:
    keys = put(store, count)
    await run(store, there, clock, policy(budget=1))
    assert (await run(store, there, clock, policy())).pending == 0
    assert kinds(there) == after
    assert told(there) == Counter(keys)


async def test_a_raised_budget_releases_the_strongest_that_fit_now(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    put(store, strength=0.9)
    weak, strong = put(store, 3, prefix="weak", strength=0.4), put(store, 2, prefix="strong", strength=0.6)
    await run(store, there, clock, policy(budget=1))
    await run(store, there, clock, policy(budget=3))
    assert sorted(there.keys[1:]) == sorted(strong)
    assert {row(store, key).state for key in weak} == {"held"}
    await run(store, there, clock, policy(budget=3))
    assert len(there.posts) == 3


async def test_a_raised_budget_counts_what_is_on_its_way(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    keys = put(store, 6)
    await run(store, there, clock, policy(budget=1))
    there.faults["CDESK"] = [refusal("unreachable", scope="retry") for _ in range(3)]
    for _ in range(3):
        await run(store, there, clock, policy(budget=3))
        clock.pass_(minutes=1)
    assert Counter(row(store, key).state for key in keys) == {"sent": 1, "pending": 2, "held": 3}


async def test_another_zone_ends_the_day_at_its_own_midnight(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    keys = put(store, 2)
    await run(store, there, clock, policy(budget=1))
    await run(store, there, clock, policy(budget=1, zone=SEOUL))
    assert row(store, keys[1]).held_until == datetime(2026, 3, 2, 15, tzinfo=UTC)


# -- days


@pytest.mark.parametrize(
    ("noon", "hours"),
    [(datetime(2026, 3, 29, 10, tzinfo=UTC), 23), (datetime(2026, 10, 25, 11, tzinfo=UTC), 25)],
)
async def test_a_day_of_23_or_25_hours_has_one_budget(
    store: Store, there: FakeNotifier, clock: FakeClock, noon: datetime, hours: int
) -> None:
    how = policy(budget=1, zone=BERLIN)
    clock.now = begins = datetime(noon.year, noon.month, noon.day, tzinfo=BERLIN).astimezone(UTC)
    keys = put(store, 2)
    await run(store, there, clock, how)
    clock.now = begins + timedelta(hours=hours, seconds=-1)
    keys += put(store, prefix="last")
    assert (await run(store, there, clock, how)).pending == 2
    clock.pass_(seconds=1)
    await run(store, there, clock, how)
    assert kinds(there) == {"alert": 1, "digest": 1}
    assert told(there) == Counter(keys)


ARRIVALS = st.lists(
    st.tuples(st.sampled_from([0, 1, 60, 300, 1439]), st.sampled_from([0.3, 0.5, 0.5, 0.6, 0.7, 0.9])), max_size=14
)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    arrivals=ARRIVALS,
    budget=st.integers(1, 3),
    zone=st.sampled_from(["UTC", "Asia/Seoul", "Europe/Berlin"]),
    more=st.fixed_dictionaries(
        {},
        optional={
            "urgent": st.just(0.9),
            "flood": st.just(3),
            "quiet_hours": st.just(parse_quiet_hours("22:00-07:00", ZoneInfo("UTC"))),
        },
    ),
)
async def test_never_more_a_day_but_the_urgent_and_the_stronger_and_nothing_is_lost(
    fresh: Callable[[], str], arrivals: list[tuple[int, float]], budget: int, zone: str, more: dict[str, Any]
) -> None:
    clock = FakeClock(datetime(2026, 3, 28, 15, tzinfo=UTC))  # the night in which Berlin loses an hour is near
    there, how = FakeNotifier(clock=clock, remote=False), policy(budget=budget, zone=ZoneInfo(zone), **more)
    keys: list[str] = []
    with Store.open(fresh(), now=NOW) as store:
        for number, (minutes, strength) in enumerate(arrivals):
            clock.pass_(minutes=minutes)
            keys += put(store, prefix=f"{number}", strength=strength, created_at=clock.now)
            await run(store, there, clock, how)
        for _ in range(100):
            clock.pass_(minutes=30)
            report = await run(store, there, clock, how)
    assert report.pending == 0
    assert told(there) == Counter(keys)
    sent: dict[object, list[float]] = {}
    for post in there.posts:
        if post.message.kind == "alert":
            sent.setdefault(post.at.astimezone(ZoneInfo(zone)).date(), []).append(
                arrivals[keys.index(post.message.key)][1]
            )
    for day in sent.values():
        over = enumerate(day[budget:], budget)
        assert all(one > max(day[:before]) or one >= more.get("urgent", 1) for before, one in over)
