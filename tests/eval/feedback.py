"""What answers of readers bring: the ranking and the yes/no of the second half, after so many answers in the first.

    WATCHER_CORPORA=../shared python -m tests.eval.feedback [--update] [--allow-regression]

A simulated reader answers, truly, about entries drawn from the forty best of the first half; each answer is learned as
in Slack, one after the other, through the same gate. Snippets, one and two seeds, the corpora's own protocol.
"""

from __future__ import annotations

import copy
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from tests.eval import floors
from tests.eval.adapter import BATCH, PER_DAY, START, _document, _verdict, seed
from tests.eval.benchmarks import protocol, unpacked
from tests.eval.floors import Figures
from watcher.data import background as shipped
from watcher.data import subjects
from watcher.relevance.features import Document, document_terms
from watcher.relevance.scorer import TfidfScorer
from watcher.relevance.stream import Stream
from watcher.relevance.votes import examples, objection
from watcher.types import Example, Label, Seed, Sensitivity

FLOORS = Path(__file__).with_name("feedback.json")
BENCHMARKS = ("E", "R", "A")
"""Events, newswire codes, editors' topics. Round-ups have one or two hits: there is nothing left to learn for."""
ANSWERS = (0, 1, 3, 5, 10)
SEEDS = (1, 2)
TOPICS = 20
BEST = 40
PEOPLE = 3
"""So many readers answer in turn."""


class Half:
    """One stream, judged to its middle once; then to its end, with other answers each time."""

    def __init__(self, views: Sequence[Mapping[str, str]], tasks: Sequence[Mapping[str, Any]]) -> None:
        self.documents = [_document(row, "snippet") for row in views]
        self.middle = len(views) // 2
        self._terms: dict[str, list[str]] = {}
        self.topics: dict[str, tuple[list[Seed], Sensitivity]] = {
            task["task"]: ([seed(row, i) for i, row in enumerate(task["views"])], Sensitivity()) for task in tasks
        }
        self._stream = Stream()
        self.past = self._run(self._scorer(self._stream, {}, 0), range(self.middle))

    def learned(self, answers: Mapping[str, Sequence[Label]]) -> tuple[dict[str, tuple[Example, ...]], int]:
        """What each topic learns of its answers, one after the other; and how many were kept aside in the end."""
        scorer = self._scorer(copy.deepcopy(self._stream), {}, self.middle)
        now = START + timedelta(days=self.middle / PER_DAY)
        found: dict[str, tuple[Example, ...]] = {}
        aside = 0
        for topic, labels in answers.items():
            trial, adopted = scorer.trial(topic, now), list[Label]()
            for count in range(1, len(labels) + 1):
                so_far = labels[:count]
                for wanted in (list(so_far), [*adopted, so_far[-1]]):
                    if objection(trial, examples(adopted), examples(wanted), so_far) is None:
                        adopted = wanted
                        break
            found[topic], aside = examples(adopted), aside + len(labels) - len(adopted)
        return found, aside

    def future(self, taught: Mapping[str, Sequence[Example]]) -> dict[str, list[dict[str, Any]]]:
        """What is said of the second half."""
        scorer = self._scorer(copy.deepcopy(self._stream), taught, self.middle)
        return self._run(scorer, range(self.middle, len(self.documents)))

    def label(self, topic: str, position: int, *, relevant: bool) -> Label:
        document = self.documents[position]
        return Label(
            topic=topic,
            entry=document.id,
            key=document.id,
            user=f"U{position % PEOPLE}",
            name="",
            at=START,
            relevant=relevant,
            title=document.title,
            outlet="",
            url=None,
            language=document.language,
            mode=document.mode,
            terms=Counter(document_terms(document, document.language)),
        )

    def _scorer(self, stream: Stream, taught: Mapping[str, Sequence[Example]], at: int) -> TfidfScorer:
        now = START + timedelta(days=at / PER_DAY)
        return TfidfScorer(
            self.topics, shipped(), stream, subjects=subjects(), examples=taught, now=now, analyse=self._analyse
        )

    def _analyse(self, document: Document, language: str) -> list[str]:
        if document.id not in self._terms:
            self._terms[document.id] = document_terms(document, language)
        return self._terms[document.id]

    def _run(self, scorer: TfidfScorer, positions: range) -> dict[str, list[dict[str, Any]]]:
        verdicts: dict[str, list[dict[str, Any]]] = {name: [] for name in self.topics}
        for begin in range(positions.start, positions.stop, BATCH):
            now = START + timedelta(days=begin / PER_DAY)
            documents = self.documents[begin : min(begin + BATCH, positions.stop)]
            judged = scorer.judge(documents, now=now)
            scorer.absorb(scorer.delta(documents, judged), now)
            for document, judgements in zip(documents, judged, strict=True):
                for name, verdict in judgements.items():
                    verdicts[name].append(_verdict(document, verdict))
        return verdicts


def measured(corpora: Path) -> Iterator[tuple[str, Figures]]:
    """("E", {"ours": {"AP 0": …, "F1 0": …, "AP 1": …}}) for each set."""
    bench = protocol(corpora)
    with tempfile.TemporaryDirectory() as folder:
        corpus = bench.Corpus(unpacked(corpora, Path(folder)))
        for name in BENCHMARKS:
            stream, _, tasks = bench.build(corpus, name, list(SEEDS), 1, TOPICS, None)
            yield name, {"ours": _figures(bench, stream, tasks)}


def _figures(bench: ModuleType, stream: list[Any], tasks: list[Any]) -> dict[str, float]:
    for task in tasks:
        task["views"] = [bench.view(one, "full") for one in task["seeds"]]
    half = Half([bench.view(row, "snippet") for row in stream], tasks)
    answered = {task["task"]: _answers(half, task) for task in tasks}
    figures: dict[str, float] = {}
    for count in ANSWERS:
        taught, aside = half.learned({topic: labels[:count] for topic, labels in answered.items()})
        said = half.future(taught)
        found = [(task["topic"], bench.measure(task, stream[half.middle :], said[task["task"]])) for task in tasks]
        for measure in ("AP", "F1"):
            figures[f"{measure} {count}"] = _macro([(topic, one[measure]) for topic, one in found if one is not None])
        figures[f"aside {count}"] = aside / max(1, count * len(tasks))
    return figures


def _answers(half: Half, task: Mapping[str, Any]) -> list[Label]:
    """The answers to entries drawn from the best of the first half; the seeds themselves are not asked about."""
    own = {one["id"] for one in task["seeds"]}
    said = [(row["score"], -i) for i, row in enumerate(half.past[task["task"]]) if row["id"] not in own]
    best = [-i for _, i in sorted(said, reverse=True)[:BEST]]
    rng = np.random.default_rng(sum(map(ord, task["task"])))
    drawn = rng.choice(len(best), min(max(ANSWERS), len(best)), replace=False)
    return [
        half.label(task["task"], best[i], relevant=half.documents[best[i]].id in task["pos"]) for i in drawn.tolist()
    ]


def _macro(found: Sequence[tuple[str, float]]) -> float:
    topics: dict[str, list[float]] = {}
    for topic, one in found:
        topics.setdefault(topic, []).append(one)
    return float(np.mean([np.mean(draws) for draws in topics.values()]))


def line(label: str, who: str, figures: Mapping[str, float]) -> str:
    """Two lines of the table, and the share of answers that were kept aside."""
    del who
    rows = [
        f"{label:4}{measure:6}" + "".join(f"{figures[f'{measure} {count}']:8.3f}" for count in ANSWERS)
        for measure in ("AP", "F1", "aside")
    ]
    return "\n".join(rows)


HEAD = f"{'answers':10}" + "".join(f"{count:8}" for count in ANSWERS)


def measures(label: str) -> list[str]:
    """What has a floor."""
    del label
    return [f"{measure} {count}" for measure in ("AP", "F1") for count in ANSWERS]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and look after the floors; 1 when one has fallen."""
    how = floors.asked("Measure what readers' answers bring.", arguments)
    print(HEAD)
    return floors.look_after(FLOORS, how, measured(how.corpora), line=line, measures=measures)


if __name__ == "__main__":
    sys.exit(main())
