"""What a worker process is made to do in tests; the body says what."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from watcher.errors import FetchError, ParseError
from watcher.types import Article, ParsedFeed

SOURCES = {"test": "parse", "missing": "nothing"}


def read(source: str, body: bytes, content_type: str | None, base: str) -> ParsedFeed:
    found: ParsedFeed = getattr(sys.modules[__name__], SOURCES[source])(body, content_type, base)
    return found


def parse(body: bytes, content_type: str | None, base: str) -> ParsedFeed:
    """Do what the body names, and tell who did it in ``site``."""
    command, _, rest = body.decode().partition(" ")
    title = (COMMANDS[command](rest) if command in COMMANDS else None) or content_type or base
    return ParsedFeed(title=str(title), site=f"{os.getpid()}", language=None, version="", entries=())


def refuse(_: str) -> None:
    raise ParseError("this is no feed")


def fault(_: str) -> None:
    raise ZeroDivisionError


def recurse(rest: str) -> object:
    return [recurse(rest)]


def shout(_: str) -> None:
    print("noise", flush=True)
    os.write(1, b"noise")


def second(mark: str) -> str:
    """Take for ever the first time, and be quick the second."""
    if not Path(mark).exists():
        Path(mark).touch()
        time.sleep(60)
    return "at last"


COMMANDS: dict[str, Callable[[str], object]] = {
    "sleep": lambda _: time.sleep(60),
    "spin": lambda _: re.fullmatch(r"(a+)+b", "a" * 60),
    "exit": lambda code: os._exit(int(code)),
    "crash": lambda _: os.kill(os.getpid(), signal.SIGSEGV),
    "fill": lambda _: len(bytearray(8 * 1024**3)),
    "refuse": refuse,
    "fault": fault,
    "recurse": recurse,
    "second": second,
    "print": shout,
    "big": lambda size: "x" * int(size),
}


def extract(page: bytes, url: str | None) -> Article:
    if not page:
        raise FetchError("no text", fault="not_a_page", status=200, retry_after=timedelta(minutes=1))
    return Article(title=url or "", text=page.decode())


def dies(_: bytes, __: str | None) -> Article:
    os.kill(os.getpid(), signal.SIGSEGV)
    raise AssertionError


def sleeps(_: bytes, __: str | None) -> Article:
    time.sleep(60)
    raise AssertionError


def fails(_: bytes, __: str | None) -> Article:
    raise ZeroDivisionError


def swells(_: bytes, __: str | None) -> Article:
    return Article(title=str(len(bytearray(8 * 1024**3))), text="")


DOOMED = {"dies": "signal 11", "sleeps": "not read within 1 s", "fails": "ZeroDivisionError", "swells": "memory"}
"""Extractors that come to a bad end, and what is said of it."""
