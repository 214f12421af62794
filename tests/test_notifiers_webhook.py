from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.builders import alert
from tests.fake_slack import FakeSlack
from watcher.errors import DeliveryError
from watcher.notifiers.webhook import WebhookNotifier
from watcher.types import Message, Receipt

SECRET = "T-sentinel-secret"


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack().serve() as there:
        yield there


async def refused(slack: FakeSlack, fault: str) -> DeliveryError:
    slack.faults["webhook"].append(fault)
    with pytest.raises(DeliveryError) as caught:
        await WebhookNotifier(lambda: slack.webhook, timeout=0.5 if "hang" in fault else 30).send(
            Message(key="k", kind="notice"), "webhook"
        )
    assert SECRET not in str(caught.value) + caught.value.remedy
    return caught.value


async def test_a_webhook_posts_blocks_without_thread_or_metadata(slack: FakeSlack) -> None:
    message = Message(key="k", kind="reply", items=(alert(),), thread=Receipt(channel="C", ts="1.0"))
    await WebhookNotifier(lambda: slack.webhook).send(message, "#general")
    (post,) = slack.messages
    assert set(post) == {"text", "blocks", "unfurl_links", "unfurl_media", "channel", "ts"}


@pytest.mark.parametrize("fault", ["500", "html", "truncated", "close", "hang", "store-close", "store-500"])
async def test_lost_answers_are_unsure_and_sent_once(slack: FakeSlack, fault: str) -> None:
    assert (await refused(slack, fault)).outcome == "unsure"
    assert len(slack.calls) == 1


@pytest.mark.parametrize(
    ("fault", "scope"),
    [
        ("invalid_payload", "message"),
        ("no_service", "token"),
        ("channel_is_archived", "channel"),
        ("action_prohibited", "channel"),
        ("something_new", "channel"),
    ],
)
async def test_refusals_say_who_must_mend_them(slack: FakeSlack, fault: str, scope: str) -> None:
    error = await refused(slack, fault)
    assert (error.outcome, error.scope) == ("not_sent", scope)
    assert error.remedy


async def test_slow_down_is_obeyed(slack: FakeSlack) -> None:
    assert (await refused(slack, "429:3")).retry_after == timedelta(seconds=3)


async def test_nobody_listening_means_not_sent() -> None:
    error = await refused(FakeSlack(url="http://127.0.0.1:9/api/"), "ok")
    assert (error.outcome, error.scope, error.code) == ("not_sent", "retry", "unreachable")
