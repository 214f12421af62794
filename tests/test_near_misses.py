"""Once a week, for those who asked for it: what was just below the threshold, each line with the two answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests import builders as b
from tests.builders import NOW
from tests.commands import installed
from tests.delivering import TOPIC, policy, run
from tests.fakes import FakeClock, FakeNotifier
from watcher.config import Config, load
from watcher.config.values import Weekly
from watcher.notices.near import MOST, NearMisses
from watcher.notifiers.blocks import payload
from watcher.store import Store
from watcher.store.feedback import put_labels
from watcher.store.save import save
from watcher.timing import last_weekly
from watcher.types import Batch, Decision
from watcher.types.feedback import near_key

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = NOW - 3 * HOUR
"""The Monday's nine o'clock before NOW."""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    two = {"title": "The alliance", "seeds": "seeds", "channel": "#desk"}
    topics = {TOPIC: two, "other": {**two, "title": "Other", "channel": "#other"}}
    made = load(installed(tmp_path, topics=topics, slack={"near_misses": "mon 09:00"}), {})
    assert made.warnings == ()
    return made


def judged(store: Store, title: str, share: float, *, topic: str = TOPIC, **over: object) -> str:
    entry = b.entry(title)
    facts = {"state": "below", "score": 0.1 * share, "threshold": 0.1, "decided_at": MONDAY - HOUR, **over}
    decision: Decision = b.decision(entry.id, topic, **facts)
    store.write_now(save, Batch(at=NOW, entries=(entry,), decisions=(decision,)))
    return entry.id


async def told(store: Store, config: Config, clock: FakeClock, slack: FakeNotifier, *, buttons: bool = True) -> int:
    queued = await NearMisses(store=store, clock=clock).say(config)
    from watcher.deliver import deliver

    given = dict.fromkeys(("fake", "slack", "console"), slack)
    how = replace(policy(), buttons=buttons)
    await deliver(store, given, how, owner="me", clock=clock, sleep=clock.sleep)
    return queued


async def test_the_weeks_near_misses_are_one_message_with_two_buttons_a_line(store: Store, config: Config) -> None:
    clock, slack = FakeClock(), FakeNotifier()
    best = judged(store, "Seoul talks of costs", 0.95)
    judged(store, "Seoul talks", 0.7)
    judged(store, "Far away", 0.3)
    judged(store, "Long ago", 0.9, decided_at=MONDAY - 8 * DAY)
    judged(store, "Told already", 1.4, state="posted")
    judged(store, "told ALREADY", 0.9)
    assert await told(store, config, clock, slack) == 1
    (post,) = slack.posts
    assert post.message.kind == "near_misses"
    assert [item.headline for item in post.message.items] == ["Seoul talks of costs", "Seoul talks"]
    assert post.message.items[0].key == near_key(store.installation, TOPIC, best)
    assert post.message.items[0].notes == ("95% of what The alliance asks for: south korea, troops",)
    blocks = payload(post.message, channel_id="C1")["blocks"]
    rows = [block for block in blocks if block["type"] == "actions"]
    assert [[one["action_id"] for one in row["elements"]] for row in rows] == [
        ["feedback_relevant", "feedback_not_relevant"]
    ] * 2
    clock.pass_(hours=1)
    assert await told(store, config, clock, slack) == 0, "once a week, however often it is looked at"


async def test_it_comes_at_its_time_and_only_where_it_was_asked_for(store: Store, config: Config) -> None:
    clock, slack = FakeClock(MONDAY - timedelta(minutes=1)), FakeNotifier()
    judged(store, "Seoul talks of costs", 0.95)
    judged(store, "Another matter", 0.9, topic="other")
    assert await told(store, config, clock, slack) == 0
    clock.pass_(minutes=1)
    assert await told(store, config, clock, slack, buttons=False) == 2
    assert {post.channel for post in slack.posts} == {"CDESK", "COTHER"}
    assert not any(post.message.buttons for post in slack.posts)
    nobody = replace(config, slack=replace(config.slack, near_misses=None))
    clock.pass_(days=7)
    assert await told(store, nobody, clock, slack) == 0


async def test_a_time_that_was_missed_by_a_day_is_left_to_the_next_week(store: Store, config: Config) -> None:
    judged(store, "Seoul talks of costs", 0.95)
    assert await told(store, config, FakeClock(MONDAY + DAY), FakeNotifier()) == 0


async def test_what_was_answered_is_not_asked_again_and_nothing_is_no_message(store: Store, config: Config) -> None:
    entry = judged(store, "Seoul talks of costs", 0.95)
    store.write_now(put_labels, b.click("1"), [b.label(topic=TOPIC, entry=entry)])
    assert await told(store, config, FakeClock(), FakeNotifier()) == 0


async def test_many_near_misses_are_the_nearest_few(store: Store, config: Config) -> None:
    slack = FakeNotifier()
    for number in range(20):
        judged(store, f"Seoul talks {number}", 0.6 + number / 100)
    await told(store, config, FakeClock(), slack)
    shown = [item.headline for item in slack.posts[0].message.items]
    assert shown == [f"Seoul talks {number}" for number in range(19, 14, -1)]
    assert len(shown) <= MOST


async def test_other_notices_are_told_as_before(store: Store) -> None:
    from tests.contract.test_store_notices import OPS, queue

    clock, ops = FakeClock(), FakeNotifier()
    queue(store, OPS)
    await run(store, ops, clock)
    assert [post.message.title for post in ops.posts] == [OPS.text]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-02T09:00", "2026-03-02T09:00"),
        ("2026-03-02T08:59", "2026-02-23T09:00"),
        ("2026-03-08T23:00", "2026-03-02T09:00"),
        ("2026-03-30T10:00", "2026-03-30T09:00"),
    ],
)
def test_the_last_time_of_a_week(now: str, expected: str) -> None:
    zone = ZoneInfo("Europe/Berlin")
    moment = datetime.fromisoformat(now).replace(tzinfo=zone)
    found = last_weekly(moment, weekday=0, at=time(9), zone=zone)
    assert found == datetime.fromisoformat(expected).replace(tzinfo=zone)
    assert Weekly(weekday=0, at=time(9)).weekday == found.astimezone(zone).weekday()
