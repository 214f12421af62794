"""What is new in a follow-up, and what an edit of an entry comes to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.stories import Edit, edited, new_sentences
from watcher.stories.novelty import figures

TOLD = (
    "A landslide buried the village of Ostrava Dol early on Monday, killing at least 14 people, the governor Marta "
    "Vesel said. Rescue teams with dogs dug through mud, and the army sent 200 soldiers."
)


def test_a_copy_says_nothing_new() -> None:
    assert new_sentences([TOLD], TOLD) == ()
    assert new_sentences([TOLD], TOLD.replace("early on Monday", "on Monday, March 2, at 4:15 a.m.")) == ()
    assert new_sentences([TOLD], TOLD[:150] + " …") == ()


def test_a_new_figure_a_new_name_and_new_words_are_told_and_nothing_else() -> None:
    figure = "The governor said that at least 19 people were killed."
    name = "The engineer Pavol Hruska had warned the village."
    content = "Cracks above the school were reported to the mining office last autumn."
    text = f"A landslide buried the village on Monday. {figure} {name} Soldiers and dogs dug through mud. {content}"
    assert new_sentences([TOLD], text, language="en") == (figure, name, content)


def test_everything_is_new_where_nothing_was_told_and_a_headline_alone_can_be() -> None:
    assert " ".join(new_sentences([], TOLD)) == TOLD
    assert new_sentences(["Landslide kills 14"], "Landslide kills 19") == ("Landslide kills 19",)
    assert new_sentences(["Landslide kills 14"], "A landslide kills 14") == ()


def test_sentences_without_spaces_between_them_are_read() -> None:
    told = "韓国と米国は防衛費の協議を再開した。"
    assert new_sentences([told], told + "米国は50億ドルを要求した。", language="ja") == ("米国は50億ドルを要求した。",)


plain = st.text(max_size=400)


@given(plain, plain)
def test_what_was_told_is_never_new(text: str, more: str) -> None:
    assert new_sentences([more, text], text) == ()


@given(plain, st.lists(plain, max_size=3), plain)
def test_more_told_never_makes_more_new(text: str, told: list[str], more: str) -> None:
    less = new_sentences([*told, more], text)
    assert set(less) <= set(new_sentences(told, text))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Quake kills 5 on island", "Quake kills 12 on island", "material"),
        ("Senate approves the bill", "Senate rejects the bill", "material"),
        ("Senate approves the bill", "Senate does not approve the bill", "material"),
        ("Talks over costs open in Seoul", "Talks break down as Washington doubles its demand", "material"),
        ("Talks open in Seoul", "Talks open in Seoul | Example News", "none"),
        ("Talks open in Seoul", "UPDATE 2 - Talks open in Seoul", "none"),
        ("Seoul, Washington agree", "Seoul and Washington agree", "none"),
        ("Goverment falls in Varna", "Government falls in Varna", "none"),
        ("Markets on 2 March 2026", "Markets on 3 March 2026", "none"),
        ("", "Talks open in Seoul", "none"),
    ],
)
def test_headlines_are_compared_by_what_they_say(old: str, new: str, expected: Edit) -> None:
    assert edited(old, TOLD, new, TOLD) == expected


@pytest.mark.parametrize(
    "note",
    [
        "Correction: an earlier version of this article misstated the number of soldiers.",
        "This story has been corrected to say that 14 people died.",
        "(Corrects number of soldiers in second paragraph)",
        "Korrektur: In einer früheren Version war die Zahl falsch.",
        "Fe de errores: la cifra era incorrecta.",
        "Rectificatif : le chiffre était faux.",
        "[정정] 사망자 수를 바로잡습니다.",
        "訂正：人数に誤りがありました。",
    ],
)
def test_corrections_are_told_in_several_languages_once(note: str) -> None:
    assert edited("Landslide", TOLD, "Landslide", f"{TOLD}\n{note}") == "correction"
    assert edited("Landslide", f"{TOLD}\n{note}", "Landslide", f"{TOLD}\n{note}") == "none"


@pytest.mark.parametrize(
    "note",
    ["RETRACTED: the figures were invented.", "This article has been retracted.", "이 기사는 철회되었습니다."],
)
def test_retractions_go_before_corrections(note: str) -> None:
    assert edited("Landslide", TOLD, "Landslide", f"Correction: see below.\n{note}") == "retraction"


def test_news_of_a_retraction_is_none() -> None:
    said = "Pyongyang retracted its offer of talks and corrected the record."
    assert edited("Landslide", TOLD, "Landslide", f"{TOLD} {said}") == "none"


@given(plain, plain)
def test_an_unchanged_entry_is_no_edit(title: str, text: str) -> None:
    assert edited(title, text, title, text) == "none"


DATED = st.lists(
    st.sampled_from(
        ["September", "may", "Sept.", "3", "28", "2019", "5th", "14:05", "2 p.m.", "1.5", "-", "war", "日", " "]
    )
).map(" ".join)


@given(st.lists(DATED, max_size=5))
def test_a_date_is_one_wherever_in_a_long_text_it_stands(parts: list[str]) -> None:
    apart = " and so the long story goes on and on without one figure, page after page, "
    assert figures(apart.join(parts)) == frozenset().union(*map(figures, parts))
