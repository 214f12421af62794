"""What feeds and pages do wrong, played to a whole installation: nothing is lost, doubled or delayed by it."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.builders import NOW
from tests.installation import MINUTE, RSS, Installation, installed, item, rss
from tests.line import OFF_TOPIC, ON_TOPIC
from tests.loopback import Answer, Request, response, serve
from tests.worker_tasks import DOOMED
from watcher.store.entries import entries_since
from watcher.workers import Workers

HOUR = timedelta(hours=1)
FEED = "/feed"


def news(number: int = 0, *, guid: str | None = None, link: str | None = None) -> str:
    """An item on the topic; its guid and link are its own, or these, or ("") none."""
    title, text = ON_TOPIC[number]
    told = {"guid": guid, "link": link}
    own = {"guid": f"guid-{number}", "link": f"https://news.example/{number}"}
    given = {name: own[name] if value is None else value for name, value in told.items()}
    return item(title, text, extra={name: value for name, value in given.items() if value})


def old(count: int) -> list[str]:
    """Items of which one in 25 is on the topic."""
    return [
        item(
            f"Seoul and Washington argue, day {n}" if n % 25 == 0 else f"Fishermen haul in squid, day {n}",
            f"South Korea pays {n} billion. {ON_TOPIC[0][1]}" if n % 25 == 0 else OFF_TOPIC[0][1],
            extra={"guid": f"old-{n}"},
        )
        for n in range(count)
    ]


async def poll(place: Installation, *, after: timedelta = HOUR) -> None:
    """Once more, when it is due again; then everything is told that may be."""
    place.clock.pass_(seconds=after.total_seconds())
    await place.tick()
    await place.deliver()


# -- a document that was not taken in is asked for again


async def test_the_same_body_under_another_etag_is_no_work(tmp_path: Path) -> None:
    async with installed(tmp_path, "feed") as place:
        stages: list[str] = []
        place.app.poller.intaker = replace(place.app.poller.intaker, step=stages.append)
        for etag in ("one", "two"):
            place.feed(FEED, news(), ETag=f'"{etag}"')
            await poll(place)
        assert place.states()["feed"].etag == '"two"'
        assert stages.count("poll.fetch") == 2
        assert stages.count("poll.parse") == 1
        place.pages[FEED] = response(b"", "304 Not Modified")
        await poll(place)
        assert stages.count("poll.parse") == 1
        assert len(place.told) == 1


class Killed(BaseException):
    """What a step raises to end everything there."""


def honest(body: bytes) -> Answer:
    """A server that answers 304 to whoever names the document's ETag."""

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.headers.get("If-None-Match") == '"1"':
            writer.write(response(b"", "304 Not Modified"))
        else:
            writer.write(response(body, Content_Type=RSS, ETag='"1"'))

    return answer


@pytest.mark.parametrize("stage", ["poll.summarise", "poll.save"])
async def test_a_story_that_was_not_saved_is_founded_again(tmp_path: Path, stage: str) -> None:
    dying = [stage]

    def step(name: str) -> None:
        if name in dying:
            raise Killed

    async with installed(tmp_path, "feed", step=step) as place:
        title = f"<item><title>{ON_TOPIC[0][0]}</title><link>{link(0)}</link></item>"
        place.pages[FEED] = honest(rss(title))
        with pytest.raises(Killed):
            await place.tick()
        dying.clear()
        place.app.poller.busy.clear()
        await poll(place)
        (post,) = place.notifier.posts
        assert post.message.kind == "alert"
        assert post.message.key.count("/") == 1, "it is the story's own message, though it has nothing but a headline"


@pytest.mark.parametrize("stage", ["poll.parse", "poll.score", "poll.decide", "poll.save"])
async def test_a_document_is_not_known_before_its_entries_are_saved(tmp_path: Path, stage: str) -> None:
    dying = [stage]

    def step(name: str) -> None:
        if name in dying:
            raise Killed

    async with installed(tmp_path, "feed", step=step) as place:
        place.pages[FEED] = honest(rss(news()))
        with pytest.raises(Killed):
            await place.tick()
        assert place.states()["feed"].etag is None
        dying.clear()
        place.app.poller.busy.clear()
        await poll(place)
        await poll(place)
        assert [one.headers.get("If-None-Match") for one in place.asked(FEED)] == [None, None, '"1"']
        assert len(place.told) == 1


async def test_a_document_that_could_not_be_parsed_is_asked_for_again_whole(tmp_path: Path) -> None:
    async with installed(tmp_path, "feed") as place:
        place.pages[FEED] = honest(b"<rss><channel><item><title>&#1114112;</title></item></channel></rss>")
        await poll(place)
        assert "breaks the parser" in (place.states()["feed"].error or "")
        await poll(place, after=3 * HOUR)
        assert [one.headers.get("If-None-Match") for one in place.asked(FEED)] == [None, None]


@pytest.mark.parametrize(
    "answer",
    [
        response(b"<html><title>Sign in</title><form><input type=password></form></html>", Content_Type="text/html"),
        response(b"", Content_Type=RSS),
        response(b"", "404 Not Found"),
        response(b"", "401 Unauthorized"),
        response(b"<rss>", Content_Type=RSS, Content_Length="99"),
        b"",
    ],
    ids=["login page", "empty", "404", "401", "cut off", "hung up"],
)
async def test_what_is_no_feed_changes_nothing_but_the_count_of_failures(tmp_path: Path, answer: bytes) -> None:
    async with installed(tmp_path, "feed") as place:
        place.feed(FEED, news(), ETag='"1"', Last_Modified="Mon, 02 Mar 2026 12:00:00 GMT")
        await poll(place)
        before = place.states()["feed"]
        place.pages[FEED] = answer
        await poll(place)
        after = place.states()["feed"]
        assert (after.failures, bool(after.error)) == (1, True)
        told = {
            "failures": 0,
            "failing_since": None,
            "fault": None,
            "error": None,
            "last_polled": before.last_polled,
            "next_due": before.next_due,
        }
        assert replace(after, **told) == before  # type: ignore[arg-type]
        assert after.next_due - place.clock.now == 20 * MINUTE, "it backs off"
        place.feed(FEED, news(1), news())
        await poll(place)
        assert (place.states()["feed"].error, len(place.told)) == (None, 2)


async def test_a_feed_that_is_gone_is_left_alone(tmp_path: Path) -> None:
    async with installed(tmp_path, "feed") as place:
        place.pages[FEED] = response(b"", "410 Gone")
        await place.tick()
        await place.pass_(timedelta(days=2), step=HOUR)
        assert len(place.asked(FEED)) == 1


@pytest.mark.parametrize(
    ("told", "waits"),
    [
        ("7200", 2 * HOUR),
        ("1000000000", 24 * HOUR),
        ("-5", 10 * MINUTE),
        ("1", 10 * MINUTE),
        ("Mon, 02 Mar 2026 15:00:00 GMT", 3 * HOUR),
        ("whenever", 20 * MINUTE),
    ],
)
@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
async def test_a_server_that_asks_for_patience_gets_it(
    tmp_path: Path, status: str, told: str, waits: timedelta
) -> None:
    async with installed(tmp_path, "feed") as place:
        place.jitter[:] = [0.0] if told != "whenever" else [0.5]
        place.pages[FEED] = response(b"", status, Retry_After=told, Date="Mon, 02 Mar 2026 12:00:00 GMT")
        await place.tick()
        assert place.states()["feed"].next_due - place.clock.now == waits


# -- entries that come again in another guise


async def test_entries_that_are_reordered_dropped_and_added_again_are_told_once(tmp_path: Path) -> None:
    async with installed(tmp_path, "feed") as place:
        for items in ([0, 1, 2], [2, 0, 1], [2], [3, 2], [0, 1, 2, 3], [1, 3]):
            place.feed(FEED, *(news(number) for number in items))
            await poll(place)
        assert sorted(place.told) == sorted(title for title, _ in ON_TOPIC)


async def test_after_months_an_entry_that_comes_back_is_not_told_again(tmp_path: Path) -> None:
    async with installed(tmp_path, "feed") as place:
        for items in ([0, 1], [1], [1, 0]):
            place.feed(FEED, *(news(number) for number in items))
            await poll(place, after=timedelta(days=200))
            await place.app.tidy()
        assert len(place.told) == 2


def link(number: int, more: str = "") -> str:
    return f"https://news.example/{number}{more}"


GUISES: dict[str, Callable[[int, int], dict[str, str]]] = {
    "a guid of its own at each poll": lambda n, turn: {"guid": f"{n}-{turn}"},
    "a guid of its own at each poll, no link": lambda n, turn: {"guid": f"{n}-{turn}", "link": ""},
    "no guid": lambda _, __: {"guid": ""},
    "no guid and no link": lambda _, __: {"guid": "", "link": ""},
    "one guid for all": lambda _, __: {"guid": "same"},
    "one guid for all, no link": lambda _, __: {"guid": "same", "link": ""},
    "one link for all, no guid": lambda _, __: {"link": link(7), "guid": ""},
    "another campaign in the link": lambda n, turn: {"link": link(n, f"?utm_source=rss{turn}")},
    "another session in the link": lambda n, turn: {"link": link(n, f"?sid={turn}"), "guid": ""},
    "another session in link and guid": lambda n, turn: {"link": link(n, f"?sid={turn}"), "guid": f"{n}/{turn}"},
    "guids that go round": lambda n, turn: {"guid": f"guid-{(n + turn) % len(ON_TOPIC)}"},
    "guids that go round, no link": lambda n, turn: {"guid": f"guid-{(n + turn) % len(ON_TOPIC)}", "link": ""},
}


@pytest.mark.parametrize("guise", GUISES)
async def test_ids_that_change_make_no_storm(tmp_path: Path, guise: str) -> None:
    async with installed(tmp_path, "feed") as place:
        for turn in range(12):
            place.feed(FEED, *(news(number, **GUISES[guise](number, turn)) for number in range(len(ON_TOPIC))))
            await poll(place)
        assert sorted(place.told) == sorted(title for title, _ in ON_TOPIC)


async def test_a_guid_that_comes_with_other_words_is_an_edit_and_no_second_alert(tmp_path: Path) -> None:
    async with installed(tmp_path, "feed") as place:
        for number in range(3):
            place.feed(FEED, news(number, guid="top-story"))
            await poll(place)
        kinds = [post.message.kind for post in place.notifier.posts]
        assert kinds == ["alert", "reply", "reply"], "publishers rewrite a report and keep its guid: its thread says so"
        (known,) = place.app.store.read_now(entries_since, NOW)
        assert known.entry.title == ON_TOPIC[2][0]


async def test_one_report_in_two_feeds_is_told_once(tmp_path: Path) -> None:
    async with installed(tmp_path, "feed", "other") as place:
        place.feed(FEED, news(0))
        await poll(place)
        place.feed("/other", news(0, guid="elsewhere", link="https://news.example/0?utm_medium=feed#top"))
        await poll(place)
        assert len(place.told) == 1


# -- the first poll


@pytest.mark.parametrize(("rule", "messages"), [("digest", 1), ("silent", 0)])
async def test_a_first_poll_of_500_old_entries_is_no_flood(tmp_path: Path, rule: str, messages: int) -> None:
    async with installed(tmp_path, "feed", first_poll=rule) as place:
        place.feed(FEED, *old(500))
        await poll(place, after=timedelta())
        await poll(place, after=3 * MINUTE)
        await poll(place)
        heads = [one for one in place.notifier.posts if one.message.thread is None]
        assert len(heads) == messages
        place.feed(FEED, news(1), *old(499))
        await poll(place)
        assert place.told[-1] == ON_TOPIC[1][0], "and what comes then is news"


@pytest.mark.parametrize("empty", [1, 5])
async def test_what_an_empty_feed_held_all_along_is_its_first_poll(tmp_path: Path, empty: int) -> None:
    async with installed(tmp_path, "feed", first_poll="digest") as place:
        for _ in range(empty):
            await poll(place)
        place.feed(FEED, *old(40))
        await poll(place)
        assert [one.message.kind for one in place.notifier.posts if one.message.thread is None] == ["digest"]
        place.feed(FEED, news(1), *old(40))
        await poll(place)
        assert [one.message.kind for one in place.notifier.posts][-1] == "alert"


async def test_the_first_entries_of_a_feed_that_was_empty_are_news(tmp_path: Path) -> None:
    async with installed(tmp_path, "feed", first_poll="silent") as place:
        for _ in range(7):
            await poll(place, after=timedelta(days=1))
        place.feed(FEED, news(0))
        await poll(place)
        assert place.told == [ON_TOPIC[0][0]]
        place.feed(FEED)
        await poll(place)
        place.feed(FEED, news(1), news(0))
        await poll(place)
        assert place.told == [ON_TOPIC[0][0], ON_TOPIC[1][0]], "seen ones do not count"


# -- damaged documents


async def test_a_damaged_feed_is_read_and_said_to_be_so_once(tmp_path: Path) -> None:
    async with installed(tmp_path, "feed") as place:
        damaged = rss(news(0), news(1))[: -len("</channel></rss>")]
        with capture_logs() as lines:
            for number in range(3):
                place.pages[FEED] = response(damaged + b" " * number, Content_Type=RSS)
                await poll(place)
            place.feed(FEED, news(0), news(1), news(2))
            await poll(place)
            place.pages[FEED] = response(damaged, Content_Type=RSS)
            await poll(place)
        said = [one for one in lines if one["event"] == "poll.feed_damaged"]
        assert len(said) == 2, "once per spell"
        assert "not well-formed" in said[0]["reason"]
        assert len(place.told) == 3


# -- articles


async def silent(_: Request, writer: asyncio.StreamWriter) -> None:
    await writer.wait_closed()


PAGE = b"<html><body><article>" + b"<p>A word of the article.</p>" * 40 + b"</article></body></html>"
ARTICLES: dict[str, tuple[bytes | Answer, str]] = {
    "5 MB": (response(b"<p>word</p>" * 500_000, Content_Type="text/html"), r"larger than"),
    "a PDF": (response(b"%PDF-1.7 \0", Content_Type="application/pdf"), r"no web page"),
    "a PDF that says it is a page": (response(b"%PDF-1.7 \0" * 99, Content_Type="text/html"), r"PDF|no article"),
    "a paywall": (
        response(b"<html><title>Subscribe</title><p>Subscribe to read on.</p></html>", Content_Type="text/html"),
        r"no article",
    ),
    "404": (response(b"", "404 Not Found"), r"404"),
    "401": (response(b"", "401 Unauthorized"), r"401"),
    "nothing": (response(b"", Content_Type="text/html"), r"no article|empty"),
    "hangs": (silent, r"not read within 1 s"),
    "half of it": (response(PAGE, Content_Type="text/html", Content_Length="99999"), r"ends too early"),
}


@asynccontextmanager
async def reading(folder: Path, *, extractor: str | None = None, patience: float = 60) -> AsyncIterator[Installation]:
    """An installation that reads articles and waits so many seconds; ``extractor``: a stand-in that misbehaves."""
    async with installed(folder, "feed", full_text="likely") as place:
        poller = place.app.poller
        workers = Workers(extractor=extractor) if extractor else place.app.workers
        poller.judge = replace(poller.judge, patience=timedelta(seconds=patience), workers=workers)
        await poll(place)  # the feed is known; what comes now is news
        place.feed(FEED, news(0, link=place.server.url("/article")))
        try:
            yield place
        finally:
            await workers.close()


def note(place: Installation) -> str:
    """Why the one entry has no article."""
    (known,) = place.app.store.read_now(entries_since, NOW)
    assert known.entry.article is None
    return known.entry.article_note or ""


@pytest.mark.parametrize("page", ARTICLES)
async def test_an_article_that_cannot_be_had_costs_no_alert(tmp_path: Path, page: str) -> None:
    answer, sentence = ARTICLES[page]
    async with reading(tmp_path, patience=1 if answer is silent else 60) as place:
        place.pages["/article"] = answer
        await poll(place)
        assert place.told == [ON_TOPIC[0][0]]
        assert len(place.asked("/article")) == 1
        assert re.search(sentence, note(place)), note(place)


@pytest.mark.parametrize("path", ["/robots.txt", "/.well-known/tdmrep.json"])
async def test_rules_that_never_come_cost_no_alert(tmp_path: Path, path: str) -> None:
    async with reading(tmp_path, patience=1) as place:
        place.pages[path] = silent
        await poll(place)
        assert place.told == [ON_TOPIC[0][0]]
        assert "not read within 1 s" in note(place)


@pytest.mark.parametrize(("task", "sentence"), DOOMED.items())
async def test_an_article_that_breaks_its_reader_costs_no_alert(tmp_path: Path, task: str, sentence: str) -> None:
    patience = 1 if task == "sleeps" else 60
    async with reading(tmp_path, extractor=f"tests.worker_tasks:{task}", patience=patience) as place:
        place.pages["/article"] = response(PAGE, Content_Type="text/html")
        await poll(place)
        assert place.told == [ON_TOPIC[0][0]]
        assert sentence in note(place)
        place.feed(FEED, news(1, link=place.server.url("/another")))
        await poll(place)
        assert len(place.told) == 2, "and not the next one either"


# -- memory


MEASURED = """
import asyncio, resource, sys
from watcher.errors import FetchError
from watcher.fetch import Fetcher

async def fetch(url):
    fetcher = Fetcher(user_agent="test", allow_networks=["127.0.0.0/8"])
    try:
        await fetcher.get(url)
    except FetchError as error:
        return error.fault
    finally:
        await fetcher.close()

async def main():
    await fetch(sys.argv[1] + "/plain")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    faults = [await fetch(sys.argv[1] + path) for path in ("/bomb", "/twice")]
    print(*faults, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)

asyncio.run(main())
"""


def bomb(size: int) -> bytes:
    """So many MiB of zeros, packed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(1024**2)) for _ in range(size)) + packer.flush()


async def test_bombs_cost_a_process_less_than_50_mb() -> None:
    packed = await asyncio.to_thread(bomb, 1024)
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    pages = {
        "/plain": response(rss(news()), Content_Type=RSS),
        "/bomb": response(packed, Content_Encoding="gzip"),
        "/twice": response(packer.compress(packed) + packer.flush(), Content_Encoding="gzip, gzip"),
    }
    async with serve(pages) as server:
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", MEASURED, server.url("")],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            cwd=Path(__file__).parent.parent,
        )
    one, two, grown = done.stdout.split()
    print(f"1 GiB in {len(packed) // 1024} KiB of gzip: {grown} MB more at the peak")
    assert (one, two) == ("too_large", "encoding")
    assert int(grown) < 50
