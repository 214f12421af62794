"""What waits, and what leaves when: pure decisions.

Rule: held is not lost; what waited leaves singly when it is little and as one digest per topic when it is much.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from watcher.deliver.policy import Policy, TopicPolicy
from watcher.store.outbox import Told
from watcher.timing import day_around, next_slot, quiet_until
from watcher.types import HoldReason, OutboxItem

Group = tuple[str, str]
"""Destination and topic: what shares a digest and a budget."""

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
    """Whether a row that is about to be sent has to wait, budgets and flood caps aside."""
    if item.kind == "update" or (item.kind == "notice" and not item.topic):
        return None  # the one disturbs nobody, the other is for the operator, who wants to know
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


def over_budget(item: OutboxItem, policy: Policy, *, told: Told, now: datetime) -> Hold | None:
    """Whether its topic's alerts of this day are used up; ``told``: what its destination was told since midnight.

    What is stronger than all of them passes: the day's best news never waits because weaker news came first.
    """
    topic = policy.topics.get(item.topic)
    if topic is None or topic.budget is None or item.kind != "parent" or _is_urgent(item, topic):
        return None
    if told.sent < topic.budget or item.strength > told.strongest:
        return None
    return Hold(reason="budget", until=day_around(now, policy.zone)[1])


def room(policy: Policy, topic: str, told: Told) -> int:
    """How many of the alerts that a budget holds back fit into it by now, if it was raised."""
    known = policy.topics.get(topic)
    budget = known.budget if known else None
    return 0 if budget is None else max(0, budget - told.sent - told.waiting)


def capped(item: OutboxItem, policy: Policy, *, sent: int) -> bool:
    """Whether the flood cap holds a row back; ``sent``: messages at its destination in the window that ends now."""
    topic = policy.topics.get(item.topic)
    passes = item.kind != "parent" or (topic is not None and _is_urgent(item, topic))
    return sent >= policy.flood_count and not passes


def plan(
    held: Sequence[OutboxItem],
    policy: Policy,
    *,
    installation: str,
    now: datetime,
    rooms: Mapping[Group, int] | None = None,
) -> Plan:
    """Decide over all that is held. ``rooms``: what budgets have room for, see ``room``."""
    release: list[str] = []
    again: list[tuple[str, Hold]] = []
    together: defaultdict[Group, list[str]] = defaultdict(list)
    perhaps: defaultdict[Group, list[str]] = defaultdict(list)
    fitting = _fitting(held, rooms or {}, now)
    for item in held:
        topic = policy.topics.get(item.topic)
        if topic is None or topic.paused or item.destination in policy.paused_destinations:
            continue
        group = item.destination, item.topic
        later = why_hold(item, policy, now) if item.hold in {"quiet_hours", "paused"} else None
        match "singly" if item.key in fitting else _fate(item, topic, policy, now):
            case "singly":
                release.append(item.key)
            case "perhaps" if later is not None:
                again += [(item.key, later)] if later.reason != item.hold else []
            case "perhaps":
                perhaps[group].append(item.key)
            case "digest":
                together[group].append(item.key)
            case _:
                again += _sooner(item, topic, policy, now)
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
    if item.kind != "parent":
        return "singly" if why_hold(item, policy, now) is None else "stay"
    if _is_urgent(item, topic):
        return "singly"
    gone = (item.hold == "digest" and topic.digest is None) or (item.hold == "budget" and topic.budget is None)
    if item.hold in {"quiet_hours", "paused"} or gone:
        return "perhaps"
    return "digest" if item.held_until is None or item.held_until <= now else "stay"


def _fitting(held: Sequence[OutboxItem], rooms: Mapping[Group, int], now: datetime) -> frozenset[str]:
    """What a raised budget lets go before the day ends: the strongest, as many as there is room for."""
    waiting: defaultdict[Group, list[OutboxItem]] = defaultdict(list)
    for item in held:
        if item.hold == "budget" and item.held_until is not None and item.held_until > now:
            waiting[item.destination, item.topic].append(item)
    return frozenset(
        item.key
        for group, items in waiting.items()
        for item in sorted(items, key=lambda one: (-one.strength, one.created_at))[: rooms.get(group, 0)]
    )


def _sooner(item: OutboxItem, topic: TopicPolicy, policy: Policy, now: datetime) -> list[tuple[str, Hold]]:
    """An end that lies nearer by now: the configuration moved it, or the clock was put back."""
    if item.held_until is None:
        return []
    if item.hold == "digest" and topic.digest is not None:
        hold = Hold(reason="digest", until=next_slot(topic.digest, now))
    elif item.hold == "budget":
        hold = Hold(reason="budget", until=day_around(now, policy.zone)[1])
    elif item.hold == "flood":
        hold = Hold(reason="flood", until=now + policy.flood_window)
    else:
        return []
    return [(item.key, hold)] if hold.until is not None and hold.until < item.held_until else []


def _is_urgent(item: OutboxItem, topic: TopicPolicy) -> bool:
    return topic.urgent is not None and item.strength >= topic.urgent
