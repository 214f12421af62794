"""What a server's status line and headers mean.

Its one rule: pure; every number a server may choose is clamped, every text it may choose is plain ASCII or dropped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from watcher.errors import FetchError, FetchFault

LEAST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=24)
LONGEST_AGE = timedelta(hours=1)
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})

_LONGEST_HEADER = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A body that came whole. ``url`` is where it was found, after redirects, without credentials.

    ``moved`` is the address that permanent redirects (from the first on) lead to, for the user to note.
    """

    status: int
    url: str
    body: bytes
    etag: str | None = None
    last_modified: str | None = None
    content_type: str | None = None
    max_age: timedelta | None = None
    redirects: tuple[str, ...] = ()
    moved: str | None = None
    wire: str | None = None
    """The fingerprint of the body as it came, packed or not: by it the same body is known without unpacking it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """Nothing has changed: the server says so, or sent the very bytes that are known. ``moved`` as in ``Fetched``."""

    max_age: timedelta | None = None
    moved: str | None = None
    validators: tuple[str | None, str | None] | None = None
    """ETag and Last-Modified that came with the bytes; None where no bytes came."""


def plain(value: str | None) -> str | None:
    """A header's value that may be stored and sent again; None when it is odd or over 1,000 characters."""
    if value is None or len(value) > _LONGEST_HEADER or not value.isascii() or not value.isprintable():
        return None
    return value.strip() or None


def max_age(cache_control: str | None) -> timedelta | None:
    """How long a server says that its answer holds, at most an hour; None when it says nothing usable."""
    told = (cache_control or "").lower()
    found = re.search(r"(?<![\w-])max-age\s*=\s*\"?(\d+)", told[:_LONGEST_HEADER])
    if found is None or re.search(r"(?<![\w-])no-(?:store|cache)(?![\w-])", told[:_LONGEST_HEADER]):
        return None
    return _seconds(found[1], LONGEST_AGE) or None


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Retry-After, in seconds or as an HTTP date, clamped to 1 minute … 24 hours; None when it cannot be read.

    ``now`` is the server's own Date where it sends one: clocks differ.
    """
    told = (value or "").strip()[:_LONGEST_HEADER]
    if re.fullmatch(r"[+-]?\d+(?:\.\d*)?", told, re.ASCII):
        wait = timedelta(0) if told.startswith("-") else _seconds(told.lstrip("+").partition(".")[0], LONGEST_WAIT)
    else:
        at = http_date(told)
        if at is None:
            return None
        wait = at - now
    return min(max(wait, LEAST_WAIT), LONGEST_WAIT)


def http_date(value: str | None) -> datetime | None:
    """Read an HTTP date as an aware UTC time; None when it is none."""
    try:
        at = parsedate_to_datetime(value or "")
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def refusal(status: int, headers: Mapping[str, str], where: str, now: datetime) -> FetchError:
    """The error for a status that brings no document."""
    fault, sentence = _SENTENCES.get(status, ("status", ""))
    guardian = bot_protection(headers) if status in GUARDED else None
    if guardian is not None:
        fault, sentence = "bot_protection", f"is guarded against programs by {guardian} ({status}); {_GUARDED}"
    if not sentence:
        sentence = _server_fault(status) if status >= 500 else f"answered {status}, which brings no document"
    wait = retry_after(headers.get("Retry-After"), http_date(headers.get("Date")) or now)
    return FetchError(f"{where}: the server {sentence}", fault=fault, status=status, retry_after=wait)


def bot_protection(headers: Mapping[str, str]) -> str | None:
    """The service that keeps programs away from this server, as its headers show; None when they show none."""
    known = {name.lower(): value.lower() for name, value in headers.items()}
    for name, sign, service in _GUARDIANS:
        if name in known and sign in known[name]:
            return service
    return None


def _server_fault(status: int) -> str:
    return f"has a fault of its own ({status}); it is asked again later"


def _seconds(digits: str, most: timedelta) -> timedelta:
    digits = digits.lstrip("0") or "0"
    return most if len(digits) > 9 else min(timedelta(seconds=int(digits)), most)


GUARDED = frozenset({401, 403, 405, 429, 503})
"""Statuses with which such services turn programs away."""
_GUARDED = "ask the publisher to let your address through, or use another feed of theirs"
_GUARDIANS = (
    ("cf-mitigated", "", "Cloudflare"),
    ("x-datadome", "", "DataDome"),
    ("x-dd-b", "", "DataDome"),
    ("server", "datadome", "DataDome"),
    ("x-amzn-waf-action", "", "AWS WAF"),
    ("x-iinfo", "", "Imperva"),
    ("x-cdn", "imperva", "Imperva"),
    ("x-cdn", "incapsula", "Imperva"),
    ("x-sucuri-block", "", "Sucuri"),
    ("server", "akamaighost", "Akamai"),
    ("x-px-block", "", "HUMAN"),
)
"""Header, what stands in it, whose it is."""

_SENTENCES: dict[int, tuple[FetchFault, str]] = {
    204: ("status", "sent no content (204); check the address"),
    304: ("protocol", "says “not modified” (304) although it was not asked whether; it is asked again later"),
    400: ("status", "does not understand the request (400); check the address"),
    401: ("status", "wants a login (401); give the feed its headers or credentials, or remove it"),
    402: ("status", "wants to be paid (402); give the feed its headers or credentials, or remove it"),
    403: ("status", "refuses to answer us (403); it may block programs: set fetch.contact, or ask the publisher"),
    404: ("status", "has nothing at this address (404); check the address, the feed may have moved"),
    406: ("status", "has no form of this that we read (406); check the address"),
    410: (
        "gone",
        "says that this is gone for good (410); it is not asked again: remove the feed or give its new address",
    ),
    429: ("too_many_requests", "says that we ask too often (429); it is left alone for a while: poll it more rarely"),
    451: ("status", "may not show this for legal reasons (451); remove the feed"),
    503: ("status", "is overloaded or under repair (503); it is asked again later"),
}
