"""Summaries: whole sentences, the news first, the topic in view, nothing said twice."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from watcher import text as texts
from watcher.summary import choose, summarise

TITLE = "Cracked pillars close Port Ellis ferry terminal"
TERMS = {"ferry": 0.5, "terminal": 0.4, "ferry terminal": 0.4, "pier": 0.2, "harbour": 0.2}
TEXT = """By Jonas Okafor

PORT ELLIS (AP) — The harbour authority of Port Ellis said on Tuesday that it would move all boats before spring.

He did not say who would pay for it.

Engineers found cracks in four of the pillars that carry the pier, according to a report seen by the paper.

The weather was fine on Tuesday, and many people from the town went for a walk along the beach.

A new ferry terminal would cost 48 million crowns and could open in three years, the report says.

Sign up for our newsletter to get the latest in your inbox.
"""


def test_the_lead_and_the_sentences_of_the_topic_are_told_in_their_order() -> None:
    chosen = choose(TITLE, TEXT, terms=TERMS)
    assert chosen == [
        "The harbour authority of Port Ellis said on Tuesday that it would move all boats before spring.",
        "Engineers found cracks in four of the pillars that carry the pier, according to a report seen by the paper.",
        "A new ferry terminal would cost 48 million crowns and could open in three years, the report says.",
    ]
    assert summarise(TITLE, TEXT, terms=TERMS) == " ".join(chosen)


def test_with_room_for_one_sentence_the_topic_beats_the_lead() -> None:
    chosen = choose(TITLE, TEXT, terms={"crowns": 1.0, "cost": 0.8}, limit=110)
    assert len(chosen) == 1
    assert chosen[0].startswith("A new ferry terminal would cost")


def test_without_terms_the_lead_is_told() -> None:
    assert summarise(TITLE, TEXT, terms={}).startswith("The harbour authority of Port Ellis said")


def test_a_sentence_that_leans_on_another_comes_only_with_it() -> None:
    text = (
        "The mayor of Port Ellis opened the market on Friday. He said that the ferry terminal and the pier would close."
    )
    assert summarise("Market", text, terms=TERMS) == text
    long = (
        "The mayor of Port Ellis opened " + "a very long market " * 20 + "on Friday. He said that the ferry would stop."
    )
    assert summarise("Market", long, terms=TERMS) == ""


COUNCIL = (
    "Jonas Okafor of the council opened the hearing on Tuesday.",
    "He said that the ferry terminal would close in May.",
    "Marta Lindqvist of the harbour authority was not there.",
    "The weather was fine.",
    "She had said that the pier would stay open.",
)


def test_of_sentences_that_are_named_beforehand_only_those_are_told() -> None:
    text = " ".join(COUNCIL)
    assert choose("Hearing", text, terms=TERMS, only={COUNCIL[0], COUNCIL[3]}) == [COUNCIL[0]]
    assert choose("Hearing", text, terms=TERMS, only=set()) == []
    assert choose("Hearing", text, terms=TERMS, only={"No sentence of this text."}) == []
    assert summarise("Hearing", text, terms=TERMS, only=COUNCIL) == summarise("Hearing", text, terms=TERMS)


def test_what_leans_on_a_sentence_told_before_brings_that_one_and_no_other() -> None:
    text = " ".join(COUNCIL)
    assert choose("Hearing", text, terms=TERMS, only=COUNCIL[1:2]) == list(COUNCIL[:2])
    assert choose("Hearing", text, terms=TERMS, only=COUNCIL[1:3]) == [COUNCIL[2]], "not: Marta … He said"
    assert choose("Hearing", text, terms=TERMS, only=COUNCIL[1:2], limit=80) == [], "there is no room for both"
    assert choose("Hearing", text, terms=TERMS, only=COUNCIL[4:]) == [], "the weather did not say it"
    echo = "The council's hearing on Tuesday."
    assert (
        choose("The council's hearing on Tuesday", f"{echo} {COUNCIL[1]} {COUNCIL[2]}", terms=TERMS, only=COUNCIL[1:2])
        == []
    )


def test_speech_that_nobody_is_named_for_does_not_stand_alone() -> None:
    text = "The council met in the harbour.\n\n“The ferry terminal must close, and soon.”\n\nBoats left the port early."
    assert summarise("Council", text, terms=TERMS).endswith("Boats left the port early.")
    assert choose("Harbour council met", text, terms=TERMS) == ["Boats left the port early."]


@pytest.mark.parametrize(("begins", "ends"), [("“", "”"), ('"', '"')])
def test_sentences_of_a_long_quotation_are_not_told_as_the_outlets_own(begins: str, ends: str) -> None:
    middle = "The ferry terminal of the harbour and the old pier cannot be mended any more by anybody. " * 4
    end = "The ferry terminal and the pier of the harbour have to go in May." + ends
    speech = f"{begins}Nobody has listened to the harbour for ten years. {middle}{end}"
    after = "Boats left the harbour early on Tuesday."
    assert choose("Council", f"{speech} {after}", terms=TERMS) == [after]
    stray = "The ferry terminal of the harbour has to close in May." + ends
    assert choose("Council", f"{stray} {after}", terms=TERMS)[0] == stray, "a mark that closes nothing"


def test_a_mark_that_nothing_closes_silences_no_more_than_its_sentence() -> None:
    begun = "The council met on Tuesday and was “told by many. " + "Boats left the harbour early that day. " * 12
    after = "The ferry terminal of the harbour has to close in May."
    assert choose("Council", begun + after, terms=TERMS) == [after]


def test_a_quotation_of_somebody_unnamed_does_not_stand_alone() -> None:
    text = "The council met.\n\n“The ferry terminal must close in May,” she said.\n\nBoats left the harbour early."
    assert summarise("Council", text, terms=TERMS) == "Boats left the harbour early."


@pytest.mark.parametrize(
    "text",
    [
        "",
        TITLE,
        TITLE + ".",
        "Cracked pillars close the ferry terminal of Port Ellis.",
        "Cracked pillars close Port Ellis ferry terminal, officials say.",
        "Read more",
        "The harbour authority said that it would move all boats bef...",
        "Short one.",
    ],
)
def test_there_is_no_summary_when_the_text_says_nothing_beyond_the_headline(text: str) -> None:
    assert summarise(TITLE, text, terms=TERMS) == ""


def test_a_lone_line_without_a_full_stop_is_a_sentence() -> None:
    line = "Engineers found cracks in four pillars and the boats must leave by spring"
    assert summarise(TITLE, line, terms=TERMS) == line


def test_a_truncated_end_is_left_out() -> None:
    text = "Engineers found cracks in four pillars of the pier. The council promised a lower rent to the shops that..."
    assert summarise(TITLE, text, terms=TERMS) == "Engineers found cracks in four pillars of the pier."


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("한국과 미국은 협상을 다시 시작했다. 그는 말을 아꼈다.", "한국과 미국은 협상을 다시 시작했다."),
        ("韓国と米国は協議を再開した。春の合意を目指す。", "韓国と米国は協議を再開した。春の合意を目指す。"),
        ("他没有回答记者的问题。韩国和美国周二在首尔重新开始谈判。", "韩国和美国周二在首尔重新开始谈判。"),
    ],
)  # fmt: skip
def test_korean_japanese_and_chinese_sentences_end_where_they_end(text: str, summary: str) -> None:
    assert summarise("", text, terms={}) == summary


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Who will pay for the new ferry terminal of Port Ellis?", ""),
        ("But the ferry terminal and the pier of the harbour are old.", ""),
        ("In fact, the ferry terminal and the pier are older than the harbour.", ""),
        ("Needless to say, it is the ferry terminal that the harbour wants.", ""),
        ("The ferry terminal is old and its pier is cracked, however.", ""),
        ("to the ferry terminal and the pier, which belong to the harbour.", ""),
        ("“The ferry terminal must close and the pier must go.”", ""),
        ("“The ferry terminal must close, and the pier must go,” she said.", ""),
        ("Marta Lindqvist said: “The ferry terminal must close, and the pier of the harbour too.", ""),
        ("The ferry terminal and the pier of the harbour would cost more than...", ""),
        ("The ferry terminal must close and the pier must go,” Lindqvist said in the harbour.", ""),
        ('The ferry terminal must close and the pier must go," Lindqvist said in the harbour.', ""),
        ("For the ferry terminal and the pier of the harbour, go here.)", ""),
        (". just as the ferry terminal and the pier of the harbour are.", ""),
        ("Which is why the ferry terminal and the pier of the harbour are old.", ""),
        ("None of them uses the ferry terminal or the pier of the harbour.", ""),
        ("Most have seen the ferry terminal and the pier of the harbour.", ""),
        ("Many even deny that the ferry terminal and the pier belong to the harbour.", ""),
        ("Ferry terminal | Pier | Harbour | Places of the harbour authority.", ""),
        ("(The ferry terminal and the pier are older than the harbour.)", ""),
        ("The ferry terminal and the pier are older than the harbour.]", ""),
        ("Other ferry terminals and piers are older than the harbour.", ""),
        ("", "Note: This post was updated after the ferry terminal had closed."),
        ("", "Read more about the ferry terminal and the pier in our newsletter."),
        ("", "Image Marta Lindqvist at the ferry terminal, on the pier of the harbour."),
        ("", "Editor’s note: This report on the ferry terminal was corrected on Friday."),
        ("", "The opinions expressed in this column on the ferry terminal are the author’s own."),
    ],
)
def test_what_cannot_stand_alone_or_is_no_news_is_not_told(before: str, after: str) -> None:
    rest = "Engineers found cracks in four pillars. The weather was fine on Tuesday afternoon."
    chosen = choose("Cracks", "\n\n".join(filter(None, [before, rest, after])), terms=TERMS)
    assert chosen[0] == "Engineers found cracks in four pillars."
    assert not {before, after} & set(chosen)


@pytest.mark.parametrize(
    "lead",
    [
        "It took the council of Port Ellis ten years to close the ferry terminal of the harbour.",
        "There is a crack in the pier of the ferry terminal, and the harbour has to close it.",
        "The former harbour master called the pier of the ferry terminal a danger to everybody.",
        "This week the harbour closed its ferry terminal and the pier for three years.",
        "Another ferry terminal of the harbour has to close with its pier, the council says.",
    ],
)
def test_such_a_word_leans_on_nothing_where_a_text_begins(lead: str) -> None:
    rest = "Engineers found cracks. The weather was fine on Tuesday afternoon. Boats left early, the council said."
    assert lead in choose("Cracks", f"{lead} {rest}", terms=TERMS)
    assert lead not in choose("Cracks", f"The council met. {lead} {rest}", terms=TERMS)


def test_words_of_somebody_unnamed_are_told_nowhere() -> None:
    speech = "“It was the ferry terminal and the pier of the harbour,” she said."
    rest = "Boats left the harbour early. The council met on Tuesday. Engineers found cracks in four of its pillars."
    assert speech not in choose("Cracks", f"{speech} {rest}", terms=TERMS)


@pytest.mark.parametrize(
    "standfirst",
    [
        "His options for the ferry terminal and the pier are limited.",
        "But the ferry terminal and the pier did stay open over the winter.",
        "That would mean an end of the ferry terminal and of the pier, too.",
    ],
)
def test_a_standfirst_goes_on_where_the_headline_ends(standfirst: str) -> None:
    assert summarise("The harbour master wants a way out", standfirst, terms=TERMS) == standfirst
    assert summarise("", standfirst, terms=TERMS) == "", "nothing stands above it"
    speech = "“The ferry terminal must close, and the pier must go,” she said."
    assert summarise("The harbour master wants a way out", speech, terms=TERMS) == "", "whoever she is"


@pytest.mark.parametrize(
    "said",
    [
        'Marta Lindqvist of the harbour called the pier of the ferry terminal “a danger to all."',
        "Asked about the ferry terminal and the pier, Marta Lindqvist said: “Who will pay for them?”",
    ],
)
def test_a_statement_stays_one_with_marks_of_two_kinds_or_a_question_at_its_end(said: str) -> None:
    assert choose("Harbour", f"The council met. {said} Boats left early.", terms=TERMS) == [said]


def test_the_sentences_of_the_headline_s_event_come_first() -> None:
    text = (
        "The islands have many birds and few people. Most of them live in the south. "
        "Engineers found cracks in the pillars of the terminal. The beaches are empty in winter."
    )
    assert choose("Cracks in terminal's pillars alarm islanders", text, terms={}, limit=60) == [
        "Engineers found cracks in the pillars of the terminal."
    ]


def test_a_second_sentence_tells_something_new() -> None:
    text = (
        "The harbour authority will close the old ferry terminal in spring. "
        "The old ferry terminal will be closed by the harbour authority in spring. "
        "Engineers found cracks in four of the pillars that carry the pier."
    )
    chosen = choose("Port Ellis", text, terms={"ferry": 1.0, "terminal": 1.0, "cracks": 0.2})
    assert len(chosen) == 2
    assert chosen[1].startswith("Engineers found cracks")


def test_somebody_known_by_the_surname_alone_waits_for_the_introduction() -> None:
    text = (
        "Marta Lindqvist of the harbour authority opened the hearing on Tuesday, as she had promised to all of the "
        "people who live near the pier and were never asked what they think of it, nor of the noise. "
        "Lindqvist called the old pillars of the pier a danger. "
        "The council wants new pillars before the first storms of autumn."
    )
    assert choose("Hearing", text, terms={"pillars": 1.0}, limit=70) == [
        "The council wants new pillars before the first storms of autumn."
    ]


@pytest.mark.parametrize(
    "above", ["", "| Agency ", "A photo of the pier ", "“It is closed,” Marta Lindqvist said. | Agency "]
)
@pytest.mark.parametrize("rest", ["", "\n\nThe weather was fine on Tuesday afternoon in all of the harbour."])
def test_what_stands_in_one_line_with_the_headline_is_told_without_it(above: str, rest: str) -> None:
    below = "Engineers found cracks in four of the pillars that carry the pier."
    assert choose(TITLE, above + TITLE + " " + below + rest, terms=TERMS)[0] == below


@pytest.mark.parametrize(
    "lead",
    [
        TITLE + " in spring, since engineers found cracks in four of its old pillars.",
        TITLE + " Friday, since engineers found cracks in four of its old pillars.",
        "The council of the harbour was told by its engineers on Tuesday: "
        + TITLE
        + " For Three Years is what it says.",
        "The council was told on Tuesday: " + TITLE + ", and the pier with it, for three years.",
    ],
)
def test_a_sentence_that_begins_as_the_headline_does_stays_whole(lead: str) -> None:
    assert lead in choose(TITLE, lead + "\n\nThe weather was fine on Tuesday afternoon.", terms=TERMS)


def test_a_short_headline_in_the_middle_of_a_line_is_what_the_line_speaks_of() -> None:
    lead = "The harbour of Port Ellis Council will close its pier before the first storms of autumn."
    assert choose("Port Ellis", lead + "\n\nBoats left the harbour early.", terms=TERMS)[0] == lead


def test_teasers_above_the_headline_are_no_part_of_the_article() -> None:
    text = "The price of herring rises again this winter on all islands.\n\n" + TITLE + "\n\n" + TEXT
    assert "herring" not in summarise(TITLE, text, terms={"herring": 1.0, "price": 1.0})


def test_a_quotation_is_told_whole_and_with_its_speaker() -> None:
    said = "“The terminal is old. It must close,” Marta Lindqvist of the harbour authority told the council."
    assert summarise("Council meets", said + " It rained.", terms=TERMS) == said


@pytest.mark.parametrize(
    ("title", "text", "summary"),
    [
        (
            "섬 소식",
            "포트엘리스 항만청은 3.5% 인상안과 함께 낡은 여객선 터미널을 봄에 닫겠다고 밝혔다. 그는 말을 아꼈다. "
            "기술자들은 부두를 받치는 기둥 네 개에서 금을 찾아냈다고 설명했다. 무단 전재 및 재배포 금지",
            "포트엘리스 항만청은 3.5% 인상안과 함께 낡은 여객선 터미널을 봄에 닫겠다고 밝혔다. "
            "기술자들은 부두를 받치는 기둥 네 개에서 금을 찾아냈다고 설명했다.",
        ),
        (
            "港の閉鎖",
            "港湾局は「古い乗り場は危険だ。春に閉める。」と発表した。彼は質問に答えなかった。柱にひび割れが四本見つかった。",
            "港湾局は「古い乗り場は危険だ。春に閉める。」と発表した。彼は質問に答えなかった。柱にひび割れが四本見つかった。",
        ),
        (
            "码头关闭",
            "港务局局长说：“旧码头很危险。我们春天关闭。”支撑栈桥的四根立柱出现开裂。谁来付钱？",
            "港务局局长说：“旧码头很危险。我们春天关闭。” 支撑栈桥的四根立柱出现开裂。",
        ),
        (
            "Hafen schließt",
            "Der alte Anleger wird am 3. Mai geschlossen, z. B. für Fähren. Er ist marode und nicht mehr sicher.",
            "Der alte Anleger wird am 3. Mai geschlossen, z. B. für Fähren. Er ist marode und nicht mehr sicher.",
        ),
        (
            "Cierra el muelle",
            "¿Quién paga el nuevo muelle? La autoridad cerrará la vieja terminal en primavera, dijo la Sra. Ruiz. "
            "«No hay dinero.»",
            "La autoridad cerrará la vieja terminal en primavera, dijo la Sra. Ruiz.",
        ),
    ],
)
def test_summaries_in_other_languages(title: str, text: str, summary: str) -> None:
    assert summarise(title, text, terms={}) == summary


PIECES = st.sampled_from(
    [*TEXT.splitlines(), TITLE, "He said so.", "…", "“No,” she said.", "협상이 시작됐다고 밝혔다.", "\n\n"]
)
TEXTS = st.text(max_size=300) | st.lists(PIECES | st.text(max_size=40), max_size=15).map(" ".join)
WEIGHTS = st.dictionaries(st.sampled_from([*TERMS, "port", "report says", "말"]), st.floats(0, 1), max_size=6)


@given(st.text(max_size=60) | st.just(TITLE), TEXTS, WEIGHTS, st.integers(0, 400))
def test_a_summary_is_short_made_of_the_text_and_always_the_same(
    title: str, text: str, terms: dict[str, float], limit: int
) -> None:
    chosen = choose(title, text, terms=terms, limit=limit)
    summary = summarise(title, text, terms=terms, limit=limit)
    tidied = texts.tidy(text)
    assert len(chosen) <= 3
    assert len(summary) <= limit
    assert all(sentence in tidied for sentence in chosen)
    assert not any(texts.has_open_quotation(sentence) for sentence in chosen)
    assert summary.replace(" ", "") == "".join(chosen).replace(" ", "")
    assert summarise(title, text, terms=dict(reversed(terms.items())), limit=limit) == summary


@given(st.text(max_size=80))
@example("00\t0\x0801\U00020000 0\x1b2:A0")
@example("00\t0\x0801\U000200000\x1b2:A0")
def test_an_entry_with_a_headline_only_has_no_summary(title: str) -> None:
    assert summarise(title, title, terms={}) == ""
    assert summarise(title, "", terms={}) == ""
