"""The list of faults names tests that are there, and leaves no fault out."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.fault_rows import ROWS

TESTS = Path(__file__).parent
EXPECTED = [
    *(f"N{number}" for number in range(1, 14)),
    *(f"F{number}" for number in range(1, 14)),
    *(f"D{number}" for number in range(1, 4)),
    "A1",
    "B2",
    "B5",
    "K1-K8",
    "K9",
    *(f"L{number}" for number in range(1, 7)),
]


def test_every_fault_has_its_row() -> None:
    assert list(ROWS) == EXPECTED


@pytest.mark.parametrize("name", ROWS)
def test_every_row_names_tests_that_are_collected(name: str) -> None:
    row = ROWS[name]
    assert row.what
    assert row.tests
    assert len(set(row.tests)) == len(row.tests)
    for test in row.tests:
        file, _, function = test.partition("::")
        path = TESTS / file
        assert path.name.startswith("test_"), f"{test}: pytest does not collect this file"
        tree = ast.parse(path.read_text("utf-8"))
        found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert function in found, f"{test}: there is no such test"
