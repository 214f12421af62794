"""Which items of a feed's document are new: where each begins and ends, and a hash of it.

Its one rule: expat reads, nothing is built, and whatever is not plain (a DOCTYPE, an encoding that expat lacks, items
in odd places) gets no outline: the document is then parsed whole. What is left of a document when items are cut out of
it is a document of the same feed, so that the parser finds in it the other items just as they were.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final
from xml.parsers import expat

from watcher.sources.bounds import ENTRY_CAP
from watcher.types import Outline

_PLACES: Final = frozenset({("rss", "channel", "item"), ("rdf", "item"), ("feed", "entry")})
_AROUND: Final = frozenset({("rss",), ("rss", "channel"), ("rdf",), ("feed",)})
_VERSIONED: Final = ("http://my.netscape.com/rdf/", "http://purl.org/rss/", "http://www.w3.org/2005/atom")
"""Namespaces that tell the parser which format this is."""
_FAMILIAR: Final = frozenset({"http://www.w3.org/2005/Atom", "http://www.w3.org/1999/xhtml"})
"""Namespaces that the parser knows by their names, whatever their prefix."""
_LONGEST_NAME: Final = 500
"""Characters of a namespace: expat writes it out before each element's name."""
_CLOSING: Final = re.compile(rb"</(?:[^\s<>:]+:)?(?:item|entry)\s*>", re.IGNORECASE)
_CHARSET: Final = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


def outline(body: bytes, content_type: str | None, salt: str = "") -> Outline | None:
    """Where the items of a document are; None when it has to be parsed whole.

    An item's hash changes with its bytes, with what surrounds all items (namespaces, languages and bases of the outer
    elements, the encoding) and with ``salt``. The time taken is linear in the size of the body.
    """
    scan = _Scan(expat.ParserCreate(namespace_separator=" "), body)
    try:
        scan.run()
    except (_Odd, expat.ExpatError, ValueError, LookupError):
        return None
    if not _agree(content_type, scan.encoding):
        return None
    around = repr((salt, scan.encoding, scan.around)).encode("utf-8", "surrogatepass")
    key = blake2b(around, digest_size=32).digest()
    hashes = tuple(blake2b(body[begin:end], digest_size=8, key=key).digest() for begin, end in scan.spans)
    return Outline(spans=tuple(scan.spans), hashes=hashes)


def reduced(body: bytes, found: Outline, seen: Collection[bytes]) -> bytes:
    """The document without the items whose hashes have been seen."""
    return b"".join(_pieces(body, found, seen))


def _pieces(body: bytes, found: Outline, seen: Collection[bytes]) -> Iterator[bytes]:
    at = 0
    for (begin, end), told in zip(found.spans, found.hashes, strict=True):
        if told in seen:
            yield body[at:begin]
            at = end
    yield body[at:]


def _agree(content_type: str | None, encoding: str) -> bool:
    """Whether the header names no other charset than the document: which of the two holds is the parser's business."""
    named = _CHARSET.search(content_type or "")
    try:
        return named is None or codecs.lookup(named[1]).name == encoding
    except LookupError:
        return False


class _Odd(Exception):  # noqa: N818  no error: this document is parsed whole
    """Something that is not plain."""


@dataclass(slots=True)
class _Scan:
    """One pass over a document."""

    parser: expat.XMLParserType
    body: bytes
    encoding: str = "utf-8"
    path: list[str] = field(default_factory=list)
    """The open elements down to where items are."""
    depth: int = 0
    begin: int = -1
    """Where the open item begins."""
    declared: list[tuple[str | None, str]] = field(default_factory=list)
    """Namespaces of the element that comes next."""
    prefixes: dict[str, str | None] = field(default_factory=dict)
    meanings: dict[str, str] = field(default_factory=dict)
    root: dict[str, str | None] = field(default_factory=dict)
    around: list[object] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)

    def run(self) -> None:
        parser = self.parser
        parser.XmlDeclHandler = self.declaration
        parser.StartDoctypeDeclHandler = self.doctype
        parser.StartNamespaceDeclHandler = self.namespace
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.Parse(self.body, True)

    def declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        del version, standalone
        if encoding is not None:
            self.encoding = codecs.lookup(encoding).name
        if self.encoding.startswith(("utf-16", "utf-32")):
            raise _Odd

    def doctype(self, *_: object) -> None:
        raise _Odd

    def namespace(self, prefix: str | None, uri: str | None) -> None:
        """The parser mixes up prefixes that change their meaning, and forgets none: cut items may not matter to it."""
        name = uri or ""
        if len(name) > _LONGEST_NAME:
            raise _Odd
        if prefix is not None and self.meanings.setdefault(prefix, name) != name:
            raise _Odd
        if name not in _FAMILIAR:
            if self.prefixes.setdefault(name, prefix) != prefix and self.root.get(name) is None:
                raise _Odd
            if self.depth == 0:
                self.root[name] = self.root.get(name) or prefix
        if self.begin < 0:
            self.declared.append((prefix, name))
        else:
            self.inner(name)

    def inner(self, uri: str) -> None:
        if self.path[0] == "rdf" and uri.lower().startswith(_VERSIONED):
            raise _Odd

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.begin >= 0:
            if name.lower().endswith(("item", "entry")) and _local(name) in {"item", "entry"}:
                raise _Odd
            return
        local = _local(name)
        self.path.append(local)
        declared, self.declared = self.declared, []
        path = tuple(self.path[:4])
        if local in {"item", "entry"}:
            # which entries of a larger document are judged depends on all of them
            if path not in _PLACES or len(self.spans) >= ENTRY_CAP:
                raise _Odd
            self.begin = self.parser.CurrentByteIndex
            for _, uri in declared:
                self.inner(uri)
        elif path in _AROUND:
            self.around.append((name, sorted(attributes.items()), sorted(map(str, declared))))

    def end(self, name: str) -> None:
        del name
        self.depth -= 1
        if self.begin < 0:
            self.path.pop()
        elif self.depth < len(self.path):
            closing = _CLOSING.match(self.body, self.parser.CurrentByteIndex)
            if closing is None:  # <item …/>: there is nothing in it to see
                raise _Odd
            self.spans.append((self.begin, closing.end()))
            self.path.pop()
            self.begin = -1


def _local(name: str) -> str:
    return name.rpartition(" ")[2].lower()
