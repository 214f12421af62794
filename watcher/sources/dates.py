"""Dates as feeds write them.

Its one rule: a date is an aware UTC time that a news item can have, or it is unknown. There is no clock here: whether a
date lies in the future is for others to judge.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz

FIRST_YEAR, LAST_YEAR = 1990, 2100

_LONGEST = 64
"""Characters; what is longer is no date."""
_ISO = re.compile(
    r"([0-9]{4})-?([01][0-9])-?([0-3][0-9])(?:[Tt ]\s*([0-2]?[0-9]):?([0-5][0-9])(?::?([0-6][0-9])(?:[.,][0-9]+)?)?)?"
    r"\s*(?:[Zz]|UTC|GMT|([+\u2212-])([0-9]{1,2}):?([0-9]{2})?)?(?:\s*\[[\w/+-]+\])?"
)
_MILLISECONDS = 100_000_000_000
"""Seconds since 1970 from which on a number counts milliseconds: the year 5138."""


def from_fields(fields: Sequence[int] | None) -> datetime | None:
    """Make a time of (year, month, day, hour, minute, second …) in UTC; None for what no calendar or newspaper has."""
    if fields is None or len(fields) < 6 or not FIRST_YEAR <= fields[0] <= LAST_YEAR:
        return None
    year, month, day, hour, minute, second = fields[:6]
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)  # 60 is a leap second
    except (ValueError, OverflowError):
        return None


def from_text(told: str) -> datetime | None:
    """Read a date as JSON writes it (RFC 3339), or nearly so, or as mail does; without a zone it is taken for UTC."""
    told = told.strip()
    if not told or len(told) > _LONGEST:
        return None
    found = _ISO.fullmatch(told)
    if found is None:
        return _from_mail(told)
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    sign = -1 if found[7] in {"-", "\u2212"} else 1
    offset = timedelta(hours=int(found[8] or 0), minutes=int(found[9] or 0)) * sign
    days = 1 if (hour, minute) == (24, 0) else 0  # midnight at the end of a day
    return _shifted((year, month, day, 0 if days else hour, minute, second), offset - timedelta(days=days))


def from_number(seconds: float) -> datetime | None:
    """Read seconds (or milliseconds) since 1970."""
    try:
        moved = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=_in_seconds(seconds))
    except (ValueError, OverflowError):  # no number at all, an infinite one, a year that no calendar has
        return None
    return from_fields(moved.timetuple()[:6])


def _in_seconds(number: float) -> float:
    return number / 1000 if abs(number) >= _MILLISECONDS else number


def _from_mail(told: str) -> datetime | None:
    try:
        found = parsedate_tz(told)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if found is None:
        return None
    try:
        return _shifted(found[:6], timedelta(seconds=found[9] or 0))
    except OverflowError:
        return None


def _shifted(fields: Sequence[int], offset: timedelta) -> datetime | None:
    """The time whose wall clock shows these fields where it is ``offset`` ahead of UTC."""
    year, month, day, hour, minute, second = fields
    if abs(offset) > timedelta(days=2):  # no zone is: the clock's time says enough
        offset = timedelta()
    try:
        moved = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC) - offset
    except (ValueError, OverflowError):
        return None
    return from_fields(moved.timetuple()[:6])
