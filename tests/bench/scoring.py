"""What judging costs, beside scikit-learn's own TF-IDF on the same texts in the same run. ``make bench``."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable
from time import process_time

from sklearn.feature_extraction.text import TfidfVectorizer

from tests.builders import NOW
from watcher.data import background, subjects
from watcher.relevance.features import Document, count_terms
from watcher.relevance.scorer import TfidfScorer
from watcher.relevance.stream import Stream
from watcher.types import Seed, Sensitivity

ENTRIES = 2000
BATCH = 100
"""As many as a few feeds bring together; the vectoriser alone gets all at once."""


def words(rng: random.Random, vocabulary: list[str], number: int) -> str:
    return " ".join(rng.choices(vocabulary, k=number))


def seed(rng: random.Random, vocabulary: list[str], name: str) -> Seed:
    counts = count_terms(words(rng, vocabulary, 8), [words(rng, vocabulary, 400)], "en")
    return Seed(name=name, title="", outlet=None, published=None, url=None, counts=counts, words=400)


def timed(work: Callable[[], object]) -> float:
    """CPU seconds, the best of three."""
    spent = []
    for _ in range(3):
        start = process_time()
        work()
        spent.append(process_time() - start)
    return min(spent)


def main() -> None:
    rng = random.Random(7)
    tracemalloc.start()
    table, space = background(), subjects()
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()  # it slows everything down
    print(f"the shipped tables hold {held / 1024**2:.0f} MiB")
    vocabulary = [term for term in list(table["en"].shares)[:20000] if " " not in term]
    texts = [(words(rng, vocabulary, 8), words(rng, vocabulary, 45)) for _ in range(ENTRIES)]
    documents = [
        Document(id=str(number), title=title, text=text, language="en", mode="snippet")
        for number, (title, text) in enumerate(texts)
    ]
    plain = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), stop_words="english")
    plain.fit([f"{title} {text}" for title, text in texts])
    base = timed(lambda: plain.transform([f"{title} {text}" for title, text in texts])) / ENTRIES * 1e3
    print(f"scikit-learn's TfidfVectorizer alone: {base:.3f} ms CPU an entry, 1.0")
    for topics in (1, 10, 100):
        seeds = {
            f"t{n}": ((seed(rng, vocabulary, "a"), seed(rng, vocabulary, "b")), Sensitivity()) for n in range(topics)
        }

        def train(seeds: dict[str, tuple[tuple[Seed, Seed], Sensitivity]] = seeds) -> TfidfScorer:
            return TfidfScorer(seeds, table, Stream(), subjects=space, now=NOW)

        training = timed(train)
        tracemalloc.start()
        scorer = train()
        models = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()

        def judge(scorer: TfidfScorer = scorer) -> None:
            for start in range(0, ENTRIES, BATCH):
                scorer.judge(documents[start : start + BATCH], now=NOW)

        cost = timed(judge) / ENTRIES * 1e3
        print(
            f"{topics:3} topics: {cost:.3f} ms CPU an entry in batches, {cost / base:.1f} times the vectoriser alone; "
            f"training {training / topics * 1e3:.1f} ms a topic; the models hold {models / 1024**2:.1f} MiB"
        )


if __name__ == "__main__":
    main()
