"""How a command that serves ends on SIGTERM while no event loop listens. Light: it is there before anything else."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

GRACE = 5
"""Seconds after which an orderly end is given up."""


def leave(number: int, frame: object) -> NoReturn:
    """Told to stop while no event loop listens: nothing is under way, so nothing is lost."""
    del number, frame
    # An exception that comes up inside a finaliser or an import's bookkeeping is swallowed: then the alarm ends it.
    signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
    signal.alarm(GRACE)
    sys.exit(0)
