"""When things happen next: polls, retries, quiet hours, digest slots.

The one rule: ``now`` is an argument. Everything is told in aware UTC datetimes; zones matter only inside.
A local time that does not exist (a clock was put forward) happens at the next minute that does;
one that comes twice (a clock was put back) happens once, the first time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MAX_AGE_OBEYED = timedelta(hours=1)
"""A server's max-age makes polls rarer up to here."""
LONGEST_FAILURE = timedelta(hours=6)
RETRY_AFTER_BOUNDS = (timedelta(minutes=1), timedelta(hours=24))
JITTER = 0.1
"""Width of the jitter, as a share of the wait."""

_DAY = timedelta(days=1)
_WEEK = 7
_WEEK_MINUTES = 7 * 24 * 60
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FULL_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TIME = re.compile(r"(\d{1,2}):(\d{2})")
_EVERY = re.compile(r"every\s+(\d{1,4})\s*(h|m)", re.IGNORECASE)
_SHORTEST_EVERY = 5
"""Minutes."""
_DOUBLINGS = 15
"""A second doubled so often is more than the longest wait."""


def next_poll(
    now: datetime,
    *,
    every: timedelta,
    failures: int,
    max_age: timedelta | None,
    retry_after: timedelta | None,
    jitter: float,
) -> datetime:
    """When to poll a feed again.

    After a success (``failures`` 0): ``every``, or the server's ``max_age`` if longer (up to an hour), ± 5 %.
    After failures: ``every`` · 2ⁿ, at most six hours (or ``every`` if longer). ``retry_after`` wins over both,
    between a minute and a day, and is never undercut by jitter. ``jitter`` is in [0, 1).
    """
    if retry_after is not None:
        low, high = RETRY_AFTER_BOUNDS
        asked = max(min(max(retry_after, low), high), every)
        return now + asked * (1 + jitter * JITTER / 2)
    wait = _after_failure(every, failures) if failures else max(every, min(max_age or timedelta(), MAX_AGE_OBEYED))
    share = 1 - JITTER / 2 + jitter * JITTER
    return now + wait * share


def longest_wait(*, every: timedelta, failures: int, told_to_wait: bool) -> timedelta:
    """The longest that ``next_poll`` can have put a poll off; ``told_to_wait``: by a server's ``retry_after``."""
    if told_to_wait:
        wait = max(every, RETRY_AFTER_BOUNDS[1])
    else:
        wait = _after_failure(every, failures) if failures else max(every, MAX_AGE_OBEYED)
    return wait * (1 + JITTER / 2)


def _after_failure(every: timedelta, failures: int) -> timedelta:
    wait: timedelta = min(every * 2 ** min(failures, _DOUBLINGS), max(every, LONGEST_FAILURE))
    return wait


def backoff(attempts: int, *, since_first: timedelta) -> timedelta:
    """The wait after the ``attempts``-th failed send: 1 s doubling to 20 s; 60 s once it has failed ten minutes."""
    if since_first >= timedelta(minutes=10):
        return timedelta(seconds=60)
    return timedelta(seconds=min(20, 2 ** min(max(attempts, 1) - 1, 5)))


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietWindow:
    """One quiet stretch: from ``start`` to ``end`` (minutes after local midnight) on the days on which it starts.

    ``end`` at or before ``start`` is on the next day; days run from 0 (Monday) to 6.
    """

    start: int
    end: int
    days: frozenset[int]
    zone: ZoneInfo

    def around(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The stretches that could hold ``now``."""
        today = now.astimezone(self.zone).date()
        length = self.end if self.end > self.start else self.end + 24 * 60
        for day in (today - 2 * _DAY, today - _DAY, today):
            if day.weekday() in self.days:
                yield _instant(day, self.start, self.zone), _instant(day, length, self.zone, last=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """When nothing is sent. ``text`` is what the file says."""

    windows: tuple[QuietWindow, ...]
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSlot:
    """Times of day (minutes after local midnight) on some days of the week."""

    minutes: tuple[int, ...]
    days: frozenset[int]
    zone: ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """When digests leave. ``text`` is what the file says."""

    slots: tuple[DigestSlot, ...]
    text: str

    def __str__(self) -> str:
        return self.text


def parse_quiet_hours(value: str | Sequence[str], zone: ZoneInfo) -> QuietHours:
    """Read ``22:00-07:00``, ``sat-sun``, ``12:00-13:00 mon-fri Asia/Seoul`` or a list; ``zone`` where none is named.

    Raises ValueError with a sentence, also when the windows leave no minute of the week free.
    """
    texts = _listed(value, "quiet hours", '"22:00-07:00"')
    windows = tuple(_quiet_window(text, zone) for text in texts)
    if _covers_the_week(windows):
        raise ValueError("these quiet hours never end, so nothing would ever be sent; write paused: true instead")
    return QuietHours(windows=windows, text=", ".join(texts))


def parse_digest(value: str | Sequence[str], zone: ZoneInfo) -> Digest:
    """Read ``08:00``, ``08:00 mon-fri``, ``every 4h``, any of them with a zone, or a list. Raises ValueError."""
    texts = _listed(value, "digest", '"08:00 mon-fri"')
    return Digest(slots=tuple(_digest_slot(text, zone) for text in texts), text=", ".join(texts))


def quiet_until(quiet: QuietHours, now: datetime) -> datetime | None:
    """When the quiet stretch that holds ``now`` ends; None outside of quiet hours.

    Stretches that touch or overlap are one. A stretch that begins or ends in a doubled hour holds all of it.
    """
    end = now
    for _ in range(
        len(quiet.windows) * 2 * _WEEK + 1
    ):  # windows of several zones may close the week: then a week it is
        later = max((stop for w in quiet.windows for start, stop in w.around(end) if start <= end < stop), default=end)
        if later == end:
            break
        end = later
    return None if end == now else end


def next_slot(digest: Digest, after: datetime) -> datetime:
    """The first moment at which a digest leaves, strictly later than ``after``."""
    return min(moment for slot in digest.slots for moment in _moments(slot, after) if moment > after)


def last_weekly(now: datetime, *, weekday: int, at: time, zone: ZoneInfo) -> datetime:
    """The last time that a time of the week came, ``now`` included; ``weekday`` 0 is Monday."""
    today = now.astimezone(zone).date()
    for back in range(_WEEK + 1):
        day = today - timedelta(days=back)
        if day.weekday() == weekday and (moment := _instant(day, at.hour * 60 + at.minute, zone)) <= now:
            return moment
    raise AssertionError("eight days hold every day of the week")


def day_around(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The local day that holds ``now``: its midnight, and the next one. It may have 23 or 25 hours."""
    today = now.astimezone(zone).date()
    # two on either side: a clock that is put back just after midnight makes a bit of yesterday come after it
    midnights = [_instant(today + ahead * _DAY, 0, zone) for ahead in range(-2, 3)]
    return max(one for one in midnights if one <= now), min(one for one in midnights if one > now)


def _moments(slot: DigestSlot, after: datetime) -> Iterator[datetime]:
    today = after.astimezone(slot.zone).date()
    for ahead in range(-1, _WEEK + 2):  # one more than a week: today's slot may be over, or its day may not exist
        day = today + ahead * _DAY
        if day.weekday() in slot.days:
            yield from (_instant(day, minute, slot.zone) for minute in slot.minutes)


def _instant(day: date, minutes: int, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """The UTC moment of a local wall-clock time; ``last``: of a doubled one, the second time."""
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)  # noqa: DTZ001  a wall clock has no zone yet
    moment = wall.replace(tzinfo=zone, fold=int(last)).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    return _end_of_gap(wall, zone)


def _end_of_gap(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which the clock was put forward over ``wall``, found by halving."""
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def _listed(value: object, what: str, example: str) -> tuple[str, ...]:
    given = value if isinstance(value, (list, tuple)) else (value,)
    texts = tuple(text.strip() for text in given if isinstance(text, str))
    if not texts or len(texts) != len(given) or not all(texts):
        raise ValueError(f"{what} must be a text such as {example} or a list of them")
    return texts


def _quiet_window(text: str, zone: ZoneInfo) -> QuietWindow:
    tokens = re.sub(r"\s*[-–]\s+|\s+[-–]\s*|–", "-", text).split()
    tokens, zone = _zone_off(tokens, zone, text)
    span = _span(tokens[0], text) if tokens and ":" in tokens[0] else None
    tokens = tokens[1:] if span else tokens
    days = _days(tokens[0], text) if tokens else frozenset(range(_WEEK))
    if len(tokens) > 1 or (span is None and not tokens):
        raise ValueError(
            f'"{text}" are no quiet hours; write them like "22:00-07:00", "sat-sun" or "12:00-13:00 mon-fri"'
        )
    start, end = span or (0, 24 * 60)
    return QuietWindow(start=start, end=end, days=days, zone=zone)


def _digest_slot(text: str, zone: ZoneInfo) -> DigestSlot:
    every = _EVERY.match(text)
    rest = text[every.end() :] if every else text
    tokens, zone = _zone_off(rest.replace("–", "-").split(), zone, text)
    if every:
        minutes = _each(int(every[1]) * (60 if every[2].lower() == "h" else 1), text)
    elif tokens and ":" in tokens[0]:
        minutes, tokens = (_clock(tokens[0], text),), tokens[1:]
    else:
        raise ValueError(f'"{text}" is no digest time; write it like "08:00", "08:00 mon-fri" or "every 4h"')
    if len(tokens) > 1:
        raise ValueError(f'"{text}": "{tokens[1]}" is one word too many; write it like "08:00 mon-fri Asia/Seoul"')
    days = _days(tokens[0], text) if tokens else frozenset(range(_WEEK))
    return DigestSlot(minutes=minutes, days=days, zone=zone)


def _each(step: int, text: str) -> tuple[int, ...]:
    if not _SHORTEST_EVERY <= step <= 24 * 60:
        raise ValueError(f'"{text}": digests leave at most every {_SHORTEST_EVERY}m and at least every 24h')
    return tuple(range(0, 24 * 60, step))


def _zone_off(tokens: list[str], zone: ZoneInfo, text: str) -> tuple[list[str], ZoneInfo]:
    """Split a zone's name from the end, where there is one: it is neither a time nor a day."""
    if not tokens or ":" in tokens[-1] or _looks_like_days(tokens[-1]):
        return tokens, zone
    try:
        return tokens[:-1], ZoneInfo(tokens[-1])
    except (KeyError, ValueError, OSError):
        raise ValueError(
            f'"{text}": "{tokens[-1]}" is neither a day nor a time zone; '
            f"write days like mon-fri and zones like Asia/Seoul or UTC"
        ) from None


def _looks_like_days(token: str) -> bool:
    return all(_day(name) is not None for name in re.split(r"[-,]", token))


def _day(name: str) -> int | None:
    low = name.lower()
    names = _DAYS if low in _DAYS else _FULL_DAYS
    return names.index(low) if low in names else None


def _days(token: str, text: str) -> frozenset[int]:
    days: set[int] = set()
    for part in token.split(","):
        ends = [_day(name) for name in part.split("-")]
        if None in ends or len(ends) > 2:
            raise ValueError(f'"{text}": "{part}" are no days; write them like sat, mon-fri or mon,wed')
        first, last = ends[0] or 0, ends[-1] or 0
        days |= {(first + ahead) % _WEEK for ahead in range((last - first) % _WEEK + 1)}
    return frozenset(days)


def _span(token: str, text: str) -> tuple[int, int]:
    start, dash, end = token.partition("-")
    if not dash:
        raise ValueError(f'"{text}" has a start but no end; write it like "22:00-07:00"')
    first, last = _clock(start, text), _clock(end, text, midnight=True)
    if first == last:
        raise ValueError(f'"{text}" starts and ends at the same time; write 00:00-24:00 for a whole day')
    return first, last


def _clock(token: str, text: str, *, midnight: bool = False) -> int:
    """Minutes after midnight; 24:00 is a time only where a stretch may end."""
    found = _TIME.fullmatch(token)
    minutes = int(found[1]) * 60 + int(found[2]) if found else -1
    if found is None or int(found[2]) > 59 or minutes > 24 * 60 or (minutes == 24 * 60 and not midnight):
        raise ValueError(f'"{text}": "{token}" is no time of day; write it like 08:00 or 22:30')
    return minutes


def _covers_the_week(windows: Sequence[QuietWindow]) -> bool:
    """Whether the windows of one zone fill every minute of a week (clock changes aside)."""
    for zone in {window.zone for window in windows}:
        quiet: set[int] = set()
        for window in (w for w in windows if w.zone == zone):
            length = (window.end - window.start - 1) % (24 * 60) + 1
            for day in window.days:
                begin = day * 24 * 60 + window.start
                quiet.update(minute % _WEEK_MINUTES for minute in range(begin, begin + length))
        if len(quiet) == _WEEK_MINUTES:
            return True
    return False
