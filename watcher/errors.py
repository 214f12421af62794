"""Everything watcher refuses, as one small tree.

WatcherError                 exit code 5
├── ConfigError              2   the YAML, a rule, an option, the environment: all problems at once
│   └── SeedError            2   no usable seed for a topic
├── StateError               4   the database is corrupt, foreign, newer, older for a reader, or read-only
├── AlreadyRunning           3   another process holds the database's lock
├── FetchError               –   a feed or page could not be had (a value for the line: it never stops other feeds)
├── ParseError               –   the bytes are not a feed
├── WorkerError              –   a worker process was killed at its limit, or died
└── DeliveryError            –   a notifier could not send; says whether it surely did not, and who must mend it

Every message is a sentence: what, where, why, what to do. None of them holds a secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta


class WatcherError(Exception):
    """The root of the tree; its text is a sentence for the user."""

    exit_code = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong (or doubtful) in what the user gave, printed as ``file:line: key: what; remedy``."""

    file: str
    line: int | None = None
    key: str | None = None
    what: str
    remedy: str | None = None
    warning: bool = False

    def __str__(self) -> str:
        """Read as compilers print: an editor can jump to the place."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        parts = [place, *([self.key] if self.key else []), self.what + (f"; {self.remedy}" if self.remedy else "")]
        return ": ".join(parts)


class ConfigError(WatcherError):
    """One or more problems in the configuration; all of them are in ``problems``."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SeedError(ConfigError):
    """A topic has no usable seed, or a card cannot be read."""


class StateError(WatcherError):
    """The database cannot be used as it is; it was left untouched."""

    exit_code = 4


class Overtaken(StateError):  # noqa: N818  what happened; whoever hears of it begins anew
    """Another process changed what this was made from; nothing was written."""


class AlreadyRunning(WatcherError):  # noqa: N818  the exit code's name in the contract
    """Another process holds the lock of this database."""

    exit_code = 3


FetchFault = Literal[
    "dns", "connect", "tls", "timeout", "refused_address", "redirects", "scheme", "too_large", "encoding",
    "status", "gone", "too_many_requests", "bot_protection", "incomplete", "robots", "not_a_page", "protocol",
]  # fmt: skip


class FetchError(WatcherError):
    """A feed or page could not be had.

    ``fault`` tells the kind, ``status`` the HTTP status where there was one, ``retry_after`` how long the server asks
    to be left alone (already clamped to 1 minute … 24 hours).
    """

    def __init__(
        self, message: str, *, fault: FetchFault, status: int | None = None, retry_after: timedelta | None = None
    ) -> None:
        self.fault: FetchFault = fault
        self.status = status
        self.retry_after = retry_after
        super().__init__(message)


class ParseError(WatcherError):
    """The bytes that came are not a feed (a login page, nothing at all, JSON …)."""


class WorkerError(WatcherError):
    """A worker process was killed at its time or memory limit, or died; a fresh one replaces it."""


DeliveryOutcome = Literal["not_sent", "unsure"]
DeliveryScope = Literal["retry", "channel", "token", "message"]


GONE_THREAD = frozenset({"thread_not_found", "cannot_reply_to_message"})
"""Codes of DeliveryError that mean that the message which was to be answered is not there any more."""


class DeliveryError(WatcherError):
    """A message was not accepted.

    ``outcome``: ``not_sent`` is sure, ``unsure`` means that it may have arrived and must be looked up first.
    ``scope``: ``retry`` passes by itself, ``channel`` and ``token`` wait for somebody to mend them, ``message`` is this
    message's own fault. ``code`` is the service's own word; ``remedy`` a sentence for the operator.
    """

    def __init__(
        self,
        message: str,
        *,
        outcome: DeliveryOutcome,
        scope: DeliveryScope,
        code: str,
        remedy: str = "",
        retry_after: timedelta | None = None,
    ) -> None:
        self.outcome: DeliveryOutcome = outcome
        self.scope: DeliveryScope = scope
        self.code = code
        self.remedy = remedy
        self.retry_after = retry_after
        super().__init__(message)
