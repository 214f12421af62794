"""What scoring sees of a text."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from watcher.relevance.features import (
    MOST_WORDS,
    Document,
    count_terms,
    document_terms,
    primary,
    terms,
    total,
)
from watcher.relevance.stopwords import stop_words
from watcher.text import words

PARAGRAPHS = [
    "The allies met in Seoul. They agreed on troop costs. Talks will go on.",
    "They agreed on troop costs. The ministry said so.",
]


def test_terms_are_words_and_pairs_without_stop_words() -> None:
    document = Document("1", "Troops in South Korea", "Talks about the troops.", "en", "snippet")
    title = ["troops", "south", "korea", "troops south", "south korea"]
    assert document_terms(document, "en") == [*title, *title, "talks", "troops", "talks troops"]


def test_zones_of_a_seed() -> None:
    counts = count_terms("Allies agree on costs", PARAGRAPHS, "en-US")
    assert counts.language == "en"
    assert counts.title == {"agree": 1, "agree costs": 1, "allies": 1, "allies agree": 1, "costs": 1}
    assert counts.lead["seoul"] == 1
    assert counts.lead["troop costs"] == 1
    assert set(counts.body) == {"talks", "ministry", "said", "ministry said"}


def test_what_is_said_again_counts_once() -> None:
    first = "I have long wondered why he does it, but the report takes these concerns to a whole new level."
    second = "Regular readers know it, but the report takes these concerns to a whole new level."
    counts = total(count_terms("", [first, second], "en"))
    assert counts["concerns"] == 1
    assert counts["takes concerns"] == 1
    assert counts["readers"] == 1


def test_korean_is_read_by_pairs_of_characters() -> None:
    assert count_terms("한미 방위비", [], "ko").title == {
        "한미": 1,
        "한미 방위": 1,
        "방위": 1,
        "방위 위비": 1,
        "위비": 1,
    }


@pytest.mark.parametrize(
    ("given_", "code"), [("en-US", "en"), ("KO", "ko"), (None, "und"), ("", "und"), ("nb_NO", "no"), ("-", "und")]
)
def test_primary(given_: str | None, code: str) -> None:
    assert primary(given_) == code


def test_korean_and_japanese_grammar_is_left_out() -> None:
    assert list(terms("외교부에서 밝혔다고 한다", "ko")) == ["외교", "교부", "부에", "외교 교부", "교부 부에"]
    assert "てい" not in list(terms("調べている", "ja"))
    assert "이란" in list(terms("이란 핵협상", "ko")), "a country's name, not only an ending"


def test_stop_words_are_words() -> None:
    """A stop word that `words` never gives would stop nothing."""
    assert stop_words("en") >= ENGLISH_STOP_WORDS
    for language in ("de", "es", "fr", "it", "ja", "ko", "pt"):
        unknown = {word for word in stop_words(language) if len(word) > 1 and words(word) != [word]}
        assert unknown == set(), language
    assert not stop_words("xx")


def test_features_are_light() -> None:
    """Seeds, sources and cards use them without paying for scikit-learn."""
    code = "import sys, watcher.relevance, watcher.relevance.stream; print('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    "text", ["방위비 " * 200_000, "협" * 1_000_000, "協議をおこなう" * 100_000, "🎉" * 500_000, "1 " * 500_000]
)
@pytest.mark.parametrize("language", ["ko", "ja", "und"])
def test_long_texts_are_counted_up_to_a_bound(text: str, language: str) -> None:
    """A million characters: anything worse than linear would not come back."""
    assert sum(1 for _ in terms(text, language)) < 2 * MOST_WORDS


@given(st.text(max_size=200), st.lists(st.text(max_size=200), max_size=5), st.sampled_from(["en", "ja", "ko", "xx"]))
def test_counts_are_positive_and_stop_words_are_gone(title: str, paragraphs: list[str], language: str) -> None:
    counts = total(count_terms(title, paragraphs, language))
    assert all(count > 0 for count in counts.values())
    for term in counts:
        assert 1 <= len(term.split(" ")) <= 2
        assert not set(term.split(" ")) & stop_words(language)


@given(
    st.lists(
        st.sampled_from(["Troops leave.", "Seoul agrees at once to pay more for them.", "Nobody knew."]), max_size=6
    )
)
def test_repeating_a_text_changes_nothing(lines: list[str]) -> None:
    assert total(count_terms("", lines, "en")) == total(count_terms("", [*lines, *lines], "en"))
