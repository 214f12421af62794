"""The demo's invented sample: it parses, its links lead somewhere, and it holds what the demo wants to show."""

from __future__ import annotations

import re
from calendar import timegm
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from watcher.data.demo import STEPS, describe, documents, feeds, seeds, status

BASE = "http://127.0.0.1:8000"
WORKING = [source for source in feeds() if source.fault is None]


def parsed(feed_id: str, step: int, now: datetime = NOW) -> Any:
    source = next(source for source in feeds() if source.id == feed_id)
    return feedparser.parse(documents(now, BASE, step)[source.path][1])


def entries(step: int) -> list[Any]:
    return [entry for source in WORKING for entry in parsed(source.id, step).entries]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("source", WORKING, ids=lambda source: source.id)
def test_a_working_feed_parses_without_complaint_and_lists_its_entries_newest_first(source: Any, step: int) -> None:
    document = parsed(source.id, step)
    assert not document.bozo
    assert document.version == ("atom10" if source.format == "atom" else "rss20")
    assert len(document.entries) == sum(entry.feed == source.id and entry.step <= step for entry in describe())
    assert timegm(document.feed.updated_parsed) == timegm(document.entries[0].published_parsed)
    dates = [entry.published_parsed for entry in document.entries if "published_parsed" in entry]
    assert dates == sorted(dates, reverse=True)


def test_the_sample_is_as_large_as_promised() -> None:
    assert len(feeds()) == 8
    assert {source.format for source in WORKING} == {"rss", "atom"}
    assert 45 <= len(describe()) <= 60
    kinds = Counter(entry.intended for entry in describe())
    assert kinds["copy"] == 3
    assert 8 <= kinds["on topic"] + kinds["follow-up"] <= 12
    assert len({entry.event for entry in describe() if entry.event}) == 5


def test_one_feed_is_a_login_page_and_one_answers_500() -> None:
    served = documents(NOW, BASE, 1)
    faults = {source.fault: source for source in feeds() if source.fault}
    assert set(faults) == {"login", "500"}
    login = feedparser.parse(served[faults["login"].path][1])
    assert not login.entries
    assert not login.version
    assert {path for path in served if status(path) != 200} == {faults["500"].path}
    assert status(faults["500"].path) == 500


@pytest.mark.parametrize("step", STEPS)
def test_every_link_has_a_page_with_its_headline(step: int) -> None:
    served = documents(NOW, BASE, step)
    for entry in entries(step):
        assert entry.link.startswith(BASE + "/")
        content_type, body = served[urlsplit(entry.link).path]
        assert content_type.startswith("text/html")
        assert b"<h1>" in body


@pytest.mark.parametrize("step", STEPS)
def test_ids_links_and_headlines_are_given_once(step: int) -> None:
    for key in ("id", "link", "title"):
        repeated = [value for value, count in Counter(entry[key] for entry in entries(step)).items() if count > 1]
        assert repeated == []


@pytest.mark.parametrize("step", STEPS[1:])
def test_a_poll_keeps_the_former_one_s_entries_with_their_dates_and_adds_news(step: int) -> None:
    first = {entry.id: entry for entry in entries(step - 1)}
    second = {entry.id: entry for entry in entries(step)}
    assert set(first) < set(second)
    assert all(second[key].link == entry.link for key, entry in first.items())
    assert all(second[key].get("published") == entry.get("published") for key, entry in first.items())


def test_exactly_one_headline_is_edited_between_the_polls() -> None:
    first = {entry.id: entry.title for entry in entries(1)}
    second = {entry.id: entry.title for entry in entries(2)}
    assert len([key for key, title in first.items() if second[key] != title]) == 1


def test_the_polls_news_lie_apart_and_one_entry_has_no_date() -> None:
    for entry in describe():
        if entry.age is not None:
            first, last = {1: (48, 25), 2: (20, 6), 3: (6, 0), 4: (0, -3)}[entry.step]
            assert timedelta(hours=last) < entry.age < timedelta(hours=first), entry.id
    assert [entry.id for entry in describe() if entry.age is None] == ["undated-notice"]


def test_a_wire_story_runs_in_four_outlets_two_in_the_morning() -> None:
    story = [entry for entry in describe() if "troop-options" in {entry.id, entry.of} and entry.intended != "follow-up"]
    assert len({entry.feed for entry in story}) == 4
    assert Counter(entry.step for entry in story) == {2: 2, 3: 2}
    assert len({entry.title for entry in story}) == 4
    original = set(story[0].text.split())
    assert all(len(original & set(entry.text.split())) / len(original) > 0.75 for entry in story)
    assert len({entry.text for entry in story}) == 4


def test_what_copies_or_follows_names_an_earlier_entry_of_its_event() -> None:
    known = {entry.id: entry for entry in describe()}
    for entry in describe():
        assert (entry.of is not None) == (entry.intended in {"copy", "follow-up"})
        if entry.of is not None and entry.age is not None:
            source = known[entry.of]
            assert source.event == entry.event
            assert source.age is not None
            assert source.age > entry.age


def test_articles_of_the_topic_are_real_articles_but_for_the_paywalled_one() -> None:
    on_topic = [entry for entry in describe() if entry.intended in {"on topic", "copy", "follow-up"}]
    assert [entry.id for entry in on_topic if entry.paywall] == ["steel-tariff"]
    assert all(150 <= len(entry.text.split()) <= 300 for entry in on_topic if not entry.paywall)
    body = documents(NOW, BASE, 2)["/ledger/steel-tariff.html"][1].decode()
    assert "Subscribe to continue reading" in body


def test_markup_and_a_channel_mention_reach_the_reader_of_the_feed() -> None:
    assert "<!channel>" in parsed("ledger", 2).feed.title
    assert any("<!channel>" in entry.title and "<b>" in entry.title for entry in parsed("ledger", 3).entries)


def test_nothing_is_larger_than_a_small_page() -> None:
    served = documents(NOW, BASE, 2)
    assert max(len(body) for _, body in served.values()) < 20_000
    assert sum(len(body) for _, body in served.values()) < 250_000


def test_two_seed_texts_show_the_topic_and_are_not_among_the_entries() -> None:
    assert len(seeds()) == 2
    for text in seeds().values():
        assert 150 <= len(text.split()) <= 350
        assert all(paragraph not in entry.text for entry in describe() for paragraph in text.split("\n\n"))


def test_no_outlet_is_served_from_or_links_to_another_site() -> None:
    for path, (_, body) in documents(NOW, BASE, 2).items():
        links = re.findall(r'(?:href|src)="([^"]+)"', body.decode())
        assert all(link.startswith((BASE, "/")) or "w3.org" in link for link in links), path


def test_weekdays_follow_the_day_of_the_last_poll() -> None:
    sunday = datetime(2026, 3, 8, 12, tzinfo=UTC)
    page = documents(sunday, BASE, 3)["/harbour/troop-answer.html"][1].decode()
    assert "confirmed on Sunday that President Trump" in page
    assert "fly to Washington on Tuesday" in page


@given(now=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2099, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  hypothesis adds the zone
def test_any_moment_gives_feeds_whose_dates_lie_in_its_two_days(now: datetime) -> None:
    document = parsed("meridian", 2, now)
    for entry in document.entries:
        age = now - datetime.fromtimestamp(timegm(entry.published_parsed), tz=UTC)
        assert timedelta(0) <= age <= timedelta(hours=48)
