"""What is doubtful about a topic's seeds before it goes live, each with its remedy."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from watcher.errors import Problem

if TYPE_CHECKING:
    from watcher.relevance import Scorer
    from watcher.relevance.review import Review, SeedReview


def look(scorer: Scorer, topic: str) -> Review:
    """Look at a topic's seeds by what the scorer knows now."""
    from watcher.app import utc_now
    from watcher.data import sample
    from watcher.relevance.review import review

    return review(scorer.trial(topic, utc_now()), sample())


def breadth(review: Review) -> str | None:
    """How much of ordinary news would match, as a line; None in a language that there is no sample of."""
    if not review.of:
        return None
    return f"would match {review.matched / review.of:.1%} of ordinary news ({review.matched} of {review.of:,} entries)"


def doubts(folder: Path, review: Review, languages: Collection[str] | None) -> Iterator[Problem]:
    """Each doubt with what to do about it. ``languages``: those that the topic looks at; None: those of its seeds."""
    for seed in review.seeds:
        for what, remedy in (*_of_itself(seed, languages), *_of_others(seed, review)):
            yield Problem(file=_place(folder, seed.name), what=what, remedy=remedy, warning=True)
    if review.two_topics:
        what = "the seeds share next to nothing: they are several topics"
        remedy = "make a topic of each, or add an article that has to do with all of them"
        yield Problem(file=str(folder), what=what, remedy=remedy, warning=True)
    if review.broad:
        remedy = "take seeds that are about one thing, add must words, or set sensitivity: strict"
        yield Problem(file=str(folder), what=f"too broad: {breadth(review)}", remedy=remedy, warning=True)


def _place(folder: Path, name: str) -> str:
    """A seed's file; one that was added in Slack has none."""
    return str(folder / name) if (folder / name).exists() else f"{folder}: {name}"


def _of_itself(seed: SeedReview, languages: Collection[str] | None) -> Iterator[tuple[str, str]]:
    if seed.short:
        yield f"only {seed.words} words: it says little of the topic", "use the whole article, or add another one"
    if languages is not None and seed.language not in languages:
        what = f"it is in {seed.language}, and languages names {', '.join(sorted(languages))} only: it finds nothing"
        yield what, f"add {seed.language} to languages, or take the seed out"


def _of_others(seed: SeedReview, review: Review) -> Iterator[tuple[str, str]]:
    if seed.within is not None:
        what = f"nearly all of its words are in {seed.within}: it adds nothing"
        yield what, "take it out, or take an article of another outlet or day in its place"
    if seed.strange and not review.two_topics:
        what = "it shares next to nothing with the other seeds: it may be another topic"
        yield what, "make a topic of its own of it, or add an article that has to do with both"
