"""What went wrong on the line, said in a sentence.

Its one rule: the library's own words are never quoted, since they hold addresses with their secrets; what it means is.
"""

from __future__ import annotations

import asyncio
import errno
import ssl

import aiohttp
from aiohttp.http import HttpProcessingError

from watcher.errors import FetchError, FetchFault

# TimeoutError is an OSError, UnicodeError (from odd host names) a ValueError
LINE_ERRORS = (aiohttp.ClientError, HttpProcessingError, OSError, ValueError, asyncio.IncompleteReadError)
"""Everything that a request may raise for reasons that lie outside."""

_CERTIFICATE = {
    9: "is not valid yet",
    10: "has expired",
    18: "is self-signed",
    19: "was issued by a self-signed authority that is not trusted here",
    20: "was issued by an authority that is not trusted here, or its chain is incomplete",
    21: "cannot be verified: its chain is incomplete",
    23: "was revoked",
    62: "was issued for another host name",
    64: "was issued for another address",
}

_CONNECT = {
    errno.ECONNREFUSED: "refuses the connection; the server may be down, or the port wrong",
    errno.ENETUNREACH: "cannot be reached from this network",
    errno.EHOSTUNREACH: "cannot be reached from this network",
    errno.ETIMEDOUT: "does not answer",
    errno.EMFILE: "was not asked: this process has too many open files; raise its limit",
    errno.ECONNRESET: "broke the connection",
    errno.EPIPE: "broke the connection",
}

_AGAIN = "it is asked again later"

_MEANINGS: tuple[tuple[tuple[type[BaseException], ...], FetchFault, str], ...] = (
    (
        (aiohttp.ClientSSLError, ssl.SSLError),
        "tls",
        "no secure connection could be made; the server's TLS is broken, outdated or not TLS at all",
    ),
    (
        (aiohttp.ClientConnectorDNSError, UnicodeError),
        "dns",
        f"the host name cannot be resolved; check its spelling, and this machine's DNS ({_AGAIN})",
    ),
    (
        (aiohttp.ClientHttpProxyError, aiohttp.ClientProxyConnectionError),
        "connect",
        "the proxy (fetch.proxy, or the feed's own) cannot be reached or does not let us through",
    ),
    ((TimeoutError,), "timeout", f"the server does not answer; {_AGAIN}"),
    ((aiohttp.InvalidURL,), "protocol", "this cannot be asked for; check the address"),
    ((aiohttp.ClientPayloadError, asyncio.IncompleteReadError), "incomplete", f"the answer ends too early; {_AGAIN}"),
    ((aiohttp.ServerDisconnectedError,), "incomplete", f"the server hung up before it answered; {_AGAIN}"),
)
"""From the special to the general: the first that fits."""


def translate(error: BaseException, where: str) -> FetchError:
    """A line error as FetchError; ``where`` is the redacted address."""
    fault, sentence = _said(error)
    return FetchError(f"{where}: {sentence}", fault=fault)


def timed_out(seconds: float, where: str) -> FetchError:
    """The whole exchange took too long."""
    return FetchError(
        f"{where}: no complete answer came within {seconds:g} s; {_AGAIN} (fetch.timeout sets the limit)",
        fault="timeout",
    )


def _said(error: BaseException) -> tuple[FetchFault, str]:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "tls", _certificate(error.certificate_error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return "tls", _certificate(error)
    for kinds, fault, sentence in _MEANINGS:
        if isinstance(error, kinds):
            return fault, sentence
    if isinstance(error, OSError):
        return "connect", _connection(error)
    return "protocol", f"the answer is no proper HTTP ({type(error).__name__}); {_AGAIN}"


def _certificate(error: Exception) -> str:
    code = getattr(error, "verify_code", 0)
    return f"the server's certificate {_CERTIFICATE.get(code, 'cannot be verified')}; nothing was fetched"


def _connection(error: OSError) -> str:
    told = _CONNECT.get(error.errno or 0, "cannot be connected to, or broke the connection")
    return f"the server {told} ({_AGAIN})"
