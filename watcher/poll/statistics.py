"""Stream statistics of several documents added up. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from watcher.types import Mode, StreamDelta


def merged(deltas: Iterable[StreamDelta]) -> StreamDelta:
    """Add up what several documents bring to the stream statistics."""
    documents: Counter[str] = Counter()
    terms: defaultdict[str, Counter[str]] = defaultdict(Counter)
    scores: defaultdict[tuple[str, Mode], tuple[float, ...]] = defaultdict(tuple)
    for delta in deltas:
        documents.update(delta.documents)
        for language, counts in delta.terms.items():
            terms[language].update(counts)
        for key, values in delta.scores.items():
            scores[key] += values
    return StreamDelta(documents=dict(documents), terms=dict(terms), scores=dict(scores))
