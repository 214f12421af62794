"""``watcher health``: is the service alive? Light enough to be asked every few seconds by a container engine."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from typing import Annotated

import typer

from watcher.cli.common import database_url

TIMEOUT = 5
"""Seconds; a service that answers slower than that is not well."""


def health(ctx: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Ask /healthz of the running service: 0 alive, 1 not. Used by the image's HEALTHCHECK."""
    alive, sentence = _ask(database_url(ctx))
    if as_json:
        print(json.dumps({"alive": alive, "message": sentence}, ensure_ascii=False))
    else:
        print(sentence, file=sys.stdout if alive else sys.stderr)
    if not alive:
        raise typer.Exit(1)


def _ask(database: str) -> tuple[bool, str]:
    from watcher.store.lock import running

    found = running(database)
    if found is None:
        return False, "no watcher is running on this database"
    if not found["address"]:
        return True, f"watcher (pid {found['pid']}) is starting"
    host, _, port = found["address"].rpartition(":")
    host = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104 compared, not bound
    try:
        # A proxy of the environment has no business between us and ourselves.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://{host}:{port}/healthz", timeout=TIMEOUT) as answer:
            return answer.status == 200, f"watcher (pid {found['pid']}) is alive at {host}:{port}"
    except (urllib.error.URLError, OSError) as error:
        return False, f"watcher (pid {found['pid']}) does not answer at {host}:{port}: {error}"
