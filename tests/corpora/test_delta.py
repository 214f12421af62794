"""Over every feed of four readers' test suites: what is left of a document after a cut reads as in the whole one."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.corpora.places import corpora
from watcher.errors import ParseError
from watcher.sources import delta, rss
from watcher.types import ParsedFeed

BASE = "https://news.example/feeds/all.xml"


def read(body: bytes) -> ParsedFeed | None:
    try:
        return rss.parse(body, None, BASE)
    except ParseError:
        return None


def well_formed(body: bytes) -> bool:
    try:
        ET.fromstring(body)
    except (ET.ParseError, ValueError, LookupError):
        return False
    return True


def cuts(hashes: tuple[bytes, ...]) -> Iterator[set[bytes]]:
    """Items that were seen: all but the first, all but the last, each second one, the first alone, none."""
    for chosen in (hashes[1:], hashes[:-1], hashes[::2], hashes[1::2], hashes[:1], ()):
        yield set(chosen)


@pytest.mark.corpora
def test_a_part_of_a_document_says_what_the_whole_one_says_of_it() -> None:
    paths = sorted(path for path in (corpora() / "feeds").rglob("*") if path.is_file() and path.suffix != ".xz")
    plain, feeds, trials, whole_only = 0, 0, 0, []
    for path in paths:
        body = path.read_bytes()
        found, whole = delta.outline(body, None), read(body)
        if whole is None or not whole.entries:
            continue
        if well_formed(body):
            feeds += 1
            fits = found is not None and len(found.hashes) == len(whole.entries) and not whole.warnings
            plain += fits
            if not fits:
                whole_only.append(path.name)
        if found is None or len(found.hashes) != len(whole.entries) or whole.warnings:
            continue  # nothing is remembered of such a document
        for seen in cuts(found.hashes):
            left = tuple(one for one, told in zip(whole.entries, found.hashes, strict=True) if told not in seen)
            if left:
                trials += 1
                assert read(delta.reduced(body, found, seen)) == replace(whole, entries=left), path
    print(f"{plain} of {feeds} well-formed feeds ({plain / feeds:.1%}) can be parsed in part; {trials} parts compared")
    print("parsed whole:", *whole_only)
    assert plain >= 0.95 * feeds
    assert feeds > 1000
