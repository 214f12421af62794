"""What every store must do to forget a topic or a person: words and names go, what was told stays told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests import builders as b
from tests.builders import NOW
from tests.delivering import put, row
from watcher.learn import learned
from watcher.store import Store, outbox
from watcher.store.entries import entries_since
from watcher.store.feedback import labels, mark_labels, mutes_in_force, put_labels, put_mute, put_seed, seeds_added
from watcher.store.forgetting import (
    FORGOTTEN,
    OfPerson,
    OfTopic,
    forget_person,
    forget_topic,
    people_called,
    person_traces,
    topic_traces,
)
from watcher.store.notices import notice_text, put_notices
from watcher.store.report import entry_report
from watcher.store.save import save
from watcher.store.stream import load_stream
from watcher.store.topics import known_topics, register_topics
from watcher.types import AddedSeed, Batch, Decision, NewMember, Notice, Receipt, State, StreamDelta, Trouble

TOPIC, DESK = "us-south-korea", "fake:#desk"
NOTHING = OfTopic(seeds=0, answers=0, decisions=0, told=0, waiting=0)


def seed(topic: str = TOPIC, **over: str) -> AddedSeed:
    given = {"topic": topic, "name": "a", "url": "https://a.example", "user": "U1", "person": "ann", **over}
    return AddedSeed(**given, card={"title": "A"}, at=NOW)


def decisions(store: Store, key: str) -> dict[str, Decision]:
    report = store.read_now(entry_report, row(store, key).entry or "")
    assert report is not None
    return {one.topic: one for one in report.decisions}


def state(store: Store, key: str, topic: str = TOPIC) -> State:
    return decisions(store, key)[topic].state


def send(store: Store, key: str) -> None:
    store.write_now(outbox.claim, owner="me", now=NOW, lease=timedelta(seconds=60), limit=1)
    store.write_now(outbox.settle, key, receipt=Receipt(channel="C", ts="1.0"), now=NOW)


# -- a topic


def test_a_topics_seeds_answers_decisions_and_statistics_go_and_nobody_elses(store: Store) -> None:
    below = [b.entry(f"below {n}") for n in range(3)]
    judged = tuple(b.decision(one.id, topic, state="below") for one in below for topic in (TOPIC, "other"))
    stream = StreamDelta(
        documents={"en": 1}, terms={"en": {"a": 1}}, scores={(TOPIC, "full"): (0.5,), ("other", "full"): (0.5,)}
    )
    store.write_now(save, Batch(at=NOW, entries=tuple(below), decisions=judged, stream=stream))
    for number, topic in enumerate((TOPIC, "other")):
        store.write_now(put_labels, b.click(f"l{number}"), [b.label(topic=topic)])
        store.write_now(put_seed, b.click(f"s{number}"), seed(topic))
    store.write_now(register_topics, [TOPIC, "other"], now=NOW)
    told = OfTopic(seeds=1, answers=1, decisions=3, told=0, waiting=0)
    assert store.read_now(topic_traces, TOPIC) == told
    assert store.write_now(forget_topic, TOPIC) == told
    assert [one.topic for one in store.read_now(seeds_added)] == ["other"]
    assert [one.label.topic for one in store.read_now(labels)] == ["other"]
    assert set(store.read_now(load_stream).histograms) == {("other", "full")}
    assert store.read_now(known_topics) == {"other"}
    assert all(set(one.decided) == {"other"} for one in store.read_now(entries_since, NOW - timedelta(days=1)))
    assert store.read_now(topic_traces, TOPIC) == NOTHING
    assert not store.write_now(forget_topic, TOPIC)


def test_what_was_told_stays_told_without_its_words(store: Store) -> None:
    (key,) = put(store)
    send(store, key)
    assert store.write_now(forget_topic, TOPIC) == OfTopic(seeds=0, answers=0, decisions=0, told=1, waiting=0)
    left = decisions(store, key)[TOPIC]
    assert (left.state, left.terms, left.nearest_seed, left.reason) == ("posted", (), None, FORGOTTEN)
    assert row(store, key).state == "sent"
    (known,) = store.read_now(entries_since, NOW - timedelta(days=1))
    assert known.decided == {TOPIC: "posted"}, "so a topic that comes back does not judge it anew"


@pytest.mark.parametrize("over", [{}, {"state": "held", "hold": "quiet_hours"}])
def test_what_waits_for_it_alone_is_dropped(store: Store, over: dict[str, Any]) -> None:
    (key,) = put(store, **over)
    assert store.write_now(forget_topic, TOPIC).waiting == 1
    assert (row(store, key).state, row(store, key).error, state(store, key)) == ("dropped", FORGOTTEN, "excluded")


@pytest.mark.parametrize("relation", ["its own entry", "a copy in its story"])
def test_what_another_topic_wants_told_there_is_told(store: Store, relation: str) -> None:
    (key,) = put(store)
    item = row(store, key)
    entry = b.entry("the copy") if relation != "its own entry" else None
    which = entry.id if entry else item.entry or ""
    member = NewMember(
        story=item.story or "", destination=DESK, entry=which, relation="copy", nearest=None,
        summary="", summary_source="none", at=NOW, topics=("other",),
    )  # fmt: skip
    decided = b.decision(member.entry, "other", state="pending" if entry is None else "grouped")
    store.write_now(save, Batch(at=NOW, entries=(entry,) if entry else (), decisions=(decided,), members=(member,)))
    assert store.write_now(forget_topic, TOPIC).waiting == 0
    assert (row(store, key).state, state(store, key)) == ("pending", "pending")
    send(store, key)
    if entry is None:
        assert state(store, key, "other") == "posted"


def test_a_digest_goes_when_all_of_its_members_do(store: Store) -> None:
    keys = put(store, 3, state="held", hold="first_poll")
    store.write_now(outbox.make_digest, key="d", destination=DESK, topic=TOPIC, members=keys, now=NOW)
    assert store.write_now(forget_topic, TOPIC).waiting == 4
    assert {row(store, key).state for key in [*keys, "d"]} == {"dropped"}


def test_a_digest_stays_for_a_member_that_another_topic_wants(store: Store) -> None:
    gone, kept = put(store, 2, state="held", hold="first_poll")
    item = row(store, kept)
    member = NewMember(
        story=item.story or "", destination=DESK, entry=item.entry or "", relation="founder", nearest=None,
        summary="", summary_source="none", at=NOW, topics=("other",),
    )  # fmt: skip
    store.write_now(save, Batch(at=NOW, members=(member,)))
    store.write_now(outbox.make_digest, key="d", destination=DESK, topic=TOPIC, members=[gone, kept], now=NOW)
    store.write_now(forget_topic, TOPIC)
    assert [row(store, key).state for key in (gone, kept, "d")] == ["dropped", "in_digest", "pending"]


def test_what_is_being_sent_is_sent(store: Store) -> None:
    (key,) = put(store)
    store.write_now(outbox.claim, owner="me", now=NOW, lease=timedelta(seconds=60), limit=1)
    assert store.write_now(forget_topic, TOPIC).waiting == 0
    store.write_now(outbox.settle, key, receipt=Receipt(channel="C", ts="1.0"), now=NOW)
    assert row(store, key).state == "sent"


def test_what_watcher_said_of_it_goes(store: Store) -> None:
    trouble = Trouble(subject=f"topic:{TOPIC}", what="half", since=NOW, told_at=NOW)
    store.write_now(
        put_notices, [Notice(name="n", text="The alliance: half of its feeds fail", topic=TOPIC)],
        destinations={TOPIC: (DESK,)}, installation="i", standing=(trouble,), over=(), now=NOW,
    )  # fmt: skip
    assert store.write_now(forget_topic, TOPIC).waiting == 1
    assert store.read_now(notice_text, "i/notice/n") == ""
    assert row(store, "i/notice/n").state == "dropped"


# -- a person


def announce(store: Store, name: str, text: str) -> str:
    store.write_now(
        put_notices, [Notice(name=name, text=text)],
        destinations={"": (DESK,)}, installation="i", standing=(), over=(), now=NOW,
    )  # fmt: skip
    return f"i/notice/{name}"


def answered(store: Store) -> None:
    """Eleven of ann's answers and one of bob's, all learned; a mute and a seed of ann's."""
    for number in range(11):
        store.write_now(put_labels, b.click(f"a{number}"), [b.label(f"title {number}")])
    store.write_now(
        put_labels, b.click("b", user="U2", name="bob"), [b.label("title 0", user="U2", name="bob", relevant=False)]
    )
    store.write_now(mark_labels, dict.fromkeys(range(1, 13), ("learned", None)))
    store.write_now(put_mute, b.click("m"), b.mute())
    store.write_now(put_seed, b.click("s"), seed())


def everything(store: Store) -> str:
    tables = ("clicks", "feedback", "mutes", "added_seeds", "notices")
    return store.read_now(lambda conn: str([conn.exec_driver_sql(f"SELECT * FROM {one}").all() for one in tables]))


def test_a_person_goes_and_what_they_taught_stays(store: Store) -> None:
    answered(store)
    lines = [
        announce(store, "one", "ann (U1): Muted in #desk: the story “Troop costs”"),
        announce(store, "two", "bob (U2): Taken back: ann's answer about “Troop costs”."),
    ]
    before = learned(store.read_now(labels), ())
    assert store.read_now(people_called, "ann") == store.read_now(people_called, "U1") == {"U1": ("ann",)}
    told = OfPerson(clicks=13, answers=11, mutes=1, seeds=1, notices=2)
    assert store.read_now(person_traces, "U1", ["ann"]) == told
    assert store.write_now(forget_person, "U1", ["ann"], alias="p-1") == told
    assert "ann" not in everything(store)
    assert "U1" not in everything(store)
    assert learned(store.read_now(labels), ()) == before, "the models are the same"
    assert {one.label.user for one in store.read_now(labels)} == {"p-1", "U2"}
    (mute,) = store.read_now(mutes_in_force, now=NOW).values()
    (added,) = store.read_now(seeds_added)
    assert (mute.name, added.person) == ("somebody", "somebody")
    assert [store.read_now(notice_text, key) for key in lines] == [
        "somebody: Muted in #desk: the story “Troop costs”",
        "bob (U2): Taken back: somebody's answer about “Troop costs”.",
    ]
    assert store.read_now(people_called, "ann") == {}


def test_people_of_one_name_are_told_apart(store: Store) -> None:
    store.write_now(put_labels, b.click("1"), [b.label()])
    store.write_now(put_labels, b.click("2", user="U2"), [b.label(user="U2", name="ann the second")])
    assert store.read_now(people_called, "ann") == {"U1": ("ann",), "U2": ("ann", "ann the second")}
    store.write_now(forget_person, "U2", ["ann", "ann the second"], alias="p-2")
    assert store.read_now(people_called, "ann") == {"U1": ("ann",)}
