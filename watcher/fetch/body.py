"""A response's body, within its bounds.

Its one rule: nothing is inflated beyond the limit, not even one chunk of it. One layer of gzip or none; every other
coding is refused, since none was asked for.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from watcher.errors import FetchError

_GZIP = 31
"""zlib's code for: a gzip header, the largest window."""


def layer(codings: str, where: str) -> bool:
    """Read a Content-Encoding header: True for gzip, False for none; raises FetchError for any other."""
    named = [coding for part in codings.split(",") if (coding := part.strip().lower()) not in {"", "identity"}]
    if not named:
        return False
    if named in (["gzip"], ["x-gzip"]):
        return True
    told = ", ".join(named)[:60].encode("ascii", "replace").decode()
    raise FetchError(
        f"{where}: the answer is coded as “{told}” although only gzip was asked for; nothing can be done about it here",
        fault="encoding",
    )


LARGE = 256 * 1024
"""Bytes from which on a body waits for room: hundreds of such at once would fill the memory."""
PACKED = 4
"""So many times longer feeds are unpacked, roughly."""

Room = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A body as it came on the line, whole."""

    content: bytes
    gzip: bool
    limit: int
    where: str

    @property
    def wire(self) -> str:
        """Its fingerprint; the time at which it was packed (bytes 4 to 7 of a gzip header) does not count."""
        told = self.content[:4] + self.content[8:] if self.gzip else self.content
        return sha256(told).hexdigest()[:16]

    def unpacked(self) -> bytes:
        """The body itself, at most ``limit`` bytes; raises FetchError for what is longer or damaged."""
        if not (self.gzip and self.content):
            return self.content
        unpack, body = _Gunzip(self.where), bytearray()
        for piece in unpack.pieces(self.content):
            body += piece
            if len(body) > self.limit:
                raise too_large(self.limit, self.where)
        unpack.finish()
        return bytes(body)


async def receive(
    chunks: AsyncIterator[bytes], *, gzip: bool, limit: int, where: str, room: Room | None = None
) -> Packed:
    """The whole body, at most ``limit`` bytes on the line; raises FetchError.

    ``room`` is awaited once when the body turns out to be a large one: packed ones have grown fourfold by then.
    """
    body = bytearray()
    large = LARGE // PACKED if gzip else LARGE
    async for chunk in chunks:
        if room is not None and len(body) > large:
            await room()
            room = None
        body += chunk
        if len(body) > limit:
            raise too_large(limit, where)
    return Packed(content=bytes(body), gzip=gzip, limit=limit, where=where)


def too_large(limit: int, where: str) -> FetchError:
    """The refusal of a body that is longer than allowed."""
    size = f"{limit / 1024 / 1024:.3g} MiB" if limit >= 1024 * 1024 else f"{limit / 1024:.3g} KiB"
    return FetchError(
        f"{where}: the answer is larger than {size}; raise fetch.max_body if it has to be", fault="too_large"
    )


class _Gunzip:
    """Unpacks in pieces of at most 64 KiB; several gzip members in a row count as one body."""

    PIECE = 65536

    def __init__(self, where: str) -> None:
        self._where = where
        self._member = zlib.decompressobj(_GZIP)

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Unpack a chunk piece by piece."""
        piece = b""
        while data or len(piece) == self.PIECE:  # a full piece: there may be more without further input
            piece, data = self._step(data)
            yield piece

    def _step(self, data: bytes) -> tuple[bytes, bytes]:
        """Unpack one piece: (piece, what is left of the input)."""
        if self._member.eof:
            if not data.startswith(b"\x1f"):  # padding behind the last member
                return b"", b""
            self._member = zlib.decompressobj(_GZIP)
        try:
            piece = self._member.decompress(data, self.PIECE)
        except zlib.error as error:
            raise FetchError(
                f"{self._where}: the answer's gzip is damaged ({error}); it may pass by itself", fault="encoding"
            ) from error
        return piece, self._member.unused_data if self._member.eof else self._member.unconsumed_tail

    def finish(self) -> None:
        """Refuse a body that stops inside a member."""
        if not self._member.eof:
            raise FetchError(
                f"{self._where}: the answer's gzip ends too early; it may pass by itself", fault="incomplete"
            )
