"""Plain text from the scraps of HTML that feeds carry.

Its one rule: one pass, no recursion, no backtracking. Feeds hold broken, hostile and megabytes long markup; the parsers
that repair it need minutes for some of it. What no browser would take for a tag stays as it is written.
"""

from __future__ import annotations

import re
from html import unescape

LONGEST = 400_000
"""Characters of markup that are looked at: twenty times the longest text that is kept."""

_TAG = re.compile(r"/?([A-Za-z][A-Za-z0-9]*(?::[A-Za-z][\w.-]*)?)(?=[\s/>])")
_DECLARATION = re.compile(r"[!?](?:doctype|\[cdata\[|\[if|\[endif|xml)", re.IGNORECASE)
_ATTRIBUTE_LOOKAHEAD = 2000
_DROPPED = {
    name: re.compile(rf"</{name}\s*>", re.IGNORECASE)
    for name in ("script", "style", "template", "noscript", "iframe", "svg", "math", "object", "select", "textarea")
}
_INLINE = frozenset(
    (  # noqa: SIM905  thirty quoted names would not read better
        "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q rb rp rt rtc ruby s samp "
        "small span strike strong sub sup time tt u var wbr"
    ).split()
)


def plain(markup: str) -> str:
    """The text of a piece of HTML: scripts and styles gone, blocks on lines of their own, entities decoded."""
    if "<" not in markup:
        return unescape(markup[:LONGEST])
    markup = markup[:LONGEST]
    found: list[str] = []
    at = 0
    while (start := markup.find("<", at)) >= 0:
        found.append(markup[at:start])
        text, at = _markup(markup, start)
        found.append(text)
    found.append(markup[at:])
    return unescape("".join(found))


def _markup(markup: str, start: int) -> tuple[str, int]:
    """What stands for the markup at ``start``, and where the text goes on."""
    if markup.startswith("<!--", start):
        return "", _behind(markup.find("-->", start + 4), 3, markup)
    if _DECLARATION.match(markup, start + 1):
        if markup.startswith("<![CDATA[", start):
            return "", start + 9
        return "", _behind(markup.find(">", start), 1, markup)
    tag = _TAG.match(markup, start + 1)
    if tag is None:
        return "<", start + 1
    end = _end_of_tag(markup, tag.end())
    name = tag[1].lower()
    if name in _DROPPED and markup[start + 1] != "/" and markup[end - 2] != "/":
        closing = _DROPPED[name].search(markup, end)
        return " ", closing.end() if closing else len(markup)
    return ("" if name in _INLINE else " " if name in {"td", "th", "img"} else "\n"), end


def _end_of_tag(markup: str, at: int) -> int:
    """Where a tag ends; a ``>`` inside a quoted attribute is looked past, within reason."""
    first = end = markup.find(">", at)
    while 0 <= end < at + _ATTRIBUTE_LOOKAHEAD:
        inside = markup[at:end]
        if inside.count('"') % 2 == 0 or "=" not in inside:
            return end + 1
        end = markup.find(">", end + 1)
    return _behind(first, 1, markup)


def _behind(found: int, length: int, markup: str) -> int:
    return len(markup) if found < 0 else found + length
