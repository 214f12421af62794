"""What a topic's seeds are worth to each other, and how much of ordinary news they would match.

Its one rule: each seed is looked at as an article that the others have to find; what that says of them, it says before
anything was polled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from watcher.relevance.features import total
from watcher.relevance.trial import Trial
from watcher.types import Example, Seed

STRANGE = 0.15
"""A seed that reaches less of the threshold by the others shares next to nothing with them. Measured on pairs of seeds
of four collections: so do none of the pairs of one event, one in seven of one section, and two thirds of the pairs that
were put together from different topics."""
WITHIN = 0.8
"""A seed so much of whose words and pairs another one has, too, adds nothing: a shortened copy has nine in ten."""
SHORT = 60
"""Words below which a seed says little; a feed's snippet has as many."""
BROAD = 0.02
"""From this share of ordinary news on a topic is broad: at 500 entries a day it would match ten that have nothing to do
with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedReview:
    """One seed beside the others of its language."""

    name: str
    language: str
    words: int
    by_others: float | None
    """What part of the threshold it reaches by the others alone; None when there is no other."""
    within: str | None
    """Another seed that has nearly all of its words; of two alike the later one is within the earlier."""

    @property
    def strange(self) -> bool:
        """Whether the others would not have found it by far."""
        return self.by_others is not None and self.by_others < STRANGE

    @property
    def short(self) -> bool:
        """Whether it has fewer words than a topic can be told by."""
        return self.words < SHORT


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A topic's seeds, by name, and its breadth."""

    seeds: tuple[SeedReview, ...]
    matched: int
    of: int
    """So many entries of ordinary news would match, out of so many; 0 of 0 in a language without a sample."""

    @property
    def broad(self) -> bool:
        """Whether it would match a lot that is just news."""
        return self.of > 0 and self.matched >= BROAD * self.of

    @property
    def two_topics(self) -> bool:
        """Whether no seed would have been found by the others of its language, so that they are several topics."""
        beside = [one for one in self.seeds if one.by_others is not None]
        return bool(beside) and all(one.strange for one in beside)


def review(trial: Trial, ordinary: Mapping[str, Sequence[Mapping[str, int]]]) -> Review:
    """Look at the seeds of a topic. ``ordinary``: language → term counts of entries of ordinary news."""
    ratios = trial.by_others()
    looked = [
        SeedReview(
            name=seed.name,
            language=language,
            words=seed.words,
            by_others=ratios[seed.name],
            within=_within(seed, seeds),
        )
        for language, seeds in sorted(trial.seeds.items())
        for seed in seeds
    ]
    entries = [
        Example(terms=terms, language=language, mode="snippet", relevant=False)
        for language in trial.seeds
        for terms in ordinary.get(language, ())
    ]
    matched = sum(one.match for one in trial.teach(()).judge(entries))
    return Review(seeds=tuple(looked), matched=matched, of=len(entries))


def _within(seed: Seed, seeds: Sequence[Seed]) -> str | None:
    own, place = set(total(seed.counts)), seeds.index(seed)
    for other_place, other in enumerate(seeds):
        its = set(total(other.counts))
        larger = (len(its), -other_place) > (len(own), -place)
        if other is not seed and larger and len(own & its) >= WITHIN * len(own):
            return other.name
    return None
