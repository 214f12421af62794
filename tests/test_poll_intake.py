"""What is parsed of a feed's next document: nothing that was seen, and nothing less than what is new."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from tests import builders as b
from tests.fakes import FakeClock
from tests.fetching import fetching
from tests.loopback import response, serve
from watcher.poll.intake import LOOKED_AT_HERE, Intake, Intaker
from watcher.types import FeedState
from watcher.workers import Workers


@pytest.fixture(scope="module")
def workers() -> Workers:
    return Workers()


@dataclass
class Polled:
    """One feed that is polled again and again; ``state`` is what the last poll left."""

    intaker: Intaker
    documents: dict[str, bytes]
    url: str
    state: FeedState = field(default_factory=b.feed_state)
    topics: tuple[str, ...] = ("t",)

    async def serve(self, *items: str, head: str = "", content_type: str = "application/rss+xml") -> Intake:
        body = f"<rss version='2.0'><channel><title>T</title>{head}{''.join(items)}</channel></rss>".encode()
        return await self.serve_body(body, content_type)

    async def serve_body(self, body: bytes, content_type: str = "application/rss+xml") -> Intake:
        self.documents["/feed.xml"] = response(body, Content_Type=content_type)
        took = await self.intaker.take(b.feed(self.url), self.state, self.topics)
        self.state = took.state
        return took


@asynccontextmanager
async def polled(workers: Workers) -> AsyncIterator[Polled]:
    documents: dict[str, bytes] = {}
    async with serve(documents) as server, fetching() as fetcher:
        intaker = Intaker(fetcher=fetcher, workers=workers, clock=FakeClock(), jitter=lambda: 0.0, step=lambda _: None)
        yield Polled(intaker, documents, server.url())


def item(title: str, **over: str) -> str:
    told = {"link": f"https://n.example/{title}", "guid": title, "description": f"About {title}.", **over}
    return f"<item><title>{title}</title>{''.join(f'<{k}>{v}</{k}>' for k, v in told.items())}</item>"


def titles(took: Intake) -> list[str] | None:
    assert took.state.error is None
    return None if took.parsed is None else [one.title for one in took.parsed.entries]


ONE, TWO, THREE = item("One"), item("Two"), item("Three")


async def test_only_new_and_edited_items_are_parsed(workers: Workers) -> None:
    async with polled(workers) as feed:
        first = await feed.serve(ONE, TWO)
        assert (titles(first), first.first, first.state.entries) == (["One", "Two"], True, 2)
        second = await feed.serve(THREE, ONE, TWO)
        assert (titles(second), second.first, second.state.entries) == (["Three"], False, 3)
        edited = await feed.serve(THREE, ONE, item("Two", description="Edited."))
        assert titles(edited) == ["Two"]
        assert edited.parsed is not None
        assert edited.parsed.entries[0].text == "Edited."


async def test_the_same_document_is_nothing_new_however_it_is_packed_and_its_validators_are_taken(
    workers: Workers,
) -> None:
    document = f"<rss version='2.0'><channel><title>T</title>{ONE}</channel></rss>".encode()
    async with polled(workers) as feed:
        for level, etag in ((1, "a"), (1, "b"), (9, "c"), (None, "d"), (None, "e")):
            packed = document if level is None else gzip.compress(document, level, mtime=1)
            coding = {} if level is None else {"Content_Encoding": "gzip"}
            feed.documents["/feed.xml"] = response(packed, Content_Type="application/rss+xml", ETag=etag, **coding)
            took = await feed.intaker.take(b.feed(feed.url), feed.state, feed.topics)
            assert (titles(took), took.state.etag) == (["One"] if etag == "a" else None, etag)
            feed.state = took.state


async def test_what_an_older_version_knew_of_a_document_holds(workers: Workers) -> None:
    async with polled(workers) as feed:
        await feed.serve(ONE)
        assert feed.state.body_hash is not None
        feed.state = replace(feed.state, body_hash=feed.state.body_hash[:16])
        assert titles(await feed.serve(ONE)) is None
        assert len(feed.state.body_hash or "") == 32


async def test_nothing_is_parsed_when_only_the_head_changed_or_an_item_went(workers: Workers) -> None:
    async with polled(workers) as feed:
        await feed.serve(ONE, TWO)
        assert titles(await feed.serve(ONE, TWO, head="<lastBuildDate>now</lastBuildDate>")) is None
        gone = await feed.serve(TWO)
        assert (titles(gone), gone.state.entries) == (None, 1)
        assert titles(await feed.serve(TWO, ONE)) == ["One"]


async def test_other_topics_have_all_items_parsed_again(workers: Workers) -> None:
    async with polled(workers) as feed:
        await feed.serve(ONE, TWO)
        feed.topics = ("t", "another")
        assert titles(await feed.serve(THREE, ONE, TWO)) == ["Three", "One", "Two"]
        assert titles(await feed.serve(ONE, TWO, item("Four"))) == ["Four"]


async def test_a_new_item_with_the_link_or_guid_of_an_old_one_has_all_parsed(workers: Workers) -> None:
    async with polled(workers) as feed:
        await feed.serve(ONE, TWO)
        same_link = item("Three", link="https://n.example/One?utm_source=rss")
        assert titles(await feed.serve(same_link, ONE, TWO)) == ["Three", "One", "Two"]
        assert titles(await feed.serve(same_link, ONE, TWO, item("Four"))) == ["Three", "One", "Two", "Four"]
        assert titles(await feed.serve(ONE, TWO)) == ["One", "Two"]
        assert titles(await feed.serve(item("Five", guid="Two"), ONE, TWO)) == ["Five", "One", "Two"]


@pytest.mark.parametrize("odd", ["<item><title>a & b</title></item>", "<item/>", "<group><item/></group>"])
async def test_what_is_not_plain_is_parsed_whole_each_time(workers: Workers, odd: str) -> None:
    async with polled(workers) as feed:
        await feed.serve(ONE, odd)
        took = await feed.serve(THREE, ONE, odd)
        assert took.parsed is not None
        assert {one.title for one in took.parsed.entries} >= {"Three", "One"}
        assert took.state.items is None


async def test_another_encoding_has_all_items_parsed_again(workers: Workers) -> None:
    async with polled(workers) as feed:
        bodies = [
            f"<?xml version='1.0' encoding='{one}'?><rss><channel>{item('Café')}</channel></rss>".encode("iso-8859-1")
            for one in ("iso-8859-1", "iso-8859-7")
        ]
        assert titles(await feed.serve_body(bodies[0])) == ["Café"]
        assert titles(await feed.serve_body(bodies[1])) == ["Cafι"]


async def test_a_failure_forgets_nothing(workers: Workers) -> None:
    async with polled(workers) as feed:
        await feed.serve(ONE, TWO)
        known = feed.state.items
        failed = await feed.serve_body(b"<html><title>Sign in</title></html>")
        assert failed.state.error is not None
        assert failed.state.items == known
        assert titles(await feed.serve(THREE, ONE, TWO)) == ["Three"]


async def test_large_documents_are_told_apart_in_a_worker(workers: Workers) -> None:
    async with polled(workers) as feed:
        long = item("Long", description="word " * (LOOKED_AT_HERE // 4))
        await feed.serve(long, ONE)
        assert titles(await feed.serve(long, TWO, ONE)) == ["Two"]
