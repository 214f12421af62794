"""Seeds and feeds in, Slack alerts out: the whole line, crashed between any two of its steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import databases
from tests.line import CRASHED, OFF_TOPIC, ON_TOPIC, Item, World, world
from watcher.deliver import STAGES as DELIVER_STAGES
from watcher.poll import STAGES as POLL_STAGES
from watcher.store import WRITE_VERBS, Store
from watcher.store.report import counts

TOLD = 3
"""So many messages leave without pacing."""


def item(number: int, title: str, text: str, *, page: str | None = None) -> Item:
    return Item(title=title, text=text, path=f"/story/{number}.html", page=page)


def some_news(place: World) -> None:
    """Stories on the topic (one of them in two feeds), some that are not, one feed that is broken."""
    stories = [item(number, *one) for number, one in enumerate([*ON_TOPIC[:TOLD], *OFF_TOPIC])]
    place.feeds = {"one": stories[:-1], "two": [stories[0], *stories[TOLD:]], "broken": []}
    place.raw["/broken.xml"] = b"<html><body>Please log in</body></html>"


def first_polls_make_a_digest(place: World) -> None:
    place.configure(fetch={"allow_networks": ["127.0.0.0/8"], "full_text": "never"})


def the_topic_gets_a_digest(place: World) -> None:
    more_news_than_may_leave_at_once(place)  # what waits leaves as a digest only when it is more than three
    place.configure(topics={"alliance": {**ALLIANCE, "digest": "every 24h"}})


def the_digest_is_called_off(place: World) -> None:
    place.configure(topics={"alliance": ALLIANCE})


def the_topic_is_renamed(place: World) -> None:
    place.configure(topics={"pact": {**ALLIANCE, "was": "alliance"}})


def another_topic_takes_its_place(place: World) -> None:
    place.configure(topics={"other": {**ALLIANCE, "must": ["Antarctica"]}})


def another_outlet_has_it(place: World) -> None:
    place.feeds["two"].append(item(20, *ON_TOPIC[0]))


def a_feed_is_gone(place: World) -> None:
    place.feeds["gone"] = []
    place.status["/gone.xml"] = 410
    place.configure(slack={"flood": "100/1m", "ops_channel": "C0GENERAL"})


ALLIANCE = {"title": "The alliance", "seeds": "seeds", "channel": "C000DESK1"}


def slack_asks_for_patience(place: World) -> None:
    place.slack.faults["chat.postMessage"].append("429:1")


def slack_refuses_the_blocks_once(place: World) -> None:
    place.slack.faults["chat.postMessage"].append("invalid_blocks")


def slack_refuses_one_message(place: World) -> None:
    place.slack.faults["chat.postMessage"].extend(["invalid_blocks", "invalid_blocks"])


def more_news_than_may_leave_at_once(place: World) -> None:
    place.feeds["two"].append(item(9, *ON_TOPIC[TOLD]))


def slack_loses_an_answer(place: World) -> None:
    place.slack.faults["chat.postMessage"].append("close")


def the_token_was_revoked(place: World) -> None:
    place.slack.faults["chat.postMessage"].append("token_revoked")


def nothing_special(place: World) -> None:
    del place


@dataclass(frozen=True, slots=True)
class Scenario:
    """Rounds, each after its preparation; how many messages there are in the end, and how many may be missing."""

    rounds: Sequence[Callable[[World], None]]
    messages: int = TOLD
    lost: int = 0


SCENARIOS = {
    "plain": Scenario([nothing_special]),
    "paced": Scenario([more_news_than_may_leave_at_once], messages=TOLD + 1),
    "first poll": Scenario([first_polls_make_a_digest], messages=1),
    "held": Scenario([the_topic_gets_a_digest, the_digest_is_called_off], messages=1),
    "renamed": Scenario([the_topic_gets_a_digest, the_topic_is_renamed], messages=1),
    "removed": Scenario([the_topic_gets_a_digest, another_topic_takes_its_place], messages=0),
    "429": Scenario([slack_asks_for_patience]),
    "blocks": Scenario([slack_refuses_the_blocks_once]),
    "dead": Scenario([slack_refuses_one_message], lost=1),
    "lost": Scenario([slack_loses_an_answer]),
    "token": Scenario([the_token_was_revoked, nothing_special]),
    "update": Scenario([nothing_special, another_outlet_has_it]),
    "notice": Scenario([a_feed_is_gone], messages=TOLD + 1),
}

VERB_IN = {
    "register_feeds": "plain",
    "register_topics": "plain",
    "rename_topic": "renamed",
    "forget_topics": "removed",
    "leave_behind": "removed",
    "pull_back": "plain",
    "mark_sending_unsure": "plain",
    "save": "plain",
    "put_notices": "notice",
    "settle_update": "update",
    "claim": "plain",
    "give_back": "paced",
    "remember_channel": "plain",
    "settle": "plain",
    "make_digest": "first poll",
    "hold": "held",
    "retry_later": "429",
    "retry_now": "plain",
    "token_refused": "token",
    "taken": "token",
    "unreachable": "lost",
    "mark_plain": "blocks",
    "bury": "dead",
}
"""Verb → the scenario in which the line calls it."""
NOT_ON_THE_LINE = {
    "remember_version": "after the line has started: test_app_upgrading.py",
    "say_presses_arrive": "said again every half a minute, of what is true then",
    "say_topics": "the same",
    "say_no_topics": "at the end of a process; what it does not take back holds for two minutes",
    "save_feed_state": "for commands about one feed",
    "tidy": "once an hour; forgets texts, never what is told",
    "condense": "the same",
    "recall": "a part of save",
    "tidy_notices": "once an hour; forgets what was told long ago",
    "put_labels": "a click, not the line: one transaction, and the click's id is written in it",
    "put_mute": "the same",
    "put_seed": "the same",
    "put_click": "the same",
    "undo": "the same",
    "lift": "the same",
    "undo_label": "for `watcher feedback undo`",
    "mark_labels": "after a click; where it is lost, the next lesson writes it",
    "tidy_feedback": "once an hour; forgets old clicks",
    "forget_topic": "for `watcher forget`: one transaction",
    "forget_person": "the same",
    "drop": "what was muted in Slack: test_mutes.py; a crash before it means that it is dropped by the next pass",
    "entomb": "a part of retract",
    "prune_stream": "once an hour; forgets rare terms",
    "revive": "for `watcher retry`",
    "retract": "for `watcher retract`",
    "message_gone": "when somebody deleted a message: test_deliver_threads.py",
    "mark_restored": "after a backup was put in place: test_deliver_restored.py",
    "release": "what waits alone, after quiet hours: test_deliver.py, whose clock can be moved",
}
STEPS = [
    *(("plain", f"poll.{stage}") for stage in POLL_STAGES),
    *(("plain", stage) for stage in DELIVER_STAGES),
    *(("first poll", stage) for stage in DELIVER_STAGES if "send" in stage or "settle" in stage),
    *(
        pytest.param(scenario, f"store.{verb}.{moment}", marks=pytest.mark.postgresql_line if moment == "begin" else ())
        for verb, scenario in VERB_IN.items()
        for moment in ("begin", "commit", "done")
    ),
]
"""Before a transaction begins is after the step before it: those crashes are left to ``make postgresql``."""


@pytest.fixture
def place(tmp_path: Path, server: str | None) -> Iterator[World]:
    with world(tmp_path, server=server) as made:
        some_news(made)
        made.configure()
        yield made


def test_every_writing_verb_has_its_crash_points() -> None:
    assert {verb.__name__ for verb in WRITE_VERBS} == VERB_IN.keys() | NOT_ON_THE_LINE.keys()
    assert VERB_IN.keys().isdisjoint(NOT_ON_THE_LINE)


def test_stories_become_messages_and_a_second_round_adds_none(place: World) -> None:
    assert place.once() == 0
    told = place.told()
    assert len(told) == TOLD
    assert set(told.values()) == {1}
    titles = " ".join(message["text"] for message in place.slack.messages)
    assert all(title in titles for title, _ in ON_TOPIC[:TOLD])
    assert not any(title in titles for title, _ in OFF_TOPIC)
    assert place.once() == 0
    assert place.told() == told


def test_an_event_that_two_topics_of_a_channel_match_is_one_message_that_names_both(place: World) -> None:
    topics = {name: {"title": f"The {name} desk", "seeds": "seeds", "channel": "C000DESK1"} for name in ("one", "two")}
    place.configure(topics=topics)
    assert place.once() == 0
    assert len(place.slack.messages) == TOLD
    assert set(place.told().values()) == {1}
    for message in place.slack.messages:
        assert "The one desk" in message["text"]
        assert "The two desk" in message["text"]
    with Store.open(place.url, mode="read") as store:
        told = store.read_now(counts).decisions
    assert {name: states.get("posted") for name, states in told.items()} == {"one": TOLD, "two": TOLD}


@pytest.mark.slow
@pytest.mark.parametrize(("scenario", "step"), STEPS)
def test_after_a_crash_at_any_step_every_alert_arrives_exactly_once(place: World, scenario: str, step: str) -> None:
    crash(place, scenario, step)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scenario", "step"),
    [
        ("plain", "store.save.commit"),
        ("plain", "deliver.send.after"),
    ],
)
def test_on_a_server_too(tmp_path: Path, request: pytest.FixtureRequest, scenario: str, step: str) -> None:
    """A few of those above, which are all tried on a server by ``make postgresql``."""
    with world(tmp_path, server=databases.empty("postgresql", request, tmp_path)) as place:
        some_news(place)
        place.configure()
        crash(place, scenario, step)


def crash(place: World, scenario: str, step: str) -> None:
    script = SCENARIOS[scenario]
    crashed = False
    for prepare in script.rounds:
        prepare(place)
        code = place.once(crash_at=None if crashed else step)
        if code == CRASHED:
            crashed = True
            code = place.once()
        assert code == 0
    assert crashed, "the step was never reached: its crash point proves nothing"
    if "deliver" in step or "settle" in step:
        assert place.once() == 0, "once more: what is settled stays settled"
    told = place.told()
    assert set(told.values()) <= {1}, told
    assert script.messages - script.lost <= len(told) <= script.messages


@pytest.mark.slow
@pytest.mark.parametrize("nth", [2, 3])
@pytest.mark.parametrize("step", ["deliver.send.before", "deliver.send.after", "store.settle.commit"])
def test_a_crash_at_a_later_message_loses_and_doubles_nothing_either(place: World, step: str, nth: int) -> None:
    assert place.once(crash_at=step, nth=nth) == CRASHED
    assert place.once() == 0
    assert set(place.told().values()) == {1}
    assert len(place.told()) == TOLD
