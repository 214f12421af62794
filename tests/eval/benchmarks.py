"""The labelled corpora that relevance is measured on, in one pass each, beside a plain TF-IDF centroid.

    WATCHER_CORPORA=../shared python -m tests.eval.benchmarks [--update] [--allow-regression]

Prints the table, and writes the floors with ``--update`` (they only rise, unless a regression is allowed). The protocol
(which entries are seeds, which are on topic, how a yes/no is measured) is the corpora's own script, found beside them.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from tests.eval import floors
from tests.eval.adapter import Adapter
from tests.eval.floors import Figures

FLOORS = Path(__file__).with_name("benchmarks.json")
BENCHMARKS = ("E", "LRC", "R", "A")
"""Events with confusable siblings, round-ups with one or two hits left, newswire codes of 1987, editors' topics."""
MODES = ("snippet", "full")
SEEDS = (1, 2, 4)
TOPICS = 20
MEASURES = ("AP", "F1")


def protocol(corpora: Path) -> ModuleType:
    """The evaluation protocol that lies beside the corpora."""
    os.environ["BG_LAST"] = "2013"  # it reads where background ends and stream begins when it is loaded
    spec = importlib.util.spec_from_file_location("relevance_bench", corpora / "bench" / "relevance_bench.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def unpacked(corpora: Path, folder: Path) -> str:
    """The data laid out in a folder as the protocol reads it."""
    subprocess.run([sys.executable, corpora / "bench" / "unpack_data.py", folder], check=True)
    return str(folder)


def measured(corpora: Path) -> Iterator[tuple[str, Figures]]:
    """("E snippet", {"ours": …, "centroid": …, "ours N=1": …}) for each benchmark and mode."""
    bench = protocol(corpora)
    with tempfile.TemporaryDirectory() as folder:
        corpus = bench.Corpus(unpacked(corpora, Path(folder)))
        for name in BENCHMARKS:
            stream, background, tasks = bench.build(corpus, name, list(SEEDS), 1, TOPICS, None)
            for mode in MODES:
                yield f"{name} {mode}", _figures(bench, stream, background, tasks, mode)


def _figures(bench: ModuleType, stream: list[Any], background: list[Any], tasks: list[Any], mode: str) -> Figures:
    views = [bench.view(row, mode) for row in stream]
    centroid = bench.Centroid(views, [bench.view(row, "full") for row in background], mode)
    seeds = {task["task"]: [bench.view(seed, "full") for seed in task["seeds"]] for task in tasks}
    ours = Adapter(views, mode).run(seeds)
    found = [(task, bench.measure(task, stream, ours[task["task"]])) for task in tasks]
    plain = [(task, bench.measure(task, stream, centroid.score(seeds[task["task"]]))) for task in tasks]
    by_seeds = {
        f"ours N={n}": _macro([(task, one) for task, one in found if task["n"] == n])
        for n in SEEDS
        if any(task["n"] == n for task in tasks)
    }
    return {"ours": _macro(found), "centroid": _macro(plain), **by_seeds}


def _macro(found: Sequence[tuple[Mapping[str, Any], Mapping[str, float] | None]]) -> dict[str, float]:
    """The mean over topics of the mean over a topic's draws."""
    topics: dict[str, list[Mapping[str, float]]] = {}
    for task, one in found:
        if one is not None:
            topics.setdefault(task["topic"], []).append(one)
    names = ("AP", "bestF1", "F1", "P", "R", "C", "silent")
    means = {
        name: float(np.mean([np.mean([draw[name] for draw in draws]) for draws in topics.values()])) for name in names
    }
    return {**means, "ratio": means["F1"] / means["bestF1"]}


def line(label: str, who: str, figures: Mapping[str, float]) -> str:
    """One line of the table."""
    shown = "".join(f"{figures[name]:8.3f}" for name in ("AP", "bestF1", "F1", "ratio", "P", "R", "C", "silent"))
    return f"{label:12}{who:10}{shown}"


HEAD = f"{'':22}" + "".join(f"{name:>8}" for name in ("AP", "best F1", "F1", "ratio", "P", "R", "C_det", "silent"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and look after the floors; 1 when one has fallen."""
    how = floors.asked("Measure relevance on the labelled corpora.", arguments)
    print(HEAD)
    return floors.look_after(FLOORS, how, measured(how.corpora), line=line, measures=lambda _: MEASURES)


if __name__ == "__main__":
    sys.exit(main())
