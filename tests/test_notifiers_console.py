from __future__ import annotations

import io
from datetime import timedelta, timezone

import pytest
from rich.console import Console

from tests.builders import alert, why
from watcher.notifiers.console import ConsoleNotifier
from watcher.types import Alert, Message, Receipt


async def printed(*items: Alert, width: int = 100, **over: object) -> str:
    screen = io.StringIO()
    console = Console(file=screen, width=width, highlight=False)
    notifier = ConsoleNotifier(console, zone=timezone(timedelta(hours=9), "KST"))
    given = {"key": "i/1", "kind": "alert", "items": items}
    await notifier.send(Message(**{**given, **over}), "#desk")  # type: ignore[arg-type]  # keyword by keyword right
    return screen.getvalue()


async def test_an_alert_reads_as_it_will_in_slack() -> None:
    screen = await printed(alert(outlets=("Example News", "Wire")))
    for part in (
        "#desk", "Seoul and Washington agree on troop costs", "https://news.example/", "talks had ended",
        "Example News · 2 Mar 2026 21:00 KST", "also Wire",
        "Good match for US–South Korea alliance: South Korea, troops · closest to MSNBC",
    ):  # fmt: skip
        assert part in screen
    assert "*" not in screen
    assert "<" not in screen
    assert "╭" in screen


@pytest.mark.parametrize("width", [80, 120])
async def test_no_line_is_wider_than_the_screen(width: int) -> None:
    item = alert("A headline " * 20, summary="A summary that goes on. " * 20, why=(why(terms=("term",) * 6),) * 3)
    lines = (await printed(item, width=width)).splitlines()
    assert {len(line) for line in lines} == {min(width, 100)}


async def test_outside_text_is_shown_literally() -> None:
    screen = await printed(alert("[bold]not markup[/bold] <!channel> & 2*3*4", url=None))
    assert "[bold]not markup[/bold] <!channel> & 2*3*4" in screen


async def test_plain_messages_digests_notices_and_replies_are_shown() -> None:
    assert "talks had ended" in await printed(alert(), plain=True)
    assert "2. Two" in await printed(alert("One"), alert("Two"), kind="digest", title="News: 2 stories")
    assert "watcher cannot post" in await printed(kind="notice", title="watcher cannot post to #x")
    assert "reply to 7" in await printed(alert(), kind="reply", thread=Receipt(channel="#desk", ts="7"))
