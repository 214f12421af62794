"""Which language a text is in: scripts first, then the feed's word for short texts, then statistics."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from watcher.relevance import language
from watcher.relevance.language import detect

ENGLISH = "The two allies said on Monday that talks about the cost of the troops had ended without a result."
GERMAN = "Die beiden Verbündeten teilten am Montag mit, dass die Gespräche über die Kosten der Truppen beendet sind."
SPANISH = "Los dos aliados dijeron el lunes que las conversaciones sobre el costo de las tropas habían terminado."


@pytest.mark.parametrize(
    ("text", "hint", "language"),
    [
        ("한미 방위비 협상 타결", None, "ko"),
        ("한미 방위비 협상 타결", "en", "ko"),
        ("트럼프 Trump 대통령 FTA 재협상", "en", "ko"),
        ("米韓首脳が電話会談をおこなった", "en", "ja"),
        ("韓美達成防衛費協議", None, "zh"),
        (ENGLISH, None, "en"),
        (ENGLISH, "de", "en"),
        (GERMAN, "en-US", "de"),
        (SPANISH, None, "es"),
        ("Samsung Galaxy", "en-GB", "en"),
        ("Samsung Galaxy S9", None, "und"),
        ("Nord-Korea avlyser toppmøtet", "nb-NO", "no"),
        ("Nordkorea sagt Gipfel ab", "de", "de"),
        ("", None, "und"),
        ("", "pt_BR", "pt"),
        ("12:30 – 3.5 🎉", None, "und"),
    ],
)
def test_detect(text: str, hint: str | None, language: str) -> None:
    assert detect(text, hint) == language


def test_the_model_is_loaded_only_when_it_is_asked() -> None:
    code = (
        "import sys; from watcher.relevance.language import detect; detect('서울 회담', 'en'); detect('Short', 'en');"
        " print('py3langid' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


HINTS = st.none() | st.sampled_from(["en", "ko", "de-AT", "zh_TW", ""])
WORDS = [
    "방위비",
    "agua",
    "sequía",
    "協議をおこなった",
    "地铁",
    "troops",
    "3.000",
    "🎉",
    "👩\u200d🚀",
    "الماء",
    "нефть",
]


def is_code(found: str) -> bool:
    return found.isascii() and found.isalpha() and found == found.lower() and 2 <= len(found) <= 3


@settings(deadline=None)  # the first call loads the model
@given(st.text(max_size=300) | st.lists(st.sampled_from(WORDS), max_size=80).map(" ".join), HINTS)
def test_detect_always_answers_with_a_code(text: str, hint: str | None) -> None:
    assert is_code(detect(text, hint))
    assert detect(text, hint) == detect(text, hint)


@example("¹՝")  # a raised digit is no letter, an Armenian comma no Armenian
@given(st.text(st.characters(categories=["Nd", "No", "Sm", "So", "Po", "Zs", "Cf"]), max_size=200))
def test_a_text_without_letters_has_no_language_but_its_feeds(text: str) -> None:
    assert detect(text) == "und"
    assert detect(text, "ko-KR") == "ko"


@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=100), HINTS)
def test_hangul_is_korean_whatever_a_feed_says(text: str, hint: str | None) -> None:
    assert detect(text, hint) == "ko"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("los vecinos llenan bidones de agua cuando llega por la noche " * 9_000, "es"),
        ("word " * 100_000, None),
        ("방위비 분담금을 " * 50_000, "ko"),
        ("협" * 1_000_000, "ko"),
        ("協議をおこなっている。" * 100_000, "ja"),
        ("a" * 1_000_000, None),
        ("e\u0301" * 500_000, None),
        ("1234567890 " * 100_000, "und"),
        ("🎉👩‍🚀🇰🇷" * 100_000, "und"),
    ],
    ids=range(9),
)
def test_long_texts_are_told_too(text: str, language: str | None) -> None:
    """Half a million characters and more: anything worse than linear would not come back."""
    assert is_code(detect(text))
    assert language in {None, detect(text)}


def test_the_model_loads_where_no_temporary_file_can_be_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A container's root is read-only, and its /tmp smaller than the unpacked model."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "not there"))
    identifier = language._identifier.__wrapped__()
    assert identifier.classify("Die Verhandlungen sind gescheitert, sagte der Minister am Abend.")[0] == "de"


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=8), st.integers(0, 3))
def test_a_folded_table_reads_as_the_whole_one(kinds: list[int], odd: int) -> None:
    table = np.repeat(np.array(kinds, dtype=np.int32), language.Folded.BLOCK)
    table[odd] = 9
    folded = language.Folded(table)
    assert [folded[place] for place in range(len(table))] == table.tolist()


def test_the_model_is_held_in_a_fraction_of_its_own_size() -> None:
    moves = language._identifier().tk_nextmove
    assert isinstance(moves, language.Folded)
    assert moves.nbytes < 10_000_000
