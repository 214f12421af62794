"""The service with so long a limit for parsing that only what never ends meets it, however busy the machine is."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from watcher.app import build
from watcher.cli.common import LogLevel, configure_logging
from watcher.config import Config, load
from watcher.service import Service
from watcher.store import Store
from watcher.workers import Workers

LIMIT = 75
"""Seconds a document."""


async def serve(path: Path) -> None:
    """Run until SIGTERM."""

    def read() -> Config:
        return load(path, os.environ)

    config = read()
    with Store.open(config.database, mode="write") as store:
        app = build(config, store, workers=Workers(parse_limit=LIMIT))
        try:
            await Service(app=app, reread=read).run()
        finally:
            await app.close()


if __name__ == "__main__":
    configure_logging(LogLevel.info, to_terminal=False)
    asyncio.run(serve(Path(sys.argv[1])))
