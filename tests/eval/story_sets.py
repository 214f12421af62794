"""The labelled sets that grouping is measured on: what they hold, in which order they come, and how they are scored."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from collections.abc import Hashable, Sequence
from pathlib import Path

from tests.builders import NOW
from watcher.text import words
from watcher.types import StoryMember, TermShares

FILES = {"events": "ecbplus_dev.jsonl.gz", "round-ups": "event_triples_dev.jsonl.gz"}
SETS = ("events snippet", "events article", "round-ups")
"""Events with look-alike siblings as a feed and as a page tell them; three reports each of events in the news."""
ORDERS = {"events snippet": 3, "events article": 3, "round-ups": 1}
"""Random orders of arrival: early merges decide much, and one order of the small set swings by 0.05."""

SNIPPET_WORDS = 45
HEADLINE_WORDS = 30
"""A first line that is longer is no headline; then its first words are."""

Labelled = tuple[StoryMember, str]


def members(corpora: Path, name: str) -> list[Labelled]:
    """The texts of a set with their events, in the file's order. The sets have no dates: all come at one time."""
    file, _, view = name.partition(" ")
    with gzip.open(corpora / "data" / FILES[file], "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    found = []
    for row in rows:
        title, text = _headed(row["title"] or "", row["text"] or "")
        if view == "snippet":
            text = " ".join(text.split()[:SNIPPET_WORDS])
        one = StoryMember(entry=row["id"], outlet="", title=title, text=text, seen=NOW, language="en")
        found.append((one, row["label"]))
    return found


def _headed(title: str, text: str) -> tuple[str, str]:
    if title:
        return title, text.removeprefix(title)
    first, *rest = [line for line in text.split("\n") if line.strip()] or [""]
    if len(first.split()) > HEADLINE_WORDS:
        return " ".join(first.split()[:12]), text
    return first, "\n".join(rest) or text


def polled(found: Sequence[Labelled]) -> dict[str, TermShares]:
    """What a stream that brought these texts knows: in which share of them a word stands. No event is looked at."""
    counts = Counter(word for member, _ in found for word in set(words(f"{member.title}\n{member.text}")))
    shares = {word: count / len(found) for word, count in counts.items()}
    return {"en": TermShares(language="en", documents=float(len(found)), shares=shares)}


def shuffled(found: Sequence[Labelled], order: int) -> list[Labelled]:
    """The same in a fixed random order."""
    return random.Random(order).sample(found, len(found))


def b_cubed(events: Sequence[Hashable], stories: Sequence[Hashable]) -> dict[str, float]:
    """Precision, recall and F1 as a text sees its own story, averaged (Bagga and Baldwin 1998)."""
    of_event, of_story = Counter(events), Counter(stories)
    both = Counter(zip(events, stories, strict=True)).items()
    precision = sum(n * n / of_story[story] for (_, story), n in both) / len(events)
    recall = sum(n * n / of_event[event] for (event, _), n in both) / len(events)
    return {"P": precision, "R": recall, "F1": 2 * precision * recall / (precision + recall)}
