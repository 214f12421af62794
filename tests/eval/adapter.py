"""The product's own scorer behind the evaluation protocol "seeds + stream in, score + yes/no out".

Its one rule: past only. The stream is judged in order, in batches, each by what was absorbed before it; the yes/no
is the product's. ``background`` is read by the product itself from its shipped table: the one passed in is not used.
Many topics are judged in one pass, as a service would.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from watcher.data import background as shipped
from watcher.data import subjects
from watcher.relevance import Document, Judgement
from watcher.relevance.features import count_terms, document_terms
from watcher.relevance.language import detect
from watcher.relevance.scorer import TfidfScorer
from watcher.relevance.stages import length_mode
from watcher.relevance.stream import Stream
from watcher.text import paragraphs
from watcher.types import Seed, Sensitivity

BATCH = 100
SNIPPET_WORDS = 45
PER_DAY = 500
"""The protocol's corpora span decades at a few articles a day; a service sees hundreds a day, in order."""
START = datetime(2026, 1, 1, tzinfo=UTC)

TELLING = 300
"""Characters of a text that tell its language, as for the service."""

Row = Mapping[str, str]


class Adapter:
    """One stream in one mode; `score` runs it for one topic, `run` for many at once."""

    def __init__(self, stream: Sequence[Row], mode: str) -> None:
        self._mode = mode
        self._snippets = [_document(row, "snippet") for row in stream]
        self._articles = [_document(row, "full") for row in stream] if mode == "full" else []
        self._terms: dict[tuple[str, int], list[str]] = {}

    def score(self, seeds: Sequence[Row]) -> list[dict[str, Any]]:
        """What the product says of every entry of the stream, given these seeds."""
        return self.run({"topic": seeds})["topic"]

    def run(self, topics: Mapping[str, Sequence[Row]]) -> dict[str, list[dict[str, Any]]]:
        """The same for many topics; no topic sees another."""
        given = {name: ([seed(row, i) for i, row in enumerate(seeds)], Sensitivity()) for name, seeds in topics.items()}
        scorer = TfidfScorer(given, shipped(), Stream(), subjects=subjects(), now=START, analyse=self._analyse)
        verdicts: dict[str, list[dict[str, Any]]] = {name: [] for name in topics}
        for begin in range(0, len(self._snippets), BATCH):
            now = START + timedelta(days=begin / PER_DAY)
            documents, articles = self._snippets[begin : begin + BATCH], self._articles[begin : begin + BATCH]
            judged = scorer.judge(documents, now=now)
            told = scorer.judge(articles, now=now) if articles else judged
            seen = list(zip(documents, judged, strict=True))
            seen += [(one, found) for one, found in zip(articles, told, strict=False) if one.mode == "full"]
            scorer.absorb(scorer.delta([one for one, _ in seen], [found for _, found in seen]), now)
            for document, judgements in zip(documents, told, strict=True):
                for name, verdict in judgements.items():
                    verdicts[name].append(_verdict(document, verdict))
        return verdicts

    def _analyse(self, document: Document, language: str) -> list[str]:
        """Reads each text once: the protocol asks for dozens of topics, one after the other."""
        key = (document.id, len(document.text))
        if key not in self._terms:
            self._terms[key] = document_terms(document, language)
        return self._terms[key]


def factory(stream: Sequence[Row], background: Sequence[Row], mode: str) -> Adapter:
    """What the protocol calls; ``mode`` is "snippet" or "full"."""
    del background
    return Adapter(stream, mode)


def _verdict(document: Document, verdict: Judgement) -> dict[str, Any]:
    score = verdict.score.value
    return {"id": document.id, "score": score, "alert": verdict.match, "prob": verdict.strength}


def _document(row: Row, mode: str) -> Document:
    language = detect(f"{row['title']}. {row['text'][:TELLING]}", "en")
    if mode == "full":
        return Document(row["id"], row["title"], row["text"], language, length_mode(row["text"]))
    return Document(row["id"], row["title"], " ".join(row["text"].split()[:SNIPPET_WORDS]), language, "snippet")


def seed(row: Row, position: int) -> Seed:
    counts = count_terms(row["title"], paragraphs(row["text"]), detect(row["text"][:2000], "en"))
    return Seed(
        name=f"{position}-{row['id']}",
        title=row["title"],
        outlet=None,
        published=None,
        url=None,
        counts=counts,
        words=len(row["text"].split()),
    )
