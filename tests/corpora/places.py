"""Where the real material lies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.program import REPOSITORY

SEEDS = REPOSITORY / "seeds" / "us-south-korea"


def corpora() -> Path:
    """The folder of outside material; without one the test is skipped."""
    folder = os.environ.get("WATCHER_CORPORA")
    if not folder:
        pytest.skip("WATCHER_CORPORA does not name the folder of outside material")
    return Path(folder)
