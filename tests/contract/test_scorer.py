"""What every registered scorer keeps to. A new one needs a line in `SCORERS` and nothing here."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import NOW
from watcher.data import background, subjects
from watcher.relevance import SCORERS, Document, Scorer, scorer_factory
from watcher.relevance.features import count_terms
from watcher.relevance.stream import Stream
from watcher.types import Seed, Sensitivity

TITLE = "Seoul and Washington agree to share the cost of troops"
DOCUMENTS = [
    Document("1", "Seoul agrees to pay more for troops", "Washington had asked for it.", "en", "snippet"),
    Document("2", "Rain expected", "", "en", "headline"),
    Document("3", "Troops stay in Seoul", "The cost of troops is shared by Washington and Seoul. " * 20, "en", "full"),
]


@pytest.fixture(params=sorted(SCORERS))
def made(request: pytest.FixtureRequest) -> Scorer:
    counts = count_terms(TITLE, ["South Korea will pay more for the troops, the allies said."], "en")
    seed = Seed(name="one", title=TITLE, outlet=None, published=None, url=None, counts=counts, words=20)
    factory: Any = scorer_factory(request.param)
    scorer: Scorer = factory({"korea": ((seed,), Sensitivity())}, background(), Stream(), subjects=subjects())
    return scorer


def test_it_judges_every_document_by_every_topic(made: Scorer) -> None:
    judged = made.judge(DOCUMENTS, now=NOW)
    assert [set(found) for found in judged] == [{"korea"}] * 3
    for document, found in zip(DOCUMENTS, judged, strict=True):
        judgement = found["korea"]
        assert judgement.topic == "korea"
        assert 0.0 <= judgement.score.value <= 1.0
        assert 0.0 <= judgement.strength <= 1.0
        assert judgement.score.mode == document.mode
        assert sum(part for _, part in judgement.score.terms) == pytest.approx(judgement.score.value, abs=1e-9)
        if judgement.match:
            assert judgement.score.value >= judgement.threshold
    assert judged[0]["korea"].score.value > judged[1]["korea"].score.value


def test_nothing_in_nothing_out(made: Scorer) -> None:
    assert made.judge([], now=NOW) == []
    delta = made.delta([], [])
    assert not delta.documents
    made.absorb(delta, NOW)


def test_what_was_judged_can_be_absorbed(made: Scorer) -> None:
    first = made.judge(DOCUMENTS, now=NOW)
    delta = made.delta(DOCUMENTS, first)
    assert delta.documents == {"en": 2}
    assert made.judge(DOCUMENTS, now=NOW) == first
    made.absorb(delta, NOW)
    assert len(made.judge(DOCUMENTS, now=NOW)) == 3


def test_it_tells_what_it_is(made: Scorer) -> None:
    assert made.version("korea")
    assert made.languages("korea") == {"en"}
    assert len(made.key_terms("korea", 3)) == 3


def test_a_text_without_a_needed_word_scores_nothing(made: Scorer) -> None:
    needed = made.needed_words()
    assert needed
    for text in ("Rain is expected in the north.", "A ballgame was won by nobody in particular.", "Troops in Seoul"):
        (judged,) = made.judge([Document("1", text, "", "en", "headline")], now=NOW)
        if not any(word in text.lower() for word in needed):
            assert judged["korea"].score.value == 0.0
    (both,) = made.judge([Document("1", "Troops in Seoul", "", "en", "headline")], now=NOW)
    assert both["korea"].score.value > 0.0
