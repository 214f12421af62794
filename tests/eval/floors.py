"""Floors that never fall silently: what the evaluations have in common.

Its one rule: floors belong to one state of the data, named by a digest; other data, other floors. They only rise,
unless a regression is allowed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

CORPORA = Path(os.environ.get("WATCHER_CORPORA", ""))

MEASURED = (
    pytest.mark.slow,
    pytest.mark.corpora,
    pytest.mark.skipif("WATCHER_CORPORA" not in os.environ, reason="WATCHER_CORPORA is not set: nothing to measure on"),
)
"""What a test that measures is marked with."""

ROOM = 0.005
"""Floors lie so much below what was measured: another library version may round otherwise."""

Figures = dict[str, dict[str, float]]
"""Who (``ours`` and others beside it) → measure → figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a command of an evaluation was asked for."""

    corpora: Path
    update: bool
    allow_regression: bool


def asked(description: str, arguments: Sequence[str] | None) -> Asked:
    """Read the command line; ends with code 2 where the corpora are missing."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--update", action="store_true", help="write the floors: they rise to what was measured")
    options.add_argument("--allow-regression", action="store_true", help="with --update: let floors fall, too")
    chosen = options.parse_args(arguments)
    corpora = Path(os.environ.get("WATCHER_CORPORA") or "")
    if not (corpora / "data").is_dir():
        print("WATCHER_CORPORA names no folder with data/ in it", file=sys.stderr)
        raise SystemExit(2)
    return Asked(corpora=corpora, update=chosen.update, allow_regression=chosen.allow_regression)


def known(path: Path, corpora: Path) -> dict[str, Any]:
    """What is written for this state of the data; with no floors for another."""
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found if found.get("data") == digest(corpora) else {"floors": {}}


def write(path: Path, corpora: Path, content: Mapping[str, Any]) -> None:
    """Write floors for this state of the data."""
    path.write_text(json.dumps({"data": digest(corpora), **content}, indent=2) + "\n", "utf-8")


def fallen(label: str, figures: Figures, floors: Mapping[str, Mapping[str, float]]) -> list[str]:
    """What is below its floor, in words."""
    return [
        f"{label}: {name} is {figures['ours'][name]:.3f}, below its floor {floor:.3f}"
        for name, floor in floors.get(label, {}).items()
        if figures["ours"][name] < floor
    ]


def look_after(
    path: Path,
    how: Asked,
    table: Iterable[tuple[str, Figures]],
    *,
    line: Callable[[str, str, dict[str, float]], str],
    measures: Callable[[str], Sequence[str]],
) -> int:
    """Print a table as it is measured, and look after its floors; 1 when one has fallen."""
    floors = known(path, how.corpora)["floors"]
    sentences: list[str] = []
    raised: Figures = {}
    for label, figures in table:
        for who, one in figures.items():
            print(line(label, who, one), flush=True)
        sentences += fallen(label, figures, floors)
        old = {} if how.allow_regression else floors.get(label, {})
        raised[label] = {
            name: max(old.get(name, 0.0), round(figures["ours"][name] - ROOM, 3)) for name in measures(label)
        }
    print(*sentences, sep="\n")
    if how.update:
        write(path, how.corpora, {"floors": raised})
    return 1 if sentences and not how.allow_regression else 0


def digest(corpora: Path) -> str:
    """16 hex digits of the data's files."""
    files = sorted((corpora / "data").glob("*.gz"))
    return sha256("".join(sha256(file.read_bytes()).hexdigest() for file in files).encode()).hexdigest()[:16]
