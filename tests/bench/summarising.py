"""What a summary costs, beside scikit-learn's own TF-IDF on the same articles in the same run. ``make bench``."""

from __future__ import annotations

import random

from sklearn.feature_extraction.text import TfidfVectorizer

from tests.bench.scoring import timed
from watcher.data import background
from watcher.summary import summarise

ARTICLES = 100
PARAGRAPHS, SENTENCES = 18, 2
"""About 750 words: an ordinary report."""


def article(rng: random.Random, vocabulary: list[str]) -> str:
    def sentence() -> str:
        return " ".join(rng.choices(vocabulary, k=rng.randint(12, 30))).capitalize() + "."

    return "\n\n".join(" ".join(sentence() for _ in range(SENTENCES)) for _ in range(PARAGRAPHS))


def main() -> None:
    rng = random.Random(7)
    vocabulary = [term for term in list(background()["en"].shares)[:20000] if " " not in term]
    articles = [(" ".join(rng.choices(vocabulary, k=8)), article(rng, vocabulary)) for _ in range(ARTICLES)]
    terms = {word: 1.0 / place for place, word in enumerate(rng.choices(vocabulary, k=60), start=1)}
    plain = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), stop_words="english")
    plain.fit([text for _, text in articles])
    base = timed(lambda: plain.transform([text for _, text in articles])) / ARTICLES * 1e3
    cost = timed(lambda: [summarise(title, text, terms=terms) for title, text in articles]) / ARTICLES * 1e3
    print(f"scikit-learn's TfidfVectorizer alone: {base:.2f} ms CPU an article, 1.0")
    print(
        f"a summary, its left-overs cleaned: {cost:.2f} ms CPU an article, {cost / base:.1f} times the vectoriser alone"
    )


if __name__ == "__main__":
    main()
