# ruff: noqa: INP001  a script beside the documents, no package
"""Make docs/alert.png and docs/alert-phone.png: one story of the demo, as Slack shows it on a desk and on a dark phone.

Its one rule: the words are those of the very payload that Slack would get; only the frame around them is drawn here.
Needs Chromium or Chrome on the PATH. Usage: .venv/bin/python -m docs.make_alert_picture [HEADLINE]
"""

from __future__ import annotations

import asyncio
import html
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from watcher.app import build
from watcher.cli import demo
from watcher.cli.common import LogLevel, configure_logging
from watcher.notifiers.blocks import payload
from watcher.notifiers.console import ConsoleNotifier
from watcher.store import Store
from watcher.types import Message, Receipt

DESK, PHONE = (Path(__file__).with_name(name) for name in ("alert.png", "alert-phone.png"))
HEADLINE = "Trump asks Pentagon for options to cut US troops in South Korea"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDTH, NARROW, TALLEST = 660, 375, 1400
SCALE = 1.2

PAGE = """<!doctype html><meta charset="utf-8"><style>
  body { margin: 0; padding: 14px 18px 16px; width: CONTENTpx; background: #fff; color: #1d1c1d;
         font: 15px/22px Lato, "Helvetica Neue", Arial, "Liberation Sans", sans-serif; }
  .channel { font-weight: 900; font-size: 17px; padding-bottom: 10px; margin-bottom: 12px;
             border-bottom: 1px solid #e8e8e8; }
  .message { display: flex; gap: 10px; }
  .face { flex: none; width: 36px; height: 36px; border-radius: 8px; background: #2c2d30; color: #fff;
          font-weight: 900; font-size: 20px; line-height: 36px; text-align: center; }
  .name { font-weight: 900; }
  .app { background: #ebeaeb; border-radius: 3px; color: #616061; font-size: 10px; font-weight: 700;
         padding: 1px 4px; margin-left: 4px; }
  .time, .context { color: #616061; font-size: 12px; }
  .time { margin-left: 6px; }
  .block { margin: 4px 0; }
  .context { line-height: 18px; margin: 6px 0; }
  .link { color: #1264a3; }
  .thread { margin: 10px 0 0; padding-left: 12px; border-left: 3px solid #dddddd; }
  .replies { color: #1264a3; font-size: 13px; font-weight: 700; margin-bottom: 4px; }
  .button { display: inline-block; border: 1px solid #bbb; border-radius: 4px; padding: 1px 11px; margin: 2px 8px 2px 0;
            font-size: 14px; font-weight: 700; }
  .dark { background: #1a1d21; color: #d1d2d3; }
  .dark .link, .dark .replies { color: #1d9bd1; }
  .dark .time, .dark .context { color: #ababad; }
  .dark .button { border-color: #565856; }
  .dark .channel { border-color: #35373b; }
  .dark .app { background: #35373b; color: #ababad; }
</style><body class="LOOK"><div class="channel">#&thinsp;korea-desk</div>
<div class="message"><div class="face">w</div><div>
  <div><span class="name">watcher</span> <span class="app">APP</span> <span class="time">NOW</span></div>
  BLOCKS
</div></div>"""

DATE = re.compile(r"<!date\^(\d+)\^[^|>]*\|[^>]*>")
LINK = re.compile(r"<https?://[^|>]*\|([^>]*)>")
BOLD = re.compile(r"\*(\S.*?)\*")


class Recorder(ConsoleNotifier):
    """Prints nowhere, and keeps the messages as they last read, by their place."""

    def __init__(self) -> None:
        super().__init__(Console(file=StringIO()))
        self.messages: dict[str, Message] = {}

    async def send(self, message: Message, channel_id: str) -> Receipt:
        """Keep the message."""
        receipt = await super().send(message, channel_id)
        self.messages[receipt.ts] = message
        return receipt

    async def update(self, message: Message, receipt: Receipt) -> None:
        """Keep it as it now reads."""
        self.messages[receipt.ts] = message


async def told() -> dict[str, Message]:
    """All messages of the demo's two days, by their place."""
    scene = demo.Scene(now=datetime.now(UTC).replace(microsecond=0))
    silent = Console(file=StringIO())
    recorder = Recorder()
    with TemporaryDirectory() as folder:
        async with demo._served(scene):  # noqa: SLF001  the demo's own stage, so that the picture cannot differ from it
            config = demo._configured(Path(folder), scene)  # noqa: SLF001  same
            with Store.open(config.database) as store:
                app = build(config, store, clock=demo._Clock(scene), jitter=lambda: 0.5, console=silent)  # noqa: SLF001  same
                app.notifiers, app.answered = {"console": recorder}, lambda: True
                try:
                    await demo._two_days(app, store, scene, silent)  # noqa: SLF001  same
                finally:
                    await app.close()
    return recorder.messages


def words(mrkdwn: str) -> str:
    """Slack's mark-up as HTML. Its three entities are HTML's own."""
    dated = DATE.sub(lambda found: f"{datetime.fromtimestamp(int(found[1]), UTC):%b %-d at %-H:%M}", mrkdwn)
    linked = LINK.sub(r'<span class="link">\1</span>', dated)
    return BOLD.sub(r"<b>\1</b>", linked).replace("\n", "<br>")


def page(post: dict[str, Any], replies: list[dict[str, Any]], *, width: int = WIDTH, dark: bool = False) -> str:
    """The message and its thread as a web page."""
    drawn = blocks(post)
    if replies:
        count = "1 reply" if len(replies) == 1 else f"{len(replies)} replies"
        inside = [block for reply in replies for block in blocks(reply)]
        drawn += ['<div class="thread">', f'<div class="replies">{count}</div>', *inside, "</div>"]
    made = PAGE.replace("LOOK", "dark" if dark else "light").replace("CONTENT", str(width - 36))
    return made.replace("NOW", html.escape(f"{datetime.now(UTC):%-H:%M}")).replace("BLOCKS", "\n".join(drawn))


def blocks(post: dict[str, Any]) -> list[str]:
    """A message's blocks as HTML."""
    drawn = []
    for block in post["blocks"]:
        if block["type"] == "context":
            drawn += [f'<div class="context">{words(element["text"])}</div>' for element in block["elements"]]
        elif block["type"] == "actions":
            shown = (html.escape(element.get("text", {}).get("text", "⋯")) for element in block["elements"])
            drawn.append("".join(f'<span class="button">{text}</span>' for text in shown))
        else:
            drawn.append(f'<div class="block">{words(block["text"]["text"])}</div>')
    return drawn


def draw(markup: str, picture: Path, *, width: int = WIDTH) -> None:
    """Photograph the page with a browser, and cut off what is empty below."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit("no Chromium was found on the PATH; on Debian: apt-get install chromium")
    with TemporaryDirectory() as folder:
        source = Path(folder, "alert.html")
        source.write_text(markup, encoding="utf-8")
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}"]

        def run(*more: str) -> str:
            command = [browser, *flags, *more, source.as_uri()]
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603  our own page
            return done.stdout

        measured = markup + "<script>document.title=document.documentElement.offsetHeight</script>"
        source.write_text(measured, encoding="utf-8")
        found = re.search(r"<title>(\d+)</title>", run("--dump-dom", f"--window-size={max(width, 500)},{TALLEST}"))
        height = int(found[1]) if found else TALLEST
        size = f"--window-size={width},{height}"
        run(size, f"--force-device-scale-factor={SCALE}", f"--screenshot={picture}")


def main() -> None:
    """Draw the alert with the headline that is named."""
    configure_logging(LogLevel.error)
    wanted = sys.argv[1] if len(sys.argv) > 1 else HEADLINE
    messages = asyncio.run(told())
    alerts = {one.items[0].headline: ts for ts, one in messages.items() if one.kind == "alert"}
    if wanted not in alerts:
        sys.exit("the demo tells no such story; it tells:\n" + "\n".join(alerts))
    place = alerts[wanted]
    thread = [one for one in messages.values() if one.thread is not None and one.thread.ts == place]
    posts = [payload(one, channel_id="C0123ABCD") for one in (messages[place], *thread)]
    draw(page(posts[0], posts[1:2]), DESK)
    draw(page(posts[0], [], width=NARROW, dark=True), PHONE, width=NARROW)
    for picture in (DESK, PHONE):
        print(f"{picture}: {picture.stat().st_size // 1024} KiB")  # noqa: T201  a command prints


if __name__ == "__main__":
    main()
