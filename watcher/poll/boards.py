"""The board of a destination: its open stories, and which words tell none of them from another. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from watcher.config import TopicConfig
from watcher.stories import Board
from watcher.types import Story, TermShares

KEY_TERMS = 60
"""Terms of a topic by which sentences are chosen, and which tell none of its stories from another."""
TOPICAL = 0.4
"""Share of a topic's stories that are expected to hold such a term."""

KeyTerms = Callable[[str, int], Iterable[tuple[str, float]]]
"""The so many heaviest terms of a topic, as `Scorer.key_terms` gives them."""


def board_of(
    destination: str,
    stories: Iterable[Story],
    *,
    topics: Mapping[str, TopicConfig],
    key_terms: KeyTerms,
    background: Mapping[str, TermShares],
    polled: Mapping[str, TermShares],
) -> Board:
    """A board with these stories. The words of each topic are expected in its part of the stories there."""
    here = [one.name for one in topics.values() if destination in map(str, one.destinations)]
    held = Counter(term for name in here for term, _ in key_terms(name, KEY_TERMS))
    topical = {term: TOPICAL * count / len(here) for term, count in held.items()}
    return Board(destination, stories, background=background, polled=polled, topics=len(here), topical=topical)
