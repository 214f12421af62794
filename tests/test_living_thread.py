"""A story through the whole line, as its channel sees it: one message that grows, replies only where there is news."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.commands import run
from tests.line import ON_TOPIC, Item, World, world

TITLE, TEXT = ON_TOPIC[0]
RETOLD = (
    "American troops in South Korea cost too much, the president told allies; Seoul must pay more for the alliance or "
    "see a withdrawal from the peninsula."
)
NEWS = "Seoul now offers 890 million dollars a year, negotiator Chang Won-sam told reporters outside the ministry."


@pytest.fixture
def place(tmp_path: Path, server: str | None) -> Iterator[World]:
    with world(tmp_path, server=server) as made:
        made.feeds = {"one": [Item(title=TITLE, text=TEXT, path="/one/1.html")], "two": []}
        made.configure()
        yield made


def message(place: World, **where: Any) -> list[dict[str, Any]]:
    """Messages in the channel, or (``thread``) the replies in it."""
    thread = where.get("thread", False)
    return [one for one in place.slack.messages if bool(one.get("thread_ts")) is thread]


def explained(place: World, path: str) -> dict[str, Any]:
    told = run("--config", place.config, "explain", place.base + path, "--json", environ=place.environ())
    return dict(told.json["topics"][0])


def test_a_story_is_one_message_that_grows(place: World) -> None:
    assert place.once() == 0
    (parent,) = message(place)

    place.feeds["two"] = [Item(title="Trump threatens troop withdrawal once more", text=TEXT, path="/two/1.html")]
    assert place.once() == 0
    assert message(place) == [parent], "a copy is one more outlet"
    assert "2 outlets, also two" in parent["text"]
    assert explained(place, "/two/1.html")["state"] == "grouped"

    later = Item(
        title="Trump again threatens to pull troops out of South Korea over cost",
        text=f"{RETOLD} {NEWS}",
        path="/two/2.html",
    )
    place.feeds["two"].append(later)
    assert place.once() == 0
    (reply,) = message(place, thread=True)
    assert reply["thread_ts"] == parent["ts"]
    assert NEWS in reply["text"]
    assert RETOLD not in reply["text"]
    assert f"New in the thread: {later.title} (two)" in parent["text"]
    told = explained(place, "/two/2.html")
    assert (told["state"], told["ts"]) == ("posted", reply["ts"])
    assert len(message(place)) == 1


def test_edits_of_what_was_told_reach_the_thread_only_when_they_say_something_else(place: World) -> None:
    assert place.once() == 0
    (parent,) = message(place)
    first = place.feeds["one"][0]
    for harmless in (TITLE.replace(" to ", ", to "), f"{TITLE} | One"):
        place.feeds["one"] = [replace(first, title=harmless)]
        assert place.once() == 0
    assert message(place, thread=True) == []
    place.feeds["one"] = [replace(first, title="White House denies plan to pull troops out of South Korea")]
    assert place.once() == 0
    (reply,) = message(place, thread=True)
    assert "The headline was changed; it read: “" in reply["text"]
    assert "White House denies plan" in parent["text"]
    note = " Correction: an earlier version of this article gave the wrong number of allies."
    place.feeds["one"] = [replace(place.feeds["one"][0], text=TEXT + note)]
    assert place.once() == 0
    _, corrected = message(place, thread=True)
    assert "one has corrected this report." in corrected["text"]
    assert corrected["reply_broadcast"]
    assert place.once() == 0
    assert len(place.slack.messages) == 3
    assert set(place.told().values()) == {1}


def test_a_story_that_was_quiet_for_days_links_back_when_its_event_is_news_again(place: World) -> None:
    assert place.once() == 0
    (parent,) = message(place)
    long_ago = (datetime.now(UTC) - timedelta(days=5)).isoformat(timespec="microseconds")
    place.change(f"UPDATE stories SET opened_at = '{long_ago}', last_at = '{long_ago}'")
    place.change(f"UPDATE story_members SET added_at = '{long_ago}'")
    again = "Trump again threatens to pull troops out of South Korea over cost"
    place.feeds["two"] = [Item(title=again, text=f"{RETOLD} {NEWS}", path="/two/2.html")]
    assert place.once() == 0
    _, new = message(place)
    address = f"https://desk.slack.com/archives/{parent['channel']}/p{parent['ts'].replace('.', '')}"
    assert f"Told before: <{address}|{TITLE}>" in json.dumps(new["blocks"], ensure_ascii=False)
    assert f"Told before: {TITLE}" in new["text"]
    assert message(place, thread=True) == []


def test_the_page_that_an_articles_redirects_led_to_is_the_same_entry(place: World) -> None:
    place.feeds["one"] = [Item(title=TITLE, text=TEXT, path="/go/1")]
    place.configure(
        fetch={"allow_networks": ["127.0.0.0/8"], "first_poll": "alert", "full_text": "always"},
        feeds=[{"url": f"{place.base}/{name}.xml", "name": name, "full_text": "always"} for name in ("one", "two")],
    )
    page = Item(title=TITLE, text="", path="/paper/2.html", page="\n\n".join([TEXT, RETOLD, NEWS] * 2))
    place.feeds["pages"] = [page]
    place.moved["/go/1"] = page.path
    assert place.once() == 0
    (parent,) = message(place)
    assert page.path in place.requests

    place.feeds["one"].append(Item(title="Seoul shrugs", text=RETOLD, path=page.path))
    place.feeds["two"] = [Item(title="Seoul answers the president", text=RETOLD, path=page.path)]
    for _ in range(2):
        assert place.once() == 0
    assert message(place) == [parent]
    assert message(place, thread=True) == [], "another item's words are no edit"
    assert (explained(place, page.path)["state"], explained(place, page.path)["ts"]) == ("posted", parent["ts"])
