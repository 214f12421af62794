"""Grouping on the labelled corpora does not fall below its floors. ``make eval`` prints the table."""

from __future__ import annotations

import json

import pytest

from tests.eval.floors import CORPORA, MEASURED, Figures, digest, fallen
from tests.eval.stories import FLOORS, HEAD, line, measured
from tests.eval.story_sets import SETS

pytestmark = list(MEASURED)


@pytest.fixture(scope="module")
def table() -> dict[str, Figures]:
    found = dict(measured(CORPORA))
    print(HEAD, *(line(label, who, one) for label, all_of in found.items() for who, one in all_of.items()), sep="\n")
    return found


def test_no_floor_falls(table: dict[str, Figures]) -> None:
    known = json.loads(FLOORS.read_text("utf-8"))
    assert known["data"] == digest(CORPORA), "other data: measure with python -m tests.eval.stories --update"
    assert set(known["floors"]) == set(table) == {*SETS, "copies"}
    assert [sentence for label, figures in table.items() for sentence in fallen(label, figures, known["floors"])] == []


def test_copies_are_found_and_nothing_else_is_taken_for_one(table: dict[str, Figures]) -> None:
    assert table["copies"]["ours"]["R"] >= 0.98
    assert table["copies"]["ours"]["P"] >= 0.99
