"""Relevance on the labelled corpora does not fall below its floors. ``make eval`` prints the table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.eval.benchmarks import (
    BENCHMARKS,
    FLOORS,
    HEAD,
    MODES,
    line,
    measured,
    protocol,
)
from tests.eval.floors import CORPORA, MEASURED, Figures, digest, fallen

pytestmark = list(MEASURED)


@pytest.fixture(scope="module")
def table() -> dict[str, Figures]:
    found = dict(measured(CORPORA))
    print(HEAD, *(line(label, who, one) for label, all_of in found.items() for who, one in all_of.items()), sep="\n")
    return found


def test_no_floor_falls(table: dict[str, Figures]) -> None:
    known = json.loads(FLOORS.read_text("utf-8"))
    assert known["data"] == digest(CORPORA), "other data: measure with python -m tests.eval.benchmarks --update"
    assert set(known["floors"]) == set(table) == {f"{name} {mode}" for name in BENCHMARKS for mode in MODES}
    assert [sentence for label, figures in table.items() for sentence in fallen(label, figures, known["floors"])] == []


def test_it_decides_better_than_a_fixed_cosine(table: dict[str, Figures]) -> None:
    """Over all sets: a ranking and a yes/no that beat the plain centroid's; and hardly a topic without any alert."""
    ours, plain = ([figures[who] for figures in table.values()] for who in ("ours", "centroid"))
    assert sum(one["AP"] for one in ours) > sum(one["AP"] for one in plain)
    assert sum(one["F1"] for one in ours) > sum(one["F1"] for one in plain)
    assert min(one["F1"] for one in ours) > 0.2
    assert sum(one["silent"] for one in ours) / len(ours) <= 0.05


def test_the_past_does_not_change_when_the_future_is_cut_off(tmp_path: Path) -> None:
    from tests.eval.adapter import Adapter
    from tests.eval.benchmarks import unpacked

    bench = protocol(CORPORA)
    stream, _, tasks = bench.build(bench.Corpus(unpacked(CORPORA, tmp_path)), "E", [2], 1, 3, None)
    views = [bench.view(row, "snippet") for row in stream]
    seeds = {task["task"]: [bench.view(seed, "full") for seed in task["seeds"]] for task in tasks}
    half = len(views) // 2
    whole, cut = Adapter(views, "snippet").run(seeds), Adapter(views[:half], "snippet").run(seeds)
    for name in seeds:
        assert [row["alert"] for row in whole[name][:half]] == [row["alert"] for row in cut[name]]
    assert any(row["alert"] for rows in cut.values() for row in rows)
