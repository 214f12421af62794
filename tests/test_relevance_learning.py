"""What readers' answers teach: the measured schedule, and a threshold that answers move."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from watcher.data import background, subjects
from watcher.relevance.features import Document, count_terms, document_terms
from watcher.relevance.learning import FURTHEST, Labelled, learn, schedule, threshold_by_labels
from watcher.relevance.model import KEY_TERMS, MOST_TERMS, Rarity, TopicModel, train
from watcher.relevance.scorer import TfidfScorer
from watcher.relevance.stream import Stream
from watcher.types import Example, Seed, Sensitivity

TITLE = "Harbour pilots strike over night shifts"
TEXT = "Harbour pilots walked out on Monday. Container ships lay at anchor off the coast, and the union wants more pay."
scores = st.lists(st.floats(0.001, 1), max_size=6)


def seed() -> Seed:
    counts = count_terms(TITLE, [TEXT], "en")
    return Seed(name="a.txt", title=TITLE, outlet=None, published=None, url=None, counts=counts, words=25)


def model() -> TopicModel:
    return train("harbour", [seed()], "en", Rarity(background()["en"], None))


def label(*terms: str, relevant: bool) -> Labelled:
    return Labelled(vector={term: len(terms) ** -0.5 for term in terms}, relevant=relevant)


def example(title: str, text: str, *, relevant: bool) -> Example:
    document = Document("x", title, text, "en", "snippet")
    return Example(terms=Counter(document_terms(document, "en")), language="en", mode="snippet", relevant=relevant)


def test_without_labels_nothing_changes() -> None:
    before = model()
    assert learn(before, []) is before


def test_a_relevant_text_brings_its_words_and_an_irrelevant_one_takes_them() -> None:
    before = model()
    after = learn(before, [label("exporters", "fruit", relevant=True), label("anchor", "coast", relevant=False)])
    assert after.weights["exporters"] > before.weights.get("exporters", 0.0)
    assert after.weights.get("anchor", 0.0) < before.weights["anchor"]
    assert list(after.weights)[0] == list(before.weights)[0]  # the seeds stay the middle  # noqa: RUF015 order is meant


def test_a_model_stays_a_model() -> None:
    many = [label(*(f"w{i}x{n}" for i in range(40)), relevant=n % 2 == 0) for n in range(30)]
    after = learn(model(), many)
    assert len(after.weights) <= MOST_TERMS
    assert len(after.key) <= KEY_TERMS
    assert sum(weight**2 for weight in after.weights.values()) == pytest.approx(1.0)
    assert sum(after.key.values()) == pytest.approx(1.0)
    assert min(after.weights.values()) > 0


def test_words_that_answers_took_are_gone_from_the_seeds_too() -> None:
    """A seed's vector is over the model's terms, and over no others: scoring relies on it."""
    before = model()
    against = [label("anchor", "coast", relevant=False)] * 20
    after = learn(before, against)
    assert "anchor" in before.seeds["a.txt"]
    assert "anchor" not in after.weights
    assert all(vector.keys() <= after.weights.keys() for vector in after.seeds.values())
    assert after.key.keys() <= after.weights.keys()


def test_a_scorer_whose_answers_took_words_still_scores() -> None:
    entry = Document("1", "Harbour pilots strike", "Container ships lay at anchor.", "en", "snippet")
    against = [example("Anchor off the coast", "An anchor lay off the coast on Monday.", relevant=False)] * 20
    assert judged(against, entry)[0] > 0


def test_when_all_of_a_topic_is_irrelevant_its_words_stay() -> None:
    before = model()
    against = [Labelled(vector=dict.fromkeys(before.weights, 2.0), relevant=False)] * 20
    assert learn(before, against) is before


def test_the_schedule_begins_slowly() -> None:
    found = [schedule(n) for n in range(30)]
    assert found == sorted(found)
    assert found[1] == pytest.approx(0.25)
    assert found[10] == pytest.approx(0.625)
    assert found[20] == found[29] == 1.0


def test_a_threshold_goes_between_what_was_liked_and_what_was_not() -> None:
    assert 0.1 < threshold_by_labels(0.1, [0.3, 0.4], [0.2, 0.05]) < 0.3
    assert 0.05 < threshold_by_labels(0.1, [0.06], []) < 0.1
    assert 0.1 < threshold_by_labels(0.1, [], [0.15]) < 0.15
    assert threshold_by_labels(0.1, [0.2], []) == pytest.approx(0.1)
    assert threshold_by_labels(0.1, [], [0.05]) == pytest.approx(0.1)
    assert threshold_by_labels(0.1, [], []) == 0.1


@given(st.floats(0.01, 0.9), scores, scores)
def test_labels_move_a_threshold_only_so_far(line: float, liked: list[float], disliked: list[float]) -> None:
    moved = threshold_by_labels(line, liked, disliked)
    assert line / FURTHEST - 1e-9 <= moved <= line * FURTHEST + 1e-9
    assert moved == threshold_by_labels(line, liked[::-1], disliked[::-1])


def judged(examples: list[Example], document: Document, **sensitivity: float) -> tuple[float, float]:
    scorer = TfidfScorer(
        {"harbour": ([seed()], Sensitivity(**sensitivity))},  # type: ignore[arg-type]  # one of its numbers
        background(),
        Stream(),
        subjects=subjects(),
        examples={"harbour": examples, "gone": examples},
    )
    found = scorer.judge([document], now=NOW)[0]["harbour"]
    return found.score.value, found.threshold


def test_the_scorer_learns_from_examples_and_forgets_them() -> None:
    entry = Document("1", "Fruit exporters count losses at the harbour", "Cargo rots on the quays.", "en", "snippet")
    liked = example("Exporters' cargo rots", "Fruit exporters say their cargo rots on the quays.", relevant=True)
    film = example("Harbour pilots strike over night shifts, the film", "Container ships at anchor.", relevant=False)
    plain, line = judged([], entry)
    taught, _ = judged([liked], entry)
    _, stricter = judged([film], entry)
    assert taught > plain
    assert stricter > line
    assert judged([], entry) == (plain, line)


def test_a_fixed_threshold_is_the_users() -> None:
    entry = Document("1", "Harbour pilots", "Pilots at the harbour.", "en", "snippet")
    disliked = example("Harbour seal rescued", "A seal was rescued off the coast near the harbour.", relevant=False)
    assert judged([disliked], entry, fixed=0.2)[1] == pytest.approx(0.16)


def test_what_was_taught_is_part_of_the_version() -> None:
    topics = {"harbour": ([seed()], Sensitivity())}
    liked = example("Exporters' cargo rots", "Cargo rots.", relevant=True)
    versions = {
        TfidfScorer(topics, background(), Stream(), examples={"harbour": given}).version("harbour")
        for given in ([], [liked], [liked, liked])
    }
    assert len(versions) == 3
