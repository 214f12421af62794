"""What a glance tells of a language is what the long look tells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.poll import tongue
from watcher.relevance.language import detect

ENGLISH = (
    "The White House is weighing a cut in the number of American troops that are stationed in South Korea, and "
    "officials said that it would shake the alliance with Seoul."
)
OTHERS = {
    "de": "Die Regierung will die Zahl der Soldaten in Südkorea verringern, und Beamte sagten am Montag, dass das die "
    "Allianz mit Seoul in Frage stellen würde.",
    "nl": "De regering wil het aantal soldaten in Zuid-Korea verminderen, en ambtenaren zeiden dat dit de alliantie "
    "met Seoul in gevaar zou brengen of schaden.",
    "fr": "Le gouvernement veut réduire le nombre de soldats en Corée du Sud, et des responsables ont dit que cela "
    "ébranlerait l'alliance avec Séoul.",
    "es": "El gobierno quiere reducir el número de soldados en Corea del Sur, y los funcionarios dijeron que eso "
    "sacudiría la alianza con Seúl.",
    "ko": "정부는 한국에 주둔한 미군의 수를 줄이는 방안을 검토하고 있으며 관리들은 그것이 동맹을 흔들 것이라고 말했다.",
}


@pytest.mark.parametrize("told", [None, "en", "en-GB"])
def test_plain_english_is_english(told: str | None) -> None:
    assert tongue.plainly_english(ENGLISH)
    assert tongue.language(ENGLISH, told) == detect(ENGLISH, told) == "en"


@pytest.mark.parametrize(("language", "text"), OTHERS.items())
@pytest.mark.parametrize("told", [None, "en", "de"])
def test_other_languages_are_looked_at_closely(language: str, text: str, told: str | None) -> None:
    assert not tongue.plainly_english(text)
    assert tongue.language(text, told) == detect(text, told) == language


def test_a_feed_that_names_another_language_is_looked_at_closely() -> None:
    assert tongue.language(ENGLISH, "ko") == detect(ENGLISH, "ko")


@pytest.mark.parametrize("text", ["", "The end of the day", f"{ENGLISH} 한국", "1 2 3 4 5 6 7 8 9 10 11 12 13"])
def test_short_and_mixed_texts_are_looked_at_closely(text: str) -> None:
    assert not tongue.plainly_english(text)


@given(st.text(max_size=300), st.sampled_from([None, "en", "ko", "xx"]))
def test_any_text_gets_a_language(text: str, told: str | None) -> None:
    assert tongue.language(text, told) in {detect(text, told), "en"}
