"""Who may see the page: under which names it may be asked for, and who knows the token.

Rule: a token is compared in constant time, is never sent back, and guessing it is slow.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address

from aiohttp import web

TRIES = 10
"""Wrong tokens that one address may give in ``WINDOW``; then it has to wait, with the right one, too."""
WINDOW = timedelta(minutes=1)
MOST_ADDRESSES = 1_000
"""Addresses whose wrong tokens are remembered; the one that was remembered first is forgotten."""
SESSION = timedelta(days=30)
"""So long a browser is let in before it has to give the token again."""
BUSY = web.HTTPTooManyRequests


def utc_now() -> datetime:
    """The clock that cookies end by."""
    return datetime.now(UTC)


def nobody() -> Sequence[str]:
    """No further names."""
    return ()


@dataclass(slots=True, kw_only=True)
class Access:
    """``token`` None: there is none. ``listen``: the host that is listened at; ``hosts`` gives ``server.hosts``."""

    token: str | None = field(default=None, repr=False)
    listen: str = "127.0.0.1"
    hosts: Callable[[], Sequence[str]] = nobody
    clock: Callable[[], datetime] = utc_now
    _wrong: dict[str, list[datetime]] = field(default_factory=dict)

    @property
    def closed(self) -> bool:
        """Others can reach the port, and there is no token that they would have to know: nobody is let in."""
        return self.token is None and not _is_loopback(self.listen)

    def knows(self, host: str) -> bool:
        """Whether the page may be asked for under this name (the Host header).

        A web site can have its own name lead to this machine and then read what a browser here gets from it. It cannot
        do so with an address: one is as good as another where the port is open to others.
        """
        name = _bare(host)
        if name in {"localhost", _bare(self.listen)} or name.endswith(".localhost"):
            return True
        if _is_address(name):
            return _is_loopback(name) or not _is_loopback(self.listen)
        return name in {_bare(one) for one in self.hosts()}

    def admits(self, request: web.Request) -> bool:
        """Whether a request may see: it has the token, or the cookie for it. Raises HTTPTooManyRequests."""
        if self.token is None:
            return True
        if self._has_cookie(request):
            return True
        given = _bearer(request)
        return given is not None and self.right(request, given)

    def right(self, request: web.Request, given: str) -> bool:
        """Whether this is the token. Raises HTTPTooManyRequests when there were too many wrong ones."""
        now, address = self.clock(), request.remote or ""
        wrong = [at for at in self._wrong.pop(address, []) if now - at < WINDOW]
        if len(wrong) >= TRIES:
            self._wrong[address] = wrong
            wait = max(1, round((wrong[0] + WINDOW - now).total_seconds()))
            said = f"too many wrong tokens came from your address; try again in {wait} seconds\n"
            raise BUSY(text=said, headers={"Retry-After": str(wait)})
        if self.token is not None and hmac.compare_digest(given.strip().encode(), self.token.encode()):
            return True
        self._wrong[address] = [*wrong, now]
        while len(self._wrong) > MOST_ADDRESSES:
            del self._wrong[next(iter(self._wrong))]
        return False

    def let_in(self, request: web.Request, response: web.StreamResponse) -> None:
        """Give the browser a cookie that stands for the token for a while. No script can read it."""
        ends = str(int((self.clock() + SESSION).timestamp()))
        secure = request.secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"
        response.set_cookie(
            self.cookie,
            f"{ends}.{self._sealed(ends)}",
            max_age=int(SESSION.total_seconds()),
            httponly=True,
            samesite="Strict",
            secure=secure,
        )

    @property
    def cookie(self) -> str:
        """Its name: browsers do not tell ports apart, and a second watcher beside this one has another token."""
        return f"watcher-{self._sealed('name')[:8]}"

    def _has_cookie(self, request: web.Request) -> bool:
        ends, _, seal = request.cookies.get(self.cookie, "").partition(".")
        sealed = hmac.compare_digest(seal.encode("utf-8", "replace"), self._sealed(ends).encode())
        return sealed and ends.isdecimal() and int(ends) > self.clock().timestamp()

    def _sealed(self, what: str) -> str:
        return hmac.new((self.token or "").encode(), what.encode("utf-8", "replace"), sha256).hexdigest()


def _bearer(request: web.Request) -> str | None:
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    return given if kind.lower() == "bearer" else None


def _bare(host: str) -> str:
    """A name without port, brackets and final dot."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() and ":" not in name else host).rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    name = _bare(host)
    return ip_address(name).is_loopback if _is_address(name) else name == "localhost"
