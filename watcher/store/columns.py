"""What columns hold, whatever the database: times and texts.

Rule: times go in and come out as aware UTC datetimes, and text is made storable on its way in.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Dialect, String, Text, TypeDecorator


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as text that sorts by time and that people can read in any database browser."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Refuse naive times: which zone they mean is anybody's guess."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be stored: {value!r}")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Give the time back as it went in, in UTC."""
        del dialect
        return None if value is None else datetime.fromisoformat(value)


def storable(text: str) -> str:
    """Replace what no database takes as text: NULs and halves of surrogate pairs, which publishers do send."""
    if text.isascii() and "\0" not in text:  # most are, and there are a thousand a feed
        return text
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")


class Words(TypeDecorator[str]):
    """Text from outside, made storable on its way in: writing it never fails."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Clean the text."""
        del dialect
        return None if value is None else storable(value)
