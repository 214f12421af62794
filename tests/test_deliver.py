from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import builders as b
from tests.builders import NOW
from tests.delivering import TOPIC, policy, put, row, run
from tests.fake_slack import SLOW, TOKEN, FakeSlack
from tests.fakes import FakeClock, FakeNotifier, refusal
from watcher.deliver import STAGES, DeliverReport, Policy, holds, telling
from watcher.notifiers.slack import SlackNotifier
from watcher.notifiers.webhook import WebhookNotifier
from watcher.store import Store, outbox
from watcher.store.save import save
from watcher.timing import parse_digest, parse_quiet_hours
from watcher.types import Batch, Message, OutboxItem, Receipt

UTC_ZONE = ZoneInfo("UTC")
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


DRAIN = timedelta(seconds=60)


# the plain way


async def test_what_is_due_is_sent_once_and_settled(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    (key,) = put(store)
    report = await run(store, there, clock)
    assert report == DeliverReport(sent=1, pending=0, dead=0)
    assert (row(store, key).state, row(store, key).receipt) == ("sent", Receipt(channel="CDESK", ts=there.posts[0].ts))
    assert await run(store, there, clock) == DeliverReport(sent=0, pending=0, dead=0)
    (alert,) = there.posts[0].message.items
    assert alert.why[0].terms == ("south korea", "troops")
    assert alert.summary == "It was agreed."


async def test_every_stage_is_announced_in_order(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    put(store)
    steps: list[str] = []
    await run(store, there, clock, on_step=steps.append)
    assert steps == [*STAGES, "deliver.claim"]


async def test_a_channel_is_paced_in_order_and_another_is_not_held_up(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    keys = put(store, 9)
    other = put(store, 1, destination="fake:#b")
    report = await run(store, there, clock, drain=DRAIN)
    assert report.sent == 10
    assert [post.message.key for post in there.posts if post.channel == "CDESK"] == keys
    assert next(post.at for post in there.posts if post.message.key == other[0]) == NOW
    times = [(post.at - NOW).total_seconds() for post in there.posts if post.channel == "CDESK"]
    assert all(later - earlier >= 3 for earlier, later in zip(times, times[3:], strict=False))
    assert times[-1] <= 9


async def test_a_pass_without_drain_leaves_the_rest_to_the_next(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    put(store, 5)
    assert (await run(store, there, clock)).sent == 3
    clock.pass_(seconds=4)
    assert (await run(store, there, clock)).sent == 2
    assert clock.slept == []


async def test_a_screen_needs_no_pacing(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    put(store, 9)
    there.remote, there.arrives, there.faults["CDESK"] = False, True, [lost()]
    assert (await run(store, there, clock)).sent == 9
    assert clock.slept == []


async def test_slow_down_is_waited_for_in_a_drain_only(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    keys = put(store, 2)
    slow = refusal("ratelimited", scope="retry", retry_after=7 * SECOND)
    there.faults["CDESK"] = [slow]
    report = await run(store, there, clock)
    assert (report.sent, report.pending, clock.slept) == (0, 2, [])
    clock.pass_(seconds=7)
    there.faults["CDESK"] = [slow]
    report = await run(store, there, clock, drain=DRAIN)
    assert (report.sent, report.pending, report.errors) == (2, 0, ())
    assert there.keys == keys
    assert clock.slept == [7]


async def test_a_drain_ends_before_a_longer_wait(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    put(store)
    there.faults["CDESK"] = [refusal("ratelimited", scope="retry", retry_after=timedelta(hours=1))]
    report = await run(store, there, clock, drain=DRAIN)
    assert (report.sent, report.pending) == (0, 1)
    assert clock.now == NOW


# lost answers


def lost(code: str = "timeout") -> Any:
    return refusal(code, scope="retry", outcome="unsure")


@pytest.mark.parametrize("arrives", [True, False])
async def test_a_lost_answer_is_looked_up_before_sending_again(
    store: Store,
    there: FakeNotifier,
    clock: FakeClock,
    arrives: bool,
) -> None:
    (key,) = put(store)
    there.arrives, there.faults["CDESK"] = arrives, [lost()]
    report = await run(store, there, clock)
    assert (report.sent, report.errors) == (1, ())
    assert there.keys == [key]
    assert row(store, key).state == "sent"
    assert sum(clock.slept) == (2 if arrives else 4)


async def test_a_send_cut_off_by_a_crash_is_looked_up_at_the_next_start(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    (key,) = put(store)

    def die(step: str) -> None:
        if step == "deliver.send.after":
            raise KeyError(step)

    with pytest.raises(KeyError):
        await run(store, there, clock, on_step=die)
    assert row(store, key).state == "sending"
    clock.pass_(seconds=10)
    store.write_now(outbox.mark_sending_unsure)
    assert (await run(store, there, clock)).sent == 1
    assert there.keys == [key]
    assert clock.slept == []


@pytest.mark.parametrize("stage", STAGES)
async def test_a_crash_at_any_stage_loses_and_doubles_nothing(
    store: Store, there: FakeNotifier, clock: FakeClock, stage: str
) -> None:
    keys = put(store, 3) + put(store, 2, destination="fake:#b")
    left = [1, 3]

    def die(step: str) -> None:
        left[0] -= step == stage
        if step == stage and left[0] <= 0 and left[1] > 0:
            left[1] -= 1
            raise KeyError(step)

    for _ in range(12):
        store.write_now(outbox.mark_sending_unsure)
        try:
            await run(store, there, clock, on_step=die, drain=DRAIN)
        except KeyError:
            continue
    assert Counter(there.keys) == Counter(keys)
    assert all(row(store, key).state == "sent" for key in keys)


async def test_where_looking_is_refused_it_is_sent_once_more_and_says_so(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    (key,) = put(store)
    there.faults["CDESK"] = [lost()]
    there.find_faults = [refusal("missing_scope") for _ in range(9)]
    for _ in range(2):
        report = await run(store, there, clock)
        assert there.posts == []
        assert "missing_scope" in report.errors[0]["message"]
        clock.pass_(seconds=21)
    assert (await run(store, there, clock)).sent == 1
    assert there.keys == [key]
    assert there.posts[0].message.possible_repeat


async def test_a_look_up_that_must_always_wait_ends_open_too(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    put(store)
    there.faults["CDESK"] = [lost()]
    there.find_faults = [refusal("ratelimited", scope="retry", retry_after=30 * SECOND) for _ in range(9)]
    for _ in range(4):
        await run(store, there, clock)
        clock.pass_(seconds=31)
    assert [post.message.possible_repeat for post in there.posts] == [True]


async def test_a_webhook_that_lost_an_answer_ends_in_a_possible_repeat(store: Store, clock: FakeClock) -> None:
    put(store, destination="slack:webhook")
    async with FakeSlack(clock=clock).serve() as slack:
        slack.faults["webhook"].append("store-500")
        notifier = WebhookNotifier(lambda: slack.webhook)
        for _ in range(6):
            await run(store, notifier, clock)
            clock.pass_(seconds=21)
        first, second = slack.messages
        assert "may be a repeat" not in first["text"]
        assert "may be a repeat" in second["text"]


async def test_a_possible_repeat_whose_answer_is_lost_too_is_not_repeated_again(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    put(store)
    there.arrives, there.faults["CDESK"] = True, [lost(), lost()]
    there.find_faults = [refusal("missing_scope") for _ in range(30)]
    for _ in range(25):
        await run(store, there, clock)
        clock.pass_(seconds=61)
    assert len(there.posts) == 2
    there.find_faults = []
    await run(store, there, clock)
    assert len(there.posts) == 2
    assert store.read_now(outbox.pending_count) == 0


async def test_a_message_that_cannot_be_looked_up_for_lack_of_a_network_waits(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    (key,) = put(store)
    there.faults["CDESK"] = [lost()]
    there.find_faults = [refusal("unreachable", scope="retry") for _ in range(8)]
    for _ in range(8):
        await run(store, there, clock)
        clock.pass_(seconds=61)
    assert there.posts == []
    assert (await run(store, there, clock)).sent == 1
    assert not there.posts[0].message.possible_repeat
    assert row(store, key).state == "sent"


FAULTS = st.sampled_from(
    [
        None,
        None,
        lost(),
        lost("arrived"),
        refusal("ratelimited", scope="retry", retry_after=3 * SECOND),
        refusal("unreachable", scope="retry"),
        refusal("is_archived"),
        refusal("invalid_auth", scope="token"),
    ]
)


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    desk=st.lists(FAULTS, max_size=12),
    other=st.lists(FAULTS, max_size=12),
    blind=st.lists(st.just(refusal("unreachable", scope="retry")), max_size=4),
    digest=st.booleans(),
)
async def test_whatever_fails_each_message_arrives_once_and_in_order(
    fresh: Callable[[], str], desk: list[Any], other: list[Any], blind: list[Any], *, digest: bool
) -> None:
    clock = FakeClock()
    there = FakeNotifier(clock=clock, find_faults=blind)
    there.faults["CDESK"], there.faults["CB"] = desk, other
    with Store.open(fresh(), now=NOW) as store:
        keys = put(store, 12, state="held", hold="first_poll") if digest else put(store, 4)
        keys_b = put(store, 3, destination="fake:#b")
        report = await run(store, there, clock)
        while report.pending and clock.now < NOW + timedelta(hours=2):
            clock.pass_(seconds=61)
            report = await run(store, there, clock)
    assert (report.pending, report.dead) == (0, 0)
    assert [key for key in there.keys if key in keys_b] == keys_b
    assert len(set(there.keys)) == len(there.keys)
    told = [item.key for post in there.posts if post.channel == "CDESK" for item in post.message.items]
    assert told == keys or (digest and Counter(told) == Counter(keys))


# refusals


async def test_a_channel_that_needs_mending_waits_and_resumes_alone(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    keys = put(store, 2)
    other = put(store, 1, destination="fake:#b")
    there.faults["CDESK"] = [refusal("not_in_channel"), refusal("not_in_channel")]
    report = await run(store, there, clock)
    assert report.errors == (
        {"kind": "channel", "name": "#desk", "url": None, "message": "refused: not_in_channel; invite the app"},
    )
    assert there.keys == other
    assert (row(store, keys[0]).state, row(store, keys[0]).unsure) == ("pending", False)
    clock.pass_(seconds=19)
    assert (await run(store, there, clock)).errors == ()
    clock.pass_(seconds=1)
    assert len((await run(store, there, clock)).errors) == 1
    clock.pass_(seconds=20)
    assert await run(store, there, clock) == DeliverReport(sent=2, pending=0, dead=0)
    assert there.keys == other + keys


async def test_a_name_that_cannot_be_resolved_waits(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    put(store, destination="fake:#missing")
    report = await run(store, there, clock)
    assert (report.pending, report.errors[0]["name"]) == (1, "#missing")


async def test_a_name_that_stands_for_another_channel_by_now_is_resolved_again(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    put(store)
    store.write_now(outbox.remember_channel, "fake:#desk", "COLD")
    there.faults["COLD"] = [refusal("channel_not_found")]
    await run(store, there, clock)
    clock.pass_(seconds=20)
    await run(store, there, clock)
    assert [post.channel for post in there.posts] == ["CDESK"]


async def test_a_poisoned_message_goes_as_text_then_dies_and_blocks_nobody(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    bad, good = put(store, 2)
    poison = refusal("invalid_blocks", scope="message", remedy="")
    there.faults["CDESK"] = [poison, poison]
    report = await run(store, there, clock)
    assert (report.sent, report.dead, report.pending) == (1, 1, 0)
    assert (row(store, bad).state, row(store, bad).error) == ("dead", "refused: invalid_blocks")
    assert there.keys == [good]


async def test_plain_text_saves_a_message_whose_blocks_are_refused(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    put(store)
    there.faults["CDESK"] = [refusal("invalid_blocks", scope="message")]
    assert (await run(store, there, clock)).sent == 1
    assert there.posts[0].message.plain


async def test_alerts_for_a_notifier_that_is_not_set_up_wait(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    put(store, destination="pager:#x")
    put(store)
    report = await run(store, there, clock)
    assert (report.sent, report.pending) == (1, 1)
    assert "pager" in report.errors[0]["message"]


async def test_an_outage_is_waited_out_with_growing_pauses(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    key, *_ = put(store, 3)
    there.faults["CDESK"] = [refusal("unreachable", scope="retry") for _ in range(100)]
    tries = []
    for _ in range(40):
        tries.append((clock.now - NOW).total_seconds())
        await run(store, there, clock)
        due = row(store, key).next_attempt
        assert due is not None
        clock.now = due
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert gaps[:6] == [1, 2, 4, 8, 16, 20]
    assert gaps[-1] == 60
    assert set(gaps[6:]) <= {20, 60}


async def test_a_backlog_of_a_hundred_drains_paced_and_in_order(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    keys = put(store, 100)
    for _ in range(34):
        await run(store, there, clock)
        clock.pass_(seconds=3.1)
    assert there.keys == keys
    assert store.read_now(outbox.pending_count) == 0


async def test_what_comes_in_while_a_channel_hangs_is_sent_elsewhere(store: Store, clock: FakeClock) -> None:
    class HangingAtA(FakeNotifier):
        async def send(self, message: Message, channel_id: str) -> Receipt:
            if channel_id == "CA":
                started.set()
                await freed.wait()
            else:
                freed.set()
            return await super().send(message, channel_id)

    started, freed = asyncio.Event(), asyncio.Event()
    put(store, destination="fake:#a")
    there = HangingAtA(clock=clock)
    task = asyncio.create_task(run(store, there, clock))
    await started.wait()
    put(store, destination="fake:#b")
    assert (await asyncio.wait_for(task, 20)).sent == 2
    assert [post.channel for post in there.posts] == ["CB", "CA"]


async def test_stopping_gives_back_what_was_claimed(store: Store, clock: FakeClock) -> None:
    class Hanging(FakeNotifier):
        async def send(self, *_: object) -> Receipt:
            started.set()
            await asyncio.Event().wait()
            raise AssertionError

    (key,) = put(store)
    started = asyncio.Event()
    task = asyncio.create_task(run(store, Hanging(), clock))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (row(store, key).state, row(store, key).unsure) == ("pending", True)


# holds


def quiet(text: str = "11:00-13:00") -> Any:
    return parse_quiet_hours(text, UTC_ZONE)


@pytest.mark.parametrize(("count", "kinds"), [(3, {"alert": 3}), (4, {"digest": 1})])
async def test_after_quiet_hours_few_leave_singly_and_many_as_a_digest(
    store: Store, there: FakeNotifier, clock: FakeClock, count: int, kinds: dict[str, int]
) -> None:
    keys = put(store, count)
    how = policy(quiet_hours=quiet())
    report = await run(store, there, clock, how)
    assert (report.sent, report.pending) == (0, count)
    assert {row(store, key).held_until for key in keys} == {NOW + timedelta(hours=1)}
    clock.pass_(hours=1)
    await run(store, there, clock, how)
    assert Counter(post.message.kind for post in there.posts) == kinds
    assert sorted(item.key for post in there.posts for item in post.message.items) == sorted(keys)
    assert all(row(store, key).state == "sent" for key in keys)


async def test_urgent_passes_quiet_hours_digests_and_caps(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    keys = put(store, 3, strength=0.9)
    how = policy(flood=1, quiet_hours=quiet(), digest=parse_digest("08:00", UTC_ZONE), urgent=0.8)
    await run(store, there, clock, how)
    assert there.keys == keys


async def test_quiet_hours_taken_out_of_the_file_end_at_once(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    keys = put(store, 2)
    await run(store, there, clock, policy(quiet_hours=quiet()))
    await run(store, there, clock, policy())
    assert there.keys == keys


async def test_a_digest_topic_is_told_at_its_slot(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    (key,) = put(store)
    how = policy(digest=parse_digest("every 4h", UTC_ZONE))
    await run(store, there, clock, how)
    clock.pass_(hours=3, minutes=59)
    assert (await run(store, there, clock, how)).pending == 1
    clock.pass_(minutes=1)
    await run(store, there, clock, how)
    (post,) = there.posts
    assert post.message.kind == "digest"
    assert post.message.key == holds.digest_key(store.installation, [key])
    assert post.message.title == "US–South Korea alliance: 1 story"
    assert row(store, key).receipt == Receipt(channel="CDESK", ts=post.ts)


async def test_a_digest_switched_off_releases_what_waits_and_a_nearer_slot_counts(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    keys = put(store, 2)
    await run(store, there, clock, policy(digest=parse_digest("08:00", UTC_ZONE)))
    await run(store, there, clock, policy(digest=parse_digest("13:00", UTC_ZONE)))
    assert row(store, keys[0]).held_until == NOW + timedelta(hours=1)
    await run(store, there, clock, policy())
    assert there.keys == keys


async def test_what_is_over_the_cap_leaves_as_one_digest_per_topic(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    keys = put(store, 14) + put(store, 6, topic="other", prefix="other", created_at=NOW + SECOND)
    how = policy(flood=5)
    report = await run(store, there, clock, how, drain=DRAIN)
    assert (report.sent, report.pending) == (5, 15)
    late = put(store, 1, prefix="late", created_at=NOW + MINUTE)
    clock.pass_(minutes=9)
    assert (await run(store, there, clock, how)).sent == 0
    clock.pass_(minutes=1, seconds=10)
    assert (await run(store, there, clock, how, drain=DRAIN)).pending == 0
    kinds = Counter(post.message.kind for post in there.posts)
    assert kinds == {"alert": 5, "digest": 3}  # two digests, one of them with a reply that holds the rest
    told = [item.key for post in there.posts for item in post.message.items]
    assert Counter(told) == Counter(keys + late)
    assert "over this channel's cap" in there.posts[5].message.title


async def test_the_first_polls_finds_leave_as_one_digest_when_it_is_done(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    keys = put(store, 30, state="held", hold="first_poll")
    await run(store, there, clock, policy(done=lambda _: False))
    assert there.posts == []
    report = await run(store, there, clock, policy(done=lambda _: True))
    head, *rest = there.posts
    assert report.sent == len(there.posts) == 3
    assert (len(head.message.items), head.message.thread) == (telling.BEST, None)
    assert {post.message.thread for post in rest} == {Receipt(channel="CDESK", ts=head.ts)}
    assert Counter(item.key for post in there.posts for item in post.message.items) == Counter(keys)
    assert [post.message.key for post in rest] == [f"{head.message.key}/rest/1", f"{head.message.key}/rest/2"]
    assert head.message.title.startswith("US–South Korea alliance: 30 stories found by the first poll")


@pytest.mark.parametrize("good", [1, 2])
@pytest.mark.parametrize("arrives", [True, False])
async def test_the_rest_of_a_digest_is_delivered_exactly_once(
    store: Store,
    there: FakeNotifier,
    clock: FakeClock,
    good: int,
    arrives: bool,
) -> None:
    keys = put(store, 30, state="held", hold="first_poll")
    there.arrives, there.faults["CDESK"] = arrives, [*[None] * good, lost()]
    await run(store, there, clock)
    assert len({post.message.key for post in there.posts}) == len(there.posts) == 3
    assert Counter(item.key for post in there.posts for item in post.message.items) == Counter(keys)


async def test_a_refused_reply_of_a_digest_does_not_repeat_its_head(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    put(store, 20, state="held", hold="first_poll")
    there.faults["CDESK"] = [None, refusal("ratelimited", scope="retry", retry_after=5 * SECOND)]
    await run(store, there, clock, drain=DRAIN)
    assert len(there.posts) == len(set(there.keys)) == 2


async def test_a_paused_topic_waits_until_it_goes_on(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    keys = put(store, 2)
    await run(store, there, clock, policy(paused=True))
    assert there.posts == []
    await run(store, there, clock, policy())
    assert there.keys == keys


async def test_a_reply_goes_into_its_parents_thread(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    (parent,) = put(store)
    story = row(store, parent).story
    follow = b.entry("what came next")
    item = b.outbox_item("inst/next", story=story, entry=follow.id, kind="reply", destination="fake:#desk")
    store.write_now(save, Batch(at=NOW, entries=(follow,), decisions=(b.decision(follow.id),), outbox=(item,)))
    await run(store, there, clock)
    assert there.keys == [parent, "inst/next"]
    assert there.posts[1].message.thread == Receipt(channel="CDESK", ts=there.posts[0].ts)
    assert there.posts[1].message.kind == "reply"


# the pure parts


HELD = st.builds(
    lambda n, destination, topic, hold, until, strength: b.outbox_item(
        f"i/{n}", destination=destination, topic=topic, state="held", hold=hold, strength=strength,
        held_until=None if until is None else NOW + until * MINUTE,
    ),
    st.integers(0, 10**6), st.sampled_from(["fake:#a", "fake:#b"]), st.sampled_from([TOPIC, "other", "gone"]),
    st.sampled_from(["first_poll", "quiet_hours", "digest", "flood", "paused", "budget"]),
    st.none() | st.integers(-90, 90), st.floats(0, 1),
)  # fmt: skip
POLICIES = st.builds(
    policy,
    quiet_hours=st.none() | st.just(quiet()),
    digest=st.none() | st.just(parse_digest("every 4h", UTC_ZONE)),
    urgent=st.none() | st.just(0.8),
    paused=st.booleans(),
    done=st.sampled_from([lambda _: True, lambda _: False]),
)


@settings(deadline=None)
@given(st.lists(HELD, max_size=25, unique_by=lambda item: item.key), POLICIES)
def test_a_plan_names_each_row_at_most_once_and_keeps_topics_and_channels_apart(
    held: list[OutboxItem], how: Policy
) -> None:
    made = holds.plan(held, how, installation="inst", now=NOW)
    named = [*made.release, *(key for one in made.digests for key in one.members), *(key for key, _ in made.hold_again)]
    assert len(named) == len(set(named))
    items = {item.key: item for item in held}
    for one in made.digests:
        assert {(items[key].destination, items[key].topic) for key in one.members} == {(one.destination, one.topic)}
    assert not any(items[key].topic == "gone" for key in named)
    assert len({(one.destination, one.topic) for one in made.digests}) == len(made.digests)


@given(st.permutations([f"k{n}" for n in range(6)]))
def test_a_digests_key_depends_on_its_members_alone(keys: list[str]) -> None:
    assert holds.digest_key("i", keys) == holds.digest_key("i", sorted(keys))


@pytest.mark.parametrize(
    ("terms", "text", "shown"),
    [
        (["south korea", "korea", "troops"], "SOUTH  KOREA and Troops", ("SOUTH KOREA", "Troops")),
        (["seoul"], "nothing of it", ("seoul",)),
        (["korea", "south korea"], "South-Korea", ("Korea", "South-Korea")),
    ],
)
def test_terms_are_shown_as_the_text_writes_them(terms: list[str], text: str, shown: tuple[str, ...]) -> None:
    entry = b.entry(text, text="")
    decision = b.decision(entry.id, terms=tuple((term, 0.1) for term in terms))
    assert telling._why(decision, entry, policy()).terms == shown


# through the real notifier


@pytest.mark.parametrize(
    "fault",
    ["store-close", "store-500", "store-html", "store-truncated", "store-plain", "store-hang", "close", "500", "html",
     "truncated", "plain", "hang", "slow", "429:2", "fatal_error", "internal_error", "service_unavailable"],
)  # fmt: skip
async def test_slack_ends_up_with_each_message_once(store: Store, clock: FakeClock, fault: str) -> None:
    keys = put(store, 2, destination="slack:#desk")
    async with FakeSlack(clock=clock).serve() as slack:
        slack.faults["chat.postMessage"].append(fault)
        report = await run(store, SlackNotifier(lambda: TOKEN, slack.url, timeout=2 * SLOW), clock, drain=DRAIN)
        assert (report.sent, report.pending, report.errors) == (2, 0, ())
        assert slack.keys() == keys


async def test_slack_gets_digests_with_their_rest_in_the_thread(store: Store, clock: FakeClock) -> None:
    put(store, 20, destination="slack:#desk", state="held", hold="first_poll")
    async with FakeSlack(clock=clock).serve() as slack:
        await run(store, SlackNotifier(lambda: TOKEN, slack.url), clock)
        head, rest = slack.messages
        assert head["metadata"]["event_type"] == "watcher_digest"
        assert rest["thread_ts"] == head["ts"]
