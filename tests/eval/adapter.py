"""The product's own scorer behind the evaluation protocol "seeds + stream in, score + yes/no out".

Its one rule: past only. The stream is judged in order, in batches, each by what was absorbed before it; the yes/no
is the product's. ``background`` is read by the product itself from its shipped table: the one passed in is not used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from watcher.data import background as shipped
from watcher.relevance.features import Document, count_terms, document_terms
from watcher.relevance.scorer import TfidfScorer
from watcher.relevance.stream import Stream
from watcher.text import paragraphs
from watcher.types import Seed, Sensitivity

BATCH = 100
SNIPPET_WORDS = 45
PER_DAY = 500
"""The protocol's corpora span decades at a few articles a day; a service sees hundreds a day, in order."""
START = datetime(2026, 1, 1, tzinfo=UTC)


class Adapter:
    """One stream in one mode; `score` runs it for one topic."""

    def __init__(self, stream: Sequence[Mapping[str, str]], mode: str) -> None:
        self._mode = mode
        self._snippets = [_document(row, "snippet") for row in stream]
        self._articles = [_document(row, "full") for row in stream] if mode == "full" else []
        self._terms: dict[tuple[str, str], list[str]] = {}

    def score(self, seeds: Sequence[Mapping[str, str]]) -> Iterator[dict[str, Any]]:
        """What the product says of every entry of the stream, given these seeds."""
        topic = [_seed(row, position) for position, row in enumerate(seeds)]
        given = {"topic": (topic, Sensitivity())}
        scorer = TfidfScorer(given, shipped(), Stream(), now=START, analyse=self._analyse)
        for begin in range(0, len(self._snippets), BATCH):
            now = START + timedelta(days=begin / PER_DAY)
            documents = self._snippets[begin : begin + BATCH]
            judged = scorer.judge(documents, now=now)
            if self._mode == "full":
                articles = self._articles[begin : begin + BATCH]
                told = scorer.judge(articles, now=now)
                scorer.absorb(scorer.delta([*documents, *articles], [*judged, *told]), now)
            else:
                told = judged
                scorer.absorb(scorer.delta(documents, judged), now)
            for document, judgements in zip(documents, told, strict=True):
                verdict = judgements["topic"]
                yield {
                    "id": document.id,
                    "score": verdict.score.value,
                    "alert": verdict.match,
                    "prob": verdict.strength,
                }

    def _analyse(self, document: Document, language: str) -> list[str]:
        """Reads each text once for all topics: the protocol asks for dozens of them, one after the other."""
        key = (document.id, document.mode)
        if key not in self._terms:
            self._terms[key] = document_terms(document, language)
        return self._terms[key]


def factory(stream: Sequence[Mapping[str, str]], background: Sequence[Mapping[str, str]], mode: str) -> Adapter:
    """What the protocol calls; ``mode`` is "snippet" or "full"."""
    del background
    return Adapter(stream, mode)


def _document(row: Mapping[str, str], mode: str) -> Document:
    if mode == "full":
        return Document(row["id"], row["title"], row["text"], "en", "full")
    return Document(row["id"], row["title"], " ".join(row["text"].split()[:SNIPPET_WORDS]), "en", "snippet")


def _seed(row: Mapping[str, str], position: int) -> Seed:
    counts = count_terms(row["title"], paragraphs(row["text"]), "en")
    return Seed(
        name=f"{position}-{row['id']}",
        title=row["title"],
        outlet=None,
        published=None,
        url=None,
        counts=counts,
        words=len(row["text"].split()),
    )
