"""The `watcher` command as users run it: in this process where only words matter, in one of its own otherwise."""

from __future__ import annotations

import contextlib
import io
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

import structlog

from tests.line import SEEDS
from watcher.cli import main

ROOT = Path(__file__).parents[1]
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
WITHIN = 30.0
"""Seconds after which what a test waits for will not come."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed as one JSON document."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """What it printed as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


def run(*args: object, environ: Mapping[str, str] | None = None, stdin: str = "") -> Outcome:
    """Run a command in this process, to its end."""
    out, err = io.StringIO(), io.StringIO()
    kept = sys.argv, sys.stdin, dict(os.environ), {one: signal.getsignal(one) for one in SIGNALS}
    sys.argv, sys.stdin = ["watcher", *map(str, args)], io.StringIO(stdin)
    os.environ.clear()
    os.environ.update(_environ(environ or {}, kept[2]))
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
            except SystemExit as end:
                code = end.code
    finally:
        sys.argv, sys.stdin = kept[0], kept[1]
        os.environ.clear()
        os.environ.update(kept[2])
        for number, handler in kept[3].items():
            signal.signal(number, handler)
        structlog.reset_defaults()
    assert isinstance(code, int), code
    return Outcome(code, out.getvalue(), err.getvalue())


def _environ(given: Mapping[str, str], here: Mapping[str, str]) -> dict[str, str]:
    """What is set here, without anything that means watcher or Slack, and what the test gives."""
    plain = {k: v for k, v in here.items() if not k.startswith(("WATCHER_", "SLACK_")) and "proxy" not in k.lower()}
    wide = {"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}
    return {**plain, **wide, "PYTHONPATH": str(ROOT), **given}


class Heard(list[T]):
    """A list that a server's thread appends to and a test waits for."""

    def __init__(self, given: Sequence[T] = ()) -> None:
        super().__init__(given)
        self._news = threading.Condition()

    def append(self, one: T) -> None:
        with self._news:
            super().append(one)
            self._news.notify_all()

    def wait(self, enough: Callable[[list[T]], bool], within: float = WITHIN) -> None:
        """Return as soon as the list is so; fail when it never becomes so."""
        with self._news:
            assert self._news.wait_for(lambda: enough(self), within), f"it did not come; so far: {list(self)}"


class Child:
    """``watcher …`` in a process of its own, whose words are read as they come."""

    def __init__(self, *args: object, environ: Mapping[str, str] | None = None, python: Sequence[str] = ()) -> None:
        command = [sys.executable, *python, "-m", "watcher", *map(str, args)]
        # A proper group: nothing that it starts outlives the test.
        self.process = subprocess.Popen(
            command,
            env=_environ(environ or {}, os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.said: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._readers = [
            threading.Thread(target=self._read, args=(stream,), daemon=True)
            for stream in (self.process.stderr, self.process.stdout)
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: Any) -> None:
        with stream:
            for line in stream:
                self._lines.put(line.decode(errors="replace"))
        self._lines.put(None)

    def expect(self, words: str, within: float = WITHIN) -> str:
        """The next line that holds these words."""
        ends, open_streams = time.monotonic() + within, len(self._readers)
        while open_streams:
            try:
                line = self._lines.get(timeout=max(0.0, ends - time.monotonic()))
            except queue.Empty:
                break
            if line is None:
                open_streams -= 1
                continue
            self.said.append(line)
            if words in line:
                return line
        raise AssertionError(f"{words!r} was not said; what was said:\n{''.join(self.said)}")

    def event(self, name: str, within: float = WITHIN) -> dict[str, Any]:
        """The next log line of this event."""
        line: dict[str, Any] = json.loads(self.expect(f'"event": "{name}"', within))
        return line

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self, within: float = WITHIN) -> int:
        """Its exit code, once it has ended by itself."""
        code = self.process.wait(within)
        for reader in self._readers:
            reader.join(WITHIN)
            assert not reader.is_alive(), "a process that it has started outlives it"
        while not self._lines.empty():
            self.said.append(self._lines.get() or "")
        return code

    def stop(self, within: float = 10) -> int:
        """Tell it to stop, as a container engine does; its exit code."""
        self.send(signal.SIGTERM)
        return self.end(within)

    @property
    def words(self) -> str:
        """All that it has said on both streams."""
        return "".join(self.said)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.end()


@contextlib.contextmanager
def child(*args: object, environ: Mapping[str, str] | None = None, python: Sequence[str] = ()) -> Iterator[Child]:
    """A command in a process of its own, which does not outlive the block."""
    made = Child(*args, environ=environ, python=python)
    try:
        yield made
    finally:
        made.kill()


@dataclass(slots=True)
class Site:
    """A web site on loopback. ``pages``: path → status, content type, body; the rest is 404."""

    base: str
    pages: dict[str, tuple[int, str, bytes]]
    requests: Heard[str]

    def page(self, path: str, title: str, *paragraphs: str) -> str:
        """Put an article there; returns its address."""
        text = "".join(f"<p>{one}</p>" for one in paragraphs)
        html = f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{text}</article></body></html>"
        self.pages[path] = (200, "text/html; charset=utf-8", html.encode())
        return self.base + path


@contextlib.contextmanager
def site() -> Iterator[Site]:
    """Serve pages from a thread of their own until the end of the block."""
    pages: dict[str, tuple[int, str, bytes]] = {}
    requests: Heard[str] = Heard()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            requests.append(self.path)
            status, kind, body = pages.get(path, (404, "text/plain", b"nothing"))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: the tests read the requests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield Site(base=f"http://127.0.0.1:{server.server_address[1]}", pages=pages, requests=requests)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(WITHIN)


def installed(folder: Path, **over: Any) -> Path:
    """Write a configuration with one topic and its seeds; keys given replace whole sections. Alerts are printed."""
    seeds = folder / "seeds"
    seeds.mkdir(exist_ok=True)
    for number, text in enumerate(SEEDS):
        (seeds / f"{number}.txt").write_text(text)
    config: dict[str, Any] = {
        "feeds": [{"url": "https://news.example/feed.xml", "name": "Example"}],
        "topics": {"alliance": {"title": "The alliance", "seeds": "seeds", "channel": "#desk"}},
        "fetch": {"allow_networks": ["127.0.0.0/8"], "first_poll": "alert", "full_text": "never"},
        "notify": "console",
        "database": "sqlite:///watcher.db",
        "server": {"listen": "127.0.0.1:0"},
    }
    path = folder / "watcher.yaml"
    path.write_text(json.dumps({**config, **over}))  # JSON is YAML
    return path


def rss(*items: tuple[str, str, str], at: datetime | None = None) -> tuple[int, str, bytes]:
    """A page for a ``Site``: a feed of (headline, text, link), published now."""
    when = format_datetime(at or datetime.now(UTC))
    told = "".join(
        f"<item><title>{escape(title)}</title><link>{escape(link)}</link><guid>{escape(link)}</guid>"
        f"<pubDate>{when}</pubDate><description>{escape(text)}</description></item>"
        for title, text, link in items
    )
    body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>A feed</title>{told}</channel></rss>'
    return 200, "application/rss+xml", body.encode()
