"""What is told of feeds: once, together, to whom it concerns, and once more when it is over."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from tests import builders as b
from tests.builders import NOW
from watcher.notices.plan import Scene, Sources, plan
from watcher.notifiers.blocks import payload
from watcher.types import Feed, FeedState, Message, Trouble

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Desk:
    """Some feeds, and what was told of them so far."""

    feeds: dict[str, Feed] = field(default_factory=dict)
    states: dict[str, FeedState] = field(default_factory=dict)
    troubles: dict[str, Trouble] = field(default_factory=dict)
    topics: dict[str, Sources] = field(default_factory=dict)
    now: datetime = NOW

    def add(self, url: str, **over: Any) -> str:
        feed = b.feed(url, name=url.removeprefix("https://"))
        state = b.feed_state(
            url, **{"name": feed.name, "added_at": NOW - 9 * DAY, "last_polled": NOW, "last_success": NOW, **over}
        )
        self.feeds[feed.id], self.states[feed.id] = feed, state
        return feed.id

    def change(self, feed: str, **over: Any) -> None:
        self.states[feed] = replace(self.states[feed], **over)

    def look(self, after: timedelta = timedelta()) -> list[tuple[str, str]]:
        """Look at everything once, as ``put_notices`` would remember it; returns topic and text of what is told."""
        self.now += after
        told = plan(
            Scene(
                feeds=self.feeds,
                states=self.states,
                troubles=self.troubles,
                topics=self.topics,
                now=self.now,
                zone=ZoneInfo("Asia/Seoul"),
            )
        )
        self.troubles.update((one.subject, one) for one in told.standing)
        for subject in told.over:
            del self.troubles[subject]
        return [(one.topic, one.text) for one in told.notices]


def failing(since: datetime, fault: str = "403", **over: Any) -> dict[str, Any]:
    return {"failures": 9, "failing_since": since, "fault": fault, "error": f"the server refuses us ({fault})", **over}


WELL: dict[str, Any] = {"failures": 0, "failing_since": None, "fault": None, "error": None}


def a_desk() -> Desk:
    desk = Desk()
    desk.add("https://good.example/feed")
    return desk


# feeds that fail


def test_a_feed_is_told_of_after_a_day_and_once() -> None:
    desk = a_desk()
    feed = desk.add("https://bad.example/rss", **failing(NOW))
    assert desk.look() == []
    assert desk.look(DAY - HOUR) == []
    ((topic, text),) = desk.look(HOUR)
    assert topic == ""
    assert "bad.example/rss (bad.example): 403 since Mon 2 Mar 21:00 KST. the server refuses us (403)" in text
    assert desk.look(DAY) == []
    desk.change(feed, **WELL)
    ((_, over),) = desk.look(HOUR)
    assert "read again (403 since Mon 2 Mar 21:00 KST)" in over
    assert desk.look(DAY) == []
    assert desk.troubles == {}


def test_a_feed_that_recovers_within_the_day_is_never_told_of() -> None:
    desk = a_desk()
    feed = desk.add("https://bad.example/rss", **failing(NOW))
    desk.look(20 * HOUR)
    desk.change(feed, **WELL)
    assert desk.look(DAY) == []


def test_feeds_of_a_host_are_told_together_and_so_is_their_recovery() -> None:
    desk = a_desk()
    feeds = [desk.add(f"https://big.example/{n}", **failing(NOW + n * HOUR / 10)) for n in range(12)]
    desk.add("https://big.example/other", **failing(NOW, "404"))
    assert desk.look(DAY - HOUR) == []
    told = [text for _, text in desk.look(HOUR)]
    assert len(told) == 2
    assert any(text.startswith("12 feeds of big.example: 403 since Mon 2 Mar 21:00 KST") for text in told)
    desk.change(feeds[0], **WELL)
    assert desk.look(HOUR) == []
    for feed in feeds[1:]:
        desk.change(feed, **WELL)
    ((_, over),) = desk.look(HOUR / 2)
    assert over.startswith("12 feeds of big.example: read again")


def test_a_recovery_waits_an_hour_for_the_others_and_no_longer() -> None:
    desk = a_desk()
    one, two = (desk.add(f"https://big.example/{n}", **failing(NOW)) for n in range(2))
    desk.look(DAY)
    desk.change(one, **WELL)
    assert desk.look() == []
    ((_, over),) = desk.look(HOUR)
    assert over.startswith("big.example/0 (big.example): read again")
    assert list(desk.troubles) == [f"feed:{two}"]


def test_a_feed_that_fails_again_before_its_recovery_was_told_has_not_recovered() -> None:
    desk = a_desk()
    one, _ = (desk.add(f"https://big.example/{n}", **failing(NOW)) for n in range(2))
    desk.look(DAY)
    desk.change(one, **WELL)
    desk.look()
    desk.change(one, **failing(desk.now))
    assert desk.look(2 * HOUR) == []
    assert desk.troubles[f"feed:{one}"].over_since is None


def test_a_feed_that_is_gone_is_told_of_at_once() -> None:
    desk = a_desk()
    desk.add("https://gone.example/rss", **failing(NOW, "410", gone=True))
    ((_, text),) = desk.look()
    assert "gone.example/rss (gone.example): 410" in text


def test_a_feed_that_left_the_file_is_forgotten_in_silence() -> None:
    desk = a_desk()
    feed = desk.add("https://bad.example/rss", **failing(NOW))
    desk.look(DAY)
    del desk.feeds[feed], desk.states[feed]
    assert desk.look(HOUR) == []
    assert desk.troubles == {}


# all of them


def test_when_all_feeds_fail_it_is_this_machine_and_told_at_once_and_over_when_one_answers() -> None:
    desk = Desk()
    feeds = [desk.add(f"https://n{n}.example/", **failing(NOW, "host not found")) for n in range(3)]
    desk.add("https://gone.example/", **failing(NOW - DAY, "410", gone=True))
    told = [text for _, text in desk.look()]
    assert sum("All 3 feeds fail" in text and "3 × host not found" in text for text in told) == 1
    assert desk.look(HOUR) == []
    desk.change(feeds[1], **WELL)
    ((_, over),) = desk.look(HOUR)
    assert over.startswith("Feeds answer again: 1 of 3.")


def test_one_server_that_is_down_and_feeds_not_polled_yet_are_no_network_fault() -> None:
    desk = Desk()
    for n in range(3):
        desk.add(f"https://one.example/{n}", **failing(NOW))
    assert desk.look() == []
    desk.add("https://two.example/", **failing(NOW))
    desk.add("https://three.example/", last_polled=None, last_success=None)
    assert desk.look() == []


# topics


def test_a_topic_that_loses_half_of_its_feeds_says_so_once_in_its_own_channel() -> None:
    desk = a_desk()
    feeds = [desk.add(f"https://n{n}.example/") for n in range(4)]
    desk.topics = {"alliance": Sources(title="The alliance", feeds=tuple(feeds))}
    desk.change(feeds[0], **failing(NOW))
    assert [topic for topic, _ in desk.look(DAY)] == [""]
    desk.change(feeds[1], **failing(NOW))
    assert [text for topic, text in desk.look() if topic == "alliance"] == [
        "The alliance: 2 of its 4 feeds (n0.example/ and n1.example/) cannot be read any more, so this channel may "
        "miss coverage. Whoever runs watcher finds the reasons with: watcher feeds list"
    ]
    assert desk.look(DAY) == []
    desk.change(feeds[1], **WELL)
    assert ("alliance", "The alliance: 3 of its 4 feeds are read again.") in desk.look(HOUR)
    desk.topics = {}
    desk.look()
    assert "topic:alliance" not in desk.troubles


# moves, gaps, oddities


def test_a_new_address_is_proposed_once_after_five_polls_and_again_only_if_it_was_withdrawn() -> None:
    desk = a_desk()
    feed = desk.add("https://old.example/rss", moved_to="https://new.example/rss", moved_polls=4)
    assert desk.look() == []
    desk.change(feed, moved_polls=5)
    ((_, text),) = desk.look()
    assert "https://old.example/rss has moved for good to https://new.example/rss" in text
    assert desk.look(DAY) == []
    desk.change(feed, moved_to=None, moved_polls=0)
    assert desk.look() == []
    desk.change(feed, moved_to="https://new.example/rss", moved_polls=5)
    assert len(desk.look()) == 1


def test_a_feed_that_is_new_is_not_said_to_have_moved() -> None:
    desk = a_desk()
    desk.add("https://old.example/rss", moved_to="https://new.example/rss", moved_polls=9, added_at=NOW - HOUR)
    assert desk.look() == []


def test_gaps_are_told_once_a_week_of_calm_apart() -> None:
    desk = a_desk()
    feed = desk.add("https://fast.example/", gap_from=NOW - HOUR, gap_to=NOW, tightened=1)
    ((_, text),) = desk.look()
    assert "no entry of the poll of Mon 2 Mar 20:00 KST was in that of Mon 2 Mar 21:00 KST" in text
    desk.change(feed, gap_to=NOW + 3 * DAY)
    assert desk.look(3 * DAY) == []
    assert desk.look(7 * DAY) == []
    desk.change(feed, gap_from=desk.now - HOUR, gap_to=desk.now)
    assert len(desk.look()) == 1


def test_odd_feeds_come_as_lines_of_one_notice_once() -> None:
    desk = a_desk()
    for n in range(2):
        desk.add(f"https://odd{n}.example/", warning="its items' ids change")
    ((_, text),) = desk.look()
    assert [line.split(" ")[0] for line in text.splitlines()] == ["odd0.example/", "odd1.example/"]
    assert desk.look(DAY) == []


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(1, 40)), max_size=40))
def test_whatever_feeds_do_nothing_is_told_twice_in_a_row(steps: list[tuple[int, bool, int]]) -> None:
    """Each look after a look tells nothing; what stands is what was told and is not over."""
    desk = a_desk()
    feeds = [desk.add(f"https://n{n % 2}.example/{n}") for n in range(6)]
    desk.topics = {"t": Sources(title="T", feeds=tuple(feeds))}
    for number, fails, hours in steps:
        state = desk.states[feeds[number]]
        if fails:
            desk.change(feeds[number], **failing(state.failing_since or desk.now))
        else:
            desk.change(feeds[number], **WELL)
        desk.look(hours * HOUR)
        assert desk.look() == []
    for feed in feeds:
        desk.change(feed, **WELL)
    desk.look()
    desk.look(2 * HOUR)
    assert desk.troubles == {}


# rendered


def test_a_notice_reads_line_by_line_and_is_harmless() -> None:
    post = payload(
        Message(key="k", kind="notice", title="Example: 403 since Monday.\nOther <feed>: 404.\n" + "<!channel> *bold*"),
        channel_id="C1",
    )
    (block,) = post["blocks"]
    assert block["text"]["text"].splitlines() == [
        "Example: 403 since Monday.", "Other &lt;feed&gt;: 404.", "&lt;!channel&gt; ∗bold∗",
    ]  # fmt: skip
    assert post["text"] == block["text"]["text"]
    assert post["metadata"]["event_type"] == "watcher_notice"
