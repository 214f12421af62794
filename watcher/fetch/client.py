"""The HTTP client.

Its one rule: one exchange, one deadline, one limit. Redirects are followed by hand (`watcher.fetch.hops`), so that each
hop is looked at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from ssl import SSLContext

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from watcher import __version__, urls
from watcher.errors import FetchError
from watcher.fetch import answer, body, faults, guard, robots
from watcher.fetch.answer import Fetched, NotModified
from watcher.fetch.hops import Hop, Kind, first_hop, next_hop
from watcher.fetch.names import Resolver
from watcher.fetch.robots import Robots, SiteRules
from watcher.fetch.turns import Turns

MOST_REDIRECTS = 5
LARGEST_PAGE = 1_500_000
"""Bytes of an article page: extraction takes minutes beyond."""

RULES_WITHIN = 5.0
"""Seconds for a file of rules: an article waits for it."""
GAP = timedelta(seconds=0.2)
"""Between the beginnings of two requests to one host: a burst of five a second is the most that a site gets."""

_PAGES = ("text/html", "application/xhtml+xml", "application/xml", "text/plain")


def user_agent(contact: str | None) -> str:
    """Say honestly who asks; ``contact`` is ``fetch.contact``, an address where a publisher finds us."""
    told = answer.plain(contact)
    return f"watcher/{__version__}" + (f" (+{told})" if told else "")


class Fetcher:
    """Fetches feeds and pages over one session. Make it anywhere, use and close it in one event loop.

    ``timeout`` bounds a whole exchange, redirects included; waiting for a host's turn (``per_host`` at a time, begun
    ``gap`` apart; ``turns`` instead, when shared) does not count. ``max_body`` is in bytes, on the line and unpacked.
    ``allow_networks`` opens private networks to the address guard; with a ``proxy`` resolving and guarding names is the
    proxy's job. ``tls`` and ``resolver`` replace the system's.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        timeout: timedelta = timedelta(seconds=20),
        max_body: int = 8 * 1024 * 1024,
        per_host: int = 2,
        gap: timedelta = GAP,
        turns: Turns | None = None,
        allow_networks: Iterable[str | guard.Network] = (),
        proxy: str | None = None,
        tls: SSLContext | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._agent = user_agent
        self._timeout = timeout.total_seconds()
        self._max_body = max_body
        self._turns = turns or Turns(each=per_host, gap=gap.total_seconds())
        self._allowed = guard.networks(allow_networks)
        self._proxy = proxy
        self._tls = tls
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None
        self._robots = Robots(self._site_rules)
        self._others: dict[str, Fetcher] = {}
        self._another = partial(
            Fetcher,
            user_agent=user_agent,
            timeout=timeout,
            max_body=max_body,
            turns=self._turns,
            allow_networks=self._allowed,
            tls=tls,
            resolver=resolver,
        )

    def through(self, proxy: str | None) -> Fetcher:
        """The same by way of another proxy; hosts' turns are shared, and closing this one closes that. None: this."""
        if proxy is None or proxy == self._proxy:
            return self
        if proxy not in self._others:
            self._others[proxy] = self._another(proxy=proxy)
        return self._others[proxy]

    async def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        headers: Mapping[str, str] | None = None,
        kind: Kind = "feed",
        room: body.Room | None = None,
        known: str | None = None,
    ) -> Fetched | NotModified:
        """Fetch a document, unless it is unchanged since the validators given; raises FetchError.

        ``known`` is the ``wire`` of what was fetched last: the same bytes are not unpacked again.

        ``room`` is awaited before the rest of a large body (over 256 KiB) is read; the time it takes does not count.

        ``headers`` are the user's own (tokens, cookies): they and the credentials in the address go to this host only.
        An ``article`` is not asked for where robots.txt or a text-mining reservation speaks against it.
        """
        step = first_hop(url, etag, last_modified, headers or {}, kind, room=room, known=known)
        return await self._follow(step, self._timeout)

    async def _follow(self, step: Hop, left: float) -> Fetched | NotModified:
        """The exchange with its redirects, within so many seconds."""
        url = step.url
        for _ in range(MOST_REDIRECTS + 1):
            if step.kind == "article" and (reason := await self._robots.forbid(step.url)):
                raise _forbidden(step.url, reason)
            async with self._turns.hold(urls.host(step.url), own=self._is_own(step.url)):
                started = asyncio.get_running_loop().time()
                outcome = await self._within(left, step)
                left -= asyncio.get_running_loop().time() - started
            if not isinstance(outcome, Hop):
                return outcome
            step = outcome
        raise FetchError(
            f"{urls.redact(url)}: more than {MOST_REDIRECTS} redirects, the last to {urls.redact(step.url)}; "
            "check the address in a browser",
            fault="redirects",
        )

    async def close(self) -> None:
        """Close the session; a fetcher that is closed opens a new one when it is used again."""
        for other in self._others.values():
            await other.close()
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _is_own(self, url: str) -> bool:
        """Whether the address spells out a server of the user's own network: nobody has to be spared there."""
        address = guard.literal(urls.host(url))
        return address is not None and guard.forbidden_address(address, ()) is not None

    async def _site_rules(self, site: str) -> SiteRules:
        """Ask a site for its rules; raises FetchError when its pages could not be had either."""
        told = await self._told(f"{site}/robots.txt")
        reservations = None if told is None else await self._told(f"{site}/.well-known/tdmrep.json")
        return SiteRules(
            robots=None if told is None else robots.read(told),
            reservations=robots.read_reservations(reservations or b""),
        )

    async def _told(self, url: str) -> bytes | None:
        """A file of rules: empty when there is none, None when the server fails to say."""
        try:
            got = await self._follow(first_hop(url, None, None, {}, "feed"), min(self._timeout, RULES_WITHIN))
        except FetchError as error:
            if error.fault in {"dns", "connect", "tls", "refused_address"}:
                raise
            missing = error.status is not None and 400 <= error.status < 500 and error.status != 429
            return b"" if missing else None
        return got.body if isinstance(got, Fetched) else None

    async def _within(self, seconds: float, step: Hop) -> Fetched | NotModified | Hop:
        where = urls.redact(step.url)
        self._check_literal(step.url, where)
        refused: list[str] = []
        token = guard.refusals.set(refused)
        try:
            async with asyncio.timeout(max(seconds, 0.001)) as deadline:
                return await self._exchange(step, where, deadline)
        except faults.LINE_ERRORS as error:
            if refused:
                raise FetchError(f"{where}: {refused[0]}", fault="refused_address") from None
            # the library's error holds the whole address, secrets included: it does not travel on
            late = isinstance(error, TimeoutError) and deadline.expired()
            raise (faults.timed_out(self._timeout, where) if late else faults.translate(error, where)) from None
        finally:
            guard.refusals.reset(token)

    def _check_literal(self, url: str, where: str) -> None:
        """Refuse addresses spelt out in the URL: with a proxy there is no socket of ours that could."""
        address = guard.literal(urls.host(url))
        reason = None if address is None else guard.forbidden_address(address, self._allowed)
        if reason is not None:
            raise FetchError(f"{where}: {reason}", fault="refused_address")

    async def _exchange(self, step: Hop, where: str, deadline: asyncio.Timeout) -> Fetched | NotModified | Hop:
        url = URL(_dotted(step.url), encoded=True)
        async with self._open().get(
            url, headers=step.headers(), allow_redirects=False, proxy=self._proxy, ssl=self._tls or True
        ) as response:
            if response.status in answer.REDIRECTS:
                return next_hop(step, response, where)
            age = answer.max_age(response.headers.get("Cache-Control"))
            if response.status == 304 and step.validators:
                return NotModified(max_age=age, moved=step.moved)
            if response.status not in {200, 203}:
                raise answer.refusal(response.status, response.headers, where, datetime.now(UTC))
            packed = await self._body(response, step, where, _untimed(step.room, deadline))
            etag, modified = (answer.plain(response.headers.get(name)) for name in ("ETag", "Last-Modified"))
            if packed.wire == step.known:
                return NotModified(max_age=age, moved=_moved(step), validators=(etag, modified))
            content = packed.unpacked()
            if step.kind == "article" and robots.reserved(response.headers.get("tdm-reservation"), content):
                raise _forbidden(step.url, robots.RESERVED)
            return Fetched(
                status=response.status,
                url=step.url,
                body=content,
                etag=etag,
                last_modified=modified,
                content_type=answer.plain(response.headers.get("Content-Type")),
                max_age=age,
                redirects=step.redirects,
                moved=_moved(step),
                wire=packed.wire,
            )

    async def _body(
        self, response: aiohttp.ClientResponse, step: Hop, where: str, room: body.Room | None
    ) -> body.Packed:
        limit = self._max_body if step.kind == "feed" else min(self._max_body, LARGEST_PAGE)
        if step.kind != "feed" and "Content-Type" in response.headers and not response.content_type.startswith(_PAGES):
            raise FetchError(f"{where}: this is no web page ({response.content_type[:60]})", fault="not_a_page")
        gzip = body.layer(",".join(response.headers.getall("Content-Encoding", [])), where)
        if (response.content_length or 0) > limit:
            raise body.too_large(limit, where)
        return await body.receive(response.content.iter_any(), gzip=gzip, limit=limit, where=where, room=room)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            factory = None if self._proxy else guard.socket_factory(self._allowed)
            self._session = aiohttp.ClientSession(
                # No connection is kept: one that the server has closed meanwhile would look like the feed's failure.
                connector=aiohttp.TCPConnector(
                    socket_factory=factory, resolver=self._resolver or Resolver(), limit=0, force_close=True
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self._agent},
                timeout=aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None),
                trust_env=False,
                auto_decompress=False,
            )
        return self._session


def _moved(step: Hop) -> str | None:
    return step.moved if step.redirects else None


def _forbidden(url: str, reason: str) -> FetchError:
    return FetchError(f"{urls.redact(url)}: {reason}", fault="robots")


def _untimed(room: body.Room | None, deadline: asyncio.Timeout) -> body.Room | None:
    """Wait for room while the deadline stands still: it bounds the server, not our own queue."""
    if room is None:
        return None

    async def wait() -> None:
        loop = asyncio.get_running_loop()
        ends = deadline.when()
        left = 0.0 if ends is None else ends - loop.time()
        deadline.reschedule(None)
        await room()
        deadline.reschedule(loop.time() + left)

    return wait


def _dotted(url: str) -> str:
    """Spell out an IPv4 host in its plain form: the library refuses 127.1 and 2130706433 by a name of its own."""
    host = urls.host(url)
    address = guard.literal(host)
    return url if address is None or address == host or ":" in host else url.replace(host, address, 1)
