"""The configuration as delivery has to know it."""

from __future__ import annotations

from collections.abc import Callable

from watcher.app.parts import Topics
from watcher.app.reloading import former_names
from watcher.config import Config
from watcher.deliver import Policy, TopicPolicy
from watcher.notices import destinations

NO_CAP = 1_000_000


def policy_of(
    config: Config, topics: Topics, *, remote: bool, buttons: bool, first_poll_done: Callable[[str], bool]
) -> Policy:
    """What is true of delivery now. ``remote``: alerts go to a service; ``buttons``: whoever reads them can answer."""
    return Policy(
        topics={
            name: TopicPolicy(
                title=topic.title,
                digest=topic.digest,
                quiet_hours=topic.quiet_hours,
                urgent=topic.urgent,
                budget=topic.sensitivity.budget,
                paused=topic.paused,
            )
            for name, topic in config.topics.items()
        },
        former=former_names(config),
        # A console is read by whoever asked for it: there is nobody to flood.
        flood_count=config.slack.flood.count if remote else NO_CAP,
        flood_window=config.slack.flood.window,
        buttons=buttons,
        ops=destinations(config).get("", ()),
        zone=config.timezone,
        first_poll_done=first_poll_done,
        seed_label=lambda topic, name: seed_label(topics, topic, name),
    )


def seed_label(topics: Topics, topic: str, name: str) -> str:
    """How a message calls a seed: "MSNBC, May 2018"; without an outlet by its headline or file."""
    seeds, _ = topics.get(topic, ((), None))
    seed = next((one for one in seeds if one.name == name), None)
    if seed is None:
        return name
    who = seed.outlet or seed.title or seed.name
    return f"{who}, {seed.published:%B %Y}" if seed.published else who
