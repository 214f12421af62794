"""Takes the markup out of Markdown, and the facts out of its front matter.

One rule: what is left reads as the article does on its page; nothing is interpreted, links become their words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_FRONT = re.compile(r"\A\ufeff?---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FACT = re.compile(r"^([A-Za-z_]{2,20})[ \t]*:[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_FENCE = re.compile(r"^[ \t]*(?:```|~~~).*$", re.MULTILINE)
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+(.*?)[ \t#]*$", re.MULTILINE)
_UNDERLINED = re.compile(r"^(?=\S)(.+)\n[ \t]{0,3}(?:=+|-{3,})[ \t]*$", re.MULTILINE)
_RULE = re.compile(r"^[ \t]*(?:[-*_][ \t]*){3,}$", re.MULTILINE)
_BULLET = re.compile(r"^[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+", re.MULTILINE)
_QUOTE = re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE)
_IMAGE = re.compile(r"!\[[^\]\n]{0,500}\](?:\([^)\n]{0,2000}\)|\[[^\]\n]{0,200}\])")
_LINK = re.compile(r"(?<!!)\[([^\[\]\n]{1,500})\](?:\([^)\n]{0,2000}\)|\[[^\]\n]{0,200}\])")
_DEFINITION = re.compile(r"^[ \t]{0,3}\[[^\]\n]{1,200}\]:.*$", re.MULTILINE)
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,500}>|<!--.{0,2000}?-->", re.DOTALL)
_ADDRESS = re.compile(r"<(?:https?://|mailto:)[^<>\s]{1,2000}>")
_EMPHASIS = re.compile(r"(?<![\w*_])(\*{1,3}|_{1,3})(?=\S)([^\n]{1,1000}?)(?<=\S)\1(?![\w*_])")
_CODE = re.compile(r"`{1,3}([^`\n]{1,500})`{1,3}")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!>])")


def read(source: str) -> tuple[str, dict[str, str]]:
    """Return the plain text and the front matter's facts (lower-case keys; a first heading is the ``title``)."""
    source = source.replace("\r\n", "\n")
    front = _FRONT.match(source)
    facts = {key.lower(): value.strip("\"' ") for key, value in _FACT.findall(front.group(1))} if front else {}
    body = source[front.end() :] if front else source
    heading = _HEADING.search(body) or _UNDERLINED.search(body)
    if heading and not facts.get("title") and not body[: heading.start()].strip():
        facts["title"] = plain(heading.group(1)).strip()
    return plain(body), {key: value for key, value in facts.items() if value}


def plain(body: str) -> str:
    """Return Markdown without its marks; paragraphs and lines stay as they are."""
    for pattern in (_FENCE, _DEFINITION, _IMAGE, _ADDRESS, _TAG):
        body = pattern.sub("", body)
    for pattern in (_UNDERLINED, _HEADING):
        body = pattern.sub(r"\n\1\n", body)
    for pattern in (_RULE, _BULLET, _QUOTE):
        body = pattern.sub("", body)
    body = _LINK.sub(r"\1", body)
    body = _EMPHASIS.sub(r"\2", _EMPHASIS.sub(r"\2", body))
    return _ESCAPED.sub(r"\1", _CODE.sub(r"\1", body))


def first(facts: Mapping[str, str], *keys: str) -> str | None:
    """Return the first fact given under any of these names."""
    return next((facts[key] for key in keys if key in facts), None)
