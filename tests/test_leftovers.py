"""What scraping leaves behind goes, what the journalist wrote stays."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from watcher import leftovers
from watcher.leftovers.dateline import strip_dateline
from watcher.leftovers.furniture import site_hints
from watcher.leftovers.lines import look
from watcher.leftovers.repeats import repeated
from watcher.types import TermShares

BODY = [
    "The harbour authority of Port Ellis said on Tuesday that it would close the old ferry terminal in spring.",
    "Engineers found cracks in four of the pillars that carry the pier, according to a report seen by this newspaper.",
    "“We cannot let another winter pass,” said Marta Lindqvist of the harbour authority. The ferry goes from the quay.",
    "Shop owners near the terminal fear that passengers will stay away. The council promised them a lower rent.",
    "A new ferry terminal would cost 48 million crowns and could open in three years, the report says.",
]
HEADLINE = "Cracked pillars close Port Ellis ferry terminal"


def article(before: list[str], after: list[str], between: list[str] | None = None) -> str:
    """The same report as different outlets would have it on their pages."""
    middle = "\n\n".join([*BODY[:2], *(between or []), *BODY[2:]])
    return "\n\n".join([*before, middle, *after])


STYLES = {
    "public broadcaster": (
        ["Skip to content", "Accessibility Help", "Home\nNews\nSport\nMenu", HEADLINE, "Published 3 hours ago", "Share",
         "Image source, Getty Images",
         "Image caption\nThe terminal has served the islands since 1931"],
        ["Related Topics", "Port Ellis | Ferries | Islands", "Most Read",
         "Islanders fear for their ferry link", "© 2031 The broadcaster does not answer for other sites."],
        [],
    ),
    "tabloid": (
        ["EXCLUSIVE", HEADLINE, "By Jonas Okafor, Harbour Correspondent", "18:42, 3 MAR 2031 | UPDATED 19:10",
         "0 Comments", "Sign up to our free newsletter and get the latest delivered straight to your inbox."],
        ["Follow us on Facebook and never miss a story.", "Got a news tip? Email us at tips@outlet.example.",
         "READ MORE", "READ NEXT"],
        ["Advertisement", "Video Unavailable\nClick to play\nTap to play", "Advertisement", "Advertisement"],
    ),
    "subscription paper": (
        ["We use cookies to give you the best experience. By browsing our site you accept our privacy policy.",
         HEADLINE, "5 min read", "Save | Print | Gift this article"],
        ["Jonas Okafor is a senior reporter for the paper, based in Port Ellis.",
         "You have two free articles left this month. Subscribe now to support our journalism.",
         "All rights reserved. This material may not be published, broadcast or redistributed."],
        ["02:17 - Source: Harbour TV\nPier cracks seen from below"],
    ),
    "small paper": (
        ["This copy is for your personal non-commercial use only.", "NEWS", "ISLANDS", HEADLINE,
         "Jonas Okafor - Staff Reporter", "Tue., March 3, 2031", "timer 3 min. read"],
        ["With files from The Island Press", "REPORT AN ERROR", "JOURNALISTIC STANDARDS"],
        ["ARTICLE CONTINUES BELOW", "Story continues below advertisement"],
    ),
    "foreign words": (
        [HEADLINE, "Stand: 03.03.2031, 18:42 Uhr", "Von Jonas Okafor", "Lesedauer: 4 Min.", "Artikel anhören"],
        ["Abonnieren Sie unseren Newsletter und verpassen Sie nichts.", "Alle Rechte vorbehalten", "Mehr zum Thema"],
        ["Bild: dpa/Ana Ruiz", "Anzeige", "Lesen Sie auch", "Warum der Hering so teuer ist"],
    ),
    "wire": (
        [HEADLINE],
        ["(Reporting by Jonas Okafor; Editing by Ana Ruiz)", "Our Standards: The Trust Principles."],
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("style", STYLES)
def test_the_report_survives_and_the_page_around_it_goes_whatever_the_outlet(style: str) -> None:
    before, after, between = STYLES[style]
    cleaned = leftovers.clean(article(before, after, between))
    assert cleaned.title == HEADLINE
    assert list(cleaned.paragraphs) == BODY


def test_everything_left_out_is_listed_in_its_order() -> None:
    before, after, between = STYLES["tabloid"]
    dropped = leftovers.clean(article(before, after, between)).dropped
    assert dropped[0] == "EXCLUSIVE"
    assert dropped[-1] == "READ NEXT"
    assert "0 Comments" in dropped


def test_a_caption_that_points_at_people_goes_although_it_reads_like_news() -> None:
    caption = "Harbour chief Marta Lindqvist (L) and the mayor of Saint Anne walk along the pier on a rainy day in..."
    cleaned = leftovers.clean(article([HEADLINE, caption], []))
    assert list(cleaned.paragraphs) == BODY


def test_a_standfirst_that_the_text_says_again_counts_once() -> None:
    standfirst = "Engineers found cracks in four of the pillars that carry the pier, and nobody is surprised."
    cleaned = leftovers.clean(article([HEADLINE, standfirst], []))
    assert cleaned.paragraphs[0] == standfirst
    assert BODY[1] in cleaned.dropped


def test_bullets_that_sum_up_the_text_are_no_headline_and_give_way_to_the_sentences() -> None:
    bullets = "Engineers found cracks in four of the pillars that carry the pier"
    cleaned = leftovers.clean(
        article(["Story highlights", bullets, "Shop owners fear a lost summer in the old town"], [])
    )
    assert cleaned.title == ""
    assert bullets in cleaned.dropped
    assert list(cleaned.paragraphs)[-5:] == BODY


def test_marks_of_lists_go_and_what_they_mark_stays() -> None:
    marks = ("• ", "-- ", "– ", "*", "| ")
    listed = [mark + sentence for mark, sentence in zip(marks, BODY, strict=True)]
    cleaned = leftovers.clean("\n\n".join([HEADLINE, *listed, "-10 degrees were measured on the pier that day."]))
    assert list(cleaned.paragraphs) == [*BODY, "-10 degrees were measured on the pier that day."]
    first = " ".join(BODY[:3])
    glued = "(Photo: Ana Ruiz, Agency) Story Highlights " + first
    assert leftovers.clean("\n\n".join([glued, *BODY[3:]])).paragraphs[0] == first


@pytest.mark.parametrize(
    "signature",
    [
        "— Marta Lindqvist, speaking to the council in a hearing on the ferry terminal.",
        "-- Harbour authority's statement on the pier.",
    ],
)
def test_who_spoke_the_quotation_above_is_no_sentence_of_its_own(signature: str) -> None:
    quotation = "“The pillars of the pier have to be mended before the next storms of the winter.”"
    cleaned = leftovers.clean("\n\n".join([HEADLINE, *BODY, quotation, signature]))
    assert signature in cleaned.dropped
    assert signature.strip("—- ") in leftovers.clean("\n\n".join([HEADLINE, *BODY, signature])).paragraphs
    listed = ["– “We are ready,” the council said of what it called “a plan.”", f"– {BODY[0]}"]
    assert BODY[0] in leftovers.clean("\n\n".join([HEADLINE, *listed, *BODY[1:]])).paragraphs
    who = "-- From Harbour Reporter Marta Lindqvist."
    assert who in leftovers.clean("\n\n".join([HEADLINE, *BODY, who])).dropped


@pytest.mark.parametrize(
    "call",
    [
        "Tune in to Harbour TV for the storm at 1:30 p.m.",
        "Send us what you saw at the pier, but please stay safe.",
        "Listen to the full interview on Harbour Radio from 1900 GMT.",
        "Watch the above film of the pier, and you will see what the engineers mean.",
        "Watch the engineers break down the cracks of the pier here.",
        "Note: Watch Harbour TV now on channel 12.",
    ],
)
def test_calls_to_listen_and_to_watch_go(call: str) -> None:
    assert call in leftovers.clean("\n\n".join([HEADLINE, *BODY, call])).dropped
    assert call in leftovers.clean("\n\n".join([HEADLINE, BODY[0] + " " + call, *BODY[1:]])).dropped


@pytest.mark.parametrize(
    "author",
    [
        "Marta Lindqvist is managing editor of the Harbour Gazette.",
        "Marta A. Lindqvist, who sailed for ten years, is a columnist and author of “Piers”.",
        "Jonas Okafor, a contributing editor of the Gazette, writes about harbours.",
        "A widely read columnist, she is an adjunct professor of the harbour school.",
        "Hide caption Marta Lindqvist stands on the pier.",
    ],
)
def test_who_wrote_it_is_said_at_the_ends_of_a_text_and_goes(author: str) -> None:
    for text in ([author, *BODY], [*BODY, author], [" ".join([author, *BODY[:2]]), *BODY[2:]]):
        assert author in leftovers.clean("\n\n".join(text)).dropped


def test_what_people_of_the_news_are_stays_in_the_middle_of_a_text() -> None:
    said = "Marta Lindqvist is a professor of engineering at the harbour school."
    after = [
        "The council meets on Friday.",
        "Boats left the quay early.",
        "Gulls sat on the pier.",
        "It rained at noon.",
    ]
    assert said in leftovers.clean("\n\n".join([*BODY, said, *after])).paragraphs


def test_news_that_begins_with_such_a_word_stays() -> None:
    for said in (
        "Watch towers on the pier of Port Ellis were closed on Friday.",
        "Join US troops on the pier, the harbour authority told its ferries.",
        "South Korea is host of the harbour summit of this year, as the council said on Friday.",
        "Saudi Arabia is the largest producer of oil for the ferries of Port Ellis, the council said.",
        "Jonas Okafor, who is a reporter for the Gazette, was freed by the harbour police on Friday.",
        "- By Friday, 30 ferries had left the pier.",
        "- From the pier, the ferries will go to the quay.",
    ):
        assert said.removeprefix("- ") in leftovers.clean("\n\n".join([HEADLINE, *BODY, said])).paragraphs


def test_without_a_headline_the_title_stays_empty() -> None:
    assert leftovers.clean("\n\n".join(BODY)).title == ""


def test_a_question_may_be_the_headline() -> None:
    asked = "Why would Port Ellis close its ferry terminal?"
    assert leftovers.clean(article(["IE 11 is not supported. Use another browser.", asked], [])).title == asked


def test_the_window_title_gives_way_to_the_plain_headline() -> None:
    cleaned = leftovers.clean(article([f"{HEADLINE} - The Island Courier", HEADLINE], []))
    assert cleaned.title == HEADLINE


def test_lines_that_lost_their_break_are_parted() -> None:
    text = "\n\n".join([HEADLINE, *BODY[:-1], BODY[-1] + "Story highlights"])
    cleaned = leftovers.clean(text)
    assert list(cleaned.paragraphs) == BODY
    assert "Story highlights" in cleaned.dropped


def test_a_notice_behind_the_text_of_a_snippet_takes_nothing_with_it() -> None:
    cleaned = leftovers.clean(f"{BODY[0]} All rights reserved.")
    assert cleaned.paragraphs == (BODY[0],)
    assert cleaned.dropped == ("All rights reserved.",)


def test_hard_wrapped_mail_is_put_together_again() -> None:
    wrapped = (
        "The harbour authority of Port Ellis said on Tuesday that it\n"
        "would close the old ferry terminal in spring, because\n"
        "engineers found cracks in four of the pillars that carry the\n"
        "pier. Shop owners fear that passengers will stay away."
    )
    cleaned = leftovers.clean(wrapped)
    assert len(cleaned.paragraphs) == 1
    assert "because engineers found" in cleaned.paragraphs[0]


def test_of_a_whole_copied_page_only_the_article_is_left() -> None:
    menu = [
        f"{first} {second}" for first in ("World", "Local", "Sea") for second in ("News", "Sport", "Money", "Culture")
    ]
    teasers = [
        "Storm keeps boats of Saint Anne in the harbour for a third day",
        "The boats of Saint Anne did not leave on Monday.",
        "Why the price of herring rises every winter",
        "Herring is dear. Our reporter asked why.",
    ]
    page = "\n\n".join([*menu, *teasers, *menu, HEADLINE, "Jonas Okafor", *BODY, *menu, *teasers, *menu])
    cleaned = leftovers.clean(page)
    assert cleaned.title == HEADLINE
    assert list(cleaned.paragraphs) == BODY


def test_an_article_with_a_long_list_is_no_copied_page() -> None:
    places = [f"Island number {chr(65 + place)} in the north" for place in range(26)]
    cleaned = leftovers.clean("\n\n".join([HEADLINE, *BODY[:3], *places, *BODY[3:]]))
    assert all(place in cleaned.paragraphs for place in places)


def test_an_article_about_cookies_and_newsletters_stays_whole() -> None:
    body = [
        "The regulator fined four publishers on Monday because their cookies followed readers without consent.",
        "Each browser must now ask before it stores cookies, the regulator said, and newsletters need an opt-in.",
        "Publishers say that readers who refuse cookies should subscribe, and that newsletters pay for reporting.",
        "Readers can unsubscribe from newsletters at any time, but few of them do, a survey of subscribers found.",
    ]
    assert list(leftovers.clean("\n\n".join(body)).paragraphs) == body


@pytest.mark.parametrize(
    ("title", "body"),
    [
        (
            "한미 방위비 분담 협상 다시 시작",
            [
                "한국과 미국은 화요일 서울에서 방위비 분담 협상을 다시 시작했다고 외교부가 밝혔다.",
                "두 나라 대표는 총액과 유효기간을 놓고 이틀 동안 다섯 차례 회의를 열기로 했다.",
                "미국은 지난 협상에서 분담금을 세 배로 올리라고 요구했고 한국은 받아들이지 않았다.",
            ],
        ),
        (
            "港湾局、フェリー乗り場を春に閉鎖 柱にひび割れ",
            [
                "市の港湾局は火曜日、古いフェリー乗り場を春に閉鎖すると発表した。",
                "桟橋を支える柱にひび割れが見つかった。",
                "新しい乗り場の建設には四千八百万円かかり、完成まで三年を要する見通しだという。",
                "近くの商店主は客が減ることを心配しており、市は家賃の引き下げを約束した。",
            ],
        ),
        (
            "埃利斯港轮渡码头因立柱开裂明年春天关闭",
            [
                "港务局星期二宣布，旧轮渡码头将于明年春天关闭，因为支撑栈桥的四根立柱出现开裂。",
                "根据报告，新的轮渡码头需要投资四千八百万元，预计三年后启用。",
                "码头附近的店主担心乘客不再前来，市议会答应降低他们的租金。",
            ],
        ),
    ],
)
def test_headlines_of_east_asian_reports_are_found(title: str, body: list[str]) -> None:
    cleaned = leftovers.clean("\n\n".join([title, *body]))
    assert cleaned.title == title
    assert cleaned.paragraphs == tuple(body)
    assert cleaned.dropped == ()


def test_a_korean_page_loses_its_buttons_and_dates() -> None:
    title = "한미 방위비 분담 협상 다시 시작"
    body = [
        "한국과 미국은 화요일 서울에서 방위비 분담 협상을 다시 시작했다고 외교부가 밝혔다.",
        "두 나라 대표는 총액과 유효기간을 놓고 이틀 동안 다섯 차례 회의를 열기로 했다.",
        "미국은 지난 협상에서 분담금을 세 배로 올리라고 요구했고 한국은 받아들이지 않았다.",
    ]
    above = [
        title,
        "입력 2031.03.02 15:15 수정 2031.03.02 16:20",
        "글자크기 크게 작게",
        "페이스북 트위터 URL 복사",
    ]
    below = ["관련기사", "댓글 12 좋아요 3", "많이 본 뉴스", "카카오톡 공유하기"]
    cleaned = leftovers.clean("\n\n".join([*above, *body, *below]))
    assert cleaned.title == title
    assert cleaned.paragraphs == tuple(body)
    assert cleaned.dropped == (*above[1:], *below)


def test_a_korean_report_loses_its_byline_and_notice() -> None:
    body = [
        "한국과 미국은 화요일 서울에서 방위비 분담 협상을 다시 시작했다고 외교부가 밝혔다.",
        "양측은 내년 봄까지 합의를 목표로 한다고 외교부 대변인이 기자들에게 말했다.",
        "미국은 주한미군 주둔 비용을 더 많이 요구하고 있다.",
    ]
    text = "\n\n".join(
        [
            "홍길동 기자 hong@news.example",
            f"(서울=하늘뉴스) 홍길동 기자 = {body[0]}",
            *body[1:],
            "무단 전재 및 재배포 금지",
        ]
    )
    cleaned = leftovers.clean(text)
    assert list(cleaned.paragraphs) == body


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("SEOUL, South Korea (AP) — The two allies met.", "The two allies met."),
        ("Washington CNN — President Smith spoke.", "President Smith spoke."),
        ("Washington CNN —", ""),
        ("(Reuters) - The company said", "The company said"),
        ("TOKYO -- Japan said", "Japan said"),
        ("Washington (CNN) President Smith spoke.", "President Smith spoke."),
        ("PARIS, 3 mars (AFP) – Les deux alliés", "Les deux alliés"),
        ("【ソウル聯合ニュース】韓国と米国は", "韓国と米国は"),
        ("新华社首尔5月3日电 韩国总统", "韩国总统"),
        ("PORT ELLIS, N.J.—Marta Lindqvist spoke.", "Marta Lindqvist spoke."),
        ("IBM—Big Blue to many—said on Friday.", "IBM—Big Blue to many—said on Friday."),
        ("The pier—Port Ellis has one—is old.", "The pier—Port Ellis has one—is old."),
        ("Smith – who had left – came back.", "Smith – who had left – came back."),
        ("The World Health Organization (WHO) Director spoke.", "The World Health Organization (WHO) Director spoke."),
        ("He said: “NO — The end.”", "He said: “NO — The end.”"),
    ],
)
def test_datelines_go_and_dashes_stay(text: str, rest: str) -> None:
    assert strip_dateline(text) == rest


@pytest.mark.parametrize(
    "said",
    ["Sign-up is free.", "Follow us here", "Use an ad-blocker?", "This page's editor", "Abonnieren Sie",
     "구독하기 버튼", "Suscríbete ya", "Learn more", "All our coverage", "Support quality papers",
     "Подписаться", "ニュースレター登録"],
)  # fmt: skip
def test_the_quick_look_for_words_of_sites_misses_none(said: str) -> None:
    assert site_hints(look(said, 0)) != []


def test_sentences_that_differ_in_figures_are_no_repeats() -> None:
    first = look("The net income of the company rose to 14 million in the second quarter.", 0).words
    second = look("The net income of the company rose to 17 million in the second quarter.", 0).words
    assert repeated([first, second, first], [True] * 3) == {2}


def test_the_background_tells_which_words_tie_a_line_to_the_rest() -> None:
    shares = {word: 0.3 for line in BODY for word in line.lower().split()}
    background = {"en": TermShares(language="en", documents=1000, shares=shares)}
    before, after, between = STYLES["tabloid"]
    assert list(leftovers.clean(article(before, after, between), background=background).paragraphs) == BODY


@given(st.text(max_size=400))
def test_any_text_is_cleaned_without_an_error_and_only_with_its_own_words(text: str) -> None:
    cleaned = leftovers.clean(text)
    letters = {char for char in "".join(cleaned.paragraphs) if char.isascii() and char.isalnum()}
    assert letters <= set(text) | {" "}


LINES = st.sampled_from([*BODY, HEADLINE, "Share", "Read more", "By Jonas Okafor", "02:17", "“Yes,” she said.", "No."])


@given(st.lists(LINES, max_size=14))
def test_the_title_is_a_line_of_the_text_and_cleaning_keeps_no_sentence_twice(lines: list[str]) -> None:
    cleaned = leftovers.clean("\n\n".join(lines))
    assert cleaned.title == "" or cleaned.title in lines
    assert len({line for line in cleaned.paragraphs if len(line.split()) > 3}) == len(
        [line for line in cleaned.paragraphs if len(line.split()) > 3]
    )


@pytest.mark.parametrize("unit", ["a", "a.B", "a@", "Share\n", "The pier is old. ", "“", "— ", "港"])
def test_a_very_long_text_of_one_kind_is_cleaned_in_reasonable_time(unit: str) -> None:
    leftovers.clean(unit * (60_000 // len(unit)))


def corpora() -> Path:
    folder = os.environ.get("WATCHER_CORPORA")
    if not folder:
        pytest.skip("WATCHER_CORPORA does not name the corpora")
    return Path(folder)


@pytest.mark.corpora
def test_true_article_texts_keep_their_words() -> None:
    truth = json.loads((corpora() / "pages" / "ground-truth.json").read_text(encoding="utf-8"))
    kept = []
    for page in truth.values():
        text = page["articleBody"]
        cleaned = leftovers.clean(text)
        kept.append(sum(len(part.split()) for part in (cleaned.title, *cleaned.paragraphs)) / len(text.split()))
    # The "true" texts hold credits, share lines and repeated questions themselves: those go, and rightly.
    assert sum(kept) / len(kept) >= 0.97
    assert sorted(kept)[len(kept) // 2] >= 0.99


@pytest.mark.corpora
def test_real_prose_of_one_broadcaster_keeps_its_words() -> None:
    with gzip.open(corpora() / "data" / "bbc.jsonl.gz", "rt", encoding="utf-8") as rows:
        texts = [json.loads(row)["text"] for row in rows][::40]
    kept = sum(len(part.split()) for text in texts for part in leftovers.clean(text).paragraphs)
    assert kept / sum(len(text.split()) for text in texts) >= 0.97


def visible(page: bytes) -> str:
    """A page as somebody gets it who selects all and copies: menus, teasers, comments and the article."""
    tree = html.fromstring(page.decode("utf-8", "replace").replace("encoding=", "was="))
    for node in tree.xpath("//script|//style|//noscript|//svg|//head|//template|//iframe|//comment()"):
        node.drop_tree()
    for node in tree.iter():
        if isinstance(node.tag, str) and node.tag not in {"a", "b", "i", "em", "strong", "span", "img", "sup", "time"}:
            node.text = f"\n{node.text or ''}"
            node.tail = f"\n{node.tail or ''}"
    return str(tree.text_content())


@pytest.mark.corpora
@pytest.mark.slow
def test_of_real_pages_copied_whole_mostly_the_article_is_left() -> None:
    truth = json.loads((corpora() / "pages" / "ground-truth.json").read_text(encoding="utf-8"))
    precision, recall = 0.0, 0.0
    for name, page in truth.items():
        text = visible(gzip.decompress((corpora() / "pages" / f"{name}.html.gz").read_bytes()))
        found = Counter(" ".join(leftovers.clean(text).paragraphs).lower().split())
        true = Counter(page["articleBody"].lower().split())
        common = sum((found & true).values())
        precision += common / max(1, sum(found.values())) / len(truth)
        recall += common / sum(true.values()) / len(truth)
    # Everything visible, uncleaned, has a precision of 0.53 (and a recall of 1).
    assert precision >= 0.8
    assert recall >= 0.9


@pytest.mark.corpora
def test_the_example_seeds_lose_their_left_overs() -> None:
    first, second = sorted((corpora() / "seeds" / "us-south-korea").glob("*.txt"))
    one, two = (leftovers.clean(path.read_text(encoding="utf-8")) for path in (first, second))
    assert one.title.startswith("Why would Trump push")
    assert two.title == ""
    body = " ".join(one.paragraphs + two.paragraphs)
    for junk in (
        "IE 11",
        "Story highlights",
        "04:01",
        "Source: CNN",
        "CNN —",
        "walks past a television",
        "scaring South",
    ):
        assert junk not in body
    assert two.paragraphs[0].startswith("President Donald Trump spoke by phone")
