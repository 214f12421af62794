"""From clicks to what a model learns: everybody counts, nobody counts for all, and nothing gets worse."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests import builders as b
from tests.builders import NOW
from tests.test_relevance_learning import seed
from watcher.data import background, subjects
from watcher.relevance.features import Document, count_terms, document_terms
from watcher.relevance.scorer import TfidfScorer
from watcher.relevance.stream import Stream
from watcher.relevance.votes import MOST, change, example, examples, objection
from watcher.types import Example, Label, Seed, Sensitivity

FRUIT = ("Fruit exporters count losses at the harbour", "Exporters say their cargo rots on the quays.")
FILM = ("A film about harbour life", "Container ships lie at anchor off the coast in it, and a union man sings.")


def label(title: str, text: str = "", **over: Any) -> Label:
    document = Document("x", title, text, "en", "snippet")
    return b.label(title, terms=Counter(document_terms(document, "en")), topic="harbour", **over)


def other_seed() -> Seed:
    title, text = "Pilots' union and harbour board talk about pay", "The union wants night shifts paid better."
    counts = count_terms(title, [text], "en")
    return Seed(name="b.txt", title=title, outlet=None, published=None, url=None, counts=counts, words=20)


def third_seed() -> Seed:
    title, text = "Exporters fear for fruit on the quays", "Cargo rots while pilots and their union talk of shifts."
    counts = count_terms(title, [text], "en")
    return Seed(name="c.txt", title=title, outlet=None, published=None, url=None, counts=counts, words=20)


def scorer(*given: Example, sensitivity: Sensitivity | None = None, seeds: int = 2) -> TfidfScorer:
    both = [seed(), other_seed()][:seeds]
    topics = {"harbour": (both, sensitivity or Sensitivity()), "other": ([other_seed()], Sensitivity())}
    return TfidfScorer(topics, background(), Stream(), subjects=subjects(), examples={"harbour": given}, now=NOW)


def test_several_answers_to_one_text_are_one_example_as_most_see_it() -> None:
    said = [
        label(*FRUIT, user="U1", relevant=True),
        label(*FRUIT, user="U2", relevant=False),
        label(*FRUIT, user="U3", relevant=True),
    ]
    (one,) = examples(said)
    assert (one.relevant, one.weight) == (True, 1.0)
    assert examples(said[:2]) == ()


def test_one_person_counts_as_ten_answers_at_most() -> None:
    eager = [label(f"text {n}", user="U1") for n in range(40)]
    found = examples([*eager, label(*FRUIT, user="U2")])
    assert sum(one.weight for one in found[:-1]) == pytest.approx(MOST)
    assert found[-1].weight == 1.0
    (outvoted,) = (one for one in examples([*eager, label("text 3", user="U2", relevant=False)]) if not one.relevant)
    assert outvoted.weight == pytest.approx(0.75)


def test_a_scorer_that_is_taught_is_the_one_made_so() -> None:
    liked = example(label(*FRUIT))
    made, taught = scorer(liked), scorer()
    before = taught.version("other")
    taught.teach("harbour", [liked])
    entry = [Document("1", *FRUIT, "en", "snippet")]
    assert taught.judge(entry, now=NOW) == made.judge(entry, now=NOW)
    assert (taught.version("harbour"), taught.version("other")) == (made.version("harbour"), before)
    taught.teach("harbour", [])
    assert taught.judge(entry, now=NOW) == scorer().judge(entry, now=NOW)


def test_a_trial_says_what_the_scorer_would_say() -> None:
    disliked = example(label(*FILM, relevant=False))
    trial = scorer().trial("harbour", NOW)
    entry = [Document("1", *FRUIT, "en", "snippet")]
    text = example(label(*FRUIT))
    for given in ((), (disliked,)):
        (verdict,) = trial.teach(given).judge([text])
        judged = scorer(*given).judge(entry, now=NOW)[0]["harbour"]
        assert (verdict.score.value, verdict.threshold) == pytest.approx((judged.score.value, judged.threshold))
        assert verdict.match == judged.match


def test_a_judgement_that_answers_decided_says_so() -> None:
    entry = [Document("1", *FILM, "en", "snippet")]
    plain = scorer().judge(entry, now=NOW)[0]["harbour"]
    assert (plain.match, plain.without_answers) == (True, None)
    silenced = scorer(example(label(*FILM, relevant=False))).judge(entry, now=NOW)[0]["harbour"]
    assert (silenced.match, silenced.without_answers) == (False, True)


def test_nothing_is_learned_that_a_seed_pays_for() -> None:
    """Twenty people say that reports like one of the three seeds are not relevant."""
    topics = {"harbour": ([seed(), other_seed(), third_seed()], Sensitivity())}
    trial = TfidfScorer(topics, background(), Stream(), subjects=subjects(), now=NOW).trial("harbour", NOW)
    assert trial.judge_seeds(()) == {"a.txt": True, "b.txt": True, "c.txt": True}
    like = (seed().title, "Container ships lay at anchor")
    spite = [label(*like, relevant=False, mode="full", entry=str(n), user=f"U{n}") for n in range(20)]
    assert objection(trial, (), examples(spite), []) == "the seed a.txt would not match any more"
    assert objection(trial, (), examples(spite[:1]), spite[:1]) is None


def test_nothing_is_learned_that_an_answer_pays_for() -> None:
    trial = scorer().trial("harbour", NOW)
    liked = [label("A film about harbour life", "Container ships lie at anchor off the coast; a union man sings.")]
    against = [label(*FILM, relevant=False, entry=str(n), user=f"U{n}") for n in range(12)]
    said = objection(trial, (), examples(against), liked)
    assert said == "1 of 1 texts that were answered would be judged wrongly, 0 were"
    assert objection(trial, (), examples([*liked, *against]), liked) is None


def test_a_change_tells_the_words_of_the_answered_text_and_what_changes_sides() -> None:
    trial = scorer().trial("harbour", NOW)
    said = [label(*FRUIT)]
    text = Example(terms=said[0].terms, language="en", mode="snippet", relevant=True)
    film = [label(*FILM, relevant=False)]
    before, after = trial.teach(()), trial.teach(examples(said))
    told = change(before, after, said, [text])
    assert set(told.up) & {"exporters", "fruit", "cargo", "quays", "fruit exporters"}
    assert not told.down
    lesson = change(after, trial.teach(examples([*said, *film])), film, [text, example(film[0])])
    assert lesson.lost >= 0
    assert "anchor" in lesson.down or lesson.down
    assert lesson.thresholds is not None
    assert lesson.thresholds[0] < lesson.thresholds[1]


def test_a_threshold_that_the_user_has_fixed_stays_in_a_trial() -> None:
    trial = scorer(sensitivity=Sensitivity(fixed=0.2)).trial("harbour", NOW)
    film = [label(*FILM, relevant=False)]
    assert trial.teach(examples(film)).thresholds == trial.teach(()).thresholds
