"""Links that lead to an article by way of somebody else: search engines, aggregators, consent pages.

Its one rule: an address is only taken out of a link where the link itself holds it. Nobody is asked, and what cannot be
read stays as it is.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs, unquote

_GOOGLE = re.compile(r"(?:www\.|news\.)?google\.[a-z.]{2,6}")
_NEWS_ID = re.compile(r"/(?:__i/)?(?:rss/)?(?:rd/)?(?:articles|read)/([A-Za-z0-9_-]{20,3000})=*/?")
_NEWS_START: Final = b"\x08\x13\x22"
"""How the packed ids of Google News begin that hold an address; it is followed by its length."""
_YAHOO = re.compile(r"/RU=([^/]{1,3000})/")
_BING_CODED = re.compile(r"a1([A-Za-z0-9_-]{8,3000})=*")

_REDIRECTS: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("bing.com", "/news/apiclick.aspx"): ("url",),
    ("duckduckgo.com", "/l"): ("uddg",),
    ("l.facebook.com", "/l.php"): ("u",),
    ("lm.facebook.com", "/l.php"): ("u",),
    ("l.instagram.com", ""): ("u",),
    ("out.reddit.com", ""): ("url",),
    ("slack-redir.net", "/link"): ("url",),
    ("t.umblr.com", "/redirect"): ("z",),
    ("vk.com", "/away.php"): ("to",),
    ("youtube.com", "/redirect"): ("q",),
}
"""Host (without www) and path of a redirect → the parameters that hold the address."""

_CONSENT_LABELS: Final = frozenset({"consent", "guce", "cmp"})
_CONSENT_HOSTS: Final = frozenset({"myprivacy.dpgmedia.nl", "myprivacy.dpgmedia.be"})
_AFTER_CONSENT: Final = ("continue", "done", "redirectUri", "redirect_uri", "returnUrl")


def is_consent(host: str) -> bool:
    """Whether this host (in lower case) asks for consent to cookies, and shows nothing else."""
    labels = host.split(".")
    return host in _CONSENT_HOSTS or (len(labels) > 2 and labels[0] in _CONSENT_LABELS)


def carried(host: str, path: str, query: str) -> str | None:
    """The address that a link with these parts leads to; None where it leads to its own page, or does not tell."""
    if is_consent(host):
        return _parameter(query, _AFTER_CONSENT)
    if _GOOGLE.fullmatch(host):
        return _from_google(host, path, query)
    if host.endswith(".cdn.ampproject.org"):
        return _cached(re.match(r"/[cv]/(s/)?(.+)", path))
    return _from_others(host.removeprefix("www."), path.rstrip("/"), query)


def _from_others(host: str, path: str, query: str) -> str | None:
    if (host, path) == ("bing.com", "/ck/a"):
        found = _BING_CODED.fullmatch(_parameter(query, ("u",)) or "")
        return _text(_unpacked(found[1])) if found else None
    if host == "r.search.yahoo.com":
        told = _YAHOO.search(path + "/")
        return unquote(told[1]) if told else None
    if host.endswith(".safelinks.protection.outlook.com"):
        return _parameter(query, ("url",))
    return _parameter(query, _REDIRECTS.get((host, path), ()))


def _from_google(host: str, path: str, query: str) -> str | None:
    if path == "/url":
        return _parameter(query, ("url", "q"))
    if path.startswith("/amp/"):
        cached = _cached(re.match(r"/amp/(s/)?(.+)", path))
        return cached and unquote(cached)
    if not host.startswith("news."):
        return None
    packed = _NEWS_ID.fullmatch(path)
    return _packed(packed[1]) if packed else _parameter(query, ("url",))


def _cached(found: re.Match[str] | None) -> str | None:
    return f"https://{found[2]}" if found else None


def _parameter(query: str, names: tuple[str, ...]) -> str | None:
    if not names:
        return None
    given = parse_qs(query[:8000], max_num_fields=None)
    return next((values[0] for name in names if (values := given.get(name))), None)


def _packed(coded: str) -> str | None:
    """The address inside of a Google News id of the old kind; those of the new kind only name it."""
    data = _unpacked(coded)
    if not data.startswith(_NEWS_START):
        return None
    length, at = 0, len(_NEWS_START)
    for shift in (0, 7):  # a protocol buffer's number: seven bits a byte, the high bit says that another one follows
        byte = data[at : at + 1]
        if not byte:
            return None
        length |= (byte[0] & 0x7F) << shift
        at += 1
        if byte[0] < 0x80:
            break
    return _text(data[at : at + length])


def _unpacked(coded: str) -> bytes:
    try:
        return urlsafe_b64decode(coded + "=" * (-len(coded) % 4))
    except ValueError:
        return b""


def _text(data: bytes) -> str | None:
    try:
        return data.decode("utf-8") or None
    except UnicodeDecodeError:
        return None
