"""What every store must know of the stream, and say of what it holds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import builders as b
from tests.builders import NOW
from tests.contract.test_store import FEED, MINUTE, member
from watcher.relevance.stream import BINS, bin_of, weight
from watcher.store import Store
from watcher.store.report import counts, entry_report, feed_languages, feed_rows
from watcher.store.save import save
from watcher.store.stream import load_stream, prune_stream
from watcher.types import Batch, StreamDelta

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
