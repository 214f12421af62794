"""What a lesson costs: one answer learned, beside making all models anew in the same run. ``make bench``."""

from __future__ import annotations

import random
from collections import Counter

from tests import builders as b
from tests.bench.scoring import seed, timed, words
from tests.builders import NOW
from watcher.data import background, subjects
from watcher.learn import _change, study
from watcher.relevance.features import Document, document_terms
from watcher.relevance.scorer import TfidfScorer
from watcher.relevance.stream import Stream
from watcher.store.feedback import Numbered
from watcher.store.report import Judged
from watcher.types import Sensitivity

TOPICS, SEEDS, ANSWERS, LATELY = 20, 4, 50, 400


def main() -> None:
    rng = random.Random(7)
    table, space = background(), subjects()
    vocabulary = [term for term in list(table["en"].shares)[:20000] if " " not in term]
    topics = {
        f"t{n}": (tuple(seed(rng, vocabulary, f"s{i}") for i in range(SEEDS)), Sensitivity()) for n in range(TOPICS)
    }
    scorer = TfidfScorer(topics, table, Stream(), subjects=space, now=NOW)
    near = []
    for number in range(LATELY):
        entry = b.entry(words(rng, vocabulary, 8), text=words(rng, vocabulary, 60), article=words(rng, vocabulary, 500))
        near.append(Judged(entry=entry, decision=b.decision(entry.id, "t0", mode="full" if number % 2 else "snippet")))
    answers = []
    for number in range(ANSWERS):
        title, text = words(rng, vocabulary, 8), words(rng, vocabulary, 500)
        terms = Counter(document_terms(Document("x", title, text, "en", "full"), "en"))
        state = "new" if number == ANSWERS - 1 else "learned"
        label = b.label(title, topic="t0", terms=terms, mode="full", relevant=number % 3 > 0, state=state)
        answers.append(Numbered(number=number, label=label, undone_at=None))
    trial = scorer.trial("t0", NOW)
    found = study(trial, answers, ())
    anew = timed(lambda: TfidfScorer(topics, table, Stream(), subjects=space, now=NOW))
    lesson = timed(lambda: study(trial, answers, ()))
    telling = timed(lambda: _change(trial, (), found, near))
    adopting = timed(lambda: scorer.teach("t0", found.adopted))
    print(
        f"one lesson of {ANSWERS} answers, tried on {SEEDS} seeds: {lesson * 1e3:.0f} ms CPU beside everything else, "
        f"{lesson / anew:.1f} times all {TOPICS} topics made anew; adopting it {adopting * 1e3:.0f} ms, "
        f"{adopting / anew:.2f} times; telling what it means for {LATELY} texts {telling / anew:.1f} times"
    )


if __name__ == "__main__":
    main()
