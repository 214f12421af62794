"""OPML, the format in which feed readers exchange their lists.

Its one rule: read what readers really write (bare ampersands, HTML entities, any case of ``xmlUrl``), write what the
specification says. Entities that a document declares itself are refused, not expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from html import unescape
from xml.etree import ElementTree as ET

from watcher import urls

_AMPERSAND = re.compile(r"&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{0,31});|&")
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST = 8 * 1024 * 1024
"""Characters of a document that are read at all."""


class OpmlError(ValueError):
    """The text is no OPML; the message says why, ``line`` where (1 is the first) when that is known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        self.line = line
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpmlFeed:
    """One feed of a list. ``folders`` from the outermost inwards; ``title`` "" when the list gives none.

    A feed may stand in several folders: the others are in ``also``.
    """

    title: str
    url: str
    folders: tuple[str, ...] = ()
    also: tuple[tuple[str, ...], ...] = ()


def read(text: str) -> tuple[OpmlFeed, ...]:
    """The feeds of an OPML document in its order, each address once; raises OpmlError."""
    found: dict[str, OpmlFeed] = {}
    waiting: list[tuple[ET.Element, tuple[str, ...]]] = [(_body(text), ())]
    while waiting:
        element, folders = waiting.pop()
        given = {name.lower(): value for name, value in element.attrib.items()}
        title = " ".join((given.get("title") or given.get("text") or "").split())
        url = _address(given.get("xmlurl", ""))
        if url:
            known = found.setdefault(url, OpmlFeed(title=title, url=url, folders=folders))
            if folders not in (known.folders, *known.also):
                found[url] = replace(known, also=(*known.also, folders))
        inside = folders if url or element.tag.lower() != "outline" or not title else (*folders, title)
        waiting.extend((child, inside) for child in reversed(element) if str(child.tag).lower() == "outline")
    return tuple(found.values())


def topics_of(feed: OpmlFeed, titles: Mapping[str, str]) -> tuple[str, ...]:
    """The topics that a feed serves by its folders: one that bears a topic's name or its title, at any depth.

    ``titles`` are the topics' titles by their names.
    """
    folders = {_folded(folder) for place in (feed.folders, *feed.also) for folder in place}
    return tuple(sorted(name for name, title in titles.items() if folders & {_folded(name), _folded(title)}))


def write(feeds: Iterable[OpmlFeed], *, title: str = "Feeds") -> str:
    """An OPML 2.0 document of these feeds, folders nested; ``read`` gives them back."""
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = _clean(title)
    body = ET.SubElement(root, "body")
    folders: dict[tuple[str, ...], ET.Element] = {(): body}
    for feed in feeds:
        name = _clean(feed.title)
        for place in (feed.folders, *feed.also):
            parent = _folder(place, folders)
            ET.SubElement(parent, "outline", type="rss", text=name, title=name, xmlUrl=_clean(feed.url))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _folder(place: tuple[str, ...], folders: dict[tuple[str, ...], ET.Element]) -> ET.Element:
    """The element of a folder, made with those around it where it is not there yet."""
    parent = folders[()]
    for depth in range(len(place)):
        path = place[: depth + 1]
        if path not in folders:
            folders[path] = ET.SubElement(parent, "outline", text=_clean(path[-1]), title=_clean(path[-1]))
        parent = folders[path]
    return parent


def _folded(name: str) -> str:
    return _clean(name).casefold()


def _body(text: str) -> ET.Element:
    text = text.lstrip("\ufeff \t\r\n")
    if not text:
        raise OpmlError("the file is empty; export the list of feeds from your reader again")
    if len(text) > _MOST:
        raise OpmlError(f"the file is longer than {_MOST:,} characters; no list of feeds is that long")
    if "<!ENTITY" in text:
        raise OpmlError("the file declares entities of its own, which are not read; remove its <!DOCTYPE …> part")
    try:
        root = ET.fromstring(_AMPERSAND.sub(_ampersand, _NOT_XML.sub("", text)))  # noqa: S314  own entities are refused above
    except ET.ParseError as error:
        line = error.position[0]
        raise OpmlError(f"this is not well-formed XML ({str(error).partition(':')[0]})", line) from error
    body = next((child for child in root if str(child.tag).lower() == "body"), None)
    if root.tag.lower() != "opml" or body is None:
        raise OpmlError(f"this is not OPML: it starts with <{root.tag[:40]}>, not with <opml> and a <body>")
    return body


def _ampersand(found: re.Match[str]) -> str:
    """Keep what XML knows, resolve HTML's names, and take every other ampersand literally."""
    name = found[1]
    if name is None:
        return "&amp;"
    if name in _XML_ENTITIES:
        return found[0]
    character = _NOT_XML.sub("", unescape(found[0]))
    if character == found[0]:  # no entity at all: "&copy=1;"
        return "&amp;" + found[0][1:]
    return "".join(f"&#{ord(each)};" for each in character)


def _address(value: str) -> str | None:
    """A feed's address; readers of old wrote ``feed://…`` and ``feed:https://…``."""
    value = value.strip()
    if value.lower().startswith("feed:"):
        rest = value[5:]
        value = f"http:{rest}" if rest.startswith("//") else rest
    return value if urls.is_web(value) else None


def _clean(text: str) -> str:
    return " ".join(_NOT_XML.sub("", text).split())
