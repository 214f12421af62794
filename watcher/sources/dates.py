"""Dates as feeds write them.

Its one rule: a date is an aware UTC time that a news item can have, or it is unknown. There is no clock here: whether a
date lies in the future is for others to judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

FIRST_YEAR, LAST_YEAR = 1990, 2100


def from_fields(fields: Sequence[int] | None) -> datetime | None:
    """Make a time of (year, month, day, hour, minute, second …) in UTC; None for what no calendar or newspaper has."""
    if fields is None or len(fields) < 6 or not FIRST_YEAR <= fields[0] <= LAST_YEAR:
        return None
    year, month, day, hour, minute, second = fields[:6]
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)  # 60 is a leap second
    except (ValueError, OverflowError):
        return None
