"""The socket over a real websocket on loopback, with Slack's own client: it hears, acknowledges, and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.fake_socket import APP_TOKEN, FakeSocketSlack
from watcher.errors import StateError
from watcher.feedback import Command, Press, read
from watcher.feedback.socket import Rest, Socket

BUTTON = {"action_id": "feedback_relevant", "block_id": "i/one", "type": "button", "value": "i/one"}
MENU = {"action_id": "more", "block_id": "i/one", "type": "overflow"}


@dataclass
class Ears:
    """Takes what comes; ``faults`` are raised in turn, and ``late`` waits for ever."""

    came: list[Press | Command] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    faults: list[Exception | str] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def take(self, asked: Press | Command) -> Rest | None:
        fault = self.faults.pop(0) if self.faults else None
        if fault == "late":
            await asyncio.Event().wait()
        if isinstance(fault, Exception):
            raise fault
        self.came.append(asked)

        async def rest() -> None:
            self.done.append(asked.id)

        return rest

    def spawn(self, work: Any) -> None:
        made: Coroutine[Any, Any, None] = work()
        task = asyncio.create_task(made)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


@asynccontextmanager
async def connected(slack: FakeSocketSlack, ears: Ears, token: str = APP_TOKEN, **over: Any) -> AsyncIterator[Socket]:
    given = {"ping": 0.2, "backoff": (0.01, 0.05), "hello": 0.4, **over}
    socket = Socket(token=lambda: token, take=ears.take, spawn=ears.spawn, api_url=slack.url, **given)
    running = asyncio.create_task(socket.run())
    try:
        yield socket
    finally:
        running.cancel()
        await asyncio.gather(running, *ears.tasks, return_exceptions=True)


@pytest.fixture
async def slack() -> AsyncIterator[FakeSocketSlack]:
    async with FakeSocketSlack().serve() as made:
        assert isinstance(made, FakeSocketSlack)
        yield made


async def test_a_press_is_heard_acknowledged_and_acted_on(slack: FakeSocketSlack) -> None:
    ears = Ears()
    async with connected(slack, ears) as socket:
        assert not socket.works
        await slack.until(lambda: socket.works)
        await slack.press(BUTTON)
        await slack.press(MENU, option="mute_story", at="101.0")
        await slack.type_("explain <https://n.example/a|n.example>")
        await slack.until(lambda: len(slack.acknowledged) == 3 and len(ears.done) == 3)
    press, menu, command = ears.came
    assert press == Press(
        id="C000DESK1:1.0:U1:feedback_relevant:100.0", action="feedback_relevant", key="i/one", user="U1", name="ann",
        channel="C000DESK1", response_url=press.response_url,
    )  # fmt: skip
    assert isinstance(menu, Press)
    assert (menu.action, menu.key) == ("mute_story", "i/one")
    assert isinstance(command, Command)
    assert (command.name, command.text) == ("/news", "explain <https://n.example/a|n.example>")


@pytest.mark.parametrize("fault", [StateError("the disk is full"), "late"])
async def test_what_is_not_written_down_is_not_acknowledged(
    slack: FakeSocketSlack, fault: Exception | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watcher.feedback.socket.ACKNOWLEDGE", 0.05)
    ears = Ears(faults=[fault])
    async with connected(slack, ears) as socket:
        await slack.until(lambda: socket.works)
        with capture_logs() as logs:
            await slack.press(BUTTON)
            await slack.press(BUTTON, at="101.0")
            await slack.until(lambda: bool(ears.done) and bool(logs))
        assert len(slack.acknowledged) == 1
        assert [one["event"] for one in logs] == ["feedback.not_written"]


async def test_what_is_no_press_of_ours_is_acknowledged_and_left(slack: FakeSocketSlack) -> None:
    ears = Ears()
    strange: list[tuple[str, dict[str, Any]]] = [
        ("interactive", {"type": "view_submission"}),
        ("interactive", {"type": "block_actions", "actions": [], "user": {"id": "U1"}}),
        ("interactive", {"type": "block_actions", "actions": "none", "user": None}),
        ("events_api", {"event": {"type": "message"}}),
        ("slash_commands", {"command": "/news"}),
    ]
    async with connected(slack, ears) as socket:
        await slack.until(lambda: socket.works)
        for kind, payload in strange:
            await slack.send(kind, payload)
        await slack.until(lambda: len(slack.acknowledged) == len(strange))
    assert ears.came == []


@pytest.mark.parametrize("fault", ["rude", "mute", "drop"])
async def test_a_socket_that_is_silent_or_gone_is_replaced(slack: FakeSocketSlack, fault: str) -> None:
    slack.faults["socket"].append(fault)
    ears = Ears()
    async with connected(slack, ears) as socket:
        await slack.until(lambda: slack.opened >= 2 and socket.works)
        await slack.press(BUTTON)
        await slack.until(lambda: bool(ears.done))


async def test_slack_asks_for_another_connection_and_gets_it(slack: FakeSocketSlack) -> None:
    ears = Ears()
    async with connected(slack, ears) as socket:
        await slack.until(lambda: socket.works)
        await slack.sockets[-1].send_json({"type": "disconnect", "reason": "refresh_requested"})
        await slack.until(lambda: slack.opened == 2)
        await slack.press(BUTTON)
        await slack.until(lambda: bool(ears.done))
        assert socket.works


async def test_a_refused_token_is_said_once_and_tried_again(slack: FakeSocketSlack) -> None:
    ears = Ears()
    tokens = iter(["xapp-old"] * 3)
    with capture_logs() as logs:
        async with connected(slack, ears) as socket:
            socket.token = lambda: next(tokens, APP_TOKEN)
            await slack.until(lambda: socket.works)
    refused = [one for one in logs if one["event"] == "feedback.disconnected"]
    assert len(refused) <= 1
    assert all("SLACK_APP_TOKEN" in one["reason"] for one in refused)
    assert socket.fault is None


async def test_a_slack_that_is_away_is_waited_for(slack: FakeSocketSlack) -> None:
    slack.faults["apps.connections.open"].extend(["500", "html", "close", "socket_mode_not_enabled"])
    async with connected(slack, Ears()) as socket:
        await slack.until(lambda: socket.works)
        assert socket.restarts == 4


async def test_a_second_connection_on_the_same_token_is_said(slack: FakeSocketSlack) -> None:
    slack.connections = 2
    with capture_logs() as logs:
        async with connected(slack, Ears()) as socket:
            await slack.until(lambda: socket.works)
    assert socket.connections == 2
    assert "feedback.shared" in {one["event"] for one in logs}


def test_a_press_without_an_address_has_its_key_from_wherever_slack_put_it() -> None:
    user = {"id": "U1"}
    message = {"ts": "1.0", "metadata": {"event_payload": {"key": "i/meta"}}}
    bare = {"type": "block_actions", "user": user, "message": message, "actions": [{"action_id": "feedback_relevant"}]}
    press = read("interactive", bare, "e")
    assert isinstance(press, Press)
    assert (press.key, press.name, press.response_url) == ("i/meta", "U1", None)
    chosen = {"action_id": "more", "selected_option": {"value": "undo i/own"}}
    other = read("interactive", {**bare, "actions": [chosen]}, "e")
    assert isinstance(other, Press)
    assert (other.action, other.key) == ("undo", "i/own")
    assert read("interactive", None, "e") is None
