"""What text looks like, where words and sentences end, and what counts as the same content."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.text import content_hash, cut, paragraphs, sentences, tidy, words


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("  a \t b\n\nc ", "a b c"),
        ("zero\u200bwidth", "zerowidth"),
        ("\u202eevil\u202c", "evil"),
        ("e\u0301", "é"),
        ("a\x00b\x07", "ab"),
        ("soft\u00adhyphen", "softhyphen"),
        ("non\u00a0breaking", "non breaking"),
        ("broken \ud800 half", "broken half"),
        ("", ""),
    ],
)
def test_tidy_shows_what_people_see(raw: str, seen: str) -> None:
    assert tidy(raw) == seen


def test_tidy_can_keep_paragraphs() -> None:
    assert tidy(" one  two \r\n\r\n\t three\n", lines=True) == "one two\nthree"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Trump's trade-deal with South Korea", ["trump", "trade", "deal", "with", "south", "korea"]),
        ("32,000 soldiers in 2018", ["32", "000", "soldiers", "in", "2018"]),
        ("see https://example.com/a?b=c or www.example.org/x now", ["see", "or", "now"]),
        ("한국 대통령", ["한국", "대통", "통령"]),
        ("美 대통령", ["美", "대통", "통령"]),
        ("東京タワー", ["東京", "京タ", "タワ", "ワー"]),
        ("K팝 BTS군단", ["팝", "bts", "군단"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("CAFÉ ﬁnance Ｆull", ["café", "finance", "full"]),
        ("snake_case 🎉 a b", ["snake", "case"]),
        ("x" * 51 + " " + "y" * 50, ["y" * 50]),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Mr. Moon met Gen. Brooks. They agreed.", ["Mr. Moon met Gen. Brooks.", "They agreed."]),
        ("The U.S. Army left. It cost $3.5 billion.", ["The U.S. Army left.", "It cost $3.5 billion."]),
        ("He flew to the U.S. The talks failed.", ["He flew to the U.S.", "The talks failed."]),
        ("John F. Kennedy spoke at 5 p.m. Monday. Few came.", ["John F. Kennedy spoke at 5 p.m. Monday.", "Few came."]),
        ("“We pay. We protect them.” He left.", ["“We pay. We protect them.”", "He left."]),
        ('"Why?" Trump asked. Nobody knew.', ['"Why?" Trump asked.', "Nobody knew."]),
        ("“Why?” he asked.", ["“Why?” he asked."]),
        ("A heading\nA line. Another", ["A heading", "A line.", "Another"]),
        ("many of his critics fear.Story highlights", ["many of his critics fear.", "Story highlights"]),
        ("今日は雨です。明日は？「晴れです。」と言った", ["今日は雨です。", "明日は？", "「晴れです。」", "と言った"]),
        ("한국은 좋다. 정말 그렇다.", ["한국은 좋다.", "정말 그렇다."]),
        ("Acme Inc. Chairman Lee quit. Shares fell.", ["Acme Inc. Chairman Lee quit.", "Shares fell."]),
        ("It is the No. 2 post. He said no. Then he left.", ["It is the No. 2 post.", "He said no.", "Then he left."]),
        (
            "They sat. Trump spoke in the sun. Sun. comes next.",
            ["They sat.", "Trump spoke in the sun.", "Sun. comes next."],
        ),
        ("Wait... The end.", ["Wait...", "The end."]),
        ("", []),
        ("...", ["..."]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


WRAPPED = """Showers continued throughout the week in
the Bahia cocoa zone, alleviating the drought since early
January and improving prospects for the coming crop,
although levels have not been restored.
    The dry period means that it will be late, as the
ministry said.

Traders agreed that the coming weeks would be decisive for
Brazil.
"""


def test_a_page_of_abbreviations_is_read_in_one_go() -> None:
    """A megabyte in one line: anything worse than linear would not come back."""
    assert len(sentences("Mr. " * 250_000)) == 1


def test_lines_broken_to_a_width_are_joined_again() -> None:
    first, second, third = paragraphs(WRAPPED)
    assert first.startswith("Showers continued")
    assert first.endswith("restored.")
    assert second == "The dry period means that it will be late, as the ministry said."
    assert third.endswith("decisive for Brazil.")
    assert len(sentences(WRAPPED)) == 3


def test_short_lines_stay_apart() -> None:
    assert paragraphs("A heading\nOne line\nAnother line") == ["A heading", "One line", "Another line"]


def test_a_quotation_that_is_never_closed_does_not_swallow_the_paragraph() -> None:
    text = "“It begins. " + "And it goes on here. " * 60
    assert len(sentences(text)) > 10


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 5, "short"),
        ("The quick brown fox", 12, "The quick…"),
        ("The quick, brown fox", 11, "The quick…"),
        ("unbreakable", 5, "unbr…"),
        ("word", 0, ""),
        ("word", 1, "…"),
        ("ab👨\u200d👩\u200d👧", 5, "ab…"),
        ("abe\u0301e\u0301", 4, "ab…"),
        ("🇰🇷🇺🇸🇯🇵", 4, "🇰🇷…"),
    ],
)
def test_cut(text: str, limit: int, expected: str) -> None:
    assert cut(text, limit) == expected


def test_content_hash_sees_words_only() -> None:
    assert content_hash("“Seoul” agrees", "Costs rise 1.5%.") == content_hash("SEOUL  agrees!", "costs rise, 1.5 %")
    assert content_hash("a", "b") != content_hash("a b", "")
    assert content_hash("1.5", "") != content_hash("15", "")
    assert content_hash("🎉", "") != content_hash("😢", "")


def test_text_is_light() -> None:
    """Worker processes import it: no numpy, no scikit-learn."""
    code = "import sys, watcher.text; print('numpy' in sys.modules or 'sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@given(st.text())
def test_tidy_is_idempotent(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)
    assert tidy(tidy(text, lines=True), lines=True) == tidy(text, lines=True)


@given(st.text())
def test_words_are_short_lower_case_and_without_spaces(text: str) -> None:
    for word in words(text):
        assert word
        assert " " not in word
        assert len(word) <= 50
        assert words(word.upper()) is not None


@given(st.text(alphabet=st.sampled_from("aB .!?\"“”'U.S\n。Mr")))
def test_sentences_lose_nothing(text: str) -> None:
    found = sentences(text)
    assert "".join("".join(found).split()) == "".join(tidy(text).split())
    assert all(found)


@given(st.text(), st.integers(0, 60))
def test_cut_keeps_the_limit(text: str, limit: int) -> None:
    assert len(cut(text, limit)) <= max(0, limit)
    if len(text) <= limit:
        assert cut(text, limit) == text


@given(st.text(alphabet=st.characters(categories=("Lu", "Ll", "Nd", "Zs"))))
def test_content_hash_ignores_white_space_and_case(text: str) -> None:
    assert content_hash("x" + text, "") == content_hash("  x" + text + "\t!", "")
