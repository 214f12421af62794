"""The hops of an exchange: the first one, and those that redirects ask for.

Its one rule: a hop is http or https, and the user's headers go to the host they were given for, to no other.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit

import aiohttp

from watcher import urls
from watcher.errors import FetchError
from watcher.fetch import answer, body

Kind = Literal["feed", "article", "page"]
"""An ``article`` is read by the service on its own account: publishers' rules for programs hold. A ``page`` is one that
the user named: theirs to ask for."""

_ACCEPT: dict[Kind, str] = {
    "feed": "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.9, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1",
    "article": "text/html, application/xhtml+xml;q=0.9, */*;q=0.1",
    "page": "text/html, application/xhtml+xml;q=0.9, */*;q=0.1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One hop of an exchange. ``own`` are the user's headers: they stay with the host they were given for."""

    url: str
    kind: Kind
    validators: Mapping[str, str]
    own: Mapping[str, str]
    room: body.Room | None = None
    known: str | None = None
    """The fingerprint of the body that came last time."""
    redirects: tuple[str, ...] = ()
    moved: str | None = None
    """Where only permanent redirects have led so far."""

    def headers(self) -> dict[str, str]:
        """All that it is asked with, the User-Agent apart."""
        return {"Accept": _ACCEPT[self.kind], "Accept-Encoding": "gzip, identity", **self.validators, **self.own}


def first_hop(
    url: str,
    etag: str | None,
    last_modified: str | None,
    headers: Mapping[str, str],
    kind: Kind,
    *,
    room: body.Room | None = None,
    known: str | None = None,
) -> Hop:
    """The hop that an exchange begins with; raises FetchError for what is no web address."""
    asked = urls.wire(url)
    if asked is None:
        raise FetchError(
            f"{urls.redact(url)}: this is no http or https address that can be asked for; check its spelling",
            fault="scheme",
        )
    own = dict(headers)
    credentials = urls.credentials(url)
    if credentials is not None and "authorization" not in {name.lower() for name in own}:
        own["Authorization"] = "Basic " + b64encode(":".join(credentials).encode()).decode()
    given = {"If-None-Match": answer.plain(etag), "If-Modified-Since": answer.plain(last_modified)}
    validators = {name: value for name, value in given.items() if value is not None}
    return Hop(url=asked, kind=kind, validators=validators, own=own, room=room, known=known)


def next_hop(step: Hop, response: aiohttp.ClientResponse, where: str) -> Hop:
    """The hop that a redirect asks for; raises FetchError when it leads nowhere we go."""
    # headers are decoded with surrogates for bytes that are no UTF-8
    location = response.headers.get("Location", "").encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    resolved = urls.absolute(step.url, location)
    target = None if resolved is None else urls.wire(resolved)
    if target is None:
        told = "without saying where to" if not location.strip() else "to something that is no http or https address"
        raise FetchError(f"{where}: the server redirects {told}; check the address in a browser", fault="scheme")
    permanent = response.status in answer.PERMANENT and (step.moved is not None or not step.redirects)
    return replace(
        step,
        url=target,
        own=step.own if _trusted(step.url, target) else {},
        redirects=(*step.redirects, target),
        moved=target if permanent else None,
    )


def _trusted(old: str, new: str) -> bool:
    """Whether the user's headers may go to the new address: the same host and port, and never from https to http."""
    one, other = urlsplit(old), urlsplit(new)
    if one.hostname != other.hostname:
        return False
    upgraded = (one.scheme, other.scheme) == ("http", "https") and one.port is None and other.port is None
    return upgraded or (one.scheme, one.port) == (other.scheme, other.port)
