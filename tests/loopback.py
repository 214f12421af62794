"""A server on loopback that does exactly what a test tells it to, byte for byte."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

Answer = Callable[["Request", asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Request:
    path: str
    headers: dict[str, str]


@dataclass
class Server:
    port: int = 0
    scheme: str = "http"
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    def url(self, path: str = "/feed.xml", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"


def response(body: bytes = b"<rss/>", status: str = "200 OK", **headers: str) -> bytes:
    """A whole response; header names are written with _ for -, a given Content_Length is kept."""
    given = {"Content-Length": str(len(body)), **{name.replace("_", "-"): value for name, value in headers.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + body


@contextlib.asynccontextmanager
async def serve(
    answer: Answer | bytes | dict[str, bytes], tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[Server]:
    """Serve one answer for every request, or one per path, or what a function writes; each connection takes one."""
    told = Server(scheme="https" if tls else "http")

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.connections += 1
        running.add(asyncio.current_task())
        try:
            await _converse(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client went away
        finally:
            writer.close()

    async def _converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if line)
        request = Request(lines[0].split(" ")[1], headers)
        told.requests.append(request)
        if isinstance(answer, bytes):
            writer.write(answer)
        elif isinstance(answer, dict):
            writer.write(answer[request.path])
        else:
            await answer(request, writer)
        await writer.drain()

    running: set[asyncio.Task[None] | None] = set()
    server = await asyncio.start_server(connected, host, 0, ssl=tls)
    told.port = server.sockets[0].getsockname()[1]
    try:
        yield told
    finally:
        server.close()
        for task in running:
            assert task is not None
            task.cancel()
        await asyncio.gather(*(task for task in running if task), return_exceptions=True)
