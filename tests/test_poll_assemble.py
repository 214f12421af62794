from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.builders import NOW, entry, feed, score
from watcher.config import TopicConfig
from watcher.poll.assemble import decide_all, destinations_of, matches_of
from watcher.poll.commit import still_open
from watcher.poll.group import Assembled, Grouper
from watcher.poll.judge import Judged
from watcher.poll.sift import Candidate
from watcher.poll.statistics import MOST_WAITING, WRITTEN_FROM, RareTerms
from watcher.relevance import Judgement
from watcher.relevance.stream import LanguageCounts, Stream
from watcher.stories import Board
from watcher.types import Destination, Entry, FirstPoll, KnownEntry, Rules, Sensitivity, StreamDelta

WIRE = (
    "South Korea and the United States opened a new round of talks on Tuesday over how to share the cost of keeping "
    "American troops on the peninsula, officials from both sides said, after the last meeting broke down in a quarrel."
)


def topic(name: str = "alliance", *channels: str, **over: Any) -> TopicConfig:
    given: dict[str, Any] = {
        "name": name,
        "title": name.title(),
        "seeds": Path("seeds"),
        "rules": Rules(),
        "sensitivity": Sensitivity(),
        "destinations": tuple(Destination(notifier="slack", channel=one) for one in channels or ("#desk",)),
        "digest": None,
        "quiet_hours": None,
        "urgent": None,
        "follow_ups": "thread",
        "summary": "article",
        "paused": False,
        "was": None,
    }
    return TopicConfig(**{**given, **over})


def judged(found: Entry, *topics: str, value: float = 0.4, first: bool = False) -> Judged:
    names = topics or ("alliance",)
    candidate = Candidate(entry=found, feed=feed(), topics=frozenset(names), new=True, first=first)
    said = {
        one: Judgement(topic=one, score=score(value), threshold=0.12, strength=value, match=value >= 0.12)
        for one in names
    }
    return Judged(candidate=candidate, entry=found, judgements=said)


def assembled(*found: Judged, topics: dict[str, TopicConfig], first_poll: FirstPoll = "digest") -> Assembled:
    decisions = decide_all(
        found,
        topics=topics,
        version=lambda name: f"model of {name}",
        first_poll=first_poll,
        max_age=timedelta(days=3),
        now=NOW,
    )
    matches = matches_of(found, decisions)
    grouper = Grouper(
        topics=topics,
        boards={one: Board(one, ()) for one in destinations_of(matches, topics)},
        installation="inst",
        key_terms=lambda _: {"talks": 1.0},
        first_poll=first_poll,
        now=NOW,
    )
    return grouper.group(grouper.place(matches), decisions)


def test_a_match_founds_a_story_and_is_put_into_the_outbox() -> None:
    made = assembled(judged(entry(text=WIRE)), topics={"alliance": topic()})
    (item,), (member,), (decision,) = made.outbox, made.members, made.decisions
    assert item.key == f"inst/{member.story}"
    assert (item.kind, item.state, item.destination, member.relation) == ("parent", "pending", "slack:#desk", "founder")
    assert (decision.state, member.summary, member.summary_source) == ("pending", WIRE, "feed")


def test_what_does_not_match_leaves_only_its_decision() -> None:
    made = assembled(judged(entry(), value=0.05), topics={"alliance": topic()})
    assert (made.outbox, made.members) == ((), ())
    assert [one.state for one in made.decisions] == ["below"]


def test_a_wire_copy_is_grouped_and_told_by_the_first_report() -> None:
    early = entry("Troop talks reopen", text=WIRE, published=NOW - timedelta(hours=2))
    late = entry("Allies talk about troops", text=WIRE, published=NOW - timedelta(hours=1))
    made = assembled(judged(late), judged(early), topics={"alliance": topic()})
    assert [item.entry for item in made.outbox] == [early.id]
    states = {one.entry: one.state for one in made.decisions}
    assert states == {early.id: "pending", late.id: "grouped"}
    reason = next(one.reason for one in made.decisions if one.entry == late.id)
    assert reason.endswith(f"the same text as entry {early.id}")


def test_two_topics_in_one_channel_are_one_story_that_names_both() -> None:
    made = assembled(
        judged(entry(text=WIRE), "alliance", "trade"), topics={"alliance": topic(), "trade": topic("trade")}
    )
    assert len(made.outbox) == 1
    assert made.members[0].topics == ("alliance", "trade")


def test_a_topic_with_two_channels_tells_each_under_its_own_key() -> None:
    made = assembled(judged(entry(text=WIRE)), topics={"alliance": topic("alliance", "#one", "#two")})
    assert len({item.key for item in made.outbox}) == 2
    assert {item.destination for item in made.outbox} == {"slack:#one", "slack:#two"}


@pytest.mark.parametrize(
    ("rule", "state", "hold", "decision"),
    [("digest", "held", "first_poll", "held"), ("alert", "pending", None, "pending")],
)
def test_a_first_poll_is_held_for_its_digest_or_told(rule: FirstPoll, state: str, hold: str, decision: str) -> None:
    made = assembled(judged(entry(text=WIRE), first=True), topics={"alliance": topic()}, first_poll=rule)
    assert [(item.state, item.hold) for item in made.outbox] == [(state, hold)]
    assert [one.state for one in made.decisions] == [decision]


def test_a_silent_first_poll_tells_nothing_and_says_so() -> None:
    made = assembled(judged(entry(text=WIRE), first=True), topics={"alliance": topic()}, first_poll="silent")
    assert made.outbox == ()
    assert [one.state for one in made.decisions] == ["excluded"]


def test_summaries_come_from_the_article_unless_the_topic_says_otherwise() -> None:
    read = entry(text="A short snippet about the talks in Seoul.", article=WIRE)
    by_article = assembled(judged(read), topics={"alliance": topic()}).members[0]
    by_feed = assembled(judged(read), topics={"alliance": topic(summary="feed")}).members[0]
    none = assembled(judged(read), topics={"alliance": topic(summary="none")}).members[0]
    assert (by_article.summary_source, by_feed.summary_source, none.summary_source) == ("article", "feed", "none")
    assert by_article.summary == WIRE
    assert none.summary == ""


def test_an_entry_that_two_feeds_bring_in_one_batch_is_judged_once_per_topic() -> None:
    one = judged(entry(), "alliance")
    other = judged(entry(), "alliance", "trade")
    kept = still_open([one, other], {})
    assert [sorted(each.candidate.topics) for each in kept] == [["alliance"], ["trade"]]


def test_topics_that_decided_meanwhile_are_left_out() -> None:
    found = entry()
    known = KnownEntry(entry=found, feeds=frozenset({"f"}), decided={"alliance": "posted"})
    assert still_open([judged(found)], {found.identity: known}) == []
    edited = replace(judged(found), candidate=replace(judged(found).candidate, new=False))
    assert still_open([edited], {found.identity: known}) == [edited]


def test_statistics_of_several_documents_add_up() -> None:
    one = StreamDelta(documents={"en": 2}, terms={"en": {"seoul": 1}}, scores={("t", "snippet"): (0.1,)})
    two = StreamDelta(documents={"en": 1, "ko": 1}, terms={"en": {"seoul": 1, "troops": 1}}, scores={})
    total = RareTerms().hold_back(one, two)
    assert total.documents == {"en": 3, "ko": 1}
    assert total.terms["en"] == {"seoul": 2, "troops": 1}
    assert total.scores == {("t", "snippet"): (0.1,)}


# which statistics are written


def of_terms(documents: int, terms: dict[str, int]) -> StreamDelta:
    return StreamDelta(documents={"en": documents}, terms={"en": terms})


def test_all_terms_of_a_short_stream_are_written() -> None:
    rare = RareTerms()
    brought = of_terms(round(1 / WRITTEN_FROM), {"seoul": 1, "talks": 2})
    assert rare.hold_back(brought) == brought


def test_a_rare_term_is_written_whole_once_it_is_frequent_enough() -> None:
    rare = RareTerms()
    line = 3
    full = rare.hold_back(of_terms(round(line / WRITTEN_FROM), {"often": 40, "rare": 1, "rarer": 1}))
    assert full.terms["en"] == {"often": 40}
    assert rare.hold_back(of_terms(0, {"often": 1, "rare": 1})).terms["en"] == {"often": 1}
    assert rare.hold_back(of_terms(0, {"rare": 1})).terms["en"] == {"rare": 3}
    assert rare.hold_back(of_terms(0, {"rare": 1, "rarer": 1})).terms["en"] == {"rare": 1}


def test_what_the_batches_of_a_poll_count_is_written_with_the_last_one() -> None:
    rare = RareTerms()
    scored = StreamDelta(documents={"en": 20}, terms={"en": {"often": 5}}, scores={("t", "snippet"): (0.1,)})
    assert rare.hold_back(scored, last=False) == StreamDelta(scores=scored.scores)
    assert rare.hold_back(
        StreamDelta(documents={"en": 1, "ko": 2}, terms={"ko": {"서울": 2}}, scores={})
    ) == StreamDelta(documents={"en": 21, "ko": 2}, terms={"en": {"often": 5}, "ko": {"서울": 2}})
    assert rare.hold_back(of_terms(1, {"often": 1})) == of_terms(1, {"often": 1})


def test_what_the_database_holds_already_is_counted_on() -> None:
    stored = Stream(languages={"en": LanguageCounts(documents=8000.0, terms={"known": 2.0})})
    rare = RareTerms.beside(stored, unit=2.0)
    assert rare.documents["en"] == 4000
    assert rare.hold_back(of_terms(1, {"known": 1, "unknown": 1})).terms["en"] == {"known": 1}


def test_what_waits_is_bounded_and_the_more_frequent_half_stays() -> None:
    rare = RareTerms()
    rare.hold_back(of_terms(10_000_000, {f"t{n}": 1 + n % 3 for n in range(MOST_WAITING + 1)}))
    assert 0 < len(rare.waiting["en"]) <= MOST_WAITING / 2
    assert set(rare.waiting["en"].values()) == {3}
