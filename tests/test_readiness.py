from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.builders import NOW
from watcher.readiness import Pulse, reasons_not_ready


def pulse(**over: Any) -> Pulse:
    given: dict[str, Any] = {
        "started": NOW - timedelta(hours=1),
        "last_success": NOW - timedelta(minutes=5),
        "overdue_since": None,
        "failed_at": None,
        "shortest_interval": timedelta(minutes=10),
        "polls": 3,
        "oldest_alert": None,
        "outbox": timedelta(minutes=10),
    }
    return Pulse(**{**given, **over})


def test_a_service_that_works_is_ready() -> None:
    assert reasons_not_ready(pulse(), NOW) == ()


def test_stalled_polls_are_named_after_three_intervals() -> None:
    stalled = pulse(last_success=NOW - timedelta(minutes=41), overdue_since=NOW - timedelta(minutes=31))
    assert reasons_not_ready(stalled, NOW) == (
        "no poll has succeeded for 41 min, although feeds were due (bound: 30 min)",
    )
    assert reasons_not_ready(stalled, NOW - timedelta(minutes=2)) == ()


def test_feeds_that_were_told_to_wait_are_no_stall() -> None:
    assert reasons_not_ready(pulse(last_success=NOW - timedelta(hours=5)), NOW) == ()


def test_feeds_that_all_fail_are_a_stall_although_their_next_poll_is_backed_off() -> None:
    failing = pulse(last_success=NOW - timedelta(minutes=31), failed_at=NOW - timedelta(minutes=20))
    assert len(reasons_not_ready(failing, NOW)) == 1
    assert reasons_not_ready(pulse(failed_at=NOW - timedelta(minutes=20)), NOW) == ()


def test_a_slow_feed_beside_a_fast_one_that_waits_is_no_stall() -> None:
    hourly = pulse(last_success=NOW - timedelta(minutes=60), overdue_since=NOW - timedelta(seconds=1))
    assert reasons_not_ready(hourly, NOW) == ()


def test_a_fresh_start_is_ready_until_its_first_bound_has_passed() -> None:
    started = NOW - timedelta(seconds=5)
    fresh = pulse(started=started, last_success=None, overdue_since=started, shortest_interval=timedelta(seconds=1))
    assert reasons_not_ready(fresh, NOW) == ()
    assert reasons_not_ready(fresh, NOW + timedelta(seconds=6)) != ()


def test_an_alert_that_waits_too_long_is_named() -> None:
    assert reasons_not_ready(pulse(oldest_alert=NOW - timedelta(minutes=11)), NOW) == (
        "the oldest alert that is due has waited 11 min (bound: 10 min)",
    )


def test_waiting_before_the_start_does_not_count() -> None:
    started = pulse(started=NOW - timedelta(minutes=1), oldest_alert=NOW - timedelta(days=2))
    assert reasons_not_ready(started, NOW) == ()


def test_a_database_that_cannot_be_written_is_named() -> None:
    assert reasons_not_ready(pulse(database_error="the disk is full"), NOW) == (
        "the database cannot be written: the disk is full",
    )


def test_a_refused_token_is_a_reason_at_once() -> None:
    (reason,) = reasons_not_ready(pulse(token_refused="token_revoked, since 2026-03-02 12:00 UTC"), NOW)
    assert "token_revoked, since 2026-03-02" in reason
    assert "read again by itself" in reason
