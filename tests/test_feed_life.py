"""A feed's life through the whole line: what it changes, loses and where it goes, and who is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.commands import run
from tests.line import OFF_TOPIC, ON_TOPIC, Item, World, world

OPS = "C0GENERAL"
TEXTS = [*OFF_TOPIC, *ON_TOPIC]


@pytest.fixture
def place(tmp_path: Path, server: str | None) -> Iterator[World]:
    with world(tmp_path, server=server) as made:
        made.feeds = {"one": items(range(4))}
        made.configure(slack={"flood": "100/1m", "ops_channel": OPS})
        yield made


def items(numbers: Any, path: str = "/story/{}.html") -> list[Item]:
    return [Item(title=TEXTS[n][0], text=TEXTS[n][1], path=path.format(n)) for n in numbers]


def ships(numbers: Any) -> list[Item]:
    return [Item(title=f"Harbour report {n}", text=f"Ship {n} came in with the tide.", path=f"/{n}") for n in numbers]


def ops(place: World) -> list[str]:
    return [message["text"] for message in place.slack.messages if message["channel"] == OPS]


def alerts(place: World) -> int:
    return sum(message["channel"] != OPS for message in place.slack.messages)


def row(place: World) -> dict[str, Any]:
    (found,) = run("--config", place.config, "feeds", "list", "--json", environ=place.environ()).json
    return dict(found)


def test_a_feed_that_changes_all_ids_and_links_is_no_storm_and_is_told_of_once(place: World) -> None:
    assert place.once() == 0
    told = alerts(place)
    assert told > 0
    for round_ in range(3):
        place.feeds["one"] = items(range(4), f"/story/{{}}-{round_}.html")
        assert place.once() == 0
    assert alerts(place) == told
    (text,) = ops(place)
    assert "ids and links change from poll to poll" in text
    assert row(place)["gap"] is None
    place.feeds["one"] = items(range(3), "/again/{}.html") + items([len(TEXTS) - 1], "/new/{}.html")
    assert place.once() == 0
    assert alerts(place) == told + 1, "what is really new among them is news"


def test_what_a_feed_held_when_it_changed_its_ids_stays_known_when_it_is_read_whole(place: World) -> None:
    old = items(range(4))
    for round_ in range(3):
        now = [*old, *items(range(4, 4 + round_), "/new/{}.html")]
        place.feeds["one"] = now
        place.raw["/one.xml"] = place.document("one").replace(b"<rss", b"<!DOCTYPE rss><rss", 1)  # never read in part
        assert place.once() == 0
        old = items(range(4), "/moved/{}.html")
    assert place.change("SELECT count(*) FROM entries") == [(6,)]


def test_old_items_under_new_dates_are_no_news(place: World) -> None:
    assert place.once() == 0
    told = alerts(place)
    for minutes in (10, 20):
        place.feeds["one"] = [
            Item(title=one.title, text=one.text, path=one.path, age=timedelta(minutes=minutes))
            for one in items(range(4))
        ]
        assert place.once() == 0
    assert alerts(place) == told
    assert ["dates change" in text for text in ops(place)] == [True]


def test_a_poll_without_an_entry_of_the_last_one_is_a_gap_and_said(place: World) -> None:
    assert place.once() == 0
    place.feeds["one"] = ships(range(3))
    assert place.once() == 0
    since, until = row(place)["gap"]
    assert since < until
    (text,) = ops(place)
    assert "entries in between were probably missed" in text
    shown = run("--config", place.config, "feeds", "list", environ=place.environ()).out
    assert "5m (for 10m)" in shown
    assert "gap: no entry of" in shown
    place.feeds["one"] = ships(range(3, 6))
    assert place.once() == 0
    assert len(ops(place)) == 1


def test_a_feed_that_moved_for_good_is_proposed_and_never_rewritten(place: World) -> None:
    place.feeds["new"] = place.feeds["one"]
    place.moved["/one.xml"] = "/new.xml"
    for _ in range(5):
        assert place.once() == 0
    assert ops(place) == [], "a feed that was added today may be moving back and forth"
    assert (row(place)["moved_to"], row(place)["error"]) == (f"{place.base}/new.xml", None)
    place.change("UPDATE feed_states SET added_at = replace(added_at, substr(added_at, 1, 4), '2020')")
    assert place.once() == 0
    # on a slow machine the dates, which are those of the answers, change from poll to poll: that is said, too
    (text,) = [one for one in ops(place) if "dates change" not in one]
    assert f"one.xml has moved for good to {place.base}/new.xml" in text
    assert json.loads(place.config.read_text())["feeds"][0]["url"].endswith("/one.xml")


def test_a_move_to_what_is_no_feed_is_no_move(place: World) -> None:
    place.moved["/one.xml"] = "/page.html"
    place.raw["/page.html"] = b"<html><title>Our new site</title></html>"
    assert place.once() == 0
    assert row(place)["moved_to"] is None
    assert "a web page" in row(place)["error"]
