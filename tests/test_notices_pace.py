"""A topic that has gone quiet or loud is told of, and chance is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests import builders as b
from tests.builders import NOW
from tests.test_notices import Desk, a_desk
from watcher.notices.pace import DAY, pace
from watcher.notices.plan import Sources
from watcher.store import Store, outbox
from watcher.store.save import save
from watcher.store.topics import alert_times, register_topics, topics_since
from watcher.types import Batch

LONG_AGO = NOW - 90 * DAY


def daily(count: int, days: int, *, until: datetime = NOW) -> list[datetime]:
    """So many alerts on each of so many days that end with ``until``, evenly."""
    return [until - DAY * (days - (number + 1) / count) for number in range(count * days)]


# the rule


def test_a_topic_that_told_four_a_day_is_quiet_after_three_days() -> None:
    alerts = daily(4, 28)
    assert pace(alerts, known_since=LONG_AGO, now=alerts[-1] + 2 * DAY) is None
    found = pace(alerts, known_since=LONG_AGO, now=alerts[-1] + 3 * DAY)
    assert found is not None
    assert (found.kind, round(found.usual), found.since) == ("quiet", 4, alerts[-1])


def test_a_topic_that_told_one_a_week_may_be_silent_for_weeks() -> None:
    alerts = [NOW - DAY * day for day in (35, 28, 21, 14, 7, 0)]
    assert pace(alerts, known_since=LONG_AGO, now=NOW + 30 * DAY) is None


def test_a_loud_day_is_told_and_a_busy_one_is_not() -> None:
    past = daily(2, 28, until=NOW - DAY)
    for today, kind in ((6, None), (12, "loud")):
        found = pace([*past, *daily(today, 1)], known_since=LONG_AGO, now=NOW)
        assert (found and found.kind) == kind
        if found:
            assert (found.count, round(found.usual)) == (12, 2)


def test_a_topic_that_is_new_has_no_usual_pace() -> None:
    alerts = [*daily(2, 5, until=NOW - DAY), *daily(30, 1)]
    assert pace(alerts, known_since=NOW - 6 * DAY, now=NOW) is None
    assert pace(alerts, known_since=NOW - 6 * DAY, now=NOW + 5 * DAY) is None


def test_no_alerts_at_all_are_told_by_others() -> None:
    assert pace([], known_since=LONG_AGO, now=NOW) is None


@given(st.integers(0, 2**32), st.floats(0.2, 20))
def test_chance_is_hardly_ever_told(seed: int, rate: float) -> None:
    random, at, alerts = Random(seed), NOW - 40 * DAY, []
    while (at := at + DAY * random.expovariate(rate)) < NOW:
        alerts.append(at)
    days = [NOW - DAY * number / 2 for number in range(20)]
    told = [found for now in days if (found := pace([a for a in alerts if a <= now], known_since=LONG_AGO, now=now))]
    assert len(told) <= 8, "at most one spell of it"


# what is told


def of_topic(*alerts: datetime) -> Sources:
    return Sources(title="Alliance", feeds=(), alerts=alerts, known_since=LONG_AGO)


def test_it_is_told_once_and_again_when_it_happens_again() -> None:
    desk = a_desk()
    alerts = daily(4, 28, until=NOW)
    desk.topics = {"alliance": of_topic(*alerts)}
    assert desk.look() == []
    ((topic, text),) = desk.look(4 * DAY)
    assert topic == "", "for the operator, not for readers"
    assert text.startswith("Alliance: no alert for 4 days, since ")
    assert "usually 4 a day" in text
    assert "`watcher check`" in text
    assert desk.look(DAY) == []
    desk.topics = {"alliance": of_topic(*alerts, desk.now)}
    assert desk.look(timedelta(hours=1)) == []
    assert desk.troubles == {}
    assert len(desk.look(4 * DAY)) == 1


def test_a_loud_day_is_told() -> None:
    desk = a_desk()
    desk.topics = {"alliance": of_topic(*daily(1, 28, until=NOW - DAY), *daily(12, 1))}
    ((_, text),) = desk.look()
    assert text.startswith("Alliance: 12 alerts within a day; usually 7 a week.")
    assert "`watcher preview`" in text


def test_a_silence_that_lost_feeds_explain_is_not_told_beside_them() -> None:
    desk = Desk()
    feed = desk.add("https://bad.example/rss", failures=9, failing_since=NOW - 4 * DAY, fault="403", error="refused")
    sources = of_topic(*daily(4, 28, until=NOW - 4 * DAY))
    desk.topics = {"alliance": replace(sources, feeds=(feed,))}
    told = [text for _, text in desk.look()]
    assert told
    assert not any("no alert for" in text for text in told)


def test_a_topic_that_left_takes_it_along() -> None:
    desk = a_desk()
    desk.topics = {"alliance": of_topic(*daily(4, 28, until=NOW - 4 * DAY))}
    desk.look()
    assert set(desk.troubles) == {"quiet:alliance"}
    desk.topics = {}
    desk.look()
    assert desk.troubles == {}


# what the store knows


def test_alerts_are_stories_told_or_to_be_told(store: Store) -> None:
    store.write_now(register_topics, ["alliance"], now=LONG_AGO)
    rows = [
        b.outbox_item(f"k{number}", topic="alliance", created_at=NOW + timedelta(minutes=number), **over)
        for number, over in enumerate([{}, {"kind": "reply"}, {"state": "held"}, {}])
    ]
    store.write_now(save, Batch(at=NOW, outbox=tuple(rows)))
    store.write_now(outbox.bury, "k3", reason="refused", now=NOW)
    found = store.read_now(alert_times, since=NOW)
    assert found == {"alliance": (NOW, NOW + timedelta(minutes=2))}
    assert store.read_now(alert_times, since=NOW + timedelta(minutes=1)) == {"alliance": (NOW + timedelta(minutes=2),)}
    assert store.read_now(topics_since) == {"alliance": LONG_AGO}
