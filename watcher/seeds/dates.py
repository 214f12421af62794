"""Dates as people and cards write them.

One rule: a date that cannot be is unknown.
"""

from __future__ import annotations

from datetime import UTC, datetime


def aware(at: datetime) -> datetime:
    """Return the moment in UTC; one without a zone is UTC already."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def read_date(text: str | None) -> datetime | None:
    """Read an ISO date or time; None when it is none. A time without a zone is UTC."""
    try:
        return aware(datetime.fromisoformat((text or "").strip()))
    except (ValueError, OverflowError):
        return None


def write_date(at: datetime | None) -> str | None:
    """Write a date (midnight UTC: all that is known is the day) or a time, so that ``read_date`` gives it back."""
    if at is None:
        return None
    at = at.astimezone(UTC)
    return at.date().isoformat() if at == at.replace(hour=0, minute=0, second=0, microsecond=0) else at.isoformat()
