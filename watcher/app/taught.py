"""What people gave in Slack, beside what the files say: seeds, and answers that teach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from watcher.app.parts import Topics
from watcher.config import Config
from watcher.errors import Problem, SeedError
from watcher.learn import learned
from watcher.seeds import from_card
from watcher.seeds.answers import read_answers, unknown_to
from watcher.store import Store
from watcher.store.feedback import Numbered, labels, seeds_added
from watcher.types import AddedSeed, Example, Label, Seed

log = structlog.get_logger("watcher.app")

Answers = Mapping[str, tuple[Label, ...]]
"""Topic → the answers in its seed folder."""
Examples = Mapping[str, tuple[Example, ...]]
"""Topic → what its model is taught."""


def load_answers(config: Config) -> tuple[Answers, tuple[Problem, ...]]:
    """The answers that lie in seed folders, and what is wrong with them."""
    found = {name: read_answers(topic.seeds, name) for name, topic in config.topics.items()}
    return {name: given for name, (given, _) in found.items()}, tuple(
        problem for _, problems in found.values() for problem in problems
    )


def with_added(topics: Topics, added: Sequence[AddedSeed]) -> Topics:
    """The seeds of files and those added in Slack; a card that cannot be read any more is left out, and said."""
    merged = {name: (list(seeds), sensitivity) for name, (seeds, sensitivity) in topics.items()}
    for one in added:
        if one.topic not in merged:
            continue
        try:
            seed = from_card(one.card, name=one.name)
        except SeedError as error:
            log.warning("seeds.added_unreadable", topic=one.topic, url=one.url, reason=str(error))
            continue
        seeds, _ = merged[one.topic]
        if not any(seed.counts == other.counts for other in seeds):
            seeds.append(_named(seed, seeds))
    return {name: (tuple(seeds), sensitivity) for name, (seeds, sensitivity) in merged.items()}


def _named(seed: Seed, others: Sequence[Seed]) -> Seed:
    """A name that no file of the topic has."""
    taken = {other.name for other in others}
    return replace(seed, name=f"slack-{seed.name}") if seed.name in taken else seed


def examples_of(topics: Topics, answers: Answers, stored: Sequence[Numbered]) -> Examples:
    """What each topic's model is taught. ``stored``: all answers of the database, those taken back included."""
    found = {}
    for name in topics:
        here = [one for one in stored if one.label.topic == name]
        from_file = unknown_to([one.label for one in here], answers.get(name, ()))
        examples = learned([one for one in here if one.undone_at is None], from_file)
        if examples:
            found[name] = examples
    return found


def add_stored(config: Config, topics: Topics, store: Store | None) -> tuple[Topics, Examples]:
    """Topics of files with what a database and seed folders add to them: what the service works with."""
    answers, _ = load_answers(config)
    if store is None:
        return topics, examples_of(topics, answers, ())
    merged = with_added(topics, store.read_now(seeds_added))
    return merged, examples_of(merged, answers, store.read_now(labels, standing=False))
