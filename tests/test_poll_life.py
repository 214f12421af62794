"""What a feed's polls tell of the feed itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import builders as b
from tests.builders import NOW
from watcher.errors import FetchError, ParseError, WorkerError
from watcher.poll import life
from watcher.poll.sift import Keyed, keyed, reads
from watcher.types import FeedEntry, FeedState, KnownEntry, ParsedFeed

FEED = b.feed(every=timedelta(minutes=16))
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DAY = timedelta(days=1)


def alive(state: FeedState, **over: Any) -> FeedState:
    return life.alive(FEED, state, **{"now": NOW, "max_age": None, "moved": None, "jitter": 0.5, **over})


def broken(state: FeedState, error: FetchError | ParseError | WorkerError, **over: Any) -> FeedState:
    return life.failed(FEED, state, error, **{"now": NOW, "jitter": 0.5, **over})


def items(*names: str) -> tuple[Keyed, ...]:
    entries = tuple(
        FeedEntry(title=f"About {name}", text=f"All about {name}.", url=f"https://n.example/{name}", published=NOW)
        for name in names
    )
    return keyed(FEED, ParsedFeed(title="N", site=None, language="en", version="rss20", entries=entries))


def known(item: Keyed, **over: Any) -> KnownEntry:
    entry = b.entry(item.item.title, text=item.item.text, published=item.item.published, **over)
    return KnownEntry(entry=entry, feeds=frozenset({FEED.id}), decided={})


def read_before(**over: Any) -> FeedState:
    return b.feed_state(**{"last_success": NOW - 16 * MINUTE, "entries": 3, **over})


# failing


def test_a_run_of_failures_keeps_the_time_of_the_first_and_the_last_reason() -> None:
    first = broken(read_before(), FetchError("403", fault="status", status=403))
    second = broken(first, FetchError("slow", fault="timeout"), now=NOW + HOUR)
    assert (second.failing_since, second.fault, second.failures) == (NOW, "timed out", 2)
    well = alive(second, now=NOW + 2 * HOUR)
    assert (well.failing_since, well.fault, well.error, well.failures) == (None, None, None, 0)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FetchError("", fault="status", status=404), "404"),
        (FetchError("", fault="too_many_requests", status=429), "429"),
        (FetchError("", fault="gone", status=410), "410"),
        (FetchError("", fault="bot_protection", status=403), "403, blocked by bot protection"),
        (FetchError("", fault="dns"), "host not found"),
        (ParseError(""), "not a feed"),
        (WorkerError(""), "not to be parsed"),
    ],
)
def test_faults_are_told_apart_in_a_word_or_two(error: FetchError | ParseError | WorkerError, told: str) -> None:
    assert life.in_short(error) == told


# moved


def test_only_the_same_new_address_in_a_row_counts_as_moved() -> None:
    state = read_before()
    for _ in range(3):
        state = alive(state, moved="https://new.example/feed?token=secret")
    assert (state.moved_to, state.moved_polls) == ("https://new.example/feed?…", 3)
    assert alive(state, moved="https://other.example/").moved_polls == 1
    assert (alive(state).moved_to, alive(state).moved_polls) == (None, 0)
    assert broken(state, FetchError("", fault="timeout")).moved_polls == 3


# gaps


def gap(before: FeedState, at: timedelta = timedelta()) -> FeedState:
    state = alive(before, now=NOW + at)
    return life.missed(before, state, items("d", "e", "f"), {}, every=FEED.every)


def test_a_document_of_strangers_is_a_gap_and_shortens_the_interval() -> None:
    state = gap(read_before())
    assert (state.gap_from, state.gap_to, state.tightened) == (NOW - 16 * MINUTE, NOW, 1)
    assert life.interval(FEED.every, state, NOW) == 8 * MINUTE
    assert alive(state, now=NOW + MINUTE).next_due == NOW + 9 * MINUTE
    assert life.interval(FEED.every, state, NOW + DAY) == 16 * MINUTE


def test_intervals_shorten_three_times_and_never_below_a_minute_nor_above_what_the_file_says() -> None:
    state = read_before()
    for _ in range(5):
        state = gap(replace(state, last_success=NOW - 16 * MINUTE))
    assert (state.tightened, life.interval(FEED.every, state, NOW)) == (3, 2 * MINUTE)
    assert life.interval(2 * MINUTE, state, NOW) == MINUTE
    assert life.interval(timedelta(seconds=5), state, NOW) == timedelta(seconds=5)
    assert life.interval(FEED.every, state, NOW + 2 * DAY) == 8 * MINUTE


def test_a_gap_after_a_pause_of_ours_is_told_but_blames_no_interval() -> None:
    state = gap(read_before(last_success=NOW - DAY))
    assert (state.gap_from, state.tightened) == (NOW - DAY, 0)


def test_the_first_document_and_one_after_an_empty_one_are_no_gap() -> None:
    assert gap(read_before(last_success=None)).gap_to is None
    assert gap(read_before(entries=0)).gap_to is None


def test_strangers_are_several_items_none_of_which_this_feed_brought() -> None:
    three = items("a", "b", "c")
    elsewhere = replace(known(three[0]), feeds=frozenset({"another"}))
    assert life.strangers(FEED, three, [elsewhere])
    assert not life.strangers(FEED, three, [known(three[0])])
    assert not life.strangers(FEED, three[:2], [])


# what feeds should not do


def test_the_same_words_under_other_ids_are_a_warning_and_no_gap() -> None:
    three = items("a", "b", "c")
    by_text = {reads(one.item): known(one) for one in three[:2]}
    state = life.missed(read_before(), alive(read_before()), three, by_text, every=FEED.every)
    assert (state.warning, state.gap_to) == (life.IDS, None)
    few = life.missed(read_before(), alive(read_before()), three, dict([next(iter(by_text.items()))]), every=FEED.every)
    assert (few.warning, few.gap_to) == (None, NOW)


def test_in_a_feed_that_changed_its_ids_the_same_words_of_the_same_date_are_the_same_entry() -> None:
    same, anew, undated, other = items("a", "b", "c", "d")
    anew = replace(anew, item=replace(anew.item, published=NOW + DAY))
    undated = replace(undated, item=replace(undated.item, published=None))
    by_text = {reads(one.item): known(one) for one in items("a", "b", "c")}
    found = life.under_other_ids([same, anew, undated, other], by_text)
    assert found.keys() == {reads(same.item), reads(undated.item)}


def test_old_items_that_are_all_dated_anew_are_a_warning() -> None:
    three = items("a", "b", "c")
    by_identity = {one.identity: known(one) for one in three}
    state = alive(read_before())
    assert life.dated_anew(FEED, state, three, by_identity).warning is None
    older = {name: replace(one, entry=replace(one.entry, published=NOW - HOUR)) for name, one in by_identity.items()}
    assert life.dated_anew(FEED, state, three, older).warning == life.DATES
    assert life.dated_anew(FEED, state, three[:2], older).warning is None
    assert life.dated_anew(FEED, state, three, {**older, three[0].identity: known(three[0])}).warning is None


@given(
    every=st.timedeltas(timedelta(seconds=1), timedelta(days=2)),
    steps=st.integers(0, 3),
    since=st.timedeltas(timedelta(), timedelta(days=9)),
)
def test_an_interval_is_never_longer_than_the_files_and_comes_back_to_it(
    every: timedelta, steps: int, since: timedelta
) -> None:
    state = read_before(tightened=steps, gap_to=NOW)
    now = life.interval(every, state, NOW + since)
    assert min(every, life.SHORTEST) <= now <= every
    assert now <= life.interval(every, state, NOW + since + DAY)
    assert life.interval(every, state, NOW + 3 * DAY) == every
