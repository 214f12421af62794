"""Addresses of the outer world: web addresses, headers, the listener, the database.

Its one rule: what is refused is never quoted, because addresses and headers can hold passwords; a sentence shows an
address only without credentials and query values.
"""

from __future__ import annotations

import os
import re
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from watcher import urls
from watcher.config.findings import near, shown
from watcher.config.values import Refused

_SCHEMES = ("sqlite", "postgresql", "postgresql+psycopg")
_OURS = frozenset(
    {
        *("host", "content-length", "transfer-encoding", "connection", "accept-encoding"),
        *("if-none-match", "if-modified-since", "range", "te", "upgrade", "trailer"),
    }
)
"""Headers that the fetcher sets itself; another value would break conditional requests or its bounds."""
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,252}[A-Za-z0-9])?")


def web_address(value: object, *, example: str = "https://example.org/feed.xml") -> str:
    """An absolute http or https address."""
    if not isinstance(value, str) or not value.strip():
        raise Refused(
            f"{shown(value) if not isinstance(value, str) else 'nothing'} is no web address", f"write {example}"
        )
    text = value.strip()
    if urls.is_web(text):
        if len(text) > urls.LONGEST:
            raise Refused(f"the address is longer than {urls.LONGEST:,} characters", "use a shorter one")
        return text
    raise Refused("this is no web address", _address_remedy(text, example))


def _address_remedy(text: str, example: str) -> str:
    scheme = text.partition(":")[0].lower()
    if scheme == "feed":
        return "write https: in place of feed:"
    if scheme == "file":
        return "files are not polled: serve the file over http and allow its address in fetch.allow_networks"
    if re.search(r"\s", text):
        return "remove the white space inside of it"
    if "://" not in text and "." in text.partition("/")[0]:
        return "write https:// before it"
    return f"write a full one, such as {example}"


def search_template(value: object) -> str:
    """A search address with ``{query}`` where the words go."""
    if not isinstance(value, str) or value.count("{query}") != 1:
        raise Refused("the address must hold {query} once", "write {query} where the words of a search go")
    web_address(value.replace("{query}", "x"), example="https://news.example/rss?q={query}")
    return value.strip()


def header_name(value: str) -> str:
    """A header that a feed may set."""
    if not _HEADER.fullmatch(value):
        raise Refused("this is no name of a header", "write letters, digits and dashes, such as Authorization")
    if value.lower() in _OURS:
        raise Refused("watcher sets this header itself", "leave it out")
    return value


def header_value(value: object) -> str:
    """One line of text."""
    if not isinstance(value, str):
        raise Refused("the value of a header must be text", "put it in quotes")
    if _CONTROL.search(value) or not value.isprintable():
        raise Refused("the value of a header must be one line of printable text", "remove line breaks")
    return value.strip()


def line_of_text(value: object) -> str:
    """Text that goes into one line of a request or message."""
    if not isinstance(value, str):
        raise Refused(f"{shown(value)} is not text", "write one line of text, in quotes")
    if not value.strip():
        raise Refused("it is empty")
    if not value.strip().isprintable() or len(value) > 200:
        raise Refused("this must be one line of at most 200 characters", "shorten it")
    return value.strip()


def listen(value: object) -> tuple[str, int]:
    """``127.0.0.1:8080``, ``[::1]:8080``; port 0 is any free one."""
    example = "write host:port, such as 127.0.0.1:8080 (0.0.0.0:8080 for every address)"
    if isinstance(value, int) and not isinstance(value, bool):
        raise Refused(f"{value} is a port without a host", f"write 127.0.0.1:{value}")
    if not isinstance(value, str):
        raise Refused(f"{shown(value)} is no address to listen on", example)
    host, colon, port = value.strip().rpartition(":")
    if not colon or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise Refused(f"{shown(value)} has no port from 0 to 65535 at its end", example)
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise Refused(f"{shown(value)}: an IPv6 address needs brackets", "write [::1]:8080")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        ip_address(bare)
    except ValueError:
        if host != bare or not _HOST.fullmatch(host) or re.fullmatch(r"[0-9.]+", host):
            raise Refused(f"{shown(value)} has no host before its port", example) from None
    return bare, int(port)


def database(value: object, base: Path) -> str:
    """An absolute SQLAlchemy URL; a relative SQLite path counts from ``base``."""
    example = "write sqlite:///../var/watcher.db, or sqlite:////data/watcher.db with four slashes for a full path"
    if not isinstance(value, str) or not value.strip():
        raise Refused("this is no address of a database", example)
    scheme, colon, rest = value.strip().partition("://")
    if not colon:
        raise Refused("this is no address of a database", f"{example}")
    if scheme not in _SCHEMES:
        meant = near(scheme, _SCHEMES)
        raise Refused(
            f'"{scheme[:20]}" is no kind of database that watcher knows',
            f'did you mean "{meant}://"?' if meant else "write sqlite:///… or postgresql+psycopg://…",
        )
    if scheme != "sqlite":
        return _server_database(value.strip())
    path = rest[1:] if rest.startswith("/") else None
    if not path or path == ":memory:" or path.endswith("/"):
        raise Refused("this names no file", f"alerts must survive a restart: {example}")
    if re.search(r"[?\x00-\x1f]", path) or path.startswith("~"):
        raise Refused('a path with "?", "~" or control characters is not understood', example)
    return f"sqlite:///{located(path, base)}"


def _server_database(value: str) -> str:
    try:
        parts = urlsplit(value)
        host = parts.hostname or "host" in parse_qs(parts.query)  # a socket's folder is named as an option
        usable = bool(host and parts.path.strip("/") and parts.port != 0)
    except ValueError:
        usable = False
    if not usable:
        raise Refused("the address has no host or names no database", "write postgresql+psycopg://user@host/watcher")
    return value


def located(text: str, base: Path) -> Path:
    """A full path; what is relative counts from ``base``. Links beyond ``base`` are kept: they may be swapped later."""
    return Path(os.path.normpath(base.resolve() / text))
