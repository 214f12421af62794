"""A small labelled set of invented news: relevance must not silently get worse.

Floors are in `floors.json`. They may rise; lowering one needs a reason in the commit.
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from tests.builders import NOW
from tests.eval.adapter import factory
from watcher.data import background, subjects
from watcher.relevance import Document
from watcher.relevance.evaluation import average_precision, best_f1, f1
from watcher.relevance.features import count_terms
from watcher.relevance.scorer import TfidfScorer
from watcher.relevance.stream import Stream
from watcher.types import Seed, Sensitivity

HERE = Path(__file__).parent
ROWS: list[dict[str, Any]] = [json.loads(line) for line in (HERE / "labelled.jsonl").read_text("utf-8").splitlines()]
TOPICS = sorted({row["topic"] for row in ROWS})


def _seed(row: dict[str, Any], position: int) -> Seed:
    counts = count_terms(row["title"], [row["text"]], "en")
    name = f"{position}.txt"
    return Seed(name=name, title=row["title"], outlet=None, published=None, url=None, counts=counts, words=60)


def _measured() -> dict[str, float]:
    seeds = {
        topic: [_seed(row, i) for i, row in enumerate(ROWS) if row["topic"] == topic and row["kind"] == "seed"]
        for topic in TOPICS
    }
    topics = {topic: (seeds[topic], Sensitivity()) for topic in TOPICS}
    scorer = TfidfScorer(topics, background(), Stream(), subjects=subjects())
    entries = [row for row in ROWS if row["kind"] != "seed"]
    documents = [Document(row["title"], row["title"], row["text"], "en", "snippet") for row in entries]
    judged = scorer.judge(documents, now=NOW)
    measures: dict[str, list[float]] = {"average_precision": [], "best_f1": [], "f1": []}
    for topic in TOPICS:
        relevant = [row["topic"] == topic and row["kind"] == "yes" for row in entries]
        scores = [found[topic].score.value for found in judged]
        measures["average_precision"].append(average_precision(scores, relevant))
        measures["best_f1"].append(best_f1(scores, relevant))
        measures["f1"].append(f1([found[topic].match for found in judged], relevant))
    return {name: fmean(values) for name, values in measures.items()}


def test_relevance_keeps_its_floors() -> None:
    floors = json.loads((HERE / "floors.json").read_text("utf-8"))
    measured = _measured()
    print(measured)
    assert {name: value for name, value in measured.items() if value < floors[name]} == {}
    assert set(measured) == set(floors)


@pytest.mark.parametrize("mode", ["snippet", "full"])
def test_the_adapter_never_looks_ahead(mode: str) -> None:
    """What is said of the first half of a stream stays the same when the second half is cut off."""
    rows = [{"id": row["title"], "title": row["title"], "text": row["text"], "date": ""} for row in ROWS] * 6
    stream = [{**row, "id": f"{i} {row['id']}"} for i, row in enumerate(rows)]
    seeds = stream[:2]
    whole = list(factory(stream, [], mode).score(seeds))
    half = list(factory(stream[: len(stream) // 2], [], mode).score(seeds))
    assert [row["id"] for row in whole] == [row["id"] for row in stream]
    for cut_off, complete in zip(half, whole, strict=False):
        assert cut_off["alert"] == complete["alert"]
        assert cut_off["score"] == pytest.approx(complete["score"])
