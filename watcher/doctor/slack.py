"""Slack, from the token to each channel: what is missing, and who mends it how."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from watcher.config import Config
from watcher.doctor.findings import Finding, fault, fine, note, refused
from watcher.errors import DeliveryError
from watcher.notifiers.slack_probe import (
    GROUPS,
    GROUPS_MISSING,
    NEEDED,
    SCOPES,
    ChannelFacts,
    Identity,
    SlackProbe,
    ask_webhook,
)

SKEW_TOLD, SKEW_WRONG = timedelta(seconds=30), timedelta(minutes=5)
"""From the first on a clock is told to be off; from the second on look-ups may miss what was posted."""

_PERSON = re.compile(r"[UWD][A-Z0-9]{5,}")
_ID = re.compile(r"[CG][A-Z0-9]{5,}")
_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
_INSTALL = "add it under OAuth & Permissions (config/slack-app.yaml lists all), then press Reinstall to Workspace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the token told. ``identity`` None: Slack did not take it, or could not be asked."""

    identity: Identity | None
    findings: tuple[Finding, ...]


def proxies(proxy: str | None, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Proxy settings that somebody may believe in."""
    named = next((name for name in _PROXIES if environ.get(name)), None)
    if named is not None and proxy is None:
        yield note(
            "proxy", f"{named} is set, and not used: watcher asks directly", "if only a proxy gets out, set fetch.proxy"
        )
    authority = environ.get("SSL_CERT_FILE") or environ.get("SSL_CERT_DIR")
    if authority:
        yield note("certificates", f"they are verified by {authority} (SSL_CERT_FILE, SSL_CERT_DIR)")


async def token(probe: SlackProbe, clock: Callable[[], datetime], *, editors: Collection[str] = ()) -> Known:
    """Whether Slack takes the token, what it may do, and whether our clocks agree. ``editors``: people and groups."""
    try:
        identity = await probe.identity()
    except DeliveryError as error:
        return Known(identity=None, findings=(refused("token", error),))
    found = [fine("token", f"Slack takes it: @{identity.user} in {identity.team}"), *_scopes(identity.scopes, editors)]
    if identity.at is not None:
        found.append(_skew(clock() - identity.at))
    return Known(identity=identity, findings=tuple(found))


def _scopes(granted: frozenset[str] | None, editors: Collection[str]) -> Iterator[Finding]:
    if granted is None:
        yield note("scopes", "Slack did not say which ones the token has")
        return
    groups = {GROUPS: GROUPS_MISSING} if any(one.startswith("S") for one in editors) else {}
    wanted = {**SCOPES, **groups}
    missing = [scope for scope in wanted if scope not in granted]
    for scope in missing:
        say = fault if scope == NEEDED else note
        yield say("scopes", f"{scope} is missing: {wanted[scope]}", _INSTALL)
    if not missing:
        yield fine("scopes", f"all {len(wanted)} are there")


def _skew(difference: timedelta) -> Finding:
    seconds = round(abs(difference.total_seconds()))
    way = "ahead of" if difference > timedelta() else "behind"
    what = f"it is {seconds} s {way} Slack's"
    mend = "let a time service set it (timedatectl set-ntp true, or chrony)"
    if abs(difference) >= SKEW_WRONG:
        return fault("clock", f"{what}, so that posts whose answer got lost may not be found again", mend)
    return note("clock", what, mend) if abs(difference) >= SKEW_TOLD else fine("clock", "it agrees with Slack's")


async def socket_mode(probe: SlackProbe, *, ours: int) -> Finding:
    """Whether the app-level token is given a connection for buttons, the only one but for the service's (``ours``)."""
    try:
        others = await probe.connections() - 1 - ours
    except DeliveryError as error:
        mend = "switch Socket Mode on in the app's settings, and give the token the scope connections:write"
        return fault("socket mode", f"{error} (SLACK_APP_TOKEN); alerts are posted without buttons", mend)
    if others > 0:
        more = "1 more connection" if others == 1 else f"{others} more connections"
        what = f"SLACK_APP_TOKEN has {more}: presses of buttons go to either"
        return fault("socket mode", what, "stop the other program, or give this watcher a Slack app of its own")
    return fine("socket mode", "SLACK_APP_TOKEN is given a connection")


async def channel(probe: SlackProbe, name: str, use: str, *, identity: Identity, stored: str | None) -> Finding:
    """Whether alerts would arrive in one channel; ``stored``: the id that its name was resolved to earlier."""
    subject = f"{name} ({use})"
    if _PERSON.fullmatch(name):
        return fine(subject, "direct messages; whether they arrive, --send tells")
    known = stored if stored is not None and _ID.fullmatch(stored) else None
    try:
        facts = await _look(probe, name, identity)
        if facts is None:
            return await _gone(probe, subject, known, identity)
    except DeliveryError as error:
        return _refused(subject, error, identity)
    if known is not None and known != facts.id:
        what = f"alerts go to {known}, which had this name before; {facts.id} has it now"
        return fault(subject, what, f'write the one that you mean by its id: channel: "{facts.id}"')
    return _well(subject, facts, identity)


def _refused(subject: str, error: DeliveryError, identity: Identity) -> Finding:
    if error.code == "missing_scope":
        return note(subject, f"cannot be looked at: {error}", _INSTALL)
    return _unseen(subject, identity) if error.code == "channel_not_found" else refused(subject, error)


async def _look(probe: SlackProbe, name: str, identity: Identity) -> ChannelFacts | None:
    if _ID.fullmatch(name):
        return await probe.channel(name)
    private = identity.scopes is None or "groups:read" in identity.scopes
    return await probe.named(name.removeprefix("#").lower(), private=private)


async def _gone(probe: SlackProbe, subject: str, known: str | None, identity: Identity) -> Finding:
    """No channel has this name. If one had it, it has another one now. Raises DeliveryError."""
    if known is None:
        return _unseen(subject, identity)
    facts = await probe.channel(known)
    if facts.archived:
        return _archived(subject)
    what = f"it was renamed to #{facts.name}; alerts still arrive there by its id"
    return fault(subject, what, f'write channel: "#{facts.name}", or for good: channel: "{facts.id}"')


def _unseen(subject: str, identity: Identity) -> Finding:
    return fault(
        subject,
        "no channel of that name or id that the app can see",
        f"check the spelling; a private one is invisible until somebody types /invite @{identity.user} in it",
    )


def _archived(subject: str) -> Finding:
    return fault(subject, "it is archived", "unarchive it in Slack, or name another channel")


def _well(subject: str, facts: ChannelFacts, identity: Identity) -> Finding:
    if facts.archived:
        return _archived(subject)
    invite = f"type /invite @{identity.user} in #{facts.name}"
    kind = "private" if facts.private else "public"
    if facts.member:
        return fine(subject, f"{kind}, {facts.id}; the app is in it")
    scopes = identity.scopes if identity.scopes is not None else frozenset(SCOPES)
    if facts.private or not scopes & {"chat:write.public", "channels:join"}:
        return fault(subject, f"the app is not in this {kind} channel", invite)
    if "channels:join" in scopes:
        return fine(subject, f"{kind}, {facts.id}; the app joins it when it has to")
    return note(subject, "the app is not in it: posting works, looking for a lost post does not", invite)


async def webhook(url: str, config: Config, *, proxy: str | None) -> AsyncIterator[Finding]:
    """What a webhook can, and what it cannot."""
    try:
        await ask_webhook(url, proxy=proxy)
    except DeliveryError as error:
        yield refused("webhook", error)
    else:
        yield fine("webhook", "Slack knows it")
    yield note(
        "webhook",
        "one channel, the webhook's own; no threads (further news are messages of their own), no updates, no buttons, "
        "no look-up: an alert whose answer got lost comes twice, marked as a possible repeat",
        "a bot token in SLACK_BOT_TOKEN has none of these limits (config/slack-app-post-only.yaml)",
    )
    if config.slack.ops_channel is not None:
        yield note("slack.ops_channel", "a webhook cannot reach it: what watcher tells about itself is in the log only")
