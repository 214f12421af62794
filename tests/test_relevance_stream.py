"""What was polled so far fades, without stored numbers being touched again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from watcher.relevance import stream as stream_module
from watcher.relevance.stream import BINS, EPOCH, HALF_LIFE, Stream, bin_of, histogram_of, weight
from watcher.types import StreamDelta

TWO = StreamDelta(
    documents={"en": 2},
    terms={"en": {"korea": 1, "said": 2}},
    scores={("k", "snippet"): (0.1, 0.5), ("k", "full"): (1.0,)},
)


def test_weight_doubles_every_thirty_days() -> None:
    assert weight(EPOCH) == 1.0
    assert weight(EPOCH + HALF_LIFE) == 2.0
    assert weight(EPOCH - HALF_LIFE) == 0.5


def test_shares_and_documents() -> None:
    stream = Stream()
    stream.add(TWO, NOW)
    shares = stream.shares("en", NOW)
    assert shares.documents == pytest.approx(2.0)
    assert shares.shares == {"korea": 0.5, "said": 1.0}
    assert stream.shares("en", NOW, at_least=0.6).shares == {"said": 1.0}
    assert stream.documents("en", NOW + HALF_LIFE) == pytest.approx(1.0)
    assert stream.documents("ko", NOW) == 0.0
    assert stream.shares("ko", NOW).shares == {}


def test_newer_documents_weigh_more() -> None:
    stream = Stream()
    stream.add(StreamDelta(documents={"en": 1}, terms={"en": {"old": 1}}), NOW)
    stream.add(StreamDelta(documents={"en": 1}, terms={"en": {"new": 1}}), NOW + HALF_LIFE)
    shares = stream.shares("en", NOW + HALF_LIFE).shares
    assert shares["new"] == pytest.approx(2 / 3)
    assert shares["old"] == pytest.approx(1 / 3)


def test_histogram_fades() -> None:
    stream = Stream()
    stream.add(TWO, NOW)
    found = stream.histogram("k", "snippet", NOW + HALF_LIFE)
    assert found is not None
    assert len(found.counts) == BINS
    assert sum(found.counts) == pytest.approx(1.0)
    assert found.counts[250] == pytest.approx(0.5)
    full = stream.histogram("k", "full", NOW)
    assert full is not None
    assert full.counts[-1] == pytest.approx(1.0)
    assert stream.histogram("other", "snippet", NOW) is None


def test_the_least_seen_terms_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "MAX_TERMS", 100)
    stream = Stream()
    many = {f"term{i:03}": 1 + i // 80 for i in range(150)}
    stream.add(StreamDelta(documents={"en": 9}, terms={"en": many}), NOW)
    kept = stream.languages["en"].terms
    assert set(kept) == {f"term{i:03}" for i in range(80, 150)}


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 9)), min_size=1, max_size=8))
def test_order_of_batches_does_not_matter(batches: list[tuple[int, int]]) -> None:
    def filled(order: list[tuple[int, int]]) -> Stream:
        stream = Stream()
        for days, count in order:
            delta = StreamDelta(documents={"en": count}, terms={"en": {"a": count, f"t{days}": 1}})
            stream.add(delta, NOW + timedelta(days=days))
        return stream

    later = NOW + timedelta(days=500)
    one, other = filled(batches).shares("en", later), filled(batches[::-1]).shares("en", later)
    assert one.documents == pytest.approx(other.documents)
    assert dict(one.shares) == pytest.approx(dict(other.shares))
    assert all(0 < share <= 1 for share in one.shares.values())


@given(st.floats(0, 1))
def test_every_score_has_a_bin(score: float) -> None:
    assert 0 <= bin_of(score) < BINS
    assert sum(histogram_of([score], NOW).counts) == 1.0
