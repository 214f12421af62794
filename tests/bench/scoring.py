"""What judging costs, beside scikit-learn's own TF-IDF on the same texts in the same run. ``make bench``."""

from __future__ import annotations

import random
from collections.abc import Callable
from time import process_time

from sklearn.feature_extraction.text import TfidfVectorizer

from tests.builders import NOW
from watcher.data import background
from watcher.relevance.features import Document, count_terms
from watcher.relevance.scorer import TfidfScorer
from watcher.relevance.stream import Stream
from watcher.types import Seed, Sensitivity

ENTRIES = 2000


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
    table = background()
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
        training = timed(lambda seeds=seeds: TfidfScorer(seeds, table, Stream(), now=NOW))  # type: ignore[misc]  # bound now
        scorer = TfidfScorer(seeds, table, Stream(), now=NOW)
        cost = timed(lambda scorer=scorer: scorer.judge(documents, now=NOW)) / ENTRIES * 1e3  # type: ignore[misc]  # same
        print(
            f"{topics:3} topics: {cost:.3f} ms CPU an entry in batches, {cost / base:.1f} times the vectoriser alone; "
            f"training {training / topics * 1e3:.1f} ms a topic"
        )


if __name__ == "__main__":
    main()
