"""Copies: texts that are, but for truncation, re-headlining and light editing, the text of another entry.

Compared are sets of word triples (w-shingles, Broder 1997) by containment, which a truncated copy does not lower;
an inverted index keeps the cost of a look independent of how many texts there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from watcher.stories.reading import marked
from watcher.text import words

Key = TypeVar("Key", bound=Hashable)

SHINGLE = 3
COPY = 0.6
"""Share of the shorter text's triples that the longer one must hold."""
ENOUGH = 8
"""Triples that both must have: below, a text is too short to tell a copy by."""
SURE = 0.8
"""From here on it is a copy whatever it names; one in twenty-five words edited leaves nine triples in ten."""
STRANGERS, STRANGE = 3, 1 / 3
"""So many names and figures, and such a share of them, that the longer text does not hold: then two reports were made
from one form ("A magnitude 5.1 earthquake struck …"), and the second is no copy of the first."""
LONG = 40
"""From so many shared triples on, the headlines need not agree: no two reports share that much by chance."""
STEM = 6
"""Letters by which two forms of one word are told to be the same: "troop", "troops"; "withdraws", "withdrawal"."""
TITLE_MATCH = 0.8
"""Headline-only entries are copies when their headlines' words agree to this share (Jaccard)."""
TITLE_WORDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """What is compared of one text."""

    title: frozenset[str]
    triples: frozenset[int]
    """Hashes of word triples, good within one process: numbers take less memory, and the collector passes them by."""
    words: frozenset[int]
    """Hashes of all words."""
    named: frozenset[int]
    """Those of names, written with a capital inside a sentence, and of figures."""

    @staticmethod
    def of(title: str, text: str) -> Print:
        """The fingerprint of a headline and a text."""
        tokens = words(text)
        triples = frozenset(map(hash, zip(*(tokens[start:] for start in range(SHINGLE)), strict=False)))
        named = marked(text).union(token for token in tokens if token[0].isdigit())
        return Print(
            title=_content_words(title),
            triples=triples,
            words=frozenset(map(hash, tokens)),
            named=frozenset(map(hash, named)),
        )


def _content_words(title: str) -> frozenset[str]:
    """Stems of the words that are long enough to mean something; short ones would make all headlines alike."""
    telling = (word for word in words(title) if len(word) > 3 or not word.isascii() or word.isdigit())
    return frozenset(word.removesuffix("s")[:STEM] if word.isascii() else word for word in telling)


class Copies:
    """The fingerprints of entries, found by what they share."""

    def __init__(self) -> None:
        self._prints: dict[str, Print] = {}
        self._age: dict[str, int] = {}
        self._by_triple: dict[int, tuple[str, ...]] = {}
        self._by_title: dict[str, tuple[str, ...]] = {}
        self._by_bare_title: dict[str, tuple[str, ...]] = {}  # of those with next to no text
        self._added = 0

    def add(self, entry: str, new: Print) -> None:
        """Remember an entry, once."""
        self._prints[entry] = new
        self._age[entry] = self._added
        self._added += 1
        for triple in new.triples:
            self._by_triple[triple] = (*self._by_triple.get(triple, ()), entry)
        titles = self._titles(new)
        for word in new.title:
            titles[word] = (*titles.get(word, ()), entry)

    def remove(self, entry: str) -> None:
        """Forget an entry."""
        old = self._prints.pop(entry)
        del self._age[entry]
        for triple in old.triples:
            _drop(self._by_triple, triple, entry)
        for word in old.title:
            _drop(self._titles(old), word, entry)

    def _titles(self, print_: Print) -> dict[str, tuple[str, ...]]:
        return self._by_title if len(print_.triples) >= ENOUGH else self._by_bare_title

    def nearest(self, new: Print) -> tuple[str, float] | None:
        """The entry that a text copies, and how surely (0 to 1); ties go to the oldest."""
        best: tuple[str, float] | None = None
        for entry, shared in self._sharing(new.triples, [self._by_triple]):
            similarity = _copied(new, self._prints[entry], shared)
            if similarity is not None and (best is None or similarity > best[1]):
                best = (entry, similarity)
        return best or self._same_headline(new)

    def _same_headline(self, new: Print) -> tuple[str, float] | None:
        """Without text on one side, only the same headline tells a copy."""
        bare = [self._by_bare_title]
        others = bare if len(new.triples) >= ENOUGH else [*bare, self._by_title]
        for entry, shared in self._sharing(new.title, others, TITLE_WORDS):
            agreement = shared / len(new.title | self._prints[entry].title)
            if agreement >= TITLE_MATCH:
                return entry, agreement
        return None

    def _sharing(
        self, keys: Collection[Key], indices: Iterable[dict[Key, tuple[str, ...]]], least: int = 1
    ) -> list[tuple[str, int]]:
        """Entries with the number of keys they share, from ``least`` on, oldest first."""
        found = [index[key] for index in indices for key in index.keys() & keys]
        hits = Counter(entry for entries in found for entry in entries)
        return sorted((hit for hit in hits.items() if hit[1] >= least), key=lambda hit: self._age[hit[0]])


def _drop(index: dict[Key, tuple[str, ...]], key: Key, entry: str) -> None:
    left = tuple(one for one in index[key] if one != entry)
    if left:
        index[key] = left
    else:
        del index[key]


def _copied(new: Print, other: Print, shared: int) -> float | None:
    """Containment of the shorter text in the longer one, or None when that proves nothing."""
    short, long = (new, other) if len(new.triples) <= len(other.triples) else (other, new)
    shorter = len(short.triples)
    if shorter < ENOUGH or shared / shorter < COPY:
        return None
    strangers = len(short.named - long.words)
    if shared / shorter < SURE and strangers >= STRANGERS and strangers >= STRANGE * len(short.named):
        return None
    # A stock phrase ("latest news and analysis from our correspondents …") can be all of two unrelated snippets.
    if shared < LONG and not new.title & other.title:
        return None
    return shared / shorter
