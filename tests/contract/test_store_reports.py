"""What every store must know of the stream, and say of what it holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests import builders as b
from tests.builders import NOW
from tests.contract.test_store import FEED, MINUTE, member
from watcher.relevance.stream import BINS, bin_of, weight
from watcher.store import Store
from watcher.store.entries import entomb
from watcher.store.report import (
    NearMiss,
    QuietTopic,
    counts,
    entry_report,
    feed_languages,
    feed_rows,
    quiet_topics,
)
from watcher.store.save import save
from watcher.store.stream import load_stream, prune_stream
from watcher.store.topics import register_topics
from watcher.types import Batch, Entry, StreamDelta

# statistics


def test_the_stream_is_stored_in_units_that_grow(store: Store) -> None:
    delta = StreamDelta(
        documents={"en": 2, "ko": 1}, terms={"en": {"seoul": 2, "talks": 1}}, scores={("t", "snippet"): (0.3, 0.3, 1.0)}
    )
    later = NOW + timedelta(days=30)
    store.write_now(save, Batch(at=NOW, stream=delta))
    store.write_now(save, Batch(at=later, stream=delta))
    stream = store.read_now(load_stream)
    both = weight(NOW) + weight(later)
    assert stream.languages["en"].documents == pytest.approx(2 * both)
    assert stream.languages["en"].terms == pytest.approx({"seoul": 2 * both, "talks": both})
    assert stream.languages["ko"].terms == {}
    bins = stream.histograms["t", "snippet"]
    assert len(bins) == BINS
    assert {place: count for place, count in enumerate(bins) if count} == pytest.approx(
        {bin_of(0.3): 2 * both, BINS - 1: both}
    )


def test_the_stored_stream_is_the_one_in_memory(store: Store) -> None:
    delta = StreamDelta(documents={"en": 1}, terms={"en": {"a": 1, "b": 1}}, scores={("t", "full"): (0.25,)})
    live = store.read_now(load_stream)
    for at in (NOW, NOW + MINUTE):
        live.add(delta, at)
        store.write_now(save, Batch(at=at, stream=delta))
    assert store.read_now(load_stream) == live


def test_the_rarest_terms_are_forgotten_first(store: Store) -> None:
    terms = {f"t{n}": n for n in range(1, 6)}
    store.write_now(save, Batch(at=NOW, stream=StreamDelta(documents={"en": 9}, terms={"en": terms})))
    assert store.write_now(prune_stream, keep=2) == 3
    assert set(store.read_now(load_stream).languages["en"].terms) == {"t4", "t5"}
    assert store.write_now(prune_stream, keep=2) == 0


# reports


def test_a_report_names_feeds_topics_and_how_the_story_told_a_copy(store: Store) -> None:
    founder, copy = b.entry("one"), b.entry("two")
    store.write_now(
        save,
        Batch(
            at=NOW,
            feeds=(b.feed_state(),),
            entries=(founder, copy),
            sightings=(b.sighting(copy.id, FEED), b.sighting(copy.id, "gone feed", seen=NOW + MINUTE)),
            decisions=(b.decision(founder.id), b.decision(copy.id, state="grouped")),
            members=(member(founder), member(copy, relation="copy", nearest=founder.id)),
            outbox=(b.outbox_item("i/s1", story="s1", entry=founder.id),),
        ),
    )
    report = store.read_now(entry_report, copy.id)
    assert report is not None
    assert report.feeds == ("Example News", "gone feed")
    (told,) = report.tellings
    assert (told.destination, told.topics, told.story, told.relation) == (
        "slack:#desk",
        ("us-south-korea",),
        "s1",
        "copy",
    )
    assert told.item is not None
    assert told.item.key == "i/s1"
    assert store.read_now(entry_report, "unknown") is None
    (row,) = store.read_now(feed_rows)
    assert (row.seen, row.latest) == (1, NOW)
    total = store.read_now(counts)
    assert (total.feeds, total.entries, total.stories, total.outbox) == (1, 2, 1, {"pending": 1})
    assert total.decisions == {"us-south-korea": {"grouped": 1, "pending": 1}}


@pytest.mark.parametrize(
    ("languages", "found"),
    [
        (["ko"] * 5, "ko"),
        (["ko"] * 4, None),
        (["ko"] * 4 + ["en"] * 2, "ko"),
        (["ko"] * 4 + ["en"] * 3, None),
        (["und"] * 9, None),
        (["und"] * 2 + ["ko"] * 4, "ko"),
        (["ko"] * 60 + ["en"] * 40, "en"),  # only the latest count
        ([], None),
    ],
)
def test_a_feeds_language_is_that_of_most_of_its_latest_entries(
    store: Store, languages: list[str], found: str | None
) -> None:
    brought = [b.entry(f"{number}", language=language) for number, language in enumerate(languages)]
    seen = [b.sighting(entry.id, FEED, seen=NOW + number * MINUTE) for number, entry in enumerate(brought)]
    again = [b.sighting(entry.id, FEED, guid="again", seen=one.seen) for entry, one in zip(brought, seen, strict=True)]
    other = b.entry("elsewhere", language="fr")
    store.write_now(
        save,
        Batch(
            at=NOW,
            feeds=(b.feed_state(),),
            entries=(*brought, other),
            sightings=(*seen, *again, b.sighting(other.id, "other feed")),
        ),
    )
    assert store.read_now(feed_languages, [FEED, "other feed", "never polled"]) == ({FEED: found} if found else {})


# quiet topics

TOPIC = "us-south-korea"
WEEK_AGO = NOW - timedelta(days=7)


def judged(store: Store, *entries: Entry, topic: str = TOPIC, **over: Any) -> None:
    given: dict[str, Any] = {"state": "below", "score": 0.06, "threshold": 0.12, **over}
    decided = tuple(b.decision(entry.id, topic, **given) for entry in entries)
    store.write_now(save, Batch(at=NOW, entries=entries, decisions=decided))


def quiet(store: Store, *names: str) -> dict[str, QuietTopic]:
    return store.read_now(quiet_topics, names or [TOPIC], since=WEEK_AGO)


def test_a_quiet_topic_shows_the_five_that_came_closest_to_their_thresholds(store: Store) -> None:
    for number, (score, threshold) in enumerate(
        [(0.11, 0.12), (0.12, 0.15), (0.02, 0.12), (0.06, 0.12), (0.07, 0.12), (0.08, 0.12), (0.09, 0.12), (0.0, 0.12)]
    ):
        judged(store, b.entry(f"{number}"), score=score, threshold=threshold)
    judged(store, b.entry("another language"), score=None, threshold=None)
    judged(store, b.entry("a rule"), state="excluded", score=0.9)
    closest = quiet(store)[TOPIC].closest
    assert [miss.headline for miss in closest] == ["0", "1", "6", "5", "4"]
    first = b.entry("0")
    assert closest[0] == NearMiss(headline="0", outlet=first.outlet, url=first.url, score=0.11, threshold=0.12)
    assert closest[1].ratio == pytest.approx(0.8)


def test_one_headline_of_many_outlets_is_one_near_miss(store: Store) -> None:
    copies = [b.entry("Talks end", url=f"https://{n}.example/talks", outlet=f"Outlet {n}") for n in range(4)]
    for number, entry in enumerate(copies):
        judged(store, entry, score=0.08 + number / 100)
    judged(store, b.entry("Other news"), score=0.05)
    closest = quiet(store)[TOPIC].closest
    assert [(miss.headline, miss.outlet) for miss in closest] == [
        ("Talks end", "Outlet 3"),
        ("Other news", "Example News"),
    ]


@pytest.mark.parametrize("state", ["pending", "held", "posted", "grouped", "dead"])
def test_a_match_within_the_week_is_no_quiet(store: Store, state: str) -> None:
    judged(store, b.entry("near"))
    assert set(quiet(store)) == {TOPIC}
    judged(store, b.entry("old match"), state=state, decided_at=WEEK_AGO - MINUTE)
    judged(store, b.entry("elsewhere"), state=state, topic="other")
    assert set(quiet(store, TOPIC, "other")) == {TOPIC}
    judged(store, b.entry("match"), state=state, decided_at=WEEK_AGO)
    assert quiet(store) == {}


def test_what_is_old_or_forgotten_is_no_near_miss(store: Store) -> None:
    old, gone = b.entry("old"), b.entry("gone")
    judged(store, old, decided_at=WEEK_AGO - MINUTE)
    judged(store, gone)
    store.write_now(entomb, gone.id)
    assert quiet(store, TOPIC, "never judged") == {}


def test_a_topic_of_yesterday_is_said_to_be_new(store: Store) -> None:
    for name, since in (("old", WEEK_AGO), ("young", WEEK_AGO + MINUTE)):
        store.write_now(register_topics, [name], now=since)
        judged(store, b.entry(name), topic=name)
    judged(store, b.entry("unknown"), topic="unknown")
    found = quiet(store, "old", "young", "unknown")
    assert {name: topic.new for name, topic in found.items()} == {"old": False, "young": True, "unknown": True}
