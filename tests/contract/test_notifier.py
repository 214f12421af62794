"""What every notifier promises. A new one gets a row in ``NOTIFIERS``."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from importlib import import_module

import pytest
from rich.console import Console

from tests.builders import NOW, alert
from tests.fake_slack import TOKEN, FakeSlack
from tests.fakes import FakeNotifier
from watcher import notifiers
from watcher.errors import DeliveryError
from watcher.notifiers import Notifier
from watcher.notifiers.console import ConsoleNotifier
from watcher.notifiers.slack import SlackNotifier
from watcher.notifiers.webhook import WebhookNotifier
from watcher.types import Message, Receipt


@asynccontextmanager
async def slack() -> AsyncIterator[Notifier]:
    async with FakeSlack().serve() as there:
        notifier = SlackNotifier(lambda: TOKEN, there.url)
        yield notifier
        await notifier.close()


@asynccontextmanager
async def webhook() -> AsyncIterator[Notifier]:
    async with FakeSlack().serve() as there:
        yield WebhookNotifier(lambda: there.webhook)


@asynccontextmanager
async def console() -> AsyncIterator[Notifier]:
    yield ConsoleNotifier(Console(file=io.StringIO()))


@asynccontextmanager
async def fake() -> AsyncIterator[Notifier]:
    yield FakeNotifier()


Make = Callable[[], AbstractAsyncContextManager[Notifier]]
NOTIFIERS: dict[str, Make] = {"slack": slack, "webhook": webhook, "console": console, "fake": fake}
KEEPS = ("slack", "fake")
"""Those whose messages can be looked up."""
BLIND = ("webhook",)
"""Those that cannot look at all, and say so."""
every = pytest.mark.parametrize("make", NOTIFIERS.values(), ids=NOTIFIERS.keys())
keeping = pytest.mark.parametrize("make", [NOTIFIERS[name] for name in KEEPS], ids=KEEPS)


def test_every_registered_notifier_has_a_row_here() -> None:
    assert set(notifiers.NOTIFIERS) == set(NOTIFIERS) - {"fake"}
    for name, place in notifiers.NOTIFIERS.items():
        module, _, cls = place.partition(":")
        assert getattr(import_module(module), cls).name == name


@every
async def test_a_sent_message_gets_a_receipt_of_its_own(make: Make) -> None:
    async with make() as notifier:
        channel = await notifier.resolve("#desk")
        first = await notifier.send(Message(key="i/1", kind="alert", items=(alert(),)), channel)
        second = await notifier.send(Message(key="i/2", kind="reply", items=(alert(),), thread=first), channel)
        assert first.channel == second.channel == channel
        assert first.ts != second.ts


@every
@pytest.mark.parametrize("kind", ["alert", "digest", "notice"])
async def test_every_kind_of_message_is_taken_blocks_or_plain(make: Make, kind: str) -> None:
    async with make() as notifier:
        channel = await notifier.resolve("#desk")
        for plain in (False, True):
            items = () if kind == "notice" else (alert(), alert("Another one"))[: 2 if kind == "digest" else 1]
            message = Message(key=f"i/{plain}", kind=kind, title="News", items=items, plain=plain)  # type: ignore[arg-type]  # str
            assert (await notifier.send(message, channel)).ts


@pytest.mark.parametrize("make", [NOTIFIERS[name] for name in BLIND], ids=BLIND)
async def test_one_that_cannot_look_says_so(make: Make) -> None:
    async with make() as notifier:
        with pytest.raises(DeliveryError) as caught:
            await notifier.find("i/none", await notifier.resolve("#desk"), NOW, None)
        assert (caught.value.outcome, caught.value.scope) == ("not_sent", "channel")


@pytest.mark.parametrize("make", [make for name, make in NOTIFIERS.items() if name not in BLIND])
async def test_what_was_never_sent_is_not_found(make: Make) -> None:
    async with make() as notifier:
        assert await notifier.find("i/none", await notifier.resolve("#desk"), NOW, None) is None


@keeping
async def test_a_sent_message_is_found_by_its_key_and_a_reply_in_its_thread(make: Make) -> None:
    async with make() as notifier:
        channel = await notifier.resolve("#desk")
        parent = await notifier.send(Message(key="i/1", kind="alert", items=(alert(),)), channel)
        reply = await notifier.send(Message(key="i/2", kind="reply", items=(alert(),), thread=parent), channel)
        assert await notifier.find("i/1", channel, NOW, None) == parent
        assert await notifier.find("i/2", channel, NOW, parent) == reply
        assert await notifier.find("i/3", channel, NOW, parent) is None


@pytest.mark.parametrize("make", [make for name, make in NOTIFIERS.items() if name not in BLIND])
async def test_a_sent_message_is_updated_in_its_place(make: Make) -> None:
    async with make() as notifier:
        channel = await notifier.resolve("#desk")
        receipt = await notifier.send(Message(key="i/1", kind="alert", items=(alert(),)), channel)
        await notifier.update(Message(key="i/1", kind="alert", items=(alert("Another headline"),)), receipt)
        if notifier.name in KEEPS:
            assert await notifier.find("i/1", channel, NOW, None) == receipt


@keeping
async def test_a_message_that_is_gone_cannot_be_updated_and_it_is_the_message_s_own_fault(make: Make) -> None:
    async with make() as notifier:
        gone = Receipt(channel=await notifier.resolve("#desk"), ts="1.000001")
        with pytest.raises(DeliveryError) as caught:
            await notifier.update(Message(key="i/1", kind="alert", items=(alert(),)), gone)
        assert (caught.value.outcome, caught.value.scope) == ("not_sent", "message")


@pytest.mark.parametrize("make", [NOTIFIERS[name] for name in BLIND], ids=BLIND)
async def test_one_that_cannot_update_says_so(make: Make) -> None:
    async with make() as notifier:
        receipt = await notifier.send(Message(key="i/1", kind="alert", items=(alert(),)), "#desk")
        with pytest.raises(DeliveryError) as caught:
            await notifier.update(Message(key="i/1", kind="alert", items=(alert(),)), receipt)
        assert (caught.value.outcome, caught.value.scope) == ("not_sent", "message")


@keeping
async def test_a_message_that_was_taken_back_is_not_found_and_may_be_taken_back_twice(make: Make) -> None:
    async with make() as notifier:
        channel = await notifier.resolve("#desk")
        kept = await notifier.send(Message(key="i/1", kind="alert", items=(alert(),)), channel)
        receipt = await notifier.send(Message(key="i/2", kind="alert", items=(alert(),)), channel)
        for _ in range(2):
            await notifier.delete(receipt)
        assert await notifier.find("i/2", channel, NOW, None) is None
        assert await notifier.find("i/1", channel, NOW, None) == kept


@pytest.mark.parametrize("make", [NOTIFIERS[name] for name in BLIND], ids=BLIND)
async def test_one_that_cannot_take_back_says_so(make: Make) -> None:
    async with make() as notifier:
        with pytest.raises(DeliveryError) as caught:
            await notifier.delete(Receipt(channel="#desk", ts="1"))
        assert caught.value.scope == "message"
        assert caught.value.remedy


@keeping
async def test_the_keys_of_what_a_channel_shows_are_told_from_a_moment_on(make: Make) -> None:
    async with make() as notifier:
        channel = await notifier.resolve("#desk")
        for key in ("i/1", "i/2"):
            await notifier.send(Message(key=key, kind="alert", items=(alert(),)), channel)
        assert sorted(await notifier.posted_keys(channel, NOW)) == ["i/1", "i/2"]
        assert await notifier.posted_keys(channel, NOW + timedelta(hours=1)) == []
        assert await notifier.posted_keys(await notifier.resolve("#general"), NOW) == []


@every
async def test_an_id_resolves_to_itself_twice(make: Make) -> None:
    async with make() as notifier:
        channel = await notifier.resolve("#desk")
        assert await notifier.resolve("#desk") == channel
