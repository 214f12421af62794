"""What text looks like, where words and sentences end, and what counts as the same content."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.text import content_hash, cut, has_open_quotation, paragraphs, sentences, tidy, words


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
        ("今日は雨です。明日は？「晴れです。」と言った", ["今日は雨です。", "明日は？", "「晴れです。」と言った"]),
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


SPLIT = [
    ("de", ["»Wir zahlen. Wir warten nicht«, sagte Merz.", "»Wir zahlen.«", "Die Opposition schwieg."]),
    ("en", ["Plan B. Johnson was ready.", "Nobody else was."]),
    ("en", ["Mr. Moon met Gen. Brooks on Jan. 5 in Washington, D.C., and St. Louis.", "They agreed."]),
    ("en", ["The U.S. Army left.", "It cost $3.5 billion, up 2.1 percent."]),
    ("en", ["He flew to the U.S.", "The talks failed."]),
    ("en", ["Sen. John McCain, R-Ariz., and Rep. Lee spoke at 5 p.m. Monday.", "Few came."]),
    ("en", ["The vote is at 9 a.m.", "Nobody expects a surprise."]),
    ("en", ["J. K. Rowling and George H. W. Bush met.", "It rained."]),
    ("en", ["It is the No. 2 post.", "He said no.", "Then he left."]),
    ("en", ["“We pay. We protect them,” Trump said.", "“They must pay.”", "Nobody answered."]),
    ("en", ["“We pay.”", "Nobody answered."]),
    ("en", ['"Is it over?" she asked.', "Nobody knew."]),
    ("en", ["“It is over!” Mr. Kim shouted.", "The hall fell silent."]),
    ("en", ["Wait ... there is more.", "The end came...", "Nobody cared."]),
    ("en", ["The report (see p. 12) was long.", "It was dull, e.g. in part two, i.e. the middle."]),
    ("en", ["Yahoo! shares fell.", "Guess? stock rose."]),
    ("en", ["Visit example.com or www.example.org for more.", "It is free."]),
    ("en", ["The ship sank in Feb. 1998 near Mt. Fuji.", "Lt. Col. Park survived."]),
    ("en", ["Smith v. Jones was decided in 1999.", "The court, led by Judge Roy Jr., agreed."]),
    ("en", ["The company, Acme Inc., fell.", "So did Acme Corp. and its parent."]),
    ("en", ["“I came,” he said.", "“I saw. I left,” he added.", "That was all."]),
    ("en", ["He said: “We will win.”", "They did not."]),
    ("en", ["The score was 3-2.", "1,200 people came."]),
    ("en", ["Dr. Ana Ruiz, Ph.D., left at 10.30 a.m. on Tuesday.", '"We lost," she said.']),
    ("en", ["'It is time,' said Mr. Blair.", "'We must go.'", "He went."]),
    ("de", ["Am 3. Mai trafen sich die Minister in Berlin.", "Sie berieten zwei Stunden."]),
    ("de", ["Der 1. FC Köln verlor am 12. Spieltag.", "Das Spiel war z. B. nach 20 Minuten entschieden."]),
    ("de", ["Rund 3,5 Mio. Euro kostet der Bau lt. Dr. Weber.", "Das ist zu viel."]),
    ("de", ["„Wir zahlen. Wir warten nicht“, sagte Merz.", "Die Opposition schwieg."]),
    ("de", ["„Wir zahlen nicht.“", "Die Opposition schwieg."]),
    ("de", ["Er kam u.a. aus St. Gallen bzw. Zürich.", "Dort blieb er."]),
    ("de", ["Kaiser Wilhelm II. dankte ab.", "Das war 1918."]),
    ("es", ["¿Quién paga?", "Nadie lo sabe.", "¡Basta ya! dijo el Sr. López."]),
    ("es", ["La Sra. Ruiz llegó a EE. UU. el martes.", "Habló con el presidente."]),
    ("es", ["«Pagaremos. No hay duda», dijo la ministra.", "La oposición calló."]),
    ("fr", ["M. Dupont a rencontré Mme Martin.", "Ils ont parlé."]),
    ("fr", ["« Nous paierons. C’est sûr », a dit M. Martin.", "Personne n’a répondu."]),
    ("ko", ["한국과 미국은 협상을 다시 시작했다.", "합의는 3.5% 인상이다.", "정말 그런가?", "그렇다!"]),
    ("ko", ["문 대통령은 “우리는 준비됐다. 곧 만난다”고 말했다.", "회의는 끝났다."]),
    ("ko", ['그는 "오늘은 없다. 내일 보자"라고 했다.', "모두 떠났다."]),
    ("ja", ["韓国と米国は協議を再開した。", "首相は「準備はできた。すぐ会う」と述べた。", "会議は終わった。"]),
    ("ja", ["明日は？", "雨だ！", "首相は『分からない。』と言った。"]),
    ("ja", ["物価は3.5％上がった。", "（写真なし）"]),
    ("zh", ["韩国和美国重新开始谈判。", "总统说：“我们准备好了。很快见面。”", "会议结束了！", "真的吗？"]),
    ("zh", ["部长表示，“我们不会让步。这是底线。”", "记者追问。", "“不会。”部长说。", "他走了。"]),
    ("zh", ["增长率为3.5%。", "股价下跌……投资者担心。"]),
]
"""Language and sentences, as a careful reader would part them."""


@pytest.mark.parametrize(("language", "parts"), SPLIT)
def test_sentences_end_where_a_reader_would_end_them(language: str, parts: list[str]) -> None:
    assert sentences(("" if language in {"ja", "zh"} else " ").join(parts)) == parts


@pytest.mark.parametrize(
    ("piece", "is_open"),
    [
        ("“We pay.", True),
        ("“We pay.”", False),
        ('He said: "We pay.', True),
        ('left out." He said', False),
        ("„Wir zahlen.“", False),
        ("»Wir zahlen.", True),
        ("«Pagamos.»", False),
        ("「晴れ。", True),
        ("no marks at all", False),
    ],
)
def test_an_open_quotation_is_seen(piece: str, is_open: bool) -> None:
    assert has_open_quotation(piece) is is_open


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


def test_a_line_broken_to_a_width_may_be_short_where_its_beginning_was_cut_off() -> None:
    first, second, *_ = paragraphs(
        "Prices of cocoa in the\nBahia zone rose." + WRAPPED.partition("restored.")[2] + WRAPPED
    )
    assert first == "Prices of cocoa in the Bahia zone rose."
    assert second.startswith("The dry period")
    small = "Prices of cocoa, which are\nquoted in Bahia, rose for the whole of the week, dealers said,\n"
    assert len(paragraphs(small + WRAPPED.replace("    ", "\n"))) == 3
    table = "Prices per ton:\nMarch     2,100\nMay       2,150\n" + WRAPPED
    assert paragraphs(table)[:3] == ["Prices per ton:", "March 2,100", "May 2,150"]
    assert paragraphs("Cocoa\n" + WRAPPED)[0] == "Cocoa", "a heading"


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
