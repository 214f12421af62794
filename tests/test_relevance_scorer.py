"""Judging documents by seeds, background and stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import fsum, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import NOW
from watcher.data import background
from watcher.errors import SeedError
from watcher.relevance import Document, Judgement
from watcher.relevance.features import count_terms
from watcher.relevance.scorer import TfidfScorer
from watcher.relevance.stream import Stream
from watcher.types import Mode, Seed, Sensitivity

TITLE = "Seoul and Washington agree to share the cost of American troops"
TEXT = [
    "South Korea will pay more for the American troops on its soil, the two allies said after a year of talks.",
    "The agreement ends a dispute over the alliance. Seoul had offered less than Washington demanded.",
    "About 28,500 American soldiers are stationed in South Korea to deter the North.",
]
KOREAN = ["한국과 미국이 주한미군 방위비 분담금 협상을 타결했다고 외교부가 밝혔다.", "한국은 분담금을 더 내기로 했다."]


def seed(
    title: str = TITLE, text: Sequence[str] = TEXT, *, name: str = "one.txt", language: str = "en", **over: object
) -> Seed:
    counts = count_terms(title, text, language)
    given = {
        "name": name,
        "title": title,
        "outlet": None,
        "published": None,
        "url": None,
        "counts": counts,
        "words": 60,
    }
    return Seed(**{**given, **over})  # type: ignore[arg-type]  # one of the fields, by name


def document(title: str, text: str = "", *, language: str = "en", mode: Mode = "snippet") -> Document:
    return Document(title, title, text, language, mode)


def scorer(*seeds: Seed, sensitivity: Sensitivity | None = None, stream: Stream | None = None) -> TfidfScorer:
    topics = {"korea": (seeds or (seed(),), sensitivity or Sensitivity())}
    return TfidfScorer(topics, background(), stream or Stream())


def judge_one(judging: TfidfScorer, given: Document, now: datetime = NOW) -> Judgement:
    (found,) = judging.judge([given], now=now)
    return found["korea"]


ON_TOPIC = document("American troops: South Korea agrees to pay more", "Seoul and Washington ended their cost dispute.")
OFF_TOPIC = document("Local team wins the cup", "A late goal decided the final on Sunday.")


def test_a_related_entry_matches_and_another_does_not() -> None:
    judging = scorer()
    related, other = judge_one(judging, ON_TOPIC), judge_one(judging, OFF_TOPIC)
    assert related.match
    assert related.score.nearest_seed == "one.txt"
    assert related.strength > 0.5
    assert not other.match
    assert other.score.value < 0.05


def test_a_score_is_the_root_of_cosine_times_coverage_and_its_terms_sum_to_it() -> None:
    found = judge_one(scorer(), ON_TOPIC).score
    assert found.value == pytest.approx(sqrt(found.cosine * found.coverage))
    assert fsum(part for _, part in found.terms) == pytest.approx(found.value, abs=1e-9)
    assert list(found.terms) == sorted(found.terms, key=lambda pair: -pair[1])
    assert {"south korea", "american troops"} <= {term for term, _ in found.terms}


def test_key_terms_read_like_the_topic() -> None:
    heaviest = scorer().key_terms("korea", 8)
    assert {"american troops", "troops", "seoul"} <= {term for term, _ in heaviest}
    assert [weight for _, weight in heaviest] == sorted((weight for _, weight in heaviest), reverse=True)


def test_the_nearest_seed_is_named() -> None:
    trade = seed("Steel tariffs strain trade", ["Tariffs on steel hit exporters of cars and steel."], name="two.txt")
    judging = scorer(seed(), trade)
    assert judge_one(judging, ON_TOPIC).score.nearest_seed == "one.txt"
    assert judge_one(judging, document("Steel exporters fear tariffs")).score.nearest_seed == "two.txt"


def test_the_outlets_own_name_is_no_term() -> None:
    text = ["The Cable News spoke to CNN about troops.", "CNN was told that troops leave. CNN asked again."]
    terms = dict(scorer(seed("Troops leave", text, outlet="CNN")).key_terms("korea", 200))
    assert "troops" in terms
    assert not [term for term in terms if "cnn" in term.split()]
    by_post = dict(
        scorer(seed("Troops", ["The Washington Post met Washington officials."], outlet="Washington Post")).key_terms(
            "korea", 99
        )
    )
    assert "washington" in by_post
    assert "washington post" not in by_post


def test_what_the_stream_is_full_of_weighs_less() -> None:
    judging = scorer()
    before = dict(judging.key_terms("korea", 200))["troops"]
    crowd = [document(f"Troops march {i}", f"Troops here and there, number {i}.") for i in range(120)]
    judging.absorb(judging.delta(crowd, judging.judge(crowd, now=NOW)), NOW)
    judging.judge([ON_TOPIC], now=NOW)
    assert dict(judging.key_terms("korea", 200))["troops"] < before


def test_a_batch_does_not_change_its_own_judgements() -> None:
    judging = scorer()
    crowd = [document(f"Troops march {i}", f"Troops here and there, number {i}.") for i in range(120)]
    alone = judge_one(judging, ON_TOPIC)
    among = judging.judge([*crowd, ON_TOPIC], now=NOW)[-1]["korea"]
    assert among.score.value == pytest.approx(alone.score.value)


def test_the_same_sequence_gives_the_same_answers() -> None:
    def run() -> list[Judgement]:
        judging, told = scorer(), []
        for i in range(4):
            batch = [document(f"Story {i} {j} about troops and {'steel' if j % 3 else 'Seoul'}") for j in range(60)]
            judged = judging.judge(batch, now=NOW + timedelta(hours=i))
            told += [found["korea"] for found in judged]
            judging.absorb(judging.delta(batch, judged), NOW + timedelta(hours=i))
        return told

    assert run() == run()


def test_a_stored_stream_counts_from_the_start() -> None:
    judging = scorer()
    crowd = [document(f"Troops march {i}", f"Troops here and there, number {i}.") for i in range(120)]
    stream = Stream()
    stream.add(judging.delta(crowd, judging.judge(crowd, now=NOW)), NOW)
    again = TfidfScorer({"korea": ((seed(),), Sensitivity())}, background(), stream, now=NOW)
    assert dict(again.key_terms("korea", 200))["troops"] < dict(judging.key_terms("korea", 200))["troops"]


def test_topics_can_be_named_per_document() -> None:
    topics = {"a": ((seed(),), Sensitivity()), "b": ((seed(),), Sensitivity())}
    judging = TfidfScorer(topics, background(), Stream())
    first, second, third = judging.judge([ON_TOPIC] * 3, topics=[("a",), ("a", "b"), ()], now=NOW)
    assert (set(first), set(second), set(third)) == ({"a"}, {"a", "b"}, set())


def test_a_language_without_a_seed_scores_zero_and_an_unknown_one_is_read_as_the_topics() -> None:
    judging = scorer()
    assert judging.languages("korea") == {"en"}
    assert judge_one(judging, replace(ON_TOPIC, language="de")).score.value == 0.0
    unknown = judge_one(judging, replace(ON_TOPIC, language="und"))
    assert unknown.score.value == pytest.approx(judge_one(judging, ON_TOPIC).score.value)
    assert judge_one(judging, replace(ON_TOPIC, language="en-GB")).match


def test_korean_seeds_find_korean_entries() -> None:
    judging = scorer(seed(), seed("한미 방위비 분담금 타결", KOREAN, name="ko.txt", language="ko"))
    assert judging.languages("korea") == {"en", "ko"}
    found = judge_one(
        judging,
        document("방위비 분담금 협상, 한미 합의", "외교부는 주한미군 분담금 협상이 끝났다고 했다.", language="ko"),
    )
    assert found.match
    assert found.score.nearest_seed == "ko.txt"
    assert not judge_one(judging, document("프로야구 개막전 열려", "서울에서 경기가 열렸다.", language="ko")).match


def test_delta_counts_texts_once_articles_never_and_scores_of_the_topics_languages() -> None:
    judging = scorer()
    article = document("Full", "troops " * 10, mode="full")
    batch = [ON_TOPIC, ON_TOPIC, OFF_TOPIC, article, document("한국", language="ko")]
    delta = judging.delta(batch, judging.judge(batch, now=NOW))
    assert delta.documents == {"en": 2, "ko": 1}
    assert delta.terms["en"]["troops"] == 1
    assert len(delta.scores["korea", "snippet"]) == 3
    assert len(delta.scores["korea", "full"]) == 1


def test_version_names_the_seeds() -> None:
    assert scorer().version("korea") == scorer().version("korea")
    assert scorer().version("korea") != scorer(seed("Another headline")).version("korea")


def test_one_means_never() -> None:
    judging = scorer(sensitivity=Sensitivity(fixed=1.0))
    assert not judge_one(judging, document(TITLE, " ".join(TEXT))).match


@pytest.mark.parametrize("seeds", [(), (seed("The of and", ["It was what it was."]),), (seed("", ["!!! — 🎉"]),)])
def test_seeds_without_words_are_refused(seeds: tuple[Seed, ...]) -> None:
    with pytest.raises(SeedError, match="korea"):
        TfidfScorer({"korea": (seeds, Sensitivity())}, background(), Stream())


def test_a_seed_without_words_among_others_is_left_out() -> None:
    assert judge_one(scorer(seed(), seed("", ["🎉"], name="two.txt")), ON_TOPIC).match


@pytest.mark.parametrize("text", [TEXT, ["troops"], ["트럼프 대통령"]])
def test_identical_seeds_do_not_match_everything(text: list[str]) -> None:
    judging = scorer(*(seed("", text, name=f"{i}.txt") for i in range(3)))
    assert not judge_one(judging, OFF_TOPIC).match
    assert judge_one(judging, document("", " ".join(text))).match


ODD = [
    document(""),
    document("Troops"),
    document("", "troops " * 100_000, mode="full"),
    document("2018 28,500 000"),
    document("🎉🇰🇷👨‍👩‍👧"),
    document("\x00\u202e\ud800"),
]


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_odd_entries_have_a_score(odd: Document) -> None:
    found = judge_one(scorer(), odd).score
    assert 0.0 <= found.value <= 1.0
    assert found.mode == odd.mode


SAID = "troops seoul Washington South Korea agree the cost pay talks steel 28,500 x 한국 🎉 dispute."
vocabulary = st.sampled_from(SAID.split())
texts = st.lists(vocabulary, max_size=30).map(" ".join)
modes: st.SearchStrategy[Mode] = st.sampled_from(["headline", "snippet", "full"])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=4), st.lists(st.tuples(texts, texts, modes), max_size=5))
def test_scores_are_bounded_and_explained(seeds: list[tuple[str, str]], entries: list[tuple[str, str, Mode]]) -> None:
    given_seeds = [seed(title, [text], name=f"{i}.txt") for i, (title, text) in enumerate(seeds)]
    try:
        judging = scorer(*given_seeds)
    except SeedError:
        return
    documents = [Document(str(i), title, text, "en", mode) for i, (title, text, mode) in enumerate(entries)]
    for found in judging.judge(documents, now=NOW):
        score = found["korea"].score
        assert 0.0 <= score.value <= 1.0
        assert 0.0 <= found["korea"].strength <= 1.0
        assert fsum(part for _, part in score.terms) == pytest.approx(score.value, abs=1e-9)
        assert (score.nearest_seed is None) == (score.value == 0.0)
        assert all(part > 0 for _, part in score.terms)


@settings(deadline=None, max_examples=20)
@given(st.permutations(["one", "two", "three"]))
def test_the_order_of_seeds_does_not_matter(order: list[str]) -> None:
    said = {"one": TEXT[:1], "two": TEXT[1:2], "three": TEXT[2:]}
    judging = scorer(*(seed("", said[name], name=name) for name in order))
    plain = scorer(*(seed("", said[name], name=name) for name in said))
    assert judging.key_terms("korea", 200) == plain.key_terms("korea", 200)
    assert judging.version("korea") == plain.version("korea")
