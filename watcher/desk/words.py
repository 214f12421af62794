"""What is said to whoever pressed or asked, and in the ops channel: pure.

Rule: outside text in an answer is tidied and cut, and cannot mention anybody; Slack's own marks are escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from watcher.deliver.retracting import Retracted
from watcher.desk.subjects import Subject
from watcher.learn import Change, Lesson
from watcher.notifiers.mrkdwn import literal
from watcher.types import Click, Mute, Undone

MUTED_FOR = timedelta(days=7)

UNKNOWN = "watcher does not know this alert: its database is another one, or has forgotten it. Nothing was changed."
FORGOTTEN = "The text of this alert is no longer stored, so nothing can be learned from it."
UNKNOWN_BUTTON = "This version of watcher does not know that button. Nothing was changed."
NOT_AN_EDITOR = "Only the people named in slack.editors may do that. Nothing was changed."
NOTHING_TO_UNDO = "There is nothing to take back here."


def said(text: str, limit: int = 150) -> str:
    """Outside text inside a sentence."""
    return literal(text, limit) or "without a headline"


def noted(title: str, topics: Sequence[str], *, relevant: bool) -> str:
    """That an answer was written down."""
    about = " and ".join(said(one, 80) for one in topics) or "any topic that is still configured"
    return f"Noted: “{said(title)}” is {'relevant' if relevant else 'not relevant'} to {about}."


def lessons(learned: Sequence[Lesson], titles: Mapping[str, str]) -> str:
    """What was learned; with the topic's name where there are several."""
    parts = [lesson(one) for one in learned]
    if len(learned) == 1:
        return parts[0]
    told = zip(learned, parts, strict=True)
    return " ".join(f"{said(titles.get(one.topic, one.topic), 80)}: {part}" for one, part in told)


def lesson(one: Lesson) -> str:
    """What one topic learned: "'tariff' up, 'baseball' down; 2 of last week's alerts would now be held."."""
    if one.aside is not None:
        return f"Kept aside for now: {said(one.aside)}. It is tried again with the next answers."
    told = [part for part in (_words(one.change), _effect(one.change)) if part]
    return "; ".join(told) + "." if told else "It changes nothing that was judged in the last week."


def _words(change: Change) -> str:
    up = ", ".join(f"'{said(term, 40)}'" for term in change.up)
    down = ", ".join(f"'{said(term, 40)}'" for term in change.down)
    moves = [f"{terms} {way}" for terms, way in ((up, "up"), (down, "down")) if terms]
    if change.thresholds is not None:
        was, now = change.thresholds
        moves.append(f"the threshold {'up' if now > was else 'down'} from {was:.3f} to {now:.3f}")
    return ", ".join(moves)


def _effect(change: Change) -> str:
    told = []
    if change.lost:
        told.append(f"{change.lost} of last week's alerts would now be held")
    if change.found:
        told.append(f"{change.found} more entr{'ies' if change.found > 1 else 'y'} of last week would now be told")
    return "; ".join(told)


def story_mute(click: Click, subject: Subject) -> Mute | None:
    """A story, until it closes."""
    if subject.story is None or subject.destination is None:
        return None
    return Mute(
        kind="story",
        subject=subject.story,
        title=subject.entry.title,
        destination=subject.destination,
        key=click.key,
        user=click.user,
        name=click.name,
        at=click.at,
    )


def source_mute(click: Click, subject: Subject, names: Mapping[str, str]) -> Mute | None:
    """The feed that brought an entry first, at this destination, for a week."""
    if not subject.feeds or subject.destination is None:
        return None
    feed = subject.feeds[0]
    return Mute(
        kind="source",
        subject=feed,
        title=names.get(feed, subject.entry.outlet),
        destination=subject.destination,
        key=click.key,
        user=click.user,
        name=click.name,
        at=click.at,
        until=click.at + MUTED_FOR,
    )


def muted(mute: Mute) -> str:
    """That something is muted, where and for how long."""
    where = said(mute.destination.partition(":")[2], 80)
    if mute.kind == "story":
        return f"Muted in {where}: the story “{said(mute.title)}”, until it closes (three days after its last report)."
    until = f", until {mute.until:%d %b %Y %H:%M} UTC" if mute.until else ""
    return f"Muted in {where}: what the feed {said(mute.title, 80)} brings{until}."


def undone(what: Undone, name: str) -> str:
    """What was taken back, and whose it was."""
    whose = "your" if what.name == name else f"{said(what.name, 40)}'s"
    thing = {"label": "answer about", "story": "mute of the story", "source": "mute of the feed", "seed": "seed"}
    return f"Taken back: {whose} {thing[what.what]} “{said(what.title)}”."


def retracted(done: Retracted) -> str:
    """That an alert was taken back, and what of it stays."""
    number = "1 message was" if done.messages == 1 else f"{done.messages} messages were"
    what = f"{number} deleted" if done.messages else "it was not told yet, and will not be"
    words = " Its words stay, since other alerts tell them, too." if done.needed_by else ""
    return f"Retracted: {what}. What it told stays known as told.{words}"


def announced(name: str, user: str, text: str) -> str:
    """A line of the ops channel."""
    return f"{said(name, 40)} ({said(user, 20)}): {text}"
