"""Topics with their defaults, and where their alerts go.

Its one rule: a topic's own key beats the one under ``defaults``, and a problem is told where the value stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

from watcher.config import values
from watcher.config.addresses import located
from watcher.config.checking import checked
from watcher.config.findings import Findings, shown
from watcher.config.keys import Topic, TopicKeys
from watcher.config.model import TopicConfig
from watcher.config.reading import Key, Plain
from watcher.timing import parse_digest, parse_quiet_hours
from watcher.types import Destination, Rules

T = TypeVar("T")

Way = Literal["token", "webhook", "console", "nowhere"]
"""How alerts leave; ``nowhere`` when Slack is meant and the way into it is wrong (told elsewhere)."""

CONSOLE_CHANNEL = "#console"
"""Where alerts of a topic without a channel go on the console."""
WEBHOOK_CHANNEL = "webhook"
"""Stands for the one channel of a webhook when the file does not name it."""


def topic_names(raw: Mapping[str, Plain]) -> frozenset[str]:
    """The names of all topics, sound or not: feeds may name them."""
    topics = raw.get("topics")
    return frozenset(topics) if isinstance(topics, dict) else frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Merged:
    """A topic's own keys over the defaults."""

    name: str
    own: Topic
    defaults: TopicKeys
    findings: Findings

    def key(self, name: str) -> Key:
        """Where the value of a key stands."""
        if name in self.own.model_fields_set or name not in self.defaults.model_fields_set:
            return ("topics", self.name, name)
        return ("defaults", name)

    def source(self, name: str) -> TopicKeys:
        """The group of keys that says it."""
        return self.own if name in self.own.model_fields_set else self.defaults


def read_topics(
    raw: Mapping[str, Plain], *, base: Path, zone: ZoneInfo, way: Way, findings: Findings
) -> dict[str, TopicConfig]:
    """All sound topics by name."""
    defaults = checked(TopicKeys, raw.get("defaults"), ("defaults",), findings) or TopicKeys()
    given = raw.get("topics")
    if not given:
        findings.add(("topics",), "there are no topics", "name at least one, and its seeds below it")
        return {}
    if not isinstance(given, dict):
        findings.add(("topics",), f"{shown(given)} stands where keys belong", "write a name, and its keys below it")
        return {}
    merged = [_merged(name, value, defaults, findings) for name, value in given.items()]
    channels = _channels(merged, way, findings)
    _check_former_names(merged, findings)
    found = (_topic(topic, channels[topic.name], base, zone, findings) for topic in merged)
    return {topic.name: topic for topic in found if topic is not None}


def _merged(name: str, value: Plain, defaults: TopicKeys, findings: Findings) -> _Merged:
    if not re.fullmatch(values.TOPIC, name):
        simple = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
        remedy = f'did you mean "{simple}"?' if simple else "write one such as us-south-korea"
        findings.add(("topics", name), "a topic's name is up to 40 of a-z, 0-9 and -", remedy)
    own = checked(Topic, value, ("topics", name), findings) or Topic()
    return _Merged(name=name, own=own, defaults=defaults, findings=findings)


def _topic(
    topic: _Merged, destinations: tuple[Destination, ...], base: Path, zone: ZoneInfo, findings: Findings
) -> TopicConfig | None:
    digest = _timed(topic, "digest", topic.source("digest").digest, parse_digest, zone)
    quiet_hours = _timed(topic, "quiet_hours", topic.source("quiet_hours").quiet_hours, parse_quiet_hours, zone)
    seeds = topic.source("seeds").seeds
    if seeds is None:
        key = ("topics", topic.name, "seeds")
        if not findings.at(key) and not findings.at(key[:-1], exactly=True):
            remedy = f"write a folder of articles, such as seeds: ../seeds/{topic.name}"
            findings.add(key, "this key is missing", remedy)
        return None
    title = topic.source("title").title
    languages = topic.source("languages").languages
    return TopicConfig(
        name=topic.name,
        title=title or topic.name,
        seeds=located(seeds, base),
        rules=Rules(
            must=tuple(topic.source("must").must),
            exclude=tuple(topic.source("exclude").exclude),
            languages=None if languages is None else tuple(dict.fromkeys(languages)),
        ),
        sensitivity=topic.source("sensitivity").sensitivity,
        destinations=destinations,
        digest=digest,
        quiet_hours=quiet_hours,
        urgent=topic.source("urgent").urgent,
        follow_ups=topic.source("follow_ups").follow_ups,
        summary=topic.source("summary").summary,
        paused=topic.source("paused").paused,
        was=topic.source("was").was,
    )


def _timed(
    topic: _Merged, name: str, given: list[str] | None, parse: Callable[[list[str], ZoneInfo], T], zone: ZoneInfo
) -> T | None:
    if given is None:
        return None
    try:
        return parse(given, zone)
    except ValueError as error:
        what, _, remedy = str(error).partition("; ")
        topic.findings.add(topic.key(name), what, remedy or None)
        return None


def _check_former_names(topics: list[_Merged], findings: Findings) -> None:
    names = {topic.name for topic in topics}
    claimed: dict[str, str] = {}
    for topic in topics:
        was = topic.source("was").was
        if was is None:
            continue
        if was in names:
            what = f'"{was}" is a topic of this file, so it cannot be the former name of "{topic.name}"'
            findings.add(topic.key("was"), what, "remove was, or the topic of that name")
        elif (other := claimed.setdefault(was, topic.name)) != topic.name:
            what = f'"{was}" is the former name of "{other}" already'
            findings.add(topic.key("was"), what, "only one topic can go on with its memory")


def _channels(topics: list[_Merged], way: Way, findings: Findings) -> dict[str, tuple[Destination, ...]]:
    """Where each topic's alerts go, channels checked for the way that they leave."""
    named = {topic.name: list(dict.fromkeys(topic.source("channel").channel or [])) for topic in topics}
    if way != "console":
        _refuse_placeholder(topics, named, findings)
    if way == "token":
        _require(topics, named, findings)
    if way == "webhook":
        named = _one_channel(topics, named, findings)
    notifier = "console" if way == "console" else "slack"
    return {
        name: tuple(Destination(notifier=notifier, channel=each) for each in channels or [CONSOLE_CHANNEL])
        for name, channels in named.items()
    }


def _refuse_placeholder(topics: list[_Merged], named: Mapping[str, list[str]], findings: Findings) -> None:
    for topic in topics:
        if values.PLACEHOLDER_CHANNEL in named[topic.name]:
            what = f'"{values.PLACEHOLDER_CHANNEL}" is the example\'s placeholder, not a channel'
            findings.add(topic.key("channel"), what, 'write the channel that alerts go to, such as "#korea-desk"')


def _require(topics: list[_Merged], named: Mapping[str, list[str]], findings: Findings) -> None:
    for topic in topics:
        if not named[topic.name] and not findings.at(topic.key("channel")) and not findings.at(("defaults", "channel")):
            remedy = 'write channel: "#korea-desk" here or under defaults'
            findings.add(("topics", topic.name, "channel"), "the topic has no channel to post to", remedy)


def _one_channel(topics: list[_Merged], named: Mapping[str, list[str]], findings: Findings) -> dict[str, list[str]]:
    """A webhook posts to one channel, whatever the file calls it."""
    first: str | None = None
    for topic in topics:
        for channel in named[topic.name]:
            first = first or channel
            if channel != first:
                what = f"a webhook posts to one channel, and the topics name two: {shown(first)} and {shown(channel)}"
                findings.add(topic.key("channel"), what, "name one, or set SLACK_BOT_TOKEN in place of the webhook")
    return {topic.name: [first or WEBHOOK_CHANNEL] for topic in topics}
