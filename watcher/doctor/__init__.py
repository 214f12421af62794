"""``watcher doctor``: what is wrong between this configuration and the world, each with the exact remedy.

Rule: it looks and changes nothing, so it may run beside the service. With ``send`` it posts one labelled message per
channel and takes it back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from watcher.config import Config
from watcher.doctor import feeds, rehearsal, slack, state
from watcher.doctor.findings import Finding, note
from watcher.notifiers import Notifier
from watcher.notifiers.slack_probe import SlackProbe
from watcher.store import Store
from watcher.store.lock import running
from watcher.store.outbox import channel_id
from watcher.types import Destination

__all__ = ["Finding", "Patient", "diagnose", "passed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """All that is looked at. ``store`` None: there is no database that can be read."""

    config: Config
    store: Store | None
    notifier: Notifier
    environ: Mapping[str, str]
    clock: Callable[[], datetime]


async def diagnose(patient: Patient, *, send: bool = False) -> AsyncIterator[Finding]:
    """Look at one thing after the other; none of them keeps the others from being looked at."""
    config, store = patient.config, patient.store
    for one in state.database(config, store, patient.clock()):
        yield one
    if store is not None:
        for one in await feeds.look(config, store):
            yield one
    places = _places(config)
    async for one in _slack(patient, places):
        yield one
    if send:
        async for one in rehearsal.rehearse(patient.notifier, places, store, clock=patient.clock):
            yield one


def _places(config: Config) -> dict[str, str]:
    """Channel → what it is for: the topics that it serves, or the ops channel."""
    used: dict[str, list[str]] = {}
    for name, topic in config.topics.items():
        for destination in topic.destinations:
            used.setdefault(destination.channel, []).append(name)
    places = {channel: ", ".join(names) for channel, names in used.items()}
    if config.slack.ops_channel is not None and config.secrets.bot_token is not None:
        places.setdefault(config.slack.ops_channel, "slack.ops_channel")
    return places


async def _slack(patient: Patient, places: Mapping[str, str]) -> AsyncIterator[Finding]:
    config = patient.config
    secrets, proxy = config.secrets, config.fetch.proxy
    for one in slack.proxies(proxy, patient.environ):
        yield one
    if config.notify != "slack":
        given = "there is a token all the same" if secrets.slack else "there is no SLACK_BOT_TOKEN"
        yield note("slack", f"alerts are printed, not posted: notify is console ({given})")
        return
    if secrets.bot_token is None:
        async for one in slack.webhook(secrets.webhook_url or "", config, proxy=proxy):
            yield one
        return
    probe = SlackProbe(lambda: secrets.bot_token or "", secrets.api_url, proxy=proxy)
    known = await slack.token(probe, patient.clock, editors=config.slack.editors or ())
    for one in known.findings:
        yield one
    if secrets.app_token is not None:
        app = SlackProbe(lambda: secrets.app_token or "", secrets.api_url, proxy=proxy)
        yield await slack.socket_mode(app, ours=0 if running(config.database) is None else 1)
    if known.identity is None:
        yield note("channels", "not looked at, since Slack did not take the token")
        return
    for channel, use in places.items():
        stored = None
        if patient.store is not None:
            destination = str(Destination(notifier="slack", channel=channel))
            stored = await patient.store.read(channel_id, destination)
        yield await slack.channel(probe, channel, use, identity=known.identity, stored=stored)


def passed(findings: list[Finding]) -> bool:
    """Whether nothing is wrong; notes are no faults."""
    return not any(one.state == "fault" for one in findings)
