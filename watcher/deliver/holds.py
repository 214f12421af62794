"""What waits, and what leaves when: pure decisions.

Rule: held is not lost; what waited leaves singly when it is little and as one digest per topic when it is much.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from watcher.deliver.policy import Policy, TopicPolicy
from watcher.timing import next_slot, quiet_until
from watcher.types import HoldReason, OutboxItem

SINGLY = 3
"""So many leave one by one after quiet hours or a pause; more make a digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Why a row waits, and until when (None: until somebody lets it go)."""

    reason: HoldReason
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPlan:
    """A digest to make of these rows."""

    key: str
    destination: str
    topic: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What becomes of held rows now; those not named go on waiting."""

    release: tuple[str, ...]
    digests: tuple[DigestPlan, ...]
    hold_again: tuple[tuple[str, Hold], ...]


def why_hold(item: OutboxItem, policy: Policy, now: datetime) -> Hold | None:
    """Whether a row that is about to be sent has to wait, flood caps aside."""
    topic = policy.topics.get(item.topic)
    if topic is None or topic.paused or item.destination in policy.paused_destinations:
        return Hold(reason="paused", until=None)
    if _is_urgent(item, topic):
        return None
    quiet = quiet_until(topic.quiet_hours, now) if topic.quiet_hours else None
    if quiet is not None:
        return Hold(reason="quiet_hours", until=quiet)
    if topic.digest is not None and item.kind == "parent":
        return Hold(reason="digest", until=next_slot(topic.digest, now))
    return None


def capped(item: OutboxItem, policy: Policy, *, sent: int) -> bool:
    """Whether the flood cap holds a row back; ``sent``: messages at its destination in the window that ends now."""
    topic = policy.topics.get(item.topic)
    passes = item.kind == "digest" or (topic is not None and _is_urgent(item, topic))
    return sent >= policy.flood_count and not passes


def plan(held: Sequence[OutboxItem], policy: Policy, *, installation: str, now: datetime) -> Plan:
    """Decide over all that is held."""
    release: list[str] = []
    again: list[tuple[str, Hold]] = []
    together: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    perhaps: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for item in held:
        topic = policy.topics.get(item.topic)
        if topic is None or topic.paused or item.destination in policy.paused_destinations:
            continue
        group = item.destination, item.topic
        later = why_hold(item, policy, now) if item.hold in {"quiet_hours", "paused"} else None
        match _fate(item, topic, policy, now):
            case "singly":
                release.append(item.key)
            case "perhaps" if later is not None:
                again += [(item.key, later)] if later.reason != item.hold else []
            case "perhaps":
                perhaps[group].append(item.key)
            case "digest":
                together[group].append(item.key)
            case _:
                again += _sooner(item, topic, now)
    for group, keys in perhaps.items():
        if len(keys) > SINGLY or group in together:
            together[group] += keys
        else:
            release += keys
    digests = tuple(_digest(installation, *group, keys) for group, keys in together.items())
    return Plan(release=tuple(release), digests=digests, hold_again=tuple(again))


def digest_key(installation: str, members: Iterable[str]) -> str:
    """The key of the digest of these rows: the same whenever it is made."""
    return f"{installation}/digest/{sha256(chr(10).join(sorted(members)).encode()).hexdigest()[:16]}"


def _digest(installation: str, destination: str, topic: str, keys: Sequence[str]) -> DigestPlan:
    key = digest_key(installation, keys)
    return DigestPlan(key=key, destination=destination, topic=topic, members=tuple(keys))


def _fate(item: OutboxItem, topic: TopicPolicy, policy: Policy, now: datetime) -> str:
    """``singly``, ``digest``, ``perhaps`` (depends on how many there are) or ``stay``."""
    if item.hold == "first_poll":
        return "digest" if policy.first_poll_done(item.topic) else "stay"
    if item.kind == "digest":
        return "singly" if why_hold(item, policy, now) is None else "stay"
    if _is_urgent(item, topic):
        return "singly"
    if item.hold in {"quiet_hours", "paused"} or (item.hold == "digest" and topic.digest is None):
        return "perhaps"
    return "digest" if item.held_until is None or item.held_until <= now else "stay"


def _sooner(item: OutboxItem, topic: TopicPolicy, now: datetime) -> list[tuple[str, Hold]]:
    """A digest slot that the configuration has moved forward."""
    if item.hold != "digest" or topic.digest is None or item.held_until is None:
        return []
    slot = next_slot(topic.digest, now)
    return [(item.key, Hold(reason="digest", until=slot))] if slot < item.held_until else []


def _is_urgent(item: OutboxItem, topic: TopicPolicy) -> bool:
    return topic.urgent is not None and item.strength >= topic.urgent
