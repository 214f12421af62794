"""What readers' answers teach a model: which words, and where the threshold should be.

Rocchio's rule ("Relevance feedback in information retrieval", 1971) with a schedule that was measured not to hurt: the
first answers move the words little, and full weight comes with twenty. Its one rule: the seeds stay the middle of the
topic; without answers the model is what it was, and taking an answer back leaves no trace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log

from watcher.relevance.features import primary
from watcher.relevance.model import KEY_TERMS, MOST_TERMS, Rarity, TopicModel
from watcher.relevance.subjects import Places, Subjects
from watcher.relevance.vectors import TermVectors
from watcher.types import Example

TOWARDS, AWAY = 1.0, 0.5
"""What the mean of the relevant and of the irrelevant texts weighs beside the seeds' own, once there are many."""

FEW, MANY = 10, 20
"""Up to ten answers count for little, n/(n+2) of 0.75; from there on more, until at twenty they count whole."""

SHRINK = 4.0
"""So many answers move the threshold half of the way to where they say it should be."""

FURTHEST = 2.0
"""Answers move a threshold at most so many times up or down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One text a reader has judged: its unit TF-IDF vector, and its place among the subjects of news if known."""

    vector: Mapping[str, float]
    relevant: bool
    place: Places | None = None
    weight: float = 1.0


def labelled(examples: Sequence[Example], language: str, rarity: Rarity, subjects: Subjects | None) -> list[Labelled]:
    """The examples of one language as a model of it sees them."""
    given = in_language(examples, language)
    if not given:
        return []
    # sorted: files and the database give a text's terms in other orders, and sums would differ by their last digit
    vectors = TermVectors.of([dict(sorted(one.terms.items())) for one in given], rarity)
    places = subjects.places_of(vectors.over(subjects.index)) if subjects else None
    return [
        Labelled(
            vector=vectors.one(row),
            relevant=one.relevant,
            place=places.one(row) if places else None,
            weight=one.weight,
        )
        for row, one in enumerate(given)
    ]


def in_language(examples: Sequence[Example], language: str) -> list[Example]:
    """Those of these examples that are of a language."""
    return [one for one in examples if primary(one.language) == language]


def learn(model: TopicModel, labels: Sequence[Labelled]) -> TopicModel:
    """The model moved towards the relevant and away from the irrelevant texts; itself when there are no labels."""
    if not labels:
        return model
    share = schedule(sum(label.weight for label in labels))
    liked = [label for label in labels if label.relevant]
    disliked = [label for label in labels if not label.relevant]
    weights = dict(model.weights)
    for group, sign in ((liked, TOWARDS * share), (disliked, -AWAY * share)):
        whole = sum(label.weight for label in group)
        for label in group:
            for term, value in label.vector.items():
                weights[term] = weights.get(term, 0.0) + sign * value * label.weight / whole
    kept = sorted(((term, value) for term, value in weights.items() if value > 0), key=lambda pair: (-pair[1], pair[0]))
    chosen = dict(kept[:MOST_TERMS])
    if (
        not chosen
    ):  # everything the topic is about was said to be irrelevant: then nothing was learned but the threshold
        return model
    length = sum(value * value for value in chosen.values()) ** 0.5
    heaviest = dict(list(chosen.items())[:KEY_TERMS])
    whole = sum(heaviest.values())
    return replace(
        model,
        weights={term: value / length for term, value in chosen.items()},
        key={term: value / whole for term, value in heaviest.items()},
        seeds={name: _kept(vector, chosen) for name, vector in model.seeds.items()},
        middle=_moved(model.middle, liked, disliked, share),
    )


def _kept(vector: Mapping[str, float], weights: Mapping[str, float]) -> dict[str, float]:
    """A seed's vector without the words that answers took from the model."""
    return {term: value for term, value in vector.items() if term in weights}


def schedule(labels: float) -> float:
    """The part of their full weight that so many labels have, in [0, 1]."""
    if labels <= FEW:
        return 0.75 * labels / (labels + 2)
    at_few = 0.75 * FEW / (FEW + 2)
    return min(1.0, at_few + (1.0 - at_few) * (labels - FEW) / (MANY - FEW))


def _moved(
    middle: Places | None, liked: Sequence[Labelled], disliked: Sequence[Labelled], share: float
) -> Places | None:
    if middle is None:
        return None
    moved = middle
    for group, sign in ((liked, TOWARDS * share), (disliked, -AWAY * share)):
        placed = [(label.place, label.weight) for label in group if label.place is not None]
        if placed:
            moved = moved.towards([place for place, _ in placed], sign, [weight for _, weight in placed])
    return moved


def threshold_by_labels(
    threshold: float, liked: Sequence[float], disliked: Sequence[float], *, known: float | None = None
) -> float:
    """The threshold moved towards what separates the liked scores from the disliked ones.

    That is the geometric middle between the lowest liked and the highest disliked score. Where only one kind is known,
    the threshold has to pass it, no more. It moves by n/(n + `SHRINK`) of the way, n being the number of labels
    (``known``, where some count for less than one).
    """
    liked, disliked = [one for one in liked if one > 0], [one for one in disliked if one > 0]
    if threshold <= 0 or not (liked or disliked):
        return threshold
    if liked and disliked:
        wanted = (min(liked) * max(disliked)) ** 0.5
    else:
        wanted = min(threshold, *liked, threshold) if liked else max(threshold, *disliked, threshold)
    known = len(liked) + len(disliked) if known is None else known
    step = known / (known + SHRINK) * (log(wanted) - log(threshold))
    return threshold * exp(max(-log(FURTHEST), min(log(FURTHEST), step)))
