from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from watcher import timing
from watcher.timing import backoff, day_around, next_poll, next_slot, parse_digest, parse_quiet_hours, quiet_until

BERLIN, NEW_YORK, SEOUL, APIA = (
    ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Asia/Seoul", "Pacific/Apia")
)
ZONES = st.sampled_from(
    [
        ZoneInfo(name)
        for name in (
            "UTC", "Asia/Seoul", "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe",
            "Asia/Kathmandu", "Pacific/Apia", "Africa/Casablanca", "America/Havana", "Asia/Beirut",
        )
    ]
)  # fmt: skip
MOMENTS = st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  hypothesis adds it
MINUTES = st.integers(0, 24 * 60 - 1)


def at(text: str, zone: ZoneInfo | None = None) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone or UTC).astimezone(UTC)


def clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def poll(**over: Any) -> timedelta:
    usual: dict[str, Any] = {
        "every": timedelta(minutes=10),
        "failures": 0,
        "max_age": None,
        "retry_after": None,
        "jitter": 0.5,
    }
    return next_poll(NOW, **{**usual, **over}) - NOW


@pytest.mark.parametrize(
    ("over", "minutes"),
    [
        ({}, 10),
        ({"max_age": timedelta(minutes=3)}, 10),
        ({"max_age": timedelta(minutes=30)}, 30),
        ({"max_age": timedelta(days=30)}, 60),
        ({"max_age": timedelta(days=30), "every": timedelta(hours=2)}, 120),
        ({"failures": 1}, 20),
        ({"failures": 3}, 80),
        ({"failures": 9}, 360),
        ({"failures": 10**6}, 360),
        ({"failures": 2, "every": timedelta(hours=12)}, 720),
        ({"failures": 9, "retry_after": timedelta(minutes=15), "jitter": 0.0}, 15),
        ({"failures": 1, "retry_after": timedelta(seconds=1), "jitter": 0.0}, 10),
        ({"failures": 1, "retry_after": timedelta(days=9), "jitter": 0.0}, 24 * 60),
    ],
)
def test_the_next_poll_obeys_interval_failures_and_server(over: dict[str, object], minutes: int) -> None:
    assert poll(**over) == timedelta(minutes=minutes)


@given(
    every=st.timedeltas(timedelta(seconds=1), timedelta(days=7)),
    failures=st.integers(0, 1000),
    max_age=st.none() | st.timedeltas(timedelta(), timedelta(days=400)),
    retry_after=st.none() | st.timedeltas(timedelta(), timedelta(days=400)),
    jitter=st.floats(0, 1, exclude_max=True),
)
def test_the_next_poll_lies_ahead_and_within_bounds(
    every: timedelta, failures: int, max_age: timedelta | None, retry_after: timedelta | None, jitter: float
) -> None:
    wait = poll(every=every, failures=failures, max_age=max_age, retry_after=retry_after, jitter=jitter)
    assert every * 0.95 - timedelta(microseconds=1) <= wait <= max(every, timedelta(hours=24)) * 1.05
    if retry_after is not None:
        assert wait >= min(retry_after, timedelta(hours=24))


def test_back_off_doubles_to_twenty_seconds_then_waits_a_minute() -> None:
    fresh = [backoff(n, since_first=timedelta(seconds=30)).total_seconds() for n in (1, 2, 3, 4, 5, 6, 7, 5000)]
    assert fresh == [1, 2, 4, 8, 16, 20, 20, 20]
    assert backoff(3, since_first=timedelta(minutes=10)) == timedelta(seconds=60)
    assert backoff(0, since_first=timedelta()) == timedelta(seconds=1)


@pytest.mark.parametrize(
    ("text", "now", "end"),
    [
        ("22:00-07:00", "2026-03-02T21:59", None),
        ("22:00-07:00", "2026-03-02T22:00", "2026-03-03T07:00"),
        ("22:00-07:00", "2026-03-03T06:59", "2026-03-03T07:00"),
        ("22:00-07:00", "2026-03-03T07:00", None),
        ("22:00-24:00", "2026-03-02T23:00", "2026-03-03T00:00"),
        ("sat-sun", "2026-03-06T23:59", None),
        ("sat-sun", "2026-03-07T00:00", "2026-03-09T00:00"),
        ("Saturday", "2026-03-07T00:00", "2026-03-08T00:00"),
        ("fri-mon", "2026-03-06T10:00", "2026-03-10T00:00"),
        ("mon,wed", "2026-03-04T10:00", "2026-03-05T00:00"),
        ("22:00-07:00 mon-fri", "2026-03-08T23:00", None),
        ("22:00-07:00 mon-fri", "2026-03-07T03:00", "2026-03-07T07:00"),
        ("22:00-07:00 mon-fri", "2026-03-09T03:00", None),
        ("22:00 – 07:00", "2026-03-03T06:59", "2026-03-03T07:00"),
        ("22:00-07:00 Asia/Seoul", "2026-03-02T13:00", "2026-03-02T22:00"),
        ("sat-sun Asia/Seoul", "2026-03-06T15:00", "2026-03-08T15:00"),
    ],
)
def test_quiet_hours_hold_until_their_end(text: str, now: str, end: str | None) -> None:
    quiet = parse_quiet_hours(text, ZoneInfo("UTC"))
    assert quiet_until(quiet, at(now)) == (at(end) if end else None)
    assert str(quiet) == text


def test_windows_that_touch_are_one() -> None:
    quiet = parse_quiet_hours(["22:00-07:00", "sat-sun"], ZoneInfo("UTC"))
    assert quiet_until(quiet, at("2026-03-06T22:30")) == at("2026-03-09T07:00")


def test_quiet_hours_follow_the_wall_clock_over_both_clock_changes() -> None:
    night = parse_quiet_hours("22:00-07:00", BERLIN)
    assert quiet_until(night, at("2026-03-28T23:00", BERLIN)) == at("2026-03-29T07:00", BERLIN)
    assert quiet_until(night, at("2026-10-24T23:00", BERLIN)) == at("2026-10-25T07:00", BERLIN)
    gap = parse_quiet_hours("01:00-02:30", BERLIN)  # 02:30 does not exist on 29 March: 03:00 is next
    assert quiet_until(gap, at("2026-03-29T01:10", BERLIN)) == at("2026-03-29T03:00", BERLIN)
    doubled = parse_quiet_hours("01:00-02:30", BERLIN)  # 02:30 comes twice on 25 October: quiet to the second
    assert quiet_until(doubled, at("2026-10-25T01:10", BERLIN)) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    ["", [], [""], "22:00", "22:00-22:00", "25:00-07:00", "22:70-07:00", "24:00-07:00", "22:00-24:01", "sat-funday",
     "mon-tue-wed", "22:00-07:00 Mars/Base", "22:00-07:00 mon-fri tue", "now and then", "mon-sun", "00:00-24:00",
     ["00:00-12:00", "12:00-24:00"], ["22:00-07:00", 7], "../etc/passwd", "Asia/Seoul", "Asia"],
)  # fmt: skip
def test_bad_quiet_hours_are_refused_with_a_sentence(value: Any) -> None:
    with pytest.raises(ValueError, match=r".{25,}"):
        parse_quiet_hours(value, ZoneInfo("UTC"))


@given(zone=ZONES, now=MOMENTS, start=MINUTES, end=MINUTES, days=st.sets(st.integers(0, 6), min_size=1, max_size=6))
def test_the_end_of_quiet_hours_lies_ahead_and_outside_of_them(
    zone: ZoneInfo, now: datetime, start: int, end: int, days: set[int]
) -> None:
    chosen = ",".join(timing._DAYS[day] for day in sorted(days))
    if start == end:
        end = (end + 1) % (24 * 60)
    quiet = parse_quiet_hours(f"{clock(start)}-{clock(end)} {chosen}", zone)
    until = quiet_until(quiet, now)
    if until is not None:
        assert now < until <= now + timedelta(days=8)
        assert quiet_until(quiet, until) is None
    local = now.astimezone(zone)
    minute = local.hour * 60 + local.minute
    if start < end and local.weekday() in days and start <= minute < end:
        assert until is not None


@given(zone=ZONES, now=MOMENTS)
def test_two_zones_that_close_the_week_still_end(zone: ZoneInfo, now: datetime) -> None:
    quiet = parse_quiet_hours([f"00:00-13:00 {zone.key}", "00:00-24:00 mon-sat UTC", "00:00-23:00 sun UTC"], zone)
    until = quiet_until(quiet, now)
    assert until is None or until > now


@pytest.mark.parametrize(
    ("value", "after", "slot"),
    [
        ("08:00", "2026-03-02T07:59", "2026-03-02T08:00"),
        ("08:00", "2026-03-02T08:00", "2026-03-03T08:00"),
        ("08:00 mon-fri", "2026-03-06T08:00", "2026-03-09T08:00"),
        ("08:00 Asia/Seoul", "2026-03-02T12:00", "2026-03-02T23:00"),
        ("8:00 mon Asia/Seoul", "2026-03-02T12:00", "2026-03-08T23:00"),
        ("every 4h", "2026-03-02T12:00", "2026-03-02T16:00"),
        ("every 5h", "2026-03-02T21:00", "2026-03-03T00:00"),
        ("every 30m", "2026-03-02T21:10", "2026-03-02T21:30"),
        ("every 24h sun", "2026-03-02T12:00", "2026-03-08T00:00"),
        (["08:00", "17:30"], "2026-03-02T12:00", "2026-03-02T17:30"),
    ],
)
def test_the_next_digest_slot(value: str | list[str], after: str, slot: str) -> None:
    assert next_slot(parse_digest(value, ZoneInfo("UTC")), at(after)) == at(slot)


def test_a_slot_that_does_not_exist_happens_at_the_next_minute_and_a_doubled_one_once() -> None:
    digest = parse_digest("02:30", BERLIN)
    assert next_slot(digest, at("2026-03-28T12:00", BERLIN)) == at("2026-03-29T03:00", BERLIN)
    assert next_slot(digest, at("2026-03-29T03:00", BERLIN)) == at("2026-03-30T02:30", BERLIN)
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert next_slot(digest, at("2026-10-24T12:00", BERLIN)) == first
    assert next_slot(digest, first) == at("2026-10-26T02:30", BERLIN)


def test_hourly_slots_count_from_local_midnight_over_a_clock_change() -> None:
    digest = parse_digest("every 4h", NEW_YORK)
    slots = [at("2026-03-08T00:00", NEW_YORK)]
    while len(slots) < 3:
        slots.append(next_slot(digest, slots[-1]))
    assert [slot.astimezone(NEW_YORK).hour for slot in slots] == [0, 4, 8]
    assert slots[1] - slots[0] == timedelta(hours=3)


def test_a_day_that_a_zone_left_out_happens_when_the_next_begins() -> None:
    digest = parse_digest("08:00 fri", APIA)  # 30 December 2011, a Friday, never was
    assert next_slot(digest, at("2011-12-29T12:00", APIA)) == at("2011-12-31T00:00", APIA)


@pytest.mark.parametrize(
    "value", ["", [], "noon", "08:00-09:00", "24:00", "every 0h", "every 25h", "every 1m", "08:00 someday", "mon-fri",
              "08:00 mon fri", "every 4h 08:00", 8, [8]],
)  # fmt: skip
def test_bad_digest_times_are_refused_with_a_sentence(value: Any) -> None:
    with pytest.raises(ValueError, match=r".{20,}"):
        parse_digest(value, ZoneInfo("UTC"))


@given(zone=ZONES, after=MOMENTS, minute=MINUTES, days=st.sets(st.integers(0, 6), min_size=1))
def test_digest_slots_lie_ahead_and_come_once_a_day(
    zone: ZoneInfo, after: datetime, minute: int, days: set[int]
) -> None:
    digest = parse_digest(f"{clock(minute)} {','.join(timing._DAYS[day] for day in days)}", zone)
    first = next_slot(digest, after)
    second = next_slot(digest, first)
    assert after < first <= after + timedelta(days=8)
    assert first < second
    assert second - first > timedelta(hours=22) or zone is APIA


@given(zone=ZONES, after=MOMENTS, hours=st.integers(1, 24))
def test_every_n_hours_waits_at_most_a_clock_change_longer(zone: ZoneInfo, after: datetime, hours: int) -> None:
    slot = next_slot(parse_digest(f"every {hours}h", zone), after)
    assert after < slot <= after + timedelta(hours=hours + 2)


@pytest.mark.parametrize(
    ("moment", "zone", "begins", "ends"),
    [
        (NOW, ZoneInfo("UTC"), "2026-03-02T00:00", "2026-03-03T00:00"),
        (NOW, SEOUL, "2026-03-01T15:00", "2026-03-02T15:00"),
        (at("2026-03-01T15:00"), SEOUL, "2026-03-01T15:00", "2026-03-02T15:00"),
        (at("2026-03-29T12:00"), BERLIN, "2026-03-28T23:00", "2026-03-29T22:00"),
        (at("2026-10-25T12:00"), BERLIN, "2026-10-24T22:00", "2026-10-25T23:00"),
        # Havana goes back from 1:00 to 0:00: the day has two midnights and begins with the first
        (at("2025-11-02T05:30"), ZoneInfo("America/Havana"), "2025-11-02T04:00", "2025-11-03T05:00"),
        # Beirut goes forward from 0:00 to 1:00: the day has none and begins at 1:00
        (at("2025-03-30T06:00"), ZoneInfo("Asia/Beirut"), "2025-03-29T22:00", "2025-03-30T21:00"),
    ],
)
def test_a_day_is_from_midnight_to_midnight_there(moment: datetime, zone: ZoneInfo, begins: str, ends: str) -> None:
    assert day_around(moment, zone) == (at(begins), at(ends))


@given(MOMENTS, ZONES)
def test_days_follow_each_other_and_each_moment_is_in_one(moment: datetime, zone: ZoneInfo) -> None:
    begins, ends = day_around(moment, zone)
    assert begins <= moment < ends
    assert timedelta(hours=22) <= ends - begins <= timedelta(hours=49)
    assert day_around(begins, zone) == (begins, ends)
    assert day_around(ends, zone)[0] == ends
