"""What was polled so far: document counts per language and term, score samples per topic and mode.

Its one rule: older documents fade with a half-life of 30 days without any stored number being touched again. A document
polled at a time ``at`` adds `weight(at)`, which doubles every 30 days; all shares are ratios, so the unit cancels out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from watcher.types import Histogram, Mode, StreamDelta, TermShares

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""When a document weighs exactly 1."""

HALF_LIFE = timedelta(days=30)

RAREST = 2.5e-3
"""No share counts as smaller, so no idf exceeds 7: an unseen term is rare, but not the rarer the more was counted."""

BINS = 500
"""Equal bins over [0, 1] in which scores are counted."""

MAX_TERMS = 200_000
"""Terms kept, all languages together; the least seen leave first."""


def weight(at: datetime) -> float:
    """What one document polled at ``at`` (aware) adds to the counts."""
    return float(2.0 ** ((at - EPOCH) / HALF_LIFE))


def bin_of(score: float) -> int:
    """The bin of a score; 1.0 belongs to the last one."""
    return min(BINS - 1, max(0, int(score * BINS)))


@dataclass(slots=True)
class LanguageCounts:
    """Faded document counts of one language, in units of `weight`."""

    documents: float = 0.0
    terms: dict[str, float] = field(default_factory=dict)
    frequent: set[str] | None = field(default=None, compare=False, repr=False)
    """All terms whose share may be `RAREST` or more: those that had it when last counted, since shares of the others
    only sink. One term in a hundred, so that models are trained without a look at the whole stream. None: not known
    yet."""

    def add(self, documents: float, terms: Mapping[str, float], unit: float) -> None:
        """Count documents and their terms, each ``unit`` times."""
        self.documents += unit * documents
        line = RAREST * self.documents
        held, found = self.terms, []
        for term, count in terms.items():
            held[term] = now = held.get(term, 0.0) + unit * count
            if now >= line:
                found.append(term)
        if self.frequent is not None:
            self.frequent.update(found)

    def at_least(self, share: float) -> dict[str, float]:
        """The counts of terms with that share of the documents."""
        line = share * self.documents
        if share < RAREST:
            return {term: count for term, count in self.terms.items() if count >= line}
        known = self.terms if self.frequent is None else self.frequent
        counts = {term: count for term in known if (count := self.terms.get(term, 0.0)) >= line}
        if share == RAREST:
            self.frequent = set(counts)
        return counts


@dataclass(slots=True)
class Stream:
    """The statistics as they are stored; `add` is the only thing that changes them."""

    languages: dict[str, LanguageCounts] = field(default_factory=dict)
    histograms: dict[tuple[str, Mode], list[float]] = field(default_factory=dict)

    def add(self, delta: StreamDelta, at: datetime) -> None:
        """Count what a batch polled at ``at`` (aware) holds."""
        unit = weight(at)
        for language, documents in delta.documents.items():
            counts = self.languages.setdefault(language, LanguageCounts())
            counts.add(documents, delta.terms.get(language, {}), unit)
        for key, scores in delta.scores.items():
            bins = self.histograms.setdefault(key, [0.0] * BINS)
            for score in scores:
                bins[bin_of(score)] += unit
        self._prune()

    def documents(self, language: str, now: datetime) -> float:
        """How many documents of a language were polled, faded as of ``now``."""
        counts = self.languages.get(language)
        return counts.documents / weight(now) if counts else 0.0

    def shares(self, language: str, now: datetime, *, at_least: float = 0.0) -> TermShares:
        """The share of polled documents that hold a term, as of now; terms with a share below ``at_least`` left out."""
        counts = self.languages.get(language)
        if not counts or counts.documents <= 0:
            return TermShares(language=language, documents=0.0, shares={})
        whole = counts.documents
        shares = {term: min(1.0, count / whole) for term, count in counts.at_least(at_least).items()}
        return TermShares(language=language, documents=whole / weight(now), shares=shares)

    def histogram(self, topic: str, mode: Mode, now: datetime) -> Histogram | None:
        """The scores of a topic in one mode, faded as of ``now``; None when there is none yet."""
        bins = self.histograms.get((topic, mode))
        if bins is None:
            return None
        unit = weight(now)
        return Histogram(counts=tuple(count / unit for count in bins), as_of=now)

    def _prune(self) -> None:
        held = sum(len(counts.terms) for counts in self.languages.values())
        if held <= MAX_TERMS:
            return
        # Down to three quarters, so that it happens rarely. All terms as rare as the last one to go leave with it:
        # seen about once in a long stream, they weigh as much as terms never seen.
        ranked = sorted(count for counts in self.languages.values() for count in counts.terms.values())
        rarest = ranked[held - MAX_TERMS * 3 // 4 - 1]
        for counts in self.languages.values():
            counts.terms = {term: count for term, count in counts.terms.items() if count > rarest}


def histogram_of(scores: Sequence[float], as_of: datetime) -> Histogram:
    """Scores counted with weight 1 each."""
    counts = [0.0] * BINS
    for score in scores:
        counts[bin_of(score)] += 1.0
    return Histogram(counts=tuple(counts), as_of=as_of)
