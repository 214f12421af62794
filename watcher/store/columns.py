"""What columns hold, whatever the database: times and texts.

Rule: times go in and come out as aware UTC datetimes, and text is made storable on its way in.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Dialect, LargeBinary, String, Text, TypeDecorator

_HEX = re.compile("(?:[0-9a-f]{2})+")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime as a number of microseconds: a quarter of the room, where there are very many."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Count from 1970."""
        del dialect
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Give the time back as it went in, in UTC."""
        del dialect
        return None if value is None else moment(value)


class HexDigits(TypeDecorator[str]):
    """A hash of hex digits as bytes, half as many: where there are very many."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Two digits a byte."""
        del dialect
        return None if value is None else bytes.fromhex(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Give the digits back."""
        del dialect
        return None if value is None else bytes(value).hex()


def is_hex(text: str) -> bool:
    """Whether a text is such digits, as `HexDigits` gives them back."""
    return _HEX.fullmatch(text) is not None


def microseconds(value: datetime) -> int:
    """How many there were from the beginning of 1970 until then."""
    return (value - EPOCH) // timedelta(microseconds=1)


def moment(number: int) -> datetime:
    """The time so many microseconds after the beginning of 1970."""
    return EPOCH + timedelta(microseconds=number)


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
