"""What is kept of an entry's words when the words themselves are forgotten: their counts, by zone.

Its one rule: from the counts comes the score that came from the text. They hold no order, and they are read only to
judge the past again; the packed form is bounded, however long the article was.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any, get_args

from watcher.relevance.features import Document, primary, terms
from watcher.relevance.stages import SNIPPET_WORDS, full_document, own_article, snippet_document
from watcher.text import TOKENISER
from watcher.types import Entry, EntryTerms, Mode

MOST = 4_000
"""Terms of one text that are kept, the first ones: a newspaper's longest article has half as many."""
UNPACKED = 4_000_000
"""Bytes that a packed form may come to."""

SNIPPET, WHOLE = "snippet", "whole"
"""What stands in the place of a counted document's text: which of its texts is meant."""


def entry_terms(entry: Entry) -> EntryTerms:
    """The counts of an entry as it reads now, in its own language."""
    language = primary(entry.language)
    snippet = snippet_document(entry)
    rest = " ".join(entry.text.split(maxsplit=SNIPPET_WORDS)[SNIPPET_WORDS:])
    article = entry.article or own_article(entry.text)
    whole = full_document(entry) if article else None
    return EntryTerms(
        language=language,
        mode=snippet.mode,
        title=_counted(terms(entry.title, language)),
        snippet=_counted(terms(snippet.text, language)),
        rest=_counted(terms(rest, language)),
        whole=None if whole is None else _counted(terms(whole.text, language)),
        whole_mode=None if whole is None else whole.mode,
        own=own_article(entry.text) is not None,
    )


def whole_terms(entry: Entry, kept: EntryTerms | None) -> EntryTerms:
    """The counts of an entry: of its words where they are there, and of what is forgotten as they were kept."""
    if not entry.title and kept is not None:
        return kept
    now = entry_terms(entry)
    if now.whole is not None or kept is None:
        return now
    return replace(now, whole=kept.whole, whole_mode=kept.whole_mode, own=kept.own)


def _counted(found: Iterable[str]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for term in found:
        if term in counts or len(counts) < MOST:
            counts[term] += 1
    return dict(sorted(counts.items()))


def kept_document(entry_id: str, kept: EntryTerms, zone: str) -> Document:
    """The snippet or the whole of a counted entry as something to judge; `kept_terms` reads it."""
    mode = (kept.whole_mode if zone == WHOLE else None) or kept.mode
    return Document(id=entry_id, title="", text=zone, language=kept.language, mode=mode)


def kept_terms(kept: EntryTerms, zone: str) -> list[str]:
    """The terms that the text would have had: those of the title twice, as in `features.document_terms`."""
    text = kept.whole if zone == WHOLE and kept.whole is not None else kept.snippet
    title = list(Counter(kept.title).elements())
    return [*title, *title, *Counter(text).elements()]


def pack(kept: EntryTerms) -> bytes:
    """The counts as a few bytes for the database."""
    said = json.dumps(as_json(kept), ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(said.encode("utf-8", "replace"), 9)


def unpack(packed: bytes) -> EntryTerms | None:
    """The counts again; None when another tokeniser made them: they would fit no model of this one."""
    try:
        reader = zlib.decompressobj()
        return from_json(json.loads(reader.decompress(packed, UNPACKED)))
    except (zlib.error, ValueError, TypeError, KeyError):
        return None


def as_json(kept: EntryTerms) -> dict[str, object]:
    """Words with their counts; pairs as the numbers of their words among these, which halves them."""
    zones = (kept.title, kept.snippet, kept.rest, kept.whole or {})
    known = sorted({word for zone in zones for term in zone for word in term.split(" ")})
    number = {word: place for place, word in enumerate(known)}
    return {
        "v": TOKENISER,
        "l": kept.language,
        "m": kept.mode,
        "f": kept.whole_mode,
        "o": kept.own,
        "w": known,
        "z": [_numbered(zone, number) for zone in zones],
    }


def from_json(said: Mapping[str, object]) -> EntryTerms | None:
    """The counts of `as_json`; None for another tokeniser. Raises ValueError, TypeError or KeyError for others."""
    if said["v"] != TOKENISER:
        return None
    known, zones = said["w"], said["z"]
    if not isinstance(known, list) or not isinstance(zones, list):
        raise TypeError("terms are lists")
    title, snippet, rest, whole = (_named(zone, known) for zone in zones)
    whole_mode = None if said["f"] is None else _mode(said["f"])
    return EntryTerms(
        language=str(said["l"]),
        mode=_mode(said["m"]),
        title=title,
        snippet=snippet,
        rest=rest,
        whole=None if whole_mode is None else whole,
        whole_mode=whole_mode,
        own=bool(said["o"]),
    )


def _mode(told: Any) -> Mode:
    modes: tuple[Mode, ...] = get_args(Mode)
    return modes[modes.index(told)]


def _numbered(zone: Mapping[str, int], number: Mapping[str, int]) -> list[list[int]]:
    """Words as (number, count), one after the other; then pairs as (number, number, count)."""
    ones = chain.from_iterable((number[term], count) for term, count in zone.items() if " " not in term)
    pairs = chain.from_iterable(
        (*(number[word] for word in term.split(" ")), count) for term, count in zone.items() if " " in term
    )
    return [list(ones), list(pairs)]


def _named(zone: list[list[int]], known: list[str]) -> dict[str, int]:
    ones, pairs = zone
    found = {known[one]: count for one, count in zip(ones[::2], ones[1::2], strict=True)}
    for first, second, count in zip(pairs[::3], pairs[1::3], pairs[2::3], strict=True):
        found[f"{known[first]} {known[second]}"] = count
    return found
