"""Summaries of 200 articles, beside the lead, TextRank and LexRank cut to the same length.

    WATCHER_CORPORA=../shared python -m tests.eval.summaries [--update] [--allow-regression]

Prints the table, and writes the floors with ``--update`` (they only rise, unless a regression is allowed). The others
get the same cleaned sentences; each fills the length of watcher's summary and is cut there, in mid-word if need be.
TextRank and LexRank are sumy's, in ``build/baselines`` (``make eval`` makes it); without it the figures that were
measured last stand in. Its one rule: a figure that rewards piles of keywords stands beside one that does not.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from pathlib import Path
from time import process_time
from typing import Any

from tests.eval import floors
from tests.eval.adapter import START, Row
from tests.eval.adapter import seed as seed_of
from watcher import leftovers
from watcher import text as texts
from watcher.data import background, subjects
from watcher.relevance.scorer import TfidfScorer
from watcher.relevance.stopwords import stop_words
from watcher.relevance.stream import Stream
from watcher.summary import choose
from watcher.types import Sensitivity

FLOORS = Path(__file__).with_name("summaries.json")
PEERS = Path(__file__).parents[2] / "build" / "baselines" / "bin" / "python"
LEADING = 5
"""News tells its event in its first five sentences, or in one that holds half of the headline's weight."""
FEWEST_SENTENCES = 8
"""With fewer there is nothing to choose from."""
KEY_TERMS = 60
"""As many as the line hands on."""
NEWS = (
    "north_korea", "elections", "healthcare", "middle_east", "immigration", "politics", "white_house",
    "gun_control_and_gun_rights", "federal_budget", "economy_and_jobs", "terrorism", "violence_in_america",
    "environment", "world", "lgbt_rights", "nsa", "education", "foreign_policy", "isis", "ebola",
)  # fmt: skip
BBC = ("business", "entertainment", "politics", "sport", "tech")
REUTERS = ("crude", "trade", "money-fx", "interest", "ship", "grain")
EACH = {"news_2012_2015": 6, "bbc": 10, "reuters21578": 5}
"""Articles of each topic: 120, 50 and 30."""
WHO = ("ours", "lead", "textrank", "lexrank")
RAREST = 9.0
"""Weight of a word that the background has never seen, or more rarely than this: −ln of its share."""

Figures = dict[str, float]


@dataclass(frozen=True)
class Task:
    """An article, its topic's weights, and its cleaned sentences."""

    row: Row
    terms: Mapping[str, float]
    sentences: tuple[str, ...]


def tasks(corpora: Path) -> Iterator[Task]:
    """200 articles under 31 topics; each topic's first two articles are its seeds."""
    for name, topics in (("news_2012_2015", NEWS), ("bbc", BBC), ("reuters21578", REUTERS)):
        rows = list(_rows(corpora, name))
        for topic in topics:
            own = [row for row in rows if topic in (row.get("label"), *row.get("topics", ()))]
            terms = key_terms(own[:2])
            yield from _spread(own[2:], terms, EACH[name])


def _rows(corpora: Path, name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(corpora / "data" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            # What the background has counted is no test of it; the BBC set has nothing else.
            if name != "news_2012_2015" or row["date"] >= "2014":
                yield row


def _spread(rows: Sequence[Row], terms: Mapping[str, float], count: int) -> Iterator[Task]:
    """So many long enough articles, taken evenly from all of them."""
    step, place, found = max(1, len(rows) // count), 0, 0
    while place < len(rows) and found < count:
        sentences = _sentences(rows[place]["text"])
        enough = len(sentences) >= FEWEST_SENTENCES
        if enough:
            yield Task(rows[place], terms, sentences)
        found += enough
        place += step if enough else 1


def _sentences(text: str) -> tuple[str, ...]:
    cleaned = leftovers.clean(text[:30_000]).paragraphs
    return tuple(sentence for paragraph in cleaned for sentence in texts.sentences(paragraph))


def key_terms(rows: Sequence[Row]) -> dict[str, float]:
    """The heaviest terms of a topic with these seeds."""
    seeds = {"topic": ([seed_of(row, place) for place, row in enumerate(rows)], Sensitivity())}
    return dict(
        TfidfScorer(seeds, background(), Stream(), subjects=subjects(), now=START).key_terms("topic", KEY_TERMS)
    )


# --- what a summary is measured by ----------------------------------------------------------------------------------


def weights_of(title: str) -> dict[str, float]:
    """The headline's telling words, each by how rare it is in ordinary news."""
    shares = background()["en"].shares
    telling = set(texts.words(title)) - stop_words("en")
    return {word: min(RAREST, -log(shares[word])) if word in shares else RAREST for word in telling}


def _share(weights: Mapping[str, float], found: set[str], all_of: set[str]) -> float:
    """Weight of what was found, of what could be found."""
    whole = sum(weight for term, weight in weights.items() if term in all_of)
    return sum(weight for term, weight in weights.items() if term in found) / whole if whole else 0.0


def _terms(text: str) -> set[str]:
    words = [word for word in texts.words(text) if word not in stop_words("en")]
    return {*words, *(f"{one} {two}" for one, two in pairwise(words))}


def measure(task: Task, said: str) -> Figures:
    """Coverage and redundancy of one summary. Empty ones cover nothing."""
    whole, own = _terms(" ".join(task.sentences)), _terms(said)
    headline, topic = (_share(weights, own, whole) for weights in (weights_of(task.row["title"]), task.terms))
    words = [word for word in texts.words(said) if word not in stop_words("en")]
    hundreds = max(1, len(said)) / 100
    return {
        "coverage": (headline + topic) / 2 / hundreds,
        "headline": headline / hundreds,
        "topic": topic / hundreds,
        "redundancy": 1 - len(set(words)) / len(words) if words else 0.0,
        "characters": float(len(said)),
    }


def tells_event(task: Task, chosen: Sequence[str]) -> bool:
    """Whether one of the sentences is among the article's first five or carries half of its headline."""
    weights = weights_of(task.row["title"])
    half = sum(weights.values()) / 2
    return any(
        sentence in task.sentences[:LEADING] or sum(weights.get(word, 0) for word in set(texts.words(sentence))) >= half
        for sentence in chosen
    )


def measured(given: Sequence[Task], known: Mapping[str, Figures]) -> dict[str, Figures]:
    """Who → figures; those of ``known`` for others that are not installed here."""
    started = process_time()
    ours = [choose(task.row["title"], task.row["text"], terms=task.terms) for task in given]
    spent = (process_time() - started) / len(given) * 1000
    rooms = [len(" ".join(chosen)) for chosen in ours]
    found: dict[str, list[list[str]]] = {"ours": ours, "lead": [list(task.sentences) for task in given]}
    if PEERS.exists():
        found |= _ranked(given, rooms)
    figures: dict[str, Figures] = {who: dict(one) for who, one in known.items()}
    for who, chosen in found.items():
        all_of = [
            measure(task, " ".join(one)[:room]) for task, one, room in zip(given, chosen, rooms, strict=True) if room
        ]
        figures[who] = {name: sum(one[name] for one in all_of) / len(all_of) for name in all_of[0]}
    figures["ours"] |= {
        "event": sum(tells_event(task, chosen) for task, chosen in zip(given, ours, strict=True)) / len(given),
        "none": sum(not chosen for chosen in ours) / len(given),
        "ms": spent,
    }
    return figures


def _ranked(given: Sequence[Task], rooms: Sequence[int]) -> dict[str, list[list[str]]]:
    """What TextRank and LexRank choose."""
    stop = stop_words("en")
    articles = (
        {
            "words": [[word for word in texts.words(sentence) if word not in stop] for sentence in task.sentences],
            "lengths": list(map(len, task.sentences)),
            "room": room,
        }
        for task, room in zip(given, rooms, strict=True)
    )
    script = Path(__file__).with_name("rank_sentences.py")
    done = subprocess.run(
        [PEERS, script], input="\n".join(map(json.dumps, articles)), capture_output=True, text=True, check=True
    )
    ranks = [json.loads(line) for line in done.stdout.splitlines()]
    return {
        who: [[task.sentences[place] for place in one[who]] for task, one in zip(given, ranks, strict=True)]
        for who in ("textrank", "lexrank")
    }


# --- floors ---------------------------------------------------------------------------------------------------------

SHOWN = ("coverage", "headline", "topic", "redundancy", "characters", "event", "none", "ms")
HEAD = f"{'':10}" + "".join(f"{name:>12}" for name in SHOWN)


def line(who: str, figures: Figures) -> str:
    """One line of the table."""
    return f"{who:10}" + "".join(f"{figures[name]:12.3f}" if name in figures else f"{'':12}" for name in SHOWN)


def fallen(figures: Mapping[str, Figures], lines: Mapping[str, float]) -> list[str]:
    """What is worse than its floor (redundancy: its ceiling), or than one of the others, in words."""
    ours = figures["ours"]
    said = [
        f"{name} is {ours[name]:.3f}, the floor is {floor:.3f}"
        for name, floor in lines.items()
        if (ours[name] > floor if name == "redundancy" else ours[name] < floor)
    ]
    for who in WHO[1:]:
        if ours["coverage"] <= figures[who]["coverage"]:
            said.append(f"{who} covers {figures[who]['coverage']:.3f} per 100 characters, ours {ours['coverage']:.3f}")
        if ours["redundancy"] >= figures[who]["redundancy"]:
            said.append(f"{who} repeats {figures[who]['redundancy']:.3f} of its words, ours {ours['redundancy']:.3f}")
    return said


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and look after the floors; 1 when one has fallen."""
    how = floors.asked("Measure summaries on the corpora.", arguments)
    known = {"others": {}, **floors.known(FLOORS, how.corpora)}
    figures = measured(list(tasks(how.corpora)), known["others"])
    print(HEAD, *(line(who, figures[who]) for who in WHO), sep="\n")
    said = fallen(figures, known["floors"])
    print(*said, sep="\n")
    if how.update:
        old = {} if how.allow_regression else known["floors"]
        raised = {name: max(old.get(name, 0.0), round(figures["ours"][name] - room, 3)) for name, room in ROOM.items()}
        raised["redundancy"] = min(old.get("redundancy", 1.0), round(figures["ours"]["redundancy"] + 0.005, 3))
        others = {who: {name: round(one, 4) for name, one in figures[who].items()} for who in WHO[1:]}
        floors.write(FLOORS, how.corpora, {"floors": raised, "others": others})
    return 1 if said and not how.allow_regression else 0


ROOM = {"coverage": 0.005, "event": 0.01}
"""Floors lie so much below what was measured."""

if __name__ == "__main__":
    sys.exit(main())
