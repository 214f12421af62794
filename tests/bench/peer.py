"""One poll by another program: ``python -m tests.bench.peer reader|rss2email FOLDER BASE FEEDS``, in its own venv.

Prints CPU seconds and wall seconds. reader's are those of the update alone; rss2email's hold its start, half a second.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

from tests.bench.cost import spent


def by_reader(folder: Path, urls: list[str]) -> Callable[[], object]:
    """https://github.com/lemon24/reader, as a library, with its default plugins."""
    reader: Any = import_module("reader").make_reader(str(folder / "reader.db"))
    for url in urls:
        reader.add_feed(url, exist_ok=True)
    return lambda: reader.update_feeds(workers=8, scheduled=False)


def by_rss2email(folder: Path, urls: list[str]) -> Callable[[], object]:
    """https://github.com/rss2email/rss2email, as a command; nothing is sent."""
    config = folder / "r2e.cfg"
    command = [str(Path(sys.executable).with_name("r2e")), "-c", str(config), "-d", str(folder / "r2e.json")]
    if not config.exists():
        outlines = "".join(f'<outline type="rss" text="Feed {n}" xmlUrl="{url}"/>' for n, url in enumerate(urls))
        (folder / "feeds.opml").write_text(f'<opml version="2.0"><body>{outlines}</body></opml>')
        subprocess.run([*command, "new", "nobody@localhost.invalid"], check=True, capture_output=True)
        subprocess.run([*command, "opmlimport", str(folder / "feeds.opml")], check=True, capture_output=True)
    return lambda: subprocess.run([*command, "run", "--no-send"], check=True, capture_output=True)


def main(name: str, folder: str, base: str, feeds: str) -> None:
    """Poll once."""
    urls = [f"{base}/feed/{n}.xml" for n in range(int(feeds))]
    poll = {"reader": by_reader, "rss2email": by_rss2email}[name](Path(folder), urls)
    began, wall = spent(), perf_counter()
    poll()
    print(spent() - began, perf_counter() - wall)


if __name__ == "__main__":
    main(*sys.argv[1:])
