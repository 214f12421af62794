"""What publishers ask of programs that read their article pages.

Its one rule: robots.txt as RFC 9309 has it (the longest rule wins, a missing file allows, a server that fails forbids
for now), and the text-mining reservation of the W3C's TDMRep, in the site's file, in the header or in the page.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

PRODUCT = "watcher"
LARGEST = 500 * 1024
"""Bytes of robots.txt that are read, the least that RFC 9309 asks for."""

_MOST_RULES = 5000
_LONGEST_RULE = 500
_MOST_SITES = 2000
_KEPT = 24 * 3600.0
_KEPT_FAILURE = 600.0
_RESERVED = re.compile(
    rb"<meta\b[^>]{0,200}\bname\s*=\s*[\"']?tdm-reservation\b[^>]{0,200}\bcontent\s*=\s*[\"']?1\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Rule:
    """A path pattern, with ``*`` for anything and ``$`` for the end, and whether it allows."""

    pattern: str
    allows: bool

    def matches(self, path: str) -> bool:
        """Compare piece by piece, the leftmost place each: no backtracking."""
        pattern, at_end = (self.pattern[:-1], True) if self.pattern.endswith("$") else (self.pattern, False)
        first, *others = pattern.split("*")
        if not path.startswith(first):
            return False
        at = len(first)
        for piece in others[:-1] if at_end else others:
            found = path.find(piece, at)
            if found < 0:
                return False
            at = found + len(piece)
        if not at_end:
            return True
        return len(path) - len(others[-1]) >= at and path.endswith(others[-1]) if others else at == len(path)


Rules = tuple[Rule, ...]


def read(body: bytes) -> Rules:
    """The rules of the groups for us, or of those for everybody."""
    groups: dict[str, list[Rule]] = {}
    agents: list[str] = []
    naming = False
    for line in body[:LARGEST].decode("utf-8", "replace").lstrip("\ufeff").splitlines():
        key, _, value = (part.strip() for part in line.partition("#")[0].partition(":"))
        key = key.lower()
        if key == "user-agent":
            agents = [*agents, value.lower()] if naming else [value.lower()]
            groups.setdefault(value.lower(), [])
        elif key in {"allow", "disallow"} and value and len(value) <= _LONGEST_RULE:
            for agent in agents:
                groups[agent].append(Rule(value, allows=key == "allow"))
        naming = key == "user-agent" or (naming and not key)
    ours = [rules for agent, rules in groups.items() if re.fullmatch(rf"{PRODUCT}(?:[^a-z_-].*)?", agent)]
    chosen = [rule for rules in ours for rule in rules] if ours else groups.get("*", [])
    return tuple(chosen[:_MOST_RULES])


def allowed(rules: Rules, url: str) -> bool:
    """Whether these rules let us ask for an address: the longest that fits decides, allowing ones first."""
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    fitting = [(len(rule.pattern), rule.allows) for rule in rules if rule.matches(path)]
    return max(fitting, default=(0, True))[1]


def read_reservations(body: bytes) -> Rules:
    """The paths that a site's tdmrep.json reserves (a list of objects with ``location`` and ``tdm-reservation``)."""
    try:
        told = json.loads(body[:LARGEST])
    except (ValueError, RecursionError):
        return ()
    found: list[Rule] = []
    for one in told if isinstance(told, list) else ():
        location = one.get("location") if isinstance(one, dict) else None
        if isinstance(location, str) and len(location) <= _LONGEST_RULE:
            found.append(Rule(location, allows=one.get("tdm-reservation") not in {1, "1"}))
    return tuple(found[:_MOST_RULES])


def reserved(header: str | None, page: bytes = b"") -> bool:
    """Whether a page's text is reserved against text mining (TDMRep), by its header or its own mark-up."""
    return (header or "").strip() == "1" or _RESERVED.search(page[:65_536]) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRules:
    """What one site asks. ``robots`` None: its server fails to say."""

    robots: Rules | None
    reservations: Rules = ()

    def against(self, url: str) -> str | None:
        """Say what speaks against reading an address; None when nothing does."""
        if self.robots is None:
            return "the site's robots.txt cannot be had at the moment; its articles are left alone for ten minutes"
        if not allowed(self.robots, url):
            return "the site's robots.txt asks programs not to read this; it is left alone"
        return None if allowed(self.reservations, url) else RESERVED


RESERVED = "the publisher reserves text mining (TDMRep); the article is left alone"


class Robots:
    """Remembers each site's rules for a day, a failure for ten minutes.

    ``ask`` gets the rules of a site (``https://host:port``); what it raises is passed on.
    """

    def __init__(self, ask: Callable[[str], Awaitable[SiteRules]]) -> None:
        self._ask = ask
        self._known: OrderedDict[str, tuple[float, SiteRules]] = OrderedDict()
        self._asking: dict[str, asyncio.Lock] = {}

    async def forbid(self, url: str) -> str | None:
        """Say why this page's site does not want us to read it; None when it does not mind."""
        parts = urlsplit(url)
        return (await self._rules(f"{parts.scheme}://{parts.netloc}")).against(url)

    async def _rules(self, site: str) -> SiteRules:
        lock = self._asking.setdefault(site, asyncio.Lock())
        try:
            async with lock:
                now = asyncio.get_running_loop().time()
                if site not in self._known or self._known[site][0] <= now:
                    self._remember(site, await self._ask(site))
                return self._known[site][1]
        finally:
            self._asking.pop(site, None)

    def _remember(self, site: str, rules: SiteRules) -> None:
        kept = _KEPT_FAILURE if rules.robots is None else _KEPT
        self._known[site] = (asyncio.get_running_loop().time() + kept, rules)
        self._known.move_to_end(site)
        while len(self._known) > _MOST_SITES:
            self._known.popitem(last=False)
