"""What went wrong between us and Slack, as a DeliveryError.

Rule: what fails before a connection stands was surely not sent; of what fails later nobody knows.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp

from watcher.errors import DeliveryError
from watcher.notifiers.slack_errors import meaning

_PATIENCE = timedelta(seconds=30)
"""Where Slack says to wait but not how long."""


def refusal(code: str, said: str, *, retry_after: timedelta | None = None) -> DeliveryError:
    """Slack said no, with a code of its own."""
    means = meaning(code)
    return DeliveryError(
        said, outcome=means.outcome, scope=means.scope, code=code, remedy=means.remedy, retry_after=retry_after
    )


def unsure(said: str, code: str) -> DeliveryError:
    """Nobody knows whether the message arrived."""
    return DeliveryError(
        said, outcome="unsure", scope="retry", code=code, remedy="it is looked up, then sent again if it is not there"
    )


def slow_down(headers: Any) -> DeliveryError:
    """Slack wants to be left alone for a while; ``headers`` say how long."""
    said = str(headers.get("Retry-After", ""))
    seconds = float(said) if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", said) else _PATIENCE.total_seconds()
    return refusal("ratelimited", "Slack asks to slow down", retry_after=timedelta(seconds=max(1.0, seconds)))


def wrong_address(status: int) -> DeliveryError:
    """Something answered that is not Slack's interface."""
    return DeliveryError(
        f"Slack's address answered with status {status}" if status else "Slack's address is none",
        outcome="not_sent",
        scope="channel",
        code=f"http_{status}",
        remedy="check SLACK_API_URL, the webhook and the proxy",
    )


_REMEDIES = {
    "proxy": "check fetch.proxy (the proxy of the environment is not used); it is tried again by itself",
    "certificate": "if a proxy opens TLS here, name its authority's file in SSL_CERT_FILE; else check the clock",
    "dns": "check DNS, or set fetch.proxy if only a proxy gets out; it is tried again by itself",
    "unreachable": "check the network and proxy; it is tried again by itself",
}


def _unreachable(error: aiohttp.ClientConnectorError) -> DeliveryError:
    """No connection was made. The order matters: some kinds are special cases of others."""
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return _not_sent("the proxy cannot be reached", "proxy")
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return _not_sent("Slack's certificate cannot be verified", "certificate")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return _not_sent("Slack's host name cannot be resolved", "dns")
    return _not_sent(f"Slack cannot be reached ({type(error).__name__})", "unreachable")


def _not_sent(said: str, code: str) -> DeliveryError:
    return DeliveryError(said, outcome="not_sent", scope="retry", code=code, remedy=_REMEDIES[code])


@asynccontextmanager
async def connection() -> AsyncIterator[None]:
    """Turn what connections do into DeliveryErrors. None of them quotes the error's text: it may hold an address."""
    try:
        yield
    except aiohttp.ClientConnectorError as error:
        raise _unreachable(error) from None
    except aiohttp.ClientHttpProxyError as error:
        raise _not_sent(f"the proxy refused with status {error.status}", "proxy") from None
    except aiohttp.InvalidURL:
        raise wrong_address(0) from None
    except TimeoutError:
        raise unsure("Slack did not answer in time", "timeout") from None
    except (aiohttp.ClientError, OSError, ValueError, AttributeError) as error:
        # AttributeError: the client takes any JSON or plain text for an object
        raise unsure(f"the connection to Slack broke ({type(error).__name__})", "broken") from None
