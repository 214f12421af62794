"""How well entries are grouped into stories, beside plain TF-IDF with a single link in the same run.

    WATCHER_CORPORA=../shared python -m tests.eval.stories [--update] [--allow-regression]

Prints the table, and writes the floors with ``--update`` (they only rise, unless a regression is allowed). Texts are
streamed one by one in fixed random orders; figures are B-cubed, the mean over the orders. "ours" knows how common words
are in the set, as a stream that polled it does; "nothing polled" is the first day of a service. The baseline may look:
"one" is its lowest threshold that is 0.95 precise in all sets (ours is one rule, too), "own" the best such threshold of
each set, "best F1" the best one whatever its precision.
The rule's constants were fitted on these sets (`fit_stories.py`, which prints cross-fitted figures): the floors guard
against getting worse, and are no promise.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from sklearn.feature_extraction.text import TfidfVectorizer

from tests.eval import floors
from tests.eval.story_sets import ORDERS, SETS, Labelled, b_cubed, members, polled, shuffled
from watcher.data import background
from watcher.stories import Board
from watcher.types import StoryMember, TermShares

FLOORS = Path(__file__).with_name("stories.json")
MEASURES = ("P", "F1")
THRESHOLDS = tuple(step / 50 for step in range(7, 29))
PRECISE = 0.95
COPIED = 300
"""Texts of which copies are made."""

Figures = dict[str, float]


def measured(corpora: Path) -> Iterator[tuple[str, dict[str, Figures]]]:
    """("events snippet", {"ours": …, "plain, …": …}) for each set, then the copies."""
    runs = {
        name: [shuffled(members(corpora, name), order) for order in range(orders)] for name, orders in ORDERS.items()
    }
    tried = {name: _plain(streams) for name, streams in runs.items()}
    one = min(
        (at for at in range(len(THRESHOLDS)) if all(found[at]["P"] >= PRECISE for found in tried.values())),
        default=len(THRESHOLDS) - 1,
    )
    for name in SETS:
        plain = tried[name]
        own = max((found for found in plain if found["P"] >= PRECISE), key=_f1, default=plain[-1])
        yield (
            name,
            {
                "ours": _mean([_streamed(stream, polled(stream)) for stream in runs[name]]),
                "nothing polled": _mean([_streamed(stream, {}) for stream in runs[name]]),
                "plain, one": plain[one],
                "plain, own": own,
                "plain, best F1": max(plain, key=_f1),
            },
        )
    yield "copies", {"ours": copies(members(corpora, "events article"))}


def _f1(figures: Figures) -> float:
    return figures["F1"]


def _streamed(found: Sequence[Labelled], known: Mapping[str, TermShares]) -> Figures:
    board = Board("eval", (), background=background(), polled=known)
    stories = [board.place(member, identity=member.entry).story for member, _ in found]
    return b_cubed([event for _, event in found], stories)


def _plain(runs: Sequence[Sequence[Labelled]]) -> list[Figures]:
    """Unigram TF-IDF, single link to the nearest earlier text: the figures by each of `THRESHOLDS`."""
    nearest = [_nearest([f"{member.title}\n{member.text}" for member, _ in run]) for run in runs]
    return [
        _mean([_linked(run, near, threshold) for run, near in zip(runs, nearest, strict=True)])
        for threshold in THRESHOLDS
    ]


def _nearest(texts: Sequence[str]) -> list[tuple[int, float]]:
    """Each text's nearest earlier one and the cosine; the idf knows ordinary news and the whole set (it may look)."""
    vectoriser = TfidfVectorizer(sublinear_tf=True, stop_words="english", norm=None, use_idf=False)
    counts: csr_matrix = vectoriser.fit_transform(texts)
    news = background()["en"]
    shares = np.array([news.shares.get(word, 0.0) for word in vectoriser.get_feature_names_out()])
    documents = shares * news.documents + np.asarray((counts > 0).sum(axis=0)).ravel()
    weighed = counts @ diags(np.log((1 + news.documents + len(texts)) / (1 + documents)) + 1)
    length = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    unit = diags(1 / np.where(length > 0, length, 1.0)) @ weighed
    cosines: NDArray[np.float64] = np.tril((unit @ unit.T).toarray(), -1)
    return [(int(row.argmax()), float(row.max())) for row in cosines]


def _linked(run: Sequence[Labelled], nearest: Sequence[tuple[int, float]], threshold: float) -> Figures:
    stories: list[int] = []
    for place, (other, cosine) in enumerate(nearest):
        stories.append(stories[other] if place and cosine >= threshold else place)
    return b_cubed([event for _, event in run], stories)


def _mean(runs: Sequence[Figures]) -> Figures:
    return {name: sum(run[name] for run in runs) / len(runs) for name in runs[0]}


def copies(found: Sequence[Labelled]) -> Figures:
    """Recall and precision of copies: of articles and of what syndication makes of them, on a board of all articles.

    A copy is cut, edited or gets another headline; it is found when it joins its original's story
    as a copy of it. Precision: of all that are placed as copies, those that are.
    """
    board = Board("eval", (), background=background())
    originals = shuffled(found, 5)
    first = {member.entry: board.place(member, identity=member.entry) for member, _ in originals}
    long = [member for member, _ in originals if len(member.text.split()) >= 40][:COPIED]
    right = placed = 0
    made = [copy for number, member in enumerate(long) for copy in _made_of(member, number)]
    for original, copy in made:
        placement = board.place(copy, identity=copy.entry)
        placed += placement.relation == "copy"
        right += placement.relation == "copy" and placement.story == first[original].story
    return {"P": right / placed, "R": right / len(made), "F1": 2 * right / (placed + len(made))}


def _made_of(member: StoryMember, number: int) -> Iterator[tuple[str, StoryMember]]:
    """A copy cut to its first words, one under another headline, and one edited here and there."""
    words = member.text.split()
    length = len(words) * (40 + number % 40) // 100
    cut = " ".join(words[: max(30, length)]) + " …"
    headline = " ".join(words[4:12])
    edited = " ".join(word for place, word in enumerate(words) if (place + number) % 25)
    for kind, title, text in (
        ("cut", member.title, cut),
        ("headline", headline, member.text),
        ("edit", member.title, edited),
    ):
        yield member.entry, replace(member, entry=f"{member.entry}-{kind}", title=title, text=text)


HEAD = f"{'':32}" + "".join(f"{name:>8}" for name in ("P", "R", "F1"))


def line(label: str, who: str, figures: Figures) -> str:
    """One line of the table."""
    return f"{label:16}{who:16}" + "".join(f"{figures[name]:8.3f}" for name in ("P", "R", "F1"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and look after the floors; 1 when one has fallen."""
    how = floors.asked("Measure grouping on the labelled corpora.", arguments)
    print(HEAD)
    return floors.look_after(
        FLOORS,
        how,
        measured(how.corpora),
        line=line,
        measures=lambda label: ("P", "R") if label == "copies" else MEASURES,
    )


if __name__ == "__main__":
    sys.exit(main())
