"""What every source keeps to: how much of a document is read, and how long its fields may be."""

from __future__ import annotations

import re
from typing import Final

ENTRY_CAP: Final = 500
"""Entries of one document that are judged; the others are recorded only."""
LONGEST_TITLE: Final = 500
LONGEST_TEXT: Final = 20_000
LONGEST_NAME: Final = 200
LONGEST_GUID: Final = 1000


def language(told: str) -> str | None:
    """The two-letter code of a language tag (``en-GB`` → ``en``); None for anything else."""
    found = re.match(r"\s*([A-Za-z]{2})(?:[-_\s]|$)", told)
    return found[1].lower() if found else None
