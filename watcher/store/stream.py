"""The stream statistics between runs.

Rule: counts are stored in the growing unit of ``relevance.stream.weight``: time fades them, no row is ever rewritten.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, select, tuple_

from watcher.relevance.stream import BINS, LanguageCounts, Stream
from watcher.store import rows
from watcher.store.tables import score_histograms, stream_documents, stream_terms
from watcher.types import Mode


def load_stream(conn: Connection) -> Stream:
    """All that was polled so far, as the scorer wants it."""
    terms: dict[str, dict[str, float]] = {}
    for language, term, weight in conn.execute(select(stream_terms)):
        terms.setdefault(language, {})[term] = weight
    documents = {row.language: row.weight for row in conn.execute(select(stream_documents))}
    languages = {
        language: LanguageCounts(documents=documents.get(language, 0.0), terms=terms.get(language, {}))
        for language in {**documents, **terms}
    }
    histograms: dict[tuple[str, Mode], list[float]] = {}
    for topic, mode, place, weight in conn.execute(select(score_histograms)):
        histograms.setdefault((topic, mode), [0.0] * BINS)[place] = weight
    return Stream(languages=languages, histograms=histograms)


def documents_polled(conn: Connection) -> float:
    """What all documents polled so far weigh."""
    return conn.scalar(select(func.coalesce(func.sum(stream_documents.c.weight), 0.0))) or 0.0


def prune_stream(conn: Connection, keep: int = 200_000) -> int:
    """Forget the rarest terms beyond ``keep``; returns how many. Ties are broken by name, so it is repeatable."""
    known = conn.scalar(select(func.count()).select_from(stream_terms)) or 0
    rarest = (
        select(stream_terms.c.language, stream_terms.c.term)
        .order_by(stream_terms.c.weight, stream_terms.c.language, stream_terms.c.term)
        .limit(max(0, known - keep))
    )
    forgotten = conn.execute(rarest).all()
    for part in rows.chunks([tuple(row) for row in forgotten]):
        conn.execute(delete(stream_terms).where(tuple_(stream_terms.c.language, stream_terms.c.term).in_(part)))
    return len(forgotten)
