"""A socket and a desk for an app that has an app-level token."""

from __future__ import annotations

import time

from watcher.app import App
from watcher.app.parts import reread
from watcher.desk import Desk
from watcher.feedback.answers import SlackPeople
from watcher.feedback.socket import Socket, Spawn


def listen(app: App, spawn: Spawn) -> Socket | None:
    """The socket on which presses and commands come in; None without a token for it, or without Slack.

    ``spawn`` runs what a press leads to; it must not let anything escape.
    """
    config, known = app.config, app.config.secrets
    if known.app_token is None or known.bot_token is None or config.notify != "slack" or app.printing:
        return None
    people = SlackPeople(
        lambda: reread(known).bot_token or "", known.api_url, proxy=config.fetch.proxy, clock=time.monotonic
    )
    desk = Desk(app=app, people=people, works=lambda: told(socket))
    socket = Socket(
        token=lambda: reread(known).app_token or "",
        take=desk.take,
        spawn=spawn,
        api_url=known.api_url,
        proxy=config.fetch.proxy,
    )
    app.answered = lambda: socket.works
    return socket


def told(socket: Socket) -> str:
    """A sentence about the socket."""
    if not socket.works:
        return f"buttons: not connected ({socket.fault or 'not yet'})"
    more = f", {socket.connections} connections on this app's token" if socket.connections > 1 else ""
    return f"buttons: connected{more}" + (f", restarted {socket.restarts} times" if socket.restarts else "")
