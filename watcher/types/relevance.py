"""Seeds, term statistics, scores and decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from watcher.types.entries import Mode, State


@dataclass(frozen=True, slots=True, kw_only=True)
class TermCounts:
    """Counts of the words and word pairs of one text by zone; stop words left before pairs were made.

    A term is one string; a pair is two words joined by one space. Repeated sentences were counted once.
    """

    language: str
    title: Mapping[str, int]
    lead: Mapping[str, int]
    body: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryTerms:
    """Counts of an entry's words and word pairs by zone: what is kept when its texts are forgotten.

    ``rest``: the feed's text beyond its beginning; ``whole``: the article, None where there was none.
    """

    language: str
    """That the counts were read in."""
    mode: Mode
    title: Mapping[str, int]
    snippet: Mapping[str, int]
    rest: Mapping[str, int]
    whole: Mapping[str, int] | None = None
    whole_mode: Mode | None = None
    own: bool = False
    """The whole is the feed's own text: nothing was fetched for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """One article that shows what a topic is about."""

    name: str
    """The file's name, as the user knows it."""
    title: str
    outlet: str | None
    published: datetime | None
    url: str | None
    counts: TermCounts
    words: int
    dropped: tuple[str, ...] = ()
    """Lines that were left out as scraping's left-overs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermShares:
    """Share of documents that hold a term, per language: the shipped background, or the stream's own.

    ``shares`` maps term → share in (0, 1]; ``documents`` is the (possibly faded) number of documents behind it.
    """

    language: str
    documents: float
    shares: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text that readers have judged for a topic. ``terms``: its words and word pairs with their counts.

    ``weight`` in (0, 1]: how much of one answer it counts for.
    """

    terms: Mapping[str, int]
    language: str
    mode: Mode
    relevant: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """An entry against a topic: s = √(cosine × coverage) in [0, 1], with the terms' own contributions.

    ``cosine`` is the product of two: the words' own, and ``subject``, how near the two texts' subjects are.
    ``terms`` are (term, contribution), largest first; the contributions of all terms sum to ``value``.
    """

    value: float
    cosine: float
    coverage: float
    subject: float
    terms: tuple[tuple[str, float], ...]
    nearest_seed: str | None
    mode: Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A topic's yes/no rules. Patterns are whole words, "phrases" or prefix*, matched without case."""

    must: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    languages: tuple[str, ...] | None = None


SENSITIVITIES: Mapping[str, float] = MappingProxyType({"strict": 1.25, "balanced": 1.0, "broad": 0.7})
"""The sensitivities that have a name, and how many times the moving threshold each is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """How eager a topic is. ``factor`` × the moving threshold, or a ``fixed`` one; ``budget`` caps alerts a day."""

    factor: float = 1.0
    fixed: float | None = None
    budget: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Scores polled so far of one topic and mode: faded counts in equal bins over [0, 1].

    ``counts[i]`` holds scores in [i/n, (i+1)/n); faded with a half-life of 30 days as of ``as_of``.
    """

    counts: tuple[float, ...]
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What became of one entry for one topic, and why. ``reason`` is a sentence (part) for people."""

    topic: str
    entry: str
    state: State
    reason: str
    score: float | None
    threshold: float | None
    strength: float | None
    mode: Mode
    terms: tuple[tuple[str, float], ...]
    nearest_seed: str | None
    decided_at: datetime
    model: str
    """Version of the model that judged: tokeniser, background, seeds."""
