"""Topics in other languages than English, on invented news: what a seed finds in feeds of its own language.

`languages.jsonl` was written before any score was seen, and is not fitted to the scorer: eight of ten entries on the
topic must match, and at most one of twenty others, of which eight or nine share a name, a place or a field with it.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from tests.builders import NOW
from watcher.data import background
from watcher.relevance import Document, Judgement
from watcher.relevance.evaluation import average_precision, best_f1
from watcher.relevance.features import count_terms
from watcher.relevance.language import detect
from watcher.relevance.scorer import TfidfScorer
from watcher.relevance.stream import Stream
from watcher.text import paragraphs
from watcher.types import Seed, Sensitivity

LINES = (Path(__file__).parent / "languages.jsonl").read_text("utf-8").splitlines()
ROWS: list[dict[str, Any]] = [json.loads(line) for line in LINES]
LANGUAGES = sorted({row["language"] for row in ROWS})
WANTED, TOLERATED = 8, 1
"""Of ten entries on the topic, and of twenty others."""


def _read(row: dict[str, Any]) -> str:
    """The language of a row, told as for an entry whose feed says nothing."""
    return detect(f"{row['title']}\n{row['text']}")


def _seed(row: dict[str, Any]) -> Seed:
    counts = count_terms(row["title"], paragraphs(row["text"]), _read(row))
    length = len(row["text"].split())
    return Seed(
        name=f"{row['topic']}.txt",
        title=row["title"],
        outlet=None,
        published=None,
        url=None,
        counts=counts,
        words=length,
    )


def _judged(seed: dict[str, Any], entries: list[dict[str, Any]]) -> list[Judgement]:
    """What is said of each entry by what came before it."""
    scorer = TfidfScorer({seed["topic"]: ((_seed(seed),), Sensitivity())}, background(), Stream())
    told = []
    for row in entries:
        document = Document(row["title"], row["title"], row["text"], _read(row), "snippet")
        judged = scorer.judge([document], now=NOW)
        scorer.absorb(scorer.delta([document], judged), NOW)
        told.append(judged[0][seed["topic"]])
    return told


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_language_of_every_text_is_told(language: str) -> None:
    rows = [row for row in ROWS if row["language"] == language]
    assert [row["kind"] for row in rows].count("yes") == 10
    assert [row["kind"] for row in rows].count("no") == 20
    assert {row["title"]: _read(row) for row in rows if _read(row) != language} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_seed_works_on_feeds_of_its_own_language(language: str) -> None:
    (seed,) = (row for row in ROWS if row["language"] == language and row["kind"] == "seed")
    entries = [row for row in ROWS if row["language"] == language and row["kind"] != "seed"]
    random.Random(20).shuffle(entries)  # a fixed order, on topic and others mixed
    told = _judged(seed, entries)
    relevant = [row["kind"] == "yes" for row in entries]
    scores = [judgement.score.value for judgement in told]
    found = [row["title"] for row, judgement in zip(entries, told, strict=True) if judgement.match]
    missed = [row["title"] for row in entries if row["kind"] == "yes" and row["title"] not in found]
    false = [row["title"] for row in entries if row["kind"] == "no" and row["title"] in found]
    print(
        f"{language}: {10 - len(missed)} of 10, {len(false)} of 20 others,"
        f" average precision {average_precision(scores, relevant):.3f}, best F1 {best_f1(scores, relevant):.3f}"
    )
    assert 10 - len(missed) >= WANTED, missed
    assert len(false) <= TOLERATED, false
