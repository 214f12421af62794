"""What readers' answers bring does not fall below its floors. ``make eval`` prints the table."""

from __future__ import annotations

import json

import pytest

from tests.eval.feedback import ANSWERS, BENCHMARKS, FLOORS, HEAD, line, measured
from tests.eval.floors import CORPORA, MEASURED, Figures, digest, fallen

pytestmark = list(MEASURED)


@pytest.fixture(scope="module")
def table() -> dict[str, Figures]:
    found = dict(measured(CORPORA))
    print(HEAD, *(line(label, "ours", figures["ours"]) for label, figures in found.items()), sep="\n")
    return found


def test_no_floor_falls(table: dict[str, Figures]) -> None:
    known = json.loads(FLOORS.read_text("utf-8"))
    assert known["data"] == digest(CORPORA), "other data: measure with python -m tests.eval.feedback --update"
    assert set(known["floors"]) == set(table) == set(BENCHMARKS)
    assert [sentence for label, figures in table.items() for sentence in fallen(label, figures, known["floors"])] == []


def test_answers_help_and_never_cost_more_than_noise(table: dict[str, Figures]) -> None:
    most = max(ANSWERS)
    for label, figures in table.items():
        ours = figures["ours"]
        for measure in ("AP", "F1"):
            assert ours[f"{measure} {most}"] > ours[f"{measure} 0"], label
            assert min(ours[f"{measure} {count}"] for count in ANSWERS) > ours[f"{measure} 0"] - 0.01, label
