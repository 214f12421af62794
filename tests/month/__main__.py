"""A month of the service in minutes: nothing lost, nothing told twice, memory flat, database bounded.

usage: python -m tests.month [--days 30] [--feeds 500] [--seed N] [--keep DIR [--entries 180d]]

It takes a quarter of an hour on two cores. --keep leaves configuration and database in a folder, to be looked at;
--entries keeps their words longer than the third of a month after which they are forgotten otherwise.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from random import Random

from rich.console import Console

from tests.month.running import month
from tests.month.summary import tell


def days(text: str) -> timedelta:
    """A span such as 180d."""
    return timedelta(days=float(text.removesuffix("d")))


def main(arguments: Sequence[str]) -> int:
    """Run it, print the figures; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--feeds", type=int, default=500)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--keep", type=Path, default=None)
    parser.add_argument("--entries", type=days, default=None)
    given = parser.parse_args(arguments)
    seed = Random().randrange(10**6) if given.seed is None else given.seed
    print(f"seed {seed}", flush=True)
    with ExitStack() as stack:
        folder = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="watcher-month-")))
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / "watcher.db").exists():
            parser.error(f"{folder} holds a database already; name another folder, or remove it")
        run = month(
            folder,
            days=given.days,
            feeds=given.feeds,
            seed=seed,
            entries=given.entries,
            say=lambda told: print(told, flush=True),
        )
        tell(run, console=Console(highlight=False, soft_wrap=True))
    return 1 if run.verdict.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
