"""The screen as a notifier: alerts as they will read in Slack.

Rule: it prints the very payload that Slack would get, so what looks right here is right there.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from watcher.notifiers.blocks import payload
from watcher.types import Message, Receipt

WIDEST = 100
"""Columns: longer lines are hard to read."""

_BOLD = re.compile(r"(?<![^\W_])\*(?=\S)(.+?)(?<=\S)\*(?![^\W_])")
_SPECIAL = re.compile(
    r"<!date\^(?P<seconds>\d+)\^[^|>]*\|(?P<fallback>[^>]*)>|<(?P<url>https?://[^|>]*)\|(?P<words>[^>]*)>"
)
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


class ConsoleNotifier:
    """Prints messages to a rich console; times are shown in ``zone``."""

    name = "console"
    remote = False

    def __init__(self, console: Console | None = None, *, zone: tzinfo = UTC) -> None:
        self._console = console or Console(highlight=False)
        self._zone = zone
        self._count = 0

    async def send(self, message: Message, channel_id: str) -> Receipt:
        """Print one message. Its receipt is the channel and a counter."""
        self._count += 1
        receipt = Receipt(channel=channel_id, ts=str(self._count))
        shown = " · shown in the channel, too" if message.broadcast else ""
        where = channel_id if message.thread is None else f"{channel_id} · reply to {message.thread.ts}{shown}"
        self._print(message, channel_id, f"{where} · {receipt.ts}")
        return receipt

    async def update(self, message: Message, receipt: Receipt) -> None:
        """Print it once more, as it now reads."""
        self._print(message, receipt.channel, f"{receipt.channel} · {receipt.ts}, updated")

    async def delete(self, receipt: Receipt) -> None:
        """What was printed stays printed."""
        self._console.print(Text(f"{receipt.channel} · {receipt.ts}, taken back", style="dim"))

    def _print(self, message: Message, channel_id: str, title: str) -> None:
        panel = Panel(
            self._body(payload(message, channel_id=channel_id)),
            title=Text(f" {title} "),
            title_align="left",
            box=box.ROUNDED,
            border_style="cyan" if message.thread is None else "dim",
            padding=(0, 1),
            width=min(self._console.width, WIDEST),
        )
        self._console.print(panel)

    async def find(self, key: str, channel_id: str, since: datetime, thread: Receipt | None) -> Receipt | None:
        """Nothing printed can be looked up."""
        del key, channel_id, since, thread
        return None

    async def posted_keys(self, channel_id: str, since: datetime) -> list[str]:
        """What was printed is not known any more."""
        del channel_id, since
        return []

    async def resolve(self, channel: str) -> str:
        """A screen has no channels: the name will do."""
        return channel

    async def close(self) -> None:
        """The console is not ours to close."""

    def _body(self, post: dict[str, Any]) -> RenderableType:
        blocks = post.get("blocks")
        if not blocks:
            return self._read(post["text"])
        parts: list[RenderableType] = []
        for before, block in zip([None, *blocks], blocks, strict=False):
            if before is not None and before["type"] == block["type"] == "section":
                parts.append("")  # between a digest's stories
            parts += self._block(block)
        return Group(*parts)

    def _block(self, block: dict[str, Any]) -> list[RenderableType]:
        if block["type"] == "divider":
            return [Rule(style="dim")]
        if block["type"] == "actions":
            shown = (element.get("text", {}).get("text", "⋯") for element in block["elements"])
            return [Text("  ".join(f"[ {words} ]" for words in shown), style="cyan")]
        if block["type"] == "context":
            lines = Text("\n").join(self._read(element["text"]) for element in block["elements"])
            lines.stylize_before("dim")
            return [lines]
        return [self._read(block["text"]["text"])]

    def _read(self, words: str) -> Text:
        """Slack's mark-up as styled text; the address of a link follows on a line of its own."""
        shown = Text(overflow="fold")
        for line in words.split("\n"):
            urls: list[str] = []
            if shown:
                shown.append("\n")
            at = 0
            for bold in _BOLD.finditer(line):
                shown.append_text(self._plain(line[at : bold.start()], urls))
                strong = self._plain(bold[1], urls)
                strong.stylize("bold")
                shown.append_text(strong)
                at = bold.end()
            shown.append_text(self._plain(line[at:], urls))
            for url in urls:
                shown.append("\n" + url, style=f"blue link {url}")
        return shown

    def _plain(self, words: str, urls: list[str]) -> Text:
        shown, at = Text(), 0
        for special in _SPECIAL.finditer(words):
            shown.append(_unescape(words[at : special.start()]))
            if special["url"]:
                urls.append(_unescape(special["url"]))
                shown.append(_unescape(special["words"]))
            else:
                shown.append(self._time(int(special["seconds"]), special["fallback"]))
            at = special.end()
        shown.append(_unescape(words[at:]))
        return shown

    def _time(self, seconds: int, fallback: str) -> str:
        try:
            moment = datetime.fromtimestamp(seconds, self._zone)
        except (OverflowError, OSError, ValueError):
            return fallback
        return f"{moment.day} {moment:%b %Y %H:%M %Z}"


def _unescape(words: str) -> str:
    for entity, char in _ENTITIES:
        words = words.replace(entity, char)
    return words
