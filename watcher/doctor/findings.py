"""One line of what the doctor says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from watcher.errors import DeliveryError

Verdict = Literal["ok", "note", "fault"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was looked at, whether it is well, and what to do if not. A ``note`` is worth knowing and no fault."""

    subject: str
    state: Verdict
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        """One line, the verdict first."""
        return f"{self.state:<5}  {self.subject}: {self.what}" + (f"; {self.remedy}" if self.remedy else "")


def fine(subject: str, what: str) -> Finding:
    """All is well with it."""
    return Finding(subject=subject, state="ok", what=what)


def note(subject: str, what: str, remedy: str = "") -> Finding:
    """Worth knowing."""
    return Finding(subject=subject, state="note", what=what, remedy=remedy)


def fault(subject: str, what: str, remedy: str) -> Finding:
    """Somebody has to mend it."""
    return Finding(subject=subject, state="fault", what=what, remedy=remedy)


def refused(subject: str, error: DeliveryError) -> Finding:
    """Slack, or the way to it, said no."""
    return fault(subject, str(error), error.remedy)
