"""Text from outside, made harmless inside Slack's mark-up.

Rule: tidy and cut first, escape last, then measure again: cutting escaped text could cut an entity in two.
What comes out cannot mention anybody, link anywhere, or change how the rest reads.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from watcher import text, urls

MAX_URL = 2000
"""Longer links are left out; Slack takes 3,000, but such addresses are not written by people."""

_MARKS = str.maketrans({"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ"})
"""Look-alikes: Slack knows no escape for these."""
_MARKUP = re.compile(r"(?<![^\W_])[*_~`]+(?=\S)|(?<=\S)[*_~`]+(?![^\W_])")
"""Where these characters could begin or end bold, italic, struck or code; inside a word they are just themselves."""
_RAW = 4
"""So many times the limit is looked at before tidying: a title of megabytes costs nothing."""
_UNSAFE_IN_LINK = re.compile(r"[|<>\"'`\\^{}\s\x00-\x1f\x7f]")


def escape(plain: str) -> str:
    """Slack's three entities; nothing else is escaped in mrkdwn."""
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def literal(outside: str, limit: int) -> str:
    """Outside text on one line that reads as it is, escaped, at most ``limit`` characters with its entities."""
    clean = text.tidy(outside[: limit * _RAW + 1000])
    clean = _MARKUP.sub(lambda found: found[0].translate(_MARKS), clean)
    if clean.startswith(">"):  # would make a quotation
        clean = "›" + clean[1:]
    room, result = limit, escape(text.cut(clean, limit))
    while len(result) > limit:
        if room == 1:
            return ""  # not even one character's entity fits
        room = max(1, room * limit // len(result) - 1)
        result = escape(text.cut(clean, room))
    return result


def link(url: str | None, words: str) -> str:
    """A link with escaped ``words`` as its text; the words alone when the address is none that may be linked."""
    target = address(url)
    return f"<{target}|{words.replace('|', '¦')}>" if target and words else words


def address(url: str | None) -> str | None:
    """An http(s) address as it may stand in a link, else None."""
    if url is None or len(url) > MAX_URL:
        return None
    coded = _UNSAFE_IN_LINK.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text.tidy(url))
    scheme, colon, rest = escape(coded).partition(":")
    safe = scheme.lower() + colon + rest
    return safe if urls.is_web(coded) and len(safe) <= MAX_URL else None


def date(moment: datetime) -> str:
    """A time that every reader sees in their own zone."""
    seconds = int(moment.timestamp())
    fallback = date_utc(moment)
    return f"<!date^{seconds}^{{date_short_pretty}} {{time}}|{fallback}>" if seconds > 0 else fallback


def date_utc(moment: datetime) -> str:
    """A time for readers whose zone nobody knows."""
    moment = moment.astimezone(UTC)
    return f"{moment.day} {moment:%b %Y %H:%M} UTC"
