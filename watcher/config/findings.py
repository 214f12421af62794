"""What is wrong with a configuration, collected: the user mends everything in one go.

Its one rule: a finding has the file, the line of the key (or of what is around it), a sentence and a remedy, and never
a value that may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from watcher import urls
from watcher.config.reading import Key, key_name
from watcher.errors import Problem

ENVIRONMENT = "environment"
"""Stands where the file's name does when an environment variable is meant."""


SECRET = re.compile(r"xox[a-z.]*-|xapp-|hooks\.slack\.com", re.IGNORECASE)
"""Somebody put a token where a plain value belongs: it must not get into a log."""


def near(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    folded = {each.casefold(): each for each in known}
    close = get_close_matches(word.casefold()[:100], folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def suggest(word: str, known: Iterable[str], otherwise: str) -> str:
    """A remedy: the known word that was probably meant, or ``otherwise``."""
    meant = near(word, known)
    return f'did you mean "{meant}"?' if meant else otherwise


def shown(value: object) -> str:
    """A value as a sentence quotes it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a group of keys"
    if isinstance(value, list):
        return "a list"
    text = " ".join(str(value).split())
    if SECRET.search(text):
        return "what looks like a secret"
    text = urls.redact(text) if "://" in text else text
    text = text if len(text) <= 40 else text[:39] + "…"
    return f'"{text}"' if isinstance(value, str) else text


class Findings:
    """Collects problems and warnings of one file; an equal one is kept once."""

    def __init__(self, file: str, lines: Mapping[Key, int], problems: Iterable[Problem] = ()) -> None:
        self.file = file
        self._lines = lines
        self._problems: dict[Problem, None] = {}
        self._wrong: set[str] = set()
        self._touched: set[str] = set()
        for problem in problems:
            self.put(problem)
        self._settled = set(self._wrong)

    def line(self, key: Key) -> int:
        """The key's line, else that of the nearest one around it."""
        while key and key not in self._lines:
            key = key[:-1]
        return self._lines.get(key, 1)

    def add(self, key: Key, what: str, remedy: str | None = None, *, warning: bool = False) -> None:
        """Note what is wrong with a key, unless that is settled."""
        if key_name(key) in self._settled:
            return
        self.put(
            Problem(file=self.file, line=self.line(key), key=key_name(key), what=what, remedy=remedy, warning=warning)
        )

    def settle(self, key: Key, what: str, remedy: str) -> None:
        """Note what is wrong with a key so that nothing else needs to be said of it."""
        self.add(key, what, remedy)
        self._settled.add(key_name(key))

    def environment(self, name: str, what: str, remedy: str | None = None, *, warning: bool = False) -> None:
        """Note what is wrong with an environment variable."""
        self.put(Problem(file=ENVIRONMENT, key=name, what=what, remedy=remedy, warning=warning))

    def put(self, problem: Problem) -> None:
        """Note a problem as it is."""
        self._problems[problem] = None
        name = "" if problem.warning else problem.key or ""
        self._wrong |= {name} - {""}
        while name and name not in self._touched:
            self._touched.add(name)
            name = name[: max(name.rfind("."), name.rfind("["), 0)]

    def at(self, key: Key, *, exactly: bool = False) -> bool:
        """Tell whether something is wrong with this key or within it; ``exactly``: not within it."""
        return key_name(key) in (self._wrong if exactly else self._touched)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What keeps the configuration from being used, in the order of the file."""
        return self._sorted(warning=False)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is worth a sentence."""
        return self._sorted(warning=True)

    def _sorted(self, *, warning: bool) -> tuple[Problem, ...]:
        found = [problem for problem in self._problems if problem.warning is warning]
        return tuple(sorted(found, key=lambda p: (p.file != self.file, p.line or 0)))
