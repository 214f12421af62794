from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import hex16, story, story_member
from watcher.stories import Board, outlets, story_id
from watcher.types import Placement

WIRE = (
    "SEOUL — South Korea and the United States opened a new round of talks on Tuesday over how to share the cost of "
    "keeping American troops on the peninsula, officials from both sides said, after the last meeting broke down."
)
OTHER = (
    "Fishermen on the east coast hauled in the largest squid catch in a decade this week, and prices at the morning "
    "market fell by a third, traders said, bringing relief to restaurants along the shore."
)
STOCK = "The latest news and analysis from our correspondents in Seoul and around the wider region."


def place(board: Board, title: str, text: str = "", **over: str) -> Placement:
    return board.place(story_member(title, text=text, **over), identity=f"https://x.example/{hex16(title + text)}")


def board() -> Board:
    return Board("console:#desk", ())


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


def test_outlets_are_named_once_in_order() -> None:
    members = [story_member("a", outlet="A"), story_member("b", outlet="B"), story_member("c", outlet="A")]
    assert outlets(members) == ("A", "B")


texts = st.text(max_size=300)


@given(st.lists(st.tuples(texts, texts), max_size=6))
def test_any_text_is_placed_and_identical_entries_share_a_story(items: list[tuple[str, str]]) -> None:
    desk = board()
    for number, (title, text) in enumerate(items):
        member = story_member(title, text=text, entry=hex16(str(number)))
        once = desk.place(member, identity=str(number))
        assert desk.place(member, identity=str(number)).story == once.story
        assert 0 <= once.similarity <= 1
