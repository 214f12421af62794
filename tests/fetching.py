"""A fetcher for tests: loopback is open to it, names resolve as the test says."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from watcher.errors import FetchError
from watcher.fetch import Fetched, Fetcher, user_agent

LOOPBACK = ("127.0.0.0/8",)


class Names(AbstractResolver):
    """Resolves each name to the addresses it was given, one list per call, the last one for ever."""

    def __init__(self, **names: list[list[str]]) -> None:
        self.names = {name.replace("_", "."): answers for name, answers in names.items()}
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        self.asked.append(host)
        answers = self.names.get(host)
        if answers is None:
            raise OSError(-2, "Name or service not known")
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            ResolveResult(hostname=host, host=ip, port=port, family=family or socket.AF_INET, proto=0, flags=0)
            for ip in addresses
        ]

    async def close(self) -> None:
        return None


@asynccontextmanager
async def fetching(**over: object) -> AsyncIterator[Fetcher]:
    given = {"user_agent": user_agent("desk@example.com"), "allow_networks": LOOPBACK, "timeout": timedelta(seconds=5)}
    fetcher = Fetcher(**{**given, **over})  # type: ignore[arg-type]  # a test may pass any of the options
    try:
        yield fetcher
    finally:
        await fetcher.close()


async def fetched(url: str, over: dict[str, object] | None = None, **options: object) -> Fetched:
    async with fetching(**(over or {})) as fetcher:
        got = await fetcher.get(url, **options)  # type: ignore[arg-type]  # a test may pass any of the options
    assert isinstance(got, Fetched)
    return got


async def refused(url: str, over: dict[str, object] | None = None, **options: object) -> FetchError:
    async with fetching(**(over or {})) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.get(url, **options)  # type: ignore[arg-type]  # a test may pass any of the options
    return caught.value
