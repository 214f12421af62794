"""Stream statistics of several documents added up, and which of them are worth writing down. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from watcher.relevance.stream import RAREST, Stream
from watcher.types import Mode, StreamDelta

WRITTEN_FROM = RAREST / 4
"""The share of documents from which on a term is written. Below `RAREST` it counts for nothing; most terms stay far
below for ever, and writing each of them was what a first poll spent most of its time in the database with."""

MOST_WAITING = 100_000
"""Terms that wait to become frequent enough; beyond, the rarer half is forgotten."""


@dataclass(slots=True)
class _Owed:
    documents: Counter[str] = field(default_factory=Counter)
    terms: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


@dataclass(slots=True)
class RareTerms:
    """Holds counts back until they are worth a row.

    Those of a term wait until it is frequent enough; then all that was counted of it is written. Those of frequent
    terms wait for the last batch of a poll, since most of its batches hold the same words.

    What waits is lost at a restart: a share may then be too small by `WRITTEN_FROM`, never more. Documents wait with
    their frequent terms, so that a crash in the middle of a poll changes no other share.
    """

    documents: Counter[str] = field(default_factory=Counter)
    written: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    waiting: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    owed: _Owed = field(default_factory=_Owed)
    """What the poll's last batch brings to the database."""

    @staticmethod
    def beside(stream: Stream, unit: float) -> RareTerms:
        """For a database that holds this stream; ``unit`` is what one document weighs now."""
        rare = RareTerms()
        for language, counts in stream.languages.items():
            rare.documents[language] = round(counts.documents / unit)
            rare.written[language].update(counts.terms)
        return rare

    def hold_back(self, *deltas: StreamDelta, last: bool = True) -> StreamDelta:
        """Take in what a batch's documents bring, and give what has to be written with it.

        Scores are few, and never wait. ``last``: no batch of its poll follows.
        """
        scores: defaultdict[tuple[str, Mode], tuple[float, ...]] = defaultdict(tuple)
        for delta in deltas:
            self.documents.update(delta.documents)
            self.owed.documents.update(delta.documents)
            for key, values in delta.scores.items():
                scores[key] += values
        for delta in deltas:
            for language, terms in delta.terms.items():
                self.owed.terms[language].update(self._frequent(language, terms))
        if not last:
            return StreamDelta(scores=dict(scores))
        owed, self.owed = self.owed, _Owed()
        return StreamDelta(documents=dict(owed.documents), terms=dict(owed.terms), scores=dict(scores))

    def _frequent(self, language: str, terms: Mapping[str, int]) -> dict[str, int]:
        written, waiting = self.written[language], self.waiting[language]
        line = WRITTEN_FROM * self.documents[language]
        found: dict[str, int] = {}
        for term, count in terms.items():
            if term in written:
                found[term] = count
            elif (counted := waiting.get(term, 0) + count) >= line:
                found[term] = counted
                written.add(term)
                waiting.pop(term, None)
            else:
                waiting[term] = counted
        if len(waiting) > MOST_WAITING:
            self._forget(language)
        return found

    def _forget(self, language: str) -> None:
        waiting = self.waiting[language]
        middle = sorted(waiting.values())[len(waiting) // 2]
        self.waiting[language] = Counter({term: count for term, count in waiting.items() if count > middle})
