"""What is said of seeds before a topic goes live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from tests.line import SEEDS
from watcher.cli.seed_doubts import doubts
from watcher.data import background, sample, subjects
from watcher.relevance.features import Document, count_terms, document_terms
from watcher.relevance.review import BROAD, Review, SeedReview, review
from watcher.relevance.scorer import TfidfScorer
from watcher.relevance.stream import Stream
from watcher.types import Seed, Sensitivity

BEES = (
    "Bees are dying in the orchards of the valley\n\n"
    "Beekeepers lost half of their hives last winter. A mite that spreads a virus is to blame, biologists at the "
    "agricultural college found, together with pesticides sprayed on apple blossom. Orchards now rent hives from "
    "growers three hundred miles away, and honey has become twice as dear. The college wants farmers to sow clover "
    "between the rows of trees and to spray at night only, when the bees are in their hives."
)


def seed(name: str, text: str, language: str = "en") -> Seed:
    title, _, body = text.partition("\n\n")
    counts = count_terms(title, body.split("\n\n"), language)
    words = len(text.split())
    return Seed(name=name, title=title, outlet=None, published=None, url=None, counts=counts, words=words)


def reviewed(seeds: Sequence[Seed], ordinary: Mapping[str, Sequence[Mapping[str, int]]] | None = None) -> Review:
    topics = {"t": (seeds, Sensitivity())}
    scorer = TfidfScorer(topics, background(), Stream(), subjects=subjects(), now=NOW)
    return review(scorer.trial("t", NOW), ordinary or {})


def said(seeds: Sequence[Seed], languages: Sequence[str] | None = None) -> list[str]:
    return [str(one) for one in doubts(Path("seeds"), reviewed(seeds), languages)]


def test_seeds_of_one_event_find_each_other_and_leave_nothing_to_doubt() -> None:
    found = reviewed([seed("a", SEEDS[0]), seed("b", SEEDS[1])])
    assert [one.by_others is not None and one.by_others > 1 for one in found.seeds] == [True, True]
    assert said([seed("a", SEEDS[0]), seed("b", SEEDS[1])]) == []


def test_seeds_of_two_topics_are_told_apart() -> None:
    (line,) = said([seed("a", SEEDS[0]), seed("bees", BEES)])
    assert "the seeds share next to nothing: they are several topics" in line
    assert "make a topic of each" in line


def test_a_stranger_among_several_is_named() -> None:
    (line,) = said([seed("a", SEEDS[0]), seed("b", SEEDS[1]), seed("bees", BEES)])
    assert line.startswith("seeds: bees: it shares next to nothing with the other seeds")


def test_a_shortened_copy_adds_nothing_and_the_longer_one_does() -> None:
    shorter = SEEDS[0].rpartition("Lawmakers")[0]
    for order in (("whole", "cut"), ("cut", "whole")):
        named = {"whole": SEEDS[0], "cut": shorter}
        (line,) = said([seed(name, named[name]) for name in order])
        assert line.startswith("seeds: cut: nearly all of its words are in whole: it adds nothing")


def test_of_two_alike_one_adds_something() -> None:
    (line,) = said([seed("a", SEEDS[0]), seed("b", SEEDS[0])])
    assert "seeds: b: nearly all of its words are in a" in line


def test_a_seed_of_few_words_and_one_in_a_language_nobody_looks_at() -> None:
    lines = said([seed("a", "Troops leave Seoul\n\nThe troops leave.")], ["de", "fr"])
    assert [line.partition(":  ")[0] for line in lines if "only 6 words" in line]
    assert any("it is in en, and languages names de, fr only" in line for line in lines)


def test_seeds_in_two_languages_are_not_compared() -> None:
    korean = seed(
        "ko", "주한미군 방위비 협상\n\n한국과 미국은 주한미군 방위비 분담금 협상을 다시 시작했다고 밝혔다.", "ko"
    )
    found = reviewed([seed("a", SEEDS[0]), korean])
    assert [one.by_others for one in found.seeds] == [None, None]
    assert not found.two_topics


def test_breadth_is_what_would_match_of_ordinary_news() -> None:
    texts = [("Troops may leave South Korea", SEEDS[0]), ("Bees are dying", BEES)]
    entries = [_counted(Document("x", title, text[:300], "en", "snippet")) for title, text in texts]
    found = reviewed([seed("a", SEEDS[0])], {"en": entries * 50, "de": entries})
    assert (found.matched, found.of, found.broad) == (50, 100, True)
    (line,) = [str(one) for one in doubts(Path("seeds"), found, None)]
    assert "too broad: would match 50.0% of ordinary news (50 of 100 entries)" in line
    assert "sensitivity: strict" in line


def test_the_shipped_sample_is_ordinary_news_and_the_topics_here_match_little_of_it() -> None:
    entries = sample()["en"]
    assert len(entries) == 1000
    assert 30 < sum(len(one) for one in entries) / len(entries) < 120
    assert any("president" in one for one in entries)
    found = reviewed([seed("a", SEEDS[0]), seed("b", SEEDS[1])], {"en": entries})
    assert found.of == 1000
    assert found.matched < BROAD * 1000
    assert reviewed([seed("bees", BEES)], {"en": entries}).matched < 10


@given(st.lists(st.sampled_from([*SEEDS, BEES]), min_size=1, max_size=4))
def test_a_review_names_every_seed_once(texts: list[str]) -> None:
    seeds = [seed(f"s{number}", text) for number, text in enumerate(texts)]
    found = reviewed(seeds)
    assert [one.name for one in found.seeds] == [one.name for one in seeds]
    kept = [one for one in found.seeds if one.within is None]
    assert len(kept) == len(set(texts)), "each text counts once"


@pytest.mark.parametrize(("ratio", "strange"), [(None, False), (0.0, True), (0.5, False), (2.0, False)])
def test_a_seed_is_strange_when_the_others_would_not_have_found_it_by_far(ratio: float | None, strange: bool) -> None:
    assert SeedReview(name="a", language="en", words=100, by_others=ratio, within=None).strange is strange


def _counted(document: Document) -> dict[str, int]:
    found: dict[str, int] = {}
    for term in document_terms(document, "en"):
        found[term] = found.get(term, 0) + 1
    return found
