from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, entry, score
from watcher.decide import Case, broken_rule, decide, first_hit, materially_changed, too_old
from watcher.relevance import Judgement
from watcher.types import Rules


def judgement(value: float = 0.3, *, match: bool = True) -> Judgement:
    return Judgement(topic="t", score=score(value), threshold=0.12, strength=0.7, match=match)


def case(**over: Any) -> Case:
    given: dict[str, Any] = {
        "topic": "us-south-korea",
        "entry": entry(),
        "judgement": judgement(),
        "rules": Rules(),
        "model": "m1",
        "now": NOW,
        "max_age": timedelta(days=3),
    }
    return Case(**{**given, **over})


def test_a_match_is_pending_with_its_figures() -> None:
    decision = decide(case())
    assert (decision.state, decision.score, decision.threshold) == ("pending", 0.3, 0.12)
    assert decision.reason == "a match (score 0.300, threshold 0.120)"
    assert (decision.nearest_seed, decision.model, decision.decided_at) == ("one.txt", "m1", NOW)


def test_a_score_under_the_threshold_is_below() -> None:
    decision = decide(case(judgement=judgement(0.1, match=False)))
    assert (decision.state, decision.reason) == ("below", "below the threshold (score 0.100, threshold 0.120)")


@pytest.mark.parametrize(
    ("over", "state", "reason"),
    [
        ({"capped": True}, "excluded", "beyond the feed's entry cap"),
        ({"paused": True}, "excluded", "the topic was paused"),
        ({"entry": entry(published=NOW - timedelta(days=4))}, "stale", "published 2026-02-26, before the last 3 days"),
        ({"rules": Rules(exclude=("troop*",))}, "excluded", "the exclude rule 'troop*' hits"),
        ({"rules": Rules(must=("Busan",))}, "excluded", "none of the must words is in it: Busan"),
        ({"rules": Rules(languages=("ko",))}, "excluded", "its language (en) is not one of: ko"),
        ({"judgement": None}, "below", "its language (en) is not one of the topic's seeds"),
        ({"silent": True}, "excluded", "the feed's first poll is silent (score 0.300, threshold 0.120)"),
    ],
)
def test_every_other_end_has_its_reason(over: dict[str, Any], state: str, reason: str) -> None:
    decision = decide(case(**over))
    assert (decision.state, decision.reason) == (state, reason)


def test_an_unknown_date_is_not_old_and_a_future_one_neither() -> None:
    age = timedelta(days=3)
    assert not too_old(entry(published=None), now=NOW, max_age=age)
    assert not too_old(entry(published=NOW + timedelta(days=400)), now=NOW, max_age=age)


def test_must_also_looks_at_the_article_and_exclude_does_not() -> None:
    read = entry(article="A long report about the port of Busan.")
    assert broken_rule(Rules(must=("Busan",)), read) is None
    assert broken_rule(Rules(exclude=("Busan",)), read) is None


@pytest.mark.parametrize(
    ("pattern", "text", "hits"),
    [
        ("Korea*", "South Korean officials", True),
        ("Korea", "South Korean officials", False),
        ("seoul", "SEOUL said", True),
        ("art", "party", False),
        ('"free trade"', "a free\n  trade deal", True),
        ("free trade", "trade is free", False),
        ("U.S.", "the U.S. said", True),
        ("C++", "written in C++ today", True),
        ("한국", "주한미군 한국에서", True),
        ("(a+)+$", "a" * 5000, False),
        ("*", "anything", False),
    ],
)
def test_patterns_are_whole_words_phrases_and_prefixes(pattern: str, text: str, hits: bool) -> None:
    assert (first_hit([pattern], text) == pattern) is hits


@given(st.text(max_size=40), st.text(max_size=200))
def test_no_pattern_breaks(pattern: str, text: str) -> None:
    assert first_hit([pattern], text) in {None, pattern}


@pytest.mark.parametrize(
    ("before", "after", "material"),
    [
        ("The two allies met in Seoul on Monday.", "The two allies met in Seoul, on Monday.", False),
        ("The two allies met in Seoul on Monday.", "THE TWO ALLIES MET IN SEOUL ON MONDAY.", False),
        ("Seoul will pay 900 million dollars.", "Seoul will pay 950 million dollars.", True),
        ("The two allies met in Seoul on Monday.", "The talks were broken off without a result.", True),
    ],
)
def test_an_edit_counts_by_its_words_and_figures(before: str, after: str, material: bool) -> None:
    assert materially_changed(entry(text=before), entry(text=after)) is material
