"""Counts of forgotten words: as small as they may be, and worth as much as the words to a scorer."""

from __future__ import annotations

import zlib

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, entry
from tests.line import OFF_TOPIC, ON_TOPIC, SEEDS
from watcher.data import background, subjects
from watcher.relevance.features import count_terms, document_terms
from watcher.relevance.kept import (
    MOST,
    SNIPPET,
    WHOLE,
    entry_terms,
    kept_document,
    kept_terms,
    pack,
    unpack,
    whole_terms,
)
from watcher.relevance.scorer import TfidfScorer
from watcher.relevance.stages import full_document, snippet_document
from watcher.relevance.stream import Stream
from watcher.types import Entry, Seed, Sensitivity

ARTICLE = " ".join(text for _, text in ON_TOPIC * 2)


def test_from_the_counts_comes_the_score_that_came_from_the_text() -> None:
    headline, text = SEEDS[0].split("\n\n")
    counts = count_terms(headline, [text], "en")
    seed = Seed(name="one", title="", outlet=None, published=None, url=None, counts=counts, words=60)
    told = {one.id: entry_terms(one) for one in map(_entry, [*ON_TOPIC, *OFF_TOPIC])}
    asked = {"alliance": ((seed,), Sensitivity())}
    by_counts = TfidfScorer(
        asked,
        background(),
        Stream(),
        subjects=subjects(),
        analyse=lambda document, _: kept_terms(told[document.id], document.text),
    )
    by_text = TfidfScorer(asked, background(), Stream(), subjects=subjects())
    scores = []
    for one in map(_entry, [*ON_TOPIC, *OFF_TOPIC]):
        for zone, document in ((SNIPPET, snippet_document(one)), (WHOLE, full_document(one))):
            (expected,) = by_text.judge([document], now=NOW)
            (found,) = by_counts.judge([kept_document(one.id, told[one.id], zone)], now=NOW)
            assert found["alliance"].score.mode == expected["alliance"].score.mode
            assert abs(found["alliance"].score.value - expected["alliance"].score.value) < 1e-12
            scores.append(expected["alliance"].score.value)
    assert max(scores) > 0.2


def _entry(told: tuple[str, str]) -> Entry:
    return entry(told[0], text=told[1], article=f"{told[1]} {ARTICLE}", language="en")


@given(st.text(max_size=300), st.text(max_size=600), st.one_of(st.none(), st.text(max_size=900)))
def test_what_is_packed_comes_back(title: str, text: str, article: str | None) -> None:
    kept = entry_terms(entry(title, text=text, article=article, language="en"))
    assert unpack(pack(kept)) == kept


def test_a_text_without_end_takes_little_room() -> None:
    endless = " ".join(f"w{number}x" for number in range(50_000))
    kept = entry_terms(entry(text=endless, article=endless))
    assert len(kept.whole or {}) == MOST
    assert len(pack(kept)) < 100_000


def test_counts_of_another_version_and_damaged_ones_are_none() -> None:
    assert unpack(zlib.compress(b'{"v":0}')) is None
    assert unpack(b"no counts") is None
    assert unpack(zlib.compress(b'{"v":1,"l":"en"}')) is None


def test_what_is_there_is_counted_and_what_is_forgotten_is_as_it_was_kept() -> None:
    whole = _entry(ON_TOPIC[0])
    kept = entry_terms(whole)
    short = entry(whole.title, text="Other words.", language="en")
    assert whole_terms(short, kept).whole == kept.whole
    assert whole_terms(short, kept).snippet == entry_terms(short).snippet
    assert whole_terms(entry("", text=""), kept) == kept
    assert kept_terms(kept, SNIPPET).count("troops") == document_terms(snippet_document(whole), "en").count("troops")
