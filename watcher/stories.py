"""Stories: which entry tells what another one already told.

An entry joins a story when its text is, but for truncation and light editing, the text of one of the story's members
(a wire copy, a cross-post, a re-headlined syndication). Its one rule: a wrong merge hides
news, so doubt founds a story.

Compared are sets of word triples (w-shingles, Broder 1997) by containment, which a truncated copy does not lower;
an inverted index keeps the cost of placing an entry independent of how many stories are open.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from watcher.text import words
from watcher.types import Placement, Story, StoryMember
from watcher.urls import identity_hash

Key = TypeVar("Key")

STAYS_OPEN = timedelta(hours=72)
"""A story closes this long after its last member."""

SHINGLE = 3
COPY = 0.6
"""Share of the shorter text's triples that the longer one must hold."""
ENOUGH = 8
"""Triples that both must have: below, a text is too short to tell a copy by."""
LONG = 40
"""From so many shared triples on, the headlines need not agree: no two reports share that much by chance."""
STEM = 6
"""Letters by which two forms of one word are told to be the same: "troop", "troops"; "withdraws", "withdrawal"."""
TITLE_MATCH = 0.8
"""Headline-only entries are copies when their headlines' words agree to this share (Jaccard)."""
TITLE_WORDS = 4


def story_id(destination: str, identity: str) -> str:
    """16 hex digits that name the story founded by an entry at a destination; never a sequence."""
    return identity_hash(f"{destination} {identity}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Print:
    """What is compared of one member."""

    story: str
    entry: str
    title: frozenset[str]
    triples: frozenset[tuple[str, ...]]


def _fingerprint(member: StoryMember, story: str) -> _Print:
    tokens = words(member.text)
    triples = frozenset(tuple(tokens[i : i + SHINGLE]) for i in range(len(tokens) - SHINGLE + 1))
    return _Print(story=story, entry=member.entry, title=_content_words(member.title), triples=triples)


def _content_words(title: str) -> frozenset[str]:
    """Stems of the words that are long enough to mean something; short ones would make all headlines alike."""
    telling = (word for word in words(title) if len(word) > 3 or not word.isascii() or word.isdigit())
    return frozenset(word.removesuffix("s")[:STEM] if word.isascii() else word for word in telling)


class Board:
    """The open stories of one destination, to which entries are added one after the other."""

    def __init__(self, destination: str, stories: Iterable[Story]) -> None:
        self.destination = destination
        self._prints: list[_Print] = []
        self._by_triple: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self._by_title: dict[str, list[int]] = defaultdict(list)
        self._of_entry: dict[str, str] = {}
        for story in stories:
            for member in story.members:
                self._add(member, story.id)

    def place(self, member: StoryMember, *, identity: str) -> Placement:
        """Say where an entry belongs and remember it there, so that the next one can be its copy."""
        known = self._of_entry.get(member.entry)
        if known is not None:
            return Placement(story=known, relation="copy", nearest=member.entry, similarity=1.0)
        new = _fingerprint(member, "")
        best = self._nearest(new)
        if best is None:
            story = story_id(self.destination, identity)
            self._add(member, story)
            return Placement(story=story, relation="founder", nearest=None, similarity=0.0)
        other, similarity = best
        self._add(member, other.story)
        return Placement(story=other.story, relation="copy", nearest=other.entry, similarity=similarity)

    def _add(self, member: StoryMember, story: str) -> None:
        print_ = _fingerprint(member, story)
        number = len(self._prints)
        self._prints.append(print_)
        self._of_entry[member.entry] = story
        for triple in print_.triples:
            self._by_triple[triple].append(number)
        for word in print_.title:
            self._by_title[word].append(number)

    def _nearest(self, new: _Print) -> tuple[_Print, float] | None:
        """The member that the new entry copies, and how surely; ties go to the oldest."""
        best: tuple[_Print, float] | None = None
        for other, shared in self._sharing(new.triples, self._by_triple):
            similarity = _copied(new, other, shared)
            if similarity is not None and (best is None or similarity > best[1]):
                best = (other, similarity)
        if best is None:
            best = self._same_headline(new)
        return best

    def _same_headline(self, new: _Print) -> tuple[_Print, float] | None:
        """Without text on one side, only the same headline tells a copy."""
        for other, shared in self._sharing(new.title, self._by_title):
            if min(len(new.triples), len(other.triples)) >= ENOUGH or shared < TITLE_WORDS:
                continue
            agreement = shared / len(new.title | other.title)
            if agreement >= TITLE_MATCH:
                return other, agreement
        return None

    def _sharing(self, keys: Iterable[Key], index: dict[Key, list[int]]) -> list[tuple[_Print, int]]:
        hits: Counter[int] = Counter()
        for key in keys:
            hits.update(index.get(key, ()))
        return [(self._prints[number], shared) for number, shared in sorted(hits.items())]


def _copied(new: _Print, other: _Print, shared: int) -> float | None:
    """Containment of the shorter text in the longer one, or None when that proves nothing."""
    shorter = min(len(new.triples), len(other.triples))
    if shorter < ENOUGH or shared / shorter < COPY:
        return None
    # A stock phrase ("latest news and analysis from our correspondents …") can be all of two unrelated snippets.
    if shared < LONG and not new.title & other.title:
        return None
    return shared / shorter


def outlets(members: Sequence[StoryMember]) -> tuple[str, ...]:
    """Every outlet once, in the order in which they came."""
    return tuple(dict.fromkeys(member.outlet for member in members))
