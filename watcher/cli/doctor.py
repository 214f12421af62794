"""``watcher doctor``: tokens, scopes, channels, feeds, database, clock: what is wrong, and what mends it."""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.common import print_json, read_config, stored
from watcher.errors import StateError

if TYPE_CHECKING:
    from watcher.config import Config
    from watcher.doctor import Finding, Patient
    from watcher.store import Store


def doctor(
    ctx: typer.Context,
    send: Annotated[
        bool, typer.Option("--send", help="Post a labelled test message to each channel, and remove it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look for what is wrong with tokens, scopes, channels, feeds, database and clock. Exit code 1: a fault."""
    from watcher.doctor import passed

    findings = asyncio.run(_findings(read_config(ctx), send=send, say=not as_json))
    if as_json:
        told = [
            {"subject": one.subject, "state": one.state, "what": one.what, "remedy": one.remedy} for one in findings
        ]
        print_json({"ok": passed(findings), "findings": told})
    if not passed(findings):
        raise typer.Exit(1)


async def _findings(config: Config, *, send: bool, say: bool) -> list[Finding]:
    """What is found, printed as it is found: some of it takes seconds."""
    from watcher.doctor import diagnose
    from watcher.doctor.findings import fault

    found: list[Finding] = []

    def tell(one: Finding) -> None:
        found.append(one)
        if say:
            print(one, flush=True)

    with ExitStack() as stack:
        store = None
        try:
            store = stored(config)
        except StateError as error:
            tell(fault("database", str(error), "docs/operations.md, exit code 4, has more"))
        if store is not None:
            stack.enter_context(store)
        async for one in diagnose(_patient(config, store), send=send):
            tell(one)
    return found


def _patient(config: Config, store: Store | None) -> Patient:
    from rich.console import Console

    from watcher.app.parts import make_notifiers, utc_now
    from watcher.doctor import Patient

    notifier = make_notifiers(config, Console(highlight=False, stderr=True), printing=False)[config.notify]
    return Patient(config=config, store=store, notifier=notifier, environ=os.environ, clock=utc_now)
