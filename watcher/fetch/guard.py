"""Which addresses may be connected to.

Its one rule: the check is made on the address of the very socket that is opened, so that neither odd notations nor
names that resolve differently the second time nor redirects get around it.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[str | int | bytes, ...]]

_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")
# special blocks that Python's tables call global: IETF assignments and the old 6to4 relays
_SPECIAL = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))

REMEMBERED = 1024
"""Addresses whose verdict is kept: each is asked for three times a request."""

refusals: ContextVar[list[str] | None] = ContextVar("refusals", default=None)
"""Collects what was refused while one request connects: the library folds several errors into one without a cause."""


def networks(allowed: Iterable[str | Network]) -> tuple[Network, ...]:
    """``fetch.allow_networks`` as networks; raises ValueError with the one that is none."""
    return tuple(ip_network(each, strict=False) if isinstance(each, str) else each for each in allowed)


def forbidden_address(ip: str, allowed: Iterable[str | Network]) -> str | None:
    """Say why this address may not be asked; None when it may.

    Addresses that carry an IPv4 address (mapped, NAT64, 6to4) are judged by it. Global unicast may be asked, other
    addresses only when a network of ``allowed`` holds them.
    """
    return _forbidden(ip, networks(allowed))


@lru_cache(maxsize=REMEMBERED)
def _forbidden(ip: str, allowed: tuple[Network, ...]) -> str | None:
    try:
        given = ip_address(ip)
    except ValueError:
        return f"{ip[:60]} is no IP address"
    real = _unwrapped(given)
    if any(each in network for network in allowed for each in (given, real)):
        return None
    if _public(real):
        return None
    shown = f"{given}" if real == given else f"{given} (which means {real})"
    return (
        f"{shown} is not an address of the public internet; if it is a server of yours, add its network to "
        f"fetch.allow_networks (for this one: {real}/{real.max_prefixlen})"
    )


@lru_cache(maxsize=REMEMBERED)
def literal(host: str) -> str | None:
    """The IP address that a host name spells out, in any notation (127.1, 0x7f.1, 2130706433); None for a name."""
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    if not host[:1].isdigit():
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, ValueError):  # ValueError: a NUL in it
        return None


def socket_factory(allowed: tuple[Network, ...]) -> Callable[[AddressInfo], socket.socket]:
    """Make sockets for a connector; raises OSError for an address that may not be asked."""

    def guarded(info: AddressInfo) -> socket.socket:
        family, kind, protocol, _, address = info
        reason = forbidden_address(str(address[0]), allowed)
        if reason is None:
            return socket.socket(family=family, type=kind, proto=protocol)
        collected = refusals.get()
        if collected is not None:
            collected.append(reason)
        raise OSError(errno.EACCES, reason)

    return guarded


def _unwrapped(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    carried = address.ipv4_mapped or address.sixtofour
    if carried is None and (address in _NAT64 or (address in _COMPATIBLE and int(address) > 1)):
        carried = IPv4Address(int(address) & 0xFFFFFFFF)
    return carried or address


def _public(address: Address) -> bool:
    if address.is_multicast or not address.is_global:
        return False
    if isinstance(address, IPv6Address):
        return address in _UNICAST
    return not any(address in network for network in _SPECIAL)
