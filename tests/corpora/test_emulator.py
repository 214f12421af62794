"""Our messages in a Slack that strangers wrote: the emulator ``emulate`` of npm, pinned, posted to through slack-sdk.

Our own fake is stricter and can fail in more ways; this one shows that it is not only ourselves we agree with.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.builders import NOW, alert
from tests.corpora.places import corpora
from tests.line import CRASHED, OFF_TOPIC, ON_TOPIC, Item, World, world
from tests.program import watcher
from watcher.errors import DeliveryError
from watcher.notifiers.blocks import payload
from watcher.notifiers.slack import SlackNotifier
from watcher.types import Message

PACKAGE = "emulate@0.11.2"
"""Later versions want a newer Node; the npm tag "latest" is another product."""
TOKEN = "xoxb-for-the-emulator"

pytestmark = [
    pytest.mark.corpora,
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base address of an emulator's Web API; it ends with the module's tests."""
    corpora()
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed: the Slack emulator needs Node and npm")
    folder = tmp_path_factory.mktemp("emulator")
    install = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), PACKAGE]
    installed = subprocess.run(install, capture_output=True, text=True, timeout=240, check=False)
    assert installed.returncode == 0, installed.stderr
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = folder / "node_modules" / ".bin" / "emulate"
    log = folder / "log.txt"
    with log.open("w") as told:
        running = subprocess.Popen(
            [program, "start", "--service", "slack", "--port", str(port)], stdout=told, stderr=told, cwd=folder
        )
    try:
        wait_for(port, running, log)
        yield f"http://127.0.0.1:{port}/api/"
    finally:
        running.kill()
        running.wait()


def wait_for(port: int, running: subprocess.Popen[bytes], log: Path) -> None:
    """Until it listens. A connection that is refused tells at once, so each try waits for a moment."""
    for _ in range(300):
        assert running.poll() is None, log.read_text()
        try:
            running.wait(0.1)
        except subprocess.TimeoutExpired:
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    return
    pytest.fail(f"the emulator does not listen: {log.read_text()}")


async def ask(slack: str, method: str, **form: str) -> dict[str, Any]:
    """One call by slack-sdk, as a form: the emulator knows no GET."""
    answer = await AsyncWebClient(token=TOKEN, base_url=slack, retry_handlers=[]).api_call(method, data=form)
    assert isinstance(answer.data, dict)
    return answer.data


async def history(slack: str, channel: str) -> list[dict[str, Any]]:
    told = await ask(slack, "conversations.history", channel=channel, limit="200", include_all_metadata="true")
    messages: list[dict[str, Any]] = told["messages"]
    return messages


def keys(messages: list[dict[str, Any]]) -> list[str]:
    return [one["metadata"]["event_payload"]["key"] for one in messages if one.get("metadata")]


async def channel_of(slack: str, name: str) -> str:
    """A new channel, so that no test sees another's messages."""
    made = await ask(slack, "conversations.create", name=name)
    return str(made["channel"]["id"])


async def test_an_alert_is_kept_as_it_was_posted_metadata_and_blocks_included(slack: str) -> None:
    channel = await channel_of(slack, "as-posted")
    notifier = SlackNotifier(lambda: TOKEN, slack)
    assert await notifier.resolve("#as-posted") == channel
    message = Message(key="0123456789abcdef/fedcba9876543210", kind="alert", items=(alert("Seoul & <Washington>"),))
    receipt = await notifier.send(message, channel)
    (kept,) = await history(slack, channel)
    posted = payload(message, channel_id=channel)
    assert kept["ts"] == receipt.ts
    assert kept["metadata"] == {"event_type": "watcher_alert", "event_payload": {"key": message.key}}
    assert kept["text"] == posted["text"]
    assert kept["blocks"] == posted["blocks"]


@pytest.mark.parametrize("kind", ["alert", "digest", "notice"])
async def test_every_kind_of_message_is_taken_and_found_by_its_key(slack: str, kind: str) -> None:
    channel = await channel_of(slack, f"kind-{kind}")
    notifier = SlackNotifier(lambda: TOKEN, slack)
    for plain in (False, True):
        items = () if kind == "notice" else (alert(), alert("Another one"))[: 2 if kind == "digest" else 1]
        message = Message(key=f"i/{plain}", kind=kind, title="News", items=items, plain=plain)  # type: ignore[arg-type]  # str
        receipt = await notifier.send(message, channel)
        assert await notifier.find(message.key, channel, NOW, None) == receipt


async def test_replies_are_found_in_their_thread_and_what_was_never_sent_is_not(slack: str) -> None:
    channel = await channel_of(slack, "threads")
    notifier = SlackNotifier(lambda: TOKEN, slack)
    parent = await notifier.send(Message(key="i/1", kind="alert", items=(alert(),)), channel)
    reply = await notifier.send(Message(key="i/2", kind="reply", items=(alert(),), thread=parent), channel)
    assert await notifier.find("i/1", channel, NOW, None) == parent
    assert await notifier.find("i/2", channel, NOW, parent) == reply
    assert await notifier.find("i/3", channel, NOW, parent) is None
    assert await notifier.find("i/3", channel, NOW, None) is None


async def test_what_is_taken_back_is_gone_and_the_rest_is_told_by_its_keys(slack: str) -> None:
    channel = await channel_of(slack, "taken-back")
    notifier = SlackNotifier(lambda: TOKEN, slack)
    kept = await notifier.send(Message(key="i/1", kind="alert", items=(alert(),)), channel)
    gone = await notifier.send(Message(key="i/2", kind="alert", items=(alert(),)), channel)
    for _ in range(2):
        await notifier.delete(gone)
    assert await notifier.find("i/2", channel, NOW, None) is None
    assert await notifier.posted_keys(channel, NOW) == ["i/1"]
    with pytest.raises(DeliveryError) as caught:
        await notifier.update(Message(key="i/2", kind="alert", items=(alert(),)), gone)
    assert (caught.value.code, caught.value.scope) == ("message_not_found", "message")
    await notifier.update(Message(key="i/1", kind="alert", items=(alert("Talks end"),)), kept)
    assert "Talks end" in (await history(slack, channel))[0]["text"]


async def test_the_doctor_reads_its_answers_and_proves_a_channel(slack: str, place: World) -> None:
    await channel_of(slack, "doctor")
    tell(place, "doctor")
    environ = {"SLACK_BOT_TOKEN": TOKEN, "SLACK_API_URL": slack}
    told = await watcher("--config", str(place.config), "doctor", "--send", "--json", environ=environ)
    found = json.loads(told.out)["findings"]
    assert [one for one in found if one["state"] == "fault"] == []
    assert any("a test message was posted, found and removed" in one["what"] for one in found), found


async def test_a_channel_that_is_not_there_is_refused_as_one(slack: str) -> None:
    notifier = SlackNotifier(lambda: TOKEN, slack)
    name = await notifier.resolve("#nowhere-at-all")
    with pytest.raises(DeliveryError) as by_name:
        await notifier.send(Message(key="i/1", kind="alert", items=(alert(),)), name)
    assert (by_name.value.code, by_name.value.outcome) == ("channel_not_found", "not_sent")
    with pytest.raises(DeliveryError) as by_id:
        await notifier.send(Message(key="i/1", kind="alert", items=(alert(),)), "C0NOWHERE")
    assert (by_id.value.code, by_id.value.outcome) == ("channel_not_found", "not_sent")


@pytest.fixture
def place(slack: str, tmp_path: Path) -> Iterator[World]:
    """Feeds with three stories on the topic and two that are not; alerts go to the emulator."""
    with world(tmp_path) as made:
        made.slack.url = slack
        stories = [Item(*one, path=f"/{number}.html") for number, one in enumerate([*ON_TOPIC, *OFF_TOPIC])]
        made.feeds = {"one": stories[:4], "two": stories[2:]}
        yield made


def tell(place: World, channel: str) -> None:
    place.configure(topics={"alliance": {"title": "The alliance", "seeds": "seeds", "channel": f"#{channel}"}})


async def test_one_round_of_the_program_tells_each_story_once(slack: str, place: World) -> None:
    channel = await channel_of(slack, "one-round")
    tell(place, "one-round")
    environ = {"SLACK_BOT_TOKEN": TOKEN, "SLACK_API_URL": slack}
    arguments = ("--config", str(place.config), "run", "--once", "--json")
    first = await watcher(*arguments, environ=environ)
    assert first.code == 0, first.err
    assert first.report["alerts_sent"] == len(ON_TOPIC), first.out
    assert first.report["errors"] == []
    told = await history(slack, channel)
    assert set(Counter(keys(told)).values()) == {1}
    assert len(told) == len(ON_TOPIC)
    assert all(any(title in one["text"] for one in told) for title, _ in ON_TOPIC)
    second = await watcher(*arguments, environ=environ)
    assert second.report["alerts_sent"] == 0
    assert await history(slack, channel) == told


@pytest.mark.parametrize("step", ["deliver.send.before", "deliver.send.after"])
async def test_after_a_crash_around_a_post_every_story_is_told_once(slack: str, place: World, step: str) -> None:
    name = "crash-" + step.rpartition(".")[2]
    channel = await channel_of(slack, name)
    tell(place, name)
    assert place.once(crash_at=step) == CRASHED
    assert len(await history(slack, channel)) == (step == "deliver.send.after")
    assert place.once() == 0
    told = Counter(keys(await history(slack, channel)))
    assert set(told.values()) == {1}
    assert len(told) == len(ON_TOPIC)
