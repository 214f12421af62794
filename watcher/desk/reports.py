"""What the command tells: status, topics, and how it is used."""

from __future__ import annotations

from watcher import __version__
from watcher.app import App
from watcher.desk.words import said
from watcher.precision import precision
from watcher.store.feedback import labels, seeds_added
from watcher.store.feeds import feed_states
from watcher.store.outbox import oldest_due, pending_count
from watcher.store.overview import answers

USAGE = {
    "status": "is it well: feeds, polls, what waits",
    "topics": "the topics, their channels, seeds and answers",
    "explain URL": "what became of an article, per topic, and why",
    "seed add URL [TOPIC]": "make an article a seed",
    "mute story URL": "no more of this story here, until it closes",
    "mute source URL": "nothing here of the feed that brought this article, for 7 days",
    "mute list": "what is muted; `unmute NUMBER` ends one",
    "preview [TOPIC]": "what the last 7 days would have told by now, and by other sensitivities",
    "retract KEY": "delete an alert and its text",
    "help": "this",
}


def usage(name: str) -> str:
    """The command's words, one a line."""
    return "\n".join(f"`{name} {how}` – {what}" for how, what in USAGE.items())


def how_to_mute(name: str) -> str:
    """The words of muting."""
    return f"`{name} mute story URL`, `{name} mute source URL`, `{name} mute list`, `{name} unmute NUMBER`"


async def status(app: App, socket: str) -> str:
    """Whether it is well."""
    states = (await app.store.read(feed_states, [one.id for one in app.config.feeds])).values()
    failing = [one for one in states if one.failures and not one.gone]
    gone = sum(one.gone for one in states)
    latest = max((one.last_success for one in states if one.last_success), default=None)
    oldest = await app.store.read(oldest_due, app.clock())
    waiting = await app.store.read(pending_count)
    lines = [
        f"watcher {__version__}, since {app.started:%d %b %Y %H:%M} UTC",
        f"{len(states)} feeds: {len(failing)} failing, {gone} gone; last poll that succeeded: "
        + (f"{latest:%d %b %Y %H:%M} UTC" if latest else "none yet"),
        f"{waiting} alerts wait" + (f", the oldest due since {oldest:%d %b %H:%M} UTC" if oldest else ""),
        socket,
    ]
    lines += [f"failing: {said(one.name, 80)} – {said(one.error or '', 200)}" for one in failing[:5]]
    return "\n".join(lines)


async def topics(app: App) -> str:
    """Each topic with what it is made of."""
    known = await app.store.read(labels)
    added = await app.store.read(seeds_added)
    given = await app.store.read(answers)
    lines = []
    for name, topic in app.config.topics.items():
        seeds, _ = app.topics[name]
        own = [one.label for one in known if one.label.topic == name]
        aside = sum(label.state == "aside" for label in own)
        from_slack = sum(one.topic == name for one in added)
        channels = ", ".join(said(one.channel, 80) for one in topic.destinations)
        paused = ", paused" if topic.paused else ""
        lines.append(
            f"*{said(topic.title, 80)}* (`{name}`) to {channels}{paused}: {len(seeds)} seeds"
            + (f" ({from_slack} from Slack)" if from_slack else "")
            + f", {len(own)} answers"
            + (f" ({aside} kept aside)" if aside else "")
            + (f"; of its alerts {precision(given[name])}" if name in given else "")
        )
    return "\n".join(lines)
