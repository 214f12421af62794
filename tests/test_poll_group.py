"""What a story's next report becomes: a reply with what is new, or one more outlet."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOW, entry, outbox_item, score
from tests.test_poll_assemble import assembled, judged, topic
from watcher.poll import changes
from watcher.poll.changes import Change
from watcher.types import Entry, FirstPoll, Rules

WIRE = (
    "South Korea and the United States opened a new round of talks on Tuesday over how to share the cost of keeping "
    "American troops on the peninsula, officials from both sides said, after the last meeting broke down in a quarrel."
)
RETOLD = (
    "Talks in Seoul over how to share the cost of American troops on the peninsula went into a second day, "
    "officials from South Korea and the United States said, after the quarrel at the last meeting."
)
NEWS = "Seoul now offers 890 million dollars a year, negotiator Chang Won-sam told reporters outside the ministry."


def report(title: str, text: str, hours: int) -> Entry:
    return entry(title, text=text, published=NOW - timedelta(hours=hours), outlet=title.split(maxsplit=1)[0])


FIRST = report("Troop cost talks reopen in Seoul", WIRE, 3)
LATER = report("Troop cost talks go into a second day", f"{RETOLD} {NEWS}", 2)
AGAIN = report("Talks on troop cost reopen in Seoul", f"{WIRE.replace('Tuesday', 'Tuesday afternoon')}", 1)
TOPICS = {"alliance": topic()}


def test_a_follow_up_is_a_reply_that_says_only_what_is_new() -> None:
    made = assembled(judged(FIRST), judged(LATER), topics=TOPICS)
    assert [one.relation for one in made.members] == ["founder", "follow_up"]
    story = made.members[0].story
    parent, reply = made.outbox
    assert (parent.key, parent.kind, parent.broadcast) == (f"inst/{story}", "parent", None)
    assert (reply.key, reply.kind, reply.story) == (f"inst/{story}/{LATER.id}", "reply", story)
    assert made.members[1].summary == NEWS
    assert {one.state for one in made.decisions} == {"pending"}


def test_news_of_somebody_stays_with_the_sentence_that_names_him() -> None:
    envoy = "Envoy James DeHart came from Washington with a team of nine."
    left = "He rejected the offer and flew home after 80 minutes."
    first = report("Troop cost talks reopen in Seoul", f"{WIRE} {envoy}", 3)
    for between, said in ((f" {NEWS}", NEWS), ("", f"{envoy} {left}")):
        later = report("Troop cost talks go into a second day", f"{RETOLD}{between} {envoy} {left}", 2)
        made = assembled(judged(first), judged(later), topics=TOPICS)
        assert made.members[1].relation == "follow_up"
        assert made.members[1].summary == said, "not: Chang Won-sam … He flew home"


def test_a_follow_up_without_news_is_only_one_more_outlet() -> None:
    tame = report("Troop cost talks reopen in Seoul after quarrel", RETOLD.replace(" went into a second day", ""), 2)
    made = assembled(judged(FIRST), judged(tame), topics=TOPICS)
    assert [one.relation for one in made.members] == ["founder", "follow_up"]
    assert len(made.outbox) == 1
    (grouped,) = [one for one in made.decisions if one.entry == tame.id]
    assert grouped.state == "grouped"
    assert grouped.reason.endswith(f"the same event as entry {FIRST.id}, and nothing new about it")


@pytest.mark.parametrize("first", [True, False])
def test_a_topic_that_did_not_match_keeps_its_own_end_whatever_another_tells(first: bool) -> None:
    topics = {"alliance": topic(), "trade": topic("trade", "#trade", rules=Rules(must=("tariff*",)))}
    made = assembled(*(judged(one, "alliance", "trade", first=first) for one in (FIRST, AGAIN)), topics=topics)
    ends = {(one.topic, one.entry): one for one in made.decisions}
    assert {ends["trade", one.id].state for one in (FIRST, AGAIN)} == {"excluded"}
    assert {ends["trade", one.id].reason for one in (FIRST, AGAIN)} == {"none of the must words is in it: tariff*"}
    assert ends["alliance", AGAIN.id].state == "grouped"
    assert ends["alliance", FIRST.id].state == ("held" if first else "pending")


def test_a_copy_is_no_reply_whatever_its_headline() -> None:
    made = assembled(judged(FIRST), judged(AGAIN), topics=TOPICS)
    assert [one.relation for one in made.members] == ["founder", "copy"]
    assert len(made.outbox) == 1


def test_a_copy_that_was_added_to_is_a_reply_with_what_was_added() -> None:
    longer = report("Troop cost talks reopen in Seoul, offer on the table", f"{WIRE} {NEWS}", 1)
    made = assembled(judged(FIRST), judged(longer), topics=TOPICS)
    assert [one.relation for one in made.members] == ["founder", "copy"]
    assert [item.kind for item in made.outbox] == ["parent", "reply"]
    assert made.members[1].summary == NEWS


def test_news_that_another_reply_has_told_is_no_news() -> None:
    third = report("Negotiators meet for a second day on troop cost", f"{RETOLD} {NEWS}", 1)
    made = assembled(judged(FIRST), judged(LATER), judged(third), topics=TOPICS)
    assert [item.entry for item in made.outbox] == [FIRST.id, LATER.id]


@pytest.mark.parametrize(("follow_ups", "broadcast"), [("channel", "always"), ("thread", "daily")])
def test_news_in_the_headline_is_for_the_channel_too(follow_ups: str, broadcast: str) -> None:
    loud = report("Seoul offers 890 million dollars in troop cost talks", f"{RETOLD} {NEWS}", 2)
    made = assembled(judged(FIRST), judged(loud), topics={"alliance": topic(follow_ups=follow_ups)})
    assert made.outbox[1].broadcast == broadcast


def test_a_topic_without_follow_ups_gets_none() -> None:
    made = assembled(judged(FIRST), judged(LATER), topics={"alliance": topic(follow_ups="none")})
    assert [item.kind for item in made.outbox] == ["parent"]
    assert {one.entry: one.state for one in made.decisions}[LATER.id] == "grouped"


@pytest.mark.parametrize(("rule", "told"), [("digest", 1), ("alert", 2)])
def test_a_first_poll_s_digest_has_one_line_a_story(rule: FirstPoll, told: int) -> None:
    made = assembled(judged(FIRST, first=True), judged(LATER, first=True), topics=TOPICS, first_poll=rule)
    assert len(made.outbox) == told


def test_a_topic_that_an_entry_did_not_match_says_so_whatever_becomes_of_the_entry() -> None:
    other = topic("squid", "#squid")
    short = judged(AGAIN, "alliance", "squid")
    below = replace(short.judgements["squid"], score=score(0.01), match=False)
    short = replace(short, judgements={**short.judgements, "squid": below})
    made = assembled(judged(FIRST), short, topics={**TOPICS, "squid": other})
    states = {one.topic: one.state for one in made.decisions if one.entry == AGAIN.id}
    assert states == {"alliance": "grouped", "squid": "below"}


def test_a_topic_whose_channel_has_the_story_is_settled_though_another_channel_hears_of_it_now() -> None:
    topics = {"alliance": topic("alliance", "#desk"), "squid": topic("squid", "#squid")}
    made = assembled(judged(FIRST, "squid"), judged(AGAIN, "alliance", "squid"), topics=topics)
    assert [(one.destination, one.kind) for one in made.outbox] == [
        ("slack:#squid", "parent"),
        ("slack:#desk", "parent"),
    ]
    states = {one.topic: one.state for one in made.decisions if one.entry == AGAIN.id}
    assert states == {"alliance": "pending", "squid": "grouped"}, "nothing at #squid would ever settle it"


# what publishers change


def told(change: Change, **over: str) -> list[str]:
    said = changes.notes([change])
    item = outbox_item("inst/s1", story="s1", entry=change.now.id, topic="alliance")
    made = changes.replies([item], [change], said, topics={"alliance": topic(**over)}, installation="inst", now=NOW)
    assert all((one.kind, one.story, one.entry) == ("reply", "s1", change.now.id) for one in made)
    return [one.note or "" for one in made]


def test_a_headline_that_says_something_else_is_told_with_what_it_read() -> None:
    now = replace(FIRST, title="Troop cost talks collapse in Seoul", content_hash="2")
    assert told(Change(before=FIRST, now=now, feed="f")) == [
        "The headline was changed; it read: “Troop cost talks reopen in Seoul”"
    ]


@pytest.mark.parametrize("title", ["Troop cost talks reopen, in Seoul", "Troop-cost talks reopen in Seoul | Harbour"])
def test_a_comma_or_an_outlet_s_name_is_not_told(title: str) -> None:
    assert told(Change(before=FIRST, now=replace(FIRST, title=title, content_hash="2"), feed="f")) == []


def test_a_correction_and_a_withdrawal_are_told_and_shown() -> None:
    note = " Correction: an earlier version of this article gave the wrong year of the last agreement."
    corrected = Change(before=FIRST, now=replace(FIRST, text=WIRE + note, content_hash="2"), feed="f")
    (text,) = told(corrected)
    assert text.startswith("Troop has corrected this report.")
    withdrawn = Change(before=FIRST, now=replace(FIRST, title=f"RETRACTED: {FIRST.title}", content_hash="3"), feed="f")
    assert told(withdrawn) == ["Troop has withdrawn this report."]
    assert told(corrected, follow_ups="none") == []


def test_each_wording_has_a_key_of_its_own() -> None:
    item = outbox_item("inst/s1", story="s1", entry=FIRST.id, topic="alliance")
    keys = set()
    for wording in ("a", "b", "a"):
        now = replace(FIRST, title=f"Talks collapse {wording}", content_hash=wording * 16)
        change = Change(before=FIRST, now=now, feed="f")
        (made,) = changes.replies(
            [item], [change], changes.notes([change]), topics=TOPICS, installation="inst", now=NOW
        )
        keys.add(made.key)
    assert keys == {f"inst/s1/{FIRST.id}/{one * 8}" for one in "ab"}
