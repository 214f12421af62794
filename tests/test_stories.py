from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, hex16, story, story_member
from watcher.data import background
from watcher.data.demo import sample
from watcher.stories import REMEMBERED, STAYS_OPEN, Board, story_id
from watcher.stories.events import Events
from watcher.text import words
from watcher.types import Placement, TermShares

WIRE = (
    "SEOUL — South Korea and the United States opened a new round of talks on Tuesday over how to share the cost of "
    "keeping American troops on the peninsula, officials from both sides said, after the last meeting broke down."
)
OTHER = (
    "Fishermen on the east coast hauled in the largest squid catch in a decade this week, and prices at the morning "
    "market fell by a third, traders said, bringing relief to restaurants along the shore."
)
STOCK = "The latest news and analysis from our correspondents in Seoul and around the wider region."


LANDSLIDE = (
    "A landslide buried the village of Ostrava Dol in the early hours of Monday, killing at least 14 people, the "
    "regional governor Marta Vesel said. Rescue teams with dogs dug through mud up to six metres deep, and the army "
    "sent 200 soldiers. Heavy rain had soaked the slopes of the Karn valley for nine days."
)
LANDSLIDE_RETOLD = (
    "Governor Marta Vesel said soldiers and dogs were still searching the mud in Ostrava Dol on Monday evening, after "
    "14 people died when a slope in the Karn valley gave way. Residents had warned of cracks above the village. Vesel "
    "promised an inquiry into building permits."
)
OTHER_LANDSLIDE = (
    "A landslide buried a bus near Puerto Alejo on Monday and killed at least 31 people, the transport minister Hector "
    "Quiroga said. Rescue teams dug through mud for survivors. Heavy rain had soaked the coastal road for a week."
)


def place(board: Board, title: str, text: str = "", **over: Any) -> Placement:
    return board.place(
        story_member(title, text=text, **{"language": "en", **over}),
        identity=f"https://x.example/{hex16(title + text)}",
    )


def board(**over: Any) -> Board:
    return Board("console:#desk", (), **{"background": background(), **over})


def test_the_first_report_founds_a_story_named_by_destination_and_identity() -> None:
    placement = board().place(story_member("Talks open", text=WIRE), identity="https://x.example/1")
    assert (placement.relation, placement.nearest) == ("founder", None)
    assert placement.story == story_id("console:#desk", "https://x.example/1")
    assert placement.story != story_id("slack:#desk", "https://x.example/1")


def test_a_wire_copy_with_another_headline_joins_the_story() -> None:
    desk = board()
    first = place(desk, "US and South Korea reopen troop cost talks", WIRE)
    copy = place(desk, "Allies back at the table over cost of troops", WIRE.replace("Tuesday", "Tuesday morning"))
    assert (copy.relation, copy.story) == ("copy", first.story)
    assert copy.nearest == hex16("US and South Korea reopen troop cost talks")


def test_a_truncated_copy_is_still_a_copy() -> None:
    desk = board()
    first = place(desk, "US and South Korea reopen troop cost talks", WIRE)
    cut = " ".join(WIRE.split()[:18]) + " …"
    assert place(desk, "Troop cost talks reopen in Seoul", cut).story == first.story


def quake(size: str, place: str, day: str, depth: str, *, more: str = "") -> str:
    return (
        f"A magnitude {size} earthquake struck 34 km south of {place} on {day}, the geological survey said. There were "
        f"no immediate reports of damage or injuries, and no warning of a tsunami was issued. It was {depth} km "
        f"deep.{more}"
    )


def test_reports_made_from_one_form_are_no_copies_of_each_other() -> None:
    desk = board()
    first = place(desk, "Earthquake off Alaska", quake("5.1", "Kodiak in Alaska", "Monday", "10"))
    other = place(desk, "Earthquake off Japan", quake("6.3", "Sendai in Japan", "Thursday", "42"))
    assert other.relation != "copy"
    cut = place(desk, "Alaska shaken", quake("5.1", "Kodiak in Alaska", "Monday", "10").partition(", and no")[0])
    assert (cut.relation, cut.story) == ("copy", first.story)


def test_a_copy_that_an_outlet_has_added_to_is_one_still() -> None:
    desk = board()
    more = " In Anchorage, Mayor Lena Orr told the Herald that the harbour of Homer would open at 9 on Tuesday."
    first = place(desk, "Earthquake off Alaska", quake("5.1", "Kodiak in Alaska", "Monday", "10"))
    longer = place(desk, "Earthquake: harbour stays shut", quake("5.1", "Kodiak in Alaska", "Monday", "10", more=more))
    assert (longer.relation, longer.story) == ("copy", first.story)


def test_another_text_founds_its_own_story() -> None:
    desk = board()
    place(desk, "US and South Korea reopen troop cost talks", WIRE)
    assert place(desk, "Squid prices fall by a third", OTHER).relation == "founder"


def test_a_stock_phrase_alone_makes_no_copy() -> None:
    desk = board()
    place(desk, "Parliament votes down the budget", STOCK)
    assert place(desk, "Typhoon closes airports", STOCK).relation == "founder"


def test_headline_only_entries_are_copies_when_the_headline_is_the_same() -> None:
    desk = board()
    first = place(desk, "Trump weighs pulling troops from South Korea")
    same = place(desk, "TRUMP weighs pulling troops from South Korea!", entry=hex16("another"))
    assert (same.relation, same.story) == ("copy", first.story)
    assert place(desk, "Trump weighs new tariffs on Korean cars").relation == "founder"


def test_short_common_headlines_are_no_proof() -> None:
    desk = board()
    place(desk, "Morning briefing")
    assert place(desk, "Morning briefing", entry=hex16("tomorrow")).relation == "founder"


def test_open_stories_from_the_store_take_copies() -> None:
    told = story(story_member("US and South Korea reopen troop cost talks", text=WIRE))
    desk = Board("console:#desk", [told])
    assert place(desk, "Troop cost talks", WIRE).story == told.id


def test_an_entry_that_is_placed_again_stays_where_it_is() -> None:
    desk = board()
    first = place(desk, "Squid prices fall by a third", OTHER)
    assert place(desk, "Squid prices fall by a third", OTHER).story == first.story


def test_the_same_event_in_other_words_is_a_follow_up() -> None:
    desk = board()
    first = place(desk, "Landslide kills 14 in Ostrava Dol", LANDSLIDE)
    later = place(desk, "Search goes on in Ostrava Dol after landslide", LANDSLIDE_RETOLD)
    assert (later.relation, later.story, later.nearest) == (
        "follow_up",
        first.story,
        first_entry := hex16("Landslide kills 14 in Ostrava Dol"),
    )
    assert first_entry
    assert 0 < later.similarity < 1


def test_a_look_alike_event_stays_apart() -> None:
    desk = board()
    place(desk, "Landslide kills 14 in Ostrava Dol", LANDSLIDE)
    assert place(desk, "Landslide kills 31 near Puerto Alejo", OTHER_LANDSLIDE).relation == "founder"


LOOK_ALIKES = [
    ("Court fines Norvane over cartel", "Court fines Tessaly over cartel"),
    ("Fire at paper mill in Lindby injures four", "Fire at chemical plant in Garrow injures nine"),
    ("Striker Okello joins Varna on loan", "Goalkeeper Brandt joins Leeds on loan"),
    ("Quake of magnitude 5.2 shakes Qarun island", "Quake of magnitude 6.1 shakes Mindara province"),
    ("Minister Salgado resigns over expenses", "Minister Petrov resigns over expenses"),
]


@pytest.mark.parametrize(("one", "other"), LOOK_ALIKES)
def test_look_alike_headlines_stay_apart(one: str, other: str) -> None:
    desk = board()
    place(desk, one)
    assert place(desk, other).relation == "founder"


def test_without_follow_ups_only_copies_join() -> None:
    desk = board(follow_ups=False)
    place(desk, "Landslide kills 14 in Ostrava Dol", LANDSLIDE)
    assert place(desk, "Search goes on in Ostrava Dol after landslide", LANDSLIDE_RETOLD).relation == "founder"
    assert place(desk, "Village buried", LANDSLIDE).relation == "copy"


def test_a_story_closes_after_its_last_member() -> None:
    desk = board()
    first = place(desk, "Landslide kills 14 in Ostrava Dol", LANDSLIDE)
    on_time = place(desk, "Village buried", LANDSLIDE, seen=NOW + STAYS_OPEN)
    assert on_time.story == first.story
    too_late = NOW + 2 * STAYS_OPEN + timedelta(seconds=1)
    assert place(desk, "A village that was buried", LANDSLIDE, seen=too_late).relation == "founder"


def test_a_board_that_lives_on_takes_in_what_the_store_has() -> None:
    desk = board()
    told = story(story_member("Landslide kills 14 in Ostrava Dol", text=LANDSLIDE, language="en"))
    desk.add(told)
    desk.add(told)
    assert place(desk, "Search goes on in Ostrava Dol", LANDSLIDE_RETOLD).story == told.id


def test_words_of_another_script_are_compared_too() -> None:
    desk = board()
    first = place(
        desk,
        "한미 방위비 협상 서울서 재개",
        "한국과 미국이 주한미군 방위비 분담금 협상을 서울에서 재개했다고 외교부가 밝혔다. 미국은 50억 달러를 요구했다.",
        language="ko",
    )
    again = place(
        desk,
        "미국, 방위비 50억 달러 요구",
        "외교부는 서울에서 재개한 방위비 분담금 협상에서 미국이 주한미군 비용으로 50억 달러를 요구했다고 설명했다.",
        language="ko",
    )
    other = place(
        desk,
        "부산 아파트 화재",
        "부산의 한 아파트에서 불이 나 주민 30명이 대피했다고 소방당국이 전했다.",
        language="ko",
    )
    assert (again.relation, again.story) == ("follow_up", first.story)
    assert other.relation == "founder"


def test_the_wire_story_of_the_demo_is_one_story() -> None:
    """Four outlets carry it under four headlines."""
    desk = board()
    wire = [one for one in sample.describe() if one.id.startswith("troop-options")]
    placed = [place(desk, one.title, one.text, entry=one.id) for one in wire]
    assert len(placed) == 4
    assert len({one.story for one in placed}) == 1
    assert {one.relation for one in placed[1:]} == {"copy"}


def test_the_answer_to_the_wire_story_of_the_demo_joins_it() -> None:
    desk = board()
    told = {one.id: one for one in sample.describe()}
    first = place(desk, told["troop-options"].title, told["troop-options"].text)
    for wire in ("troop-options-northfield", "troop-options-hanriver", "troop-options-ledger"):
        place(desk, told[wire].title, told[wire].text)
    answer = place(desk, told["troop-answer"].title, told["troop-answer"].text)
    assert (answer.relation, answer.story) == ("follow_up", first.story)


def test_no_story_of_the_demo_takes_in_another_event() -> None:
    """Nine reports of one topic, which share its names, in the order in which they come."""
    desk = board()
    told = [one for one in sample.describe() if one.intended in {"on topic", "copy"}]
    events: dict[str, set[str | None]] = {}
    for one in sorted(told, key=lambda one: (one.step, -(one.age or timedelta()))):
        placed = place(desk, one.title, one.text, entry=one.id)
        events.setdefault(placed.story, set()).add(one.event)
    assert len(events) >= 4
    assert [names for names in events.values() if len(names) > 1] == []


def weight_of(word: str, *, told: int, stories: int = 30, documents: int = 0, **how: Any) -> float:
    """The idf of a word that so many of the polled documents hold, if there are any, or else of the open stories."""
    shares = {word: told / documents} if documents else {}
    polled = {"en": TermShares(language="en", documents=documents, shares=shares)}
    events = Events(background(), polled, **how)
    for number in range(stories):
        held = word if number < told and not documents else ""
        member = story_member(f"Harvest {number} of oranges in province {number} {held}", language="en")
        events.add(f"s{number}", events.read(member), seen=NOW)
    return events.read(story_member(f"A report of {word}", language="en")).idf[word]


@pytest.mark.parametrize("documents", [0, 200])
def test_a_name_that_few_stories_or_documents_hold_keeps_its_weight(documents: int) -> None:
    """An event that was told as three stories is not split further, since its name would be common by that."""
    unseen, thrice, often = (weight_of("comeaux", told=told, documents=documents) for told in (0, 3, 20))
    assert thrice == pytest.approx(unseen)
    assert often < unseen - 1.0


def test_a_word_of_each_of_three_open_stories_is_the_topic_s() -> None:
    assert weight_of("comeaux", told=3, stories=3) < weight_of("comeaux", told=0, stories=3) - 1.0


@pytest.mark.parametrize("documents", [0, 5000])
@pytest.mark.parametrize(("stories", "least"), [(0, 3.0), (30, 1.0)])
def test_a_topic_s_word_weighs_little_before_its_stories_are_open(documents: int, stories: int, least: float) -> None:
    """However much was polled in which it is rare."""

    def weight(expected: float) -> float:
        return weight_of("comeaux", told=0, stories=stories, documents=documents, topical={"comeaux": expected})

    assert weight(0.4) < weight(0.0) - least
    if stories:
        assert weight(0.4 / 30) == pytest.approx(weight(0.0)), "that of one topic among thirty tells stories apart"


def test_another_year_speaks_against_one_event() -> None:
    events = Events(background())
    told = story_member("Landslide in Ostrava Dol", text=f"{LANDSLIDE} Worst of 2021.", language="en")
    events.add("told", events.read(told), seen=NOW)

    def likelihood(text: str) -> float:
        reading = events.read(story_member("Search in Ostrava Dol", text=text, language="en"))
        return events.near(reading, seen=NOW)[0].logit

    same, other, none = (likelihood(f"{LANDSLIDE_RETOLD} {end}") for end in ("Worst of 2021.", "Worst of 2024.", ""))
    assert other < none < same


@pytest.mark.parametrize(("topics", "told"), [(1, 0), (20, 1)])
def test_the_topic_that_matched_best_tells_something_where_there_are_several(topics: int, told: int) -> None:
    def belief(of_story: str | None, of_report: str | None) -> float:
        events = Events(background(), topics=topics)
        first = story_member("Landslide", text=LANDSLIDE, language="en", topic=of_story)
        events.add("s1", events.read(first), seen=NOW)
        report = story_member("Governor in the valley", text=LANDSLIDE_RETOLD, language="en", topic=of_report)
        near = events.nearest(events.read(report), seen=NOW)
        assert near is not None
        return near.logit

    unknown = belief(None, None)
    assert belief(None, "quakes") == belief("quakes", None) == unknown
    assert (belief("quakes", "quakes") > unknown + 0.5) == bool(told)
    assert (belief("mining", "quakes") < unknown - 0.5) == bool(told)


def test_a_topic_that_all_open_stories_have_tells_none_of_them_apart() -> None:
    events = Events(background(), topics=2)
    for number in range(40):
        other = story_member(f"Harvest {number} of oranges in province {number}", language="en", topic="quakes")
        events.add(f"o{number}", events.read(other), seen=NOW)
    first = story_member("Landslide", text=LANDSLIDE, language="en", topic="quakes")
    events.add("s1", events.read(first), seen=NOW)
    beliefs = []
    for topic in ("quakes", None):
        report = story_member("Governor in the valley", text=LANDSLIDE_RETOLD, language="en", topic=topic)
        near = events.nearest(events.read(report), seen=NOW)
        assert near is not None
        beliefs.append(near.logit)
    assert beliefs[0] == pytest.approx(beliefs[1], abs=0.1)


def test_names_that_all_that_was_polled_has_prove_nothing() -> None:
    """Without the stream the names of a busy topic look like rare evidence."""
    common = dict.fromkeys(words(f"{LANDSLIDE} {LANDSLIDE_RETOLD}"), 0.5)
    desk = board(polled={"en": TermShares(language="en", documents=5000.0, shares=common)})
    place(desk, "Landslide kills 14 in Ostrava Dol", LANDSLIDE)
    assert place(desk, "Search goes on in Ostrava Dol after landslide", LANDSLIDE_RETOLD).relation == "founder"


def test_a_closed_story_leaves_no_trace_in_what_is_common() -> None:
    events = Events(background())
    before = events.read(story_member("Landslide", text=LANDSLIDE, language="en"))
    for number in range(30):
        one = story_member("Landslide", text=LANDSLIDE_RETOLD, language="en", entry=hex16(str(number)))
        events.add(str(number), events.read(one), seen=NOW)
    crowded = events.read(story_member("Landslide", text=LANDSLIDE, language="en"))
    for number in range(30):
        events.remove(str(number))
    after = events.read(story_member("Landslide", text=LANDSLIDE, language="en"))
    assert crowded.idf["ostrava"] < before.idf["ostrava"]
    assert (after.idf, after.names) == (before.idf, before.names)


def test_a_closed_story_takes_nothing_in_but_a_later_one_of_its_event_knows_it() -> None:
    desk = board()
    first = place(desk, "Landslide kills 14 in Ostrava Dol", LANDSLIDE)
    place(desk, "Squid catch breaks records", OTHER)
    later = place(desk, "Search goes on in Ostrava Dol after landslide", LANDSLIDE_RETOLD, seen=NOW + timedelta(days=4))
    assert (later.relation, later.earlier) == ("founder", first.story)
    other = place(desk, "Landslide buries bus near Puerto Alejo", OTHER_LANDSLIDE, seen=NOW + timedelta(days=4))
    assert (other.relation, other.earlier) == ("founder", None)


def test_a_closed_story_is_forgotten_in_the_end() -> None:
    desk = board()
    place(desk, "Landslide kills 14 in Ostrava Dol", LANDSLIDE)
    place(desk, "Squid catch breaks records", OTHER, seen=NOW + timedelta(days=4))
    desk.close(NOW + REMEMBERED + timedelta(days=5))
    retold = place(desk, "Search goes on in Ostrava Dol", LANDSLIDE_RETOLD, seen=NOW + REMEMBERED + timedelta(days=5))
    assert (retold.relation, retold.earlier) == ("founder", None)


def test_entries_that_lead_to_one_page_are_copies_whatever_they_say() -> None:
    desk = board()
    page = "https://paper.example/2"
    first = place(desk, "Landslide in the north", LANDSLIDE, addresses=("https://go.example/1", page))
    second = place(desk, "What we know", OTHER, addresses=(page,))
    assert (second.relation, second.story) == ("copy", first.story)
    desk.close(NOW + timedelta(days=4))
    third = place(desk, "What we know now", OTHER, addresses=(page,), seen=NOW + timedelta(days=4))
    assert third.relation == "founder"


texts = st.text(max_size=300)


@given(st.lists(st.tuples(texts, texts), max_size=6))
def test_any_text_is_placed_and_identical_entries_share_a_story(items: list[tuple[str, str]]) -> None:
    desk = board()
    for number, (title, text) in enumerate(items):
        member = story_member(title, text=text, entry=hex16(str(number)))
        once = desk.place(member, identity=str(number))
        assert desk.place(member, identity=str(number)).story == once.story
        assert 0 <= once.similarity <= 1


REPORTS = [
    ("Landslide kills 14 in Ostrava Dol", LANDSLIDE),
    ("Squid prices fall by a third", OTHER),
    ("US and South Korea reopen troop cost talks", WIRE),
    (
        "Quake of magnitude 6.1 shakes Mindara province",
        "Walls cracked in Mindara and trains stood still, Luzia Ferro said.",
    ),
]


@given(st.permutations(REPORTS))
def test_the_order_of_far_apart_reports_does_not_matter(reports: list[tuple[str, str]]) -> None:
    desk = board()
    placed = {title: place(desk, title, text) for title, text in reports}
    assert {one.relation for one in placed.values()} == {"founder"}
    copies = {title: place(desk, title, text, entry=hex16(text)) for title, text in reports}
    assert {title: one.story for title, one in copies.items()} == {title: one.story for title, one in placed.items()}
