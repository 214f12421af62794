"""Envelopes of Socket Mode as values: pure.

Rule: whatever is not as Slack documents it is nobody's press, and no fault of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from watcher.types.feedback import MORE

LONGEST = 4000
"""Characters of a command's text; Slack itself cuts there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A button or a menu's entry under an alert. ``id``: the same press is the same id, however often it arrives."""

    id: str
    action: str
    key: str
    user: str
    name: str
    channel: str
    response_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A slash command, whatever its name is."""

    id: str
    name: str
    """Its name, with the slash: what people have to type."""
    text: str
    user: str
    person: str
    channel: str
    response_url: str | None = None


def read(kind: str, payload: Any, envelope: str) -> Press | Command | None:
    """What an envelope of this kind says; None for what is no press of ours."""
    if not isinstance(payload, Mapping):
        return None
    if kind == "slash_commands":
        return _command(payload, envelope)
    if kind == "interactive" and payload.get("type") == "block_actions":
        return _press(payload)
    return None


def _command(payload: Mapping[str, Any], envelope: str) -> Command | None:
    user = _text(payload, "user_id")
    if not user:
        return None
    return Command(
        id=_text(payload, "trigger_id") or envelope,
        name=_text(payload, "command") or "/watcher",
        text=_text(payload, "text")[:LONGEST].strip(),
        user=user,
        person=_text(payload, "user_name") or user,
        channel=_text(payload, "channel_id"),
        response_url=_text(payload, "response_url") or None,
    )


def _press(payload: Mapping[str, Any]) -> Press | None:
    actions = payload.get("actions")
    action = actions[0] if isinstance(actions, list) and actions and isinstance(actions[0], Mapping) else {}
    user, message, place = (_inner(payload, name) for name in ("user", "message", "container"))
    name, key = _text(action, "action_id"), _text(action, "value")
    if name == MORE:
        name, _, key = _text(_inner(action, "selected_option"), "value").partition(" ")
    key = key or _text(action, "block_id") or _text(_inner(_inner(message, "metadata"), "event_payload"), "key")
    who, channel = _text(user, "id"), _text(_inner(payload, "channel"), "id") or _text(place, "channel_id")
    if not (who and name):
        return None
    ts = _text(message, "ts") or _text(place, "message_ts")
    return Press(
        id=":".join((channel, ts, who, name, _text(action, "action_ts") or _text(payload, "trigger_id"))),
        action=name,
        key=key,
        user=who,
        name=_text(user, "username") or _text(user, "name") or who,
        channel=channel,
        response_url=_text(payload, "response_url") or None,
    )


def _inner(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, Mapping) else {}


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""
