"""What people press and type in Slack, decided and done.

Rule: first it is written down (``take``), then it is acknowledged, and then it is done and answered, to them alone.
Whoever may not do a thing is told so; what changes something for others is a line in the ops channel, with who.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol

import structlog

from watcher.app import App
from watcher.desk import words
from watcher.desk.commands import Commands
from watcher.desk.subjects import Subject, find
from watcher.feedback import Command, Press
from watcher.learn.texts import labels_of
from watcher.notices import destinations
from watcher.store.feedback import put_click, put_labels, put_mute, undo
from watcher.store.feeds import feed_states
from watcher.store.notices import put_notices
from watcher.types import Click, Mute, Notice
from watcher.types.feedback import MUTE_SOURCE, MUTE_STORY, NOT_RELEVANT, RELEVANT, UNDO

__all__ = ["Desk", "People"]

log = structlog.get_logger("watcher.desk")

Rest = Callable[[], Coroutine[Any, Any, None]]


class People(Protocol):
    """Says things to one person, and knows who belongs to a group."""

    async def tell(self, asked: Press | Command, text: str) -> None:
        """Answer somebody, and nobody else."""

    async def members(self, group: str) -> frozenset[str]:
        """The people of a user group."""


@dataclass(slots=True, kw_only=True)
class Desk:
    """Takes presses and commands for one app."""

    app: App
    people: People
    works: Callable[[], str]
    """A sentence about the socket, for ``status``."""
    commands: Commands = field(init=False)

    def __post_init__(self) -> None:
        """Make the commands over this desk's own verbs."""
        self.commands = Commands(desk=self)

    async def take(self, asked: Press | Command) -> Rest | None:
        """Write down what was asked for; returns what is to be done then. None: it was here before, or is nothing."""
        if isinstance(asked, Command):
            return await self._take_command(asked)
        click = Click(
            id=asked.id,
            user=asked.user,
            name=asked.name,
            at=self.app.clock(),
            action=asked.action,
            key=asked.key,
        )
        if asked.action in {RELEVANT, NOT_RELEVANT}:
            return await self._answer(asked, click)
        if asked.action in {MUTE_STORY, MUTE_SOURCE, UNDO}:
            if not await self.may(asked.user):
                return await self._said(asked, click, words.NOT_AN_EDITOR)
            return await (self._undo(asked, click) if asked.action == UNDO else self._mute(asked, click))
        return await self._said(asked, click, words.UNKNOWN_BUTTON)

    async def may(self, user: str) -> bool:
        """Whether somebody may mute, add seeds, undo and retract."""
        editors = self.app.config.slack.editors
        if editors is None or user in editors:
            return True
        groups = sorted(one for one in editors if one.startswith("S"))
        return any([user in await self.people.members(group) for group in groups])

    async def announce(self, click_id: str, text: str) -> None:
        """A line in the ops channel, once for each click; the log has it in any case."""
        log.info("feedback.changed", reason=text)
        name = sha256(click_id.encode()).hexdigest()[:16]
        await self.app.store.write(
            put_notices,
            [Notice(name=name, text=text)],
            destinations=destinations(self.app.config),
            installation=self.app.store.installation,
            standing=(),
            over=(),
            now=self.app.clock(),
        )

    async def learn(self, topics: Collection[str]) -> str:
        """Learn these topics anew; what that changed, as sentences."""
        titles = {name: topic.title for name, topic in self.app.config.topics.items()}
        return words.lessons(await self.app.learner.learn(topics), titles)

    # -- buttons

    async def _answer(self, asked: Press, click: Click) -> Rest | None:
        subject = await find(self.app.store, asked.key)
        if subject is None or not subject.entry.title:
            return await self._said(asked, click, words.UNKNOWN if subject is None else words.FORGOTTEN)
        relevant = asked.action == RELEVANT
        decisions = [one for one in subject.decisions if one.topic in self.app.topics]
        given = [
            label
            for one in decisions
            for label in labels_of(click, subject.entry, [one], self.app.scorer.languages(one.topic), relevant=relevant)
        ]
        if not await self.app.store.write(put_labels, click, given):
            return None
        topics = [one.topic for one in decisions]

        async def rest() -> None:
            titles = [self.app.config.topics[name].title for name in topics if name in self.app.config.topics]
            said = words.noted(subject.entry.title, titles, relevant=relevant)
            await self.people.tell(asked, f"{said} {await self.learn(topics)}".strip())

        return rest

    async def _mute(self, asked: Press, click: Click) -> Rest | None:
        subject = await find(self.app.store, asked.key)
        mute = await self.mute_of(click, subject, asked.action)
        if mute is None:
            return await self._said(asked, click, words.UNKNOWN)
        if not await self.app.store.write(put_mute, click, mute):
            return None
        return self.changed(asked, click, words.muted(mute))

    async def mute_of(self, click: Click, subject: Subject | None, action: str) -> Mute | None:
        """The mute that a click asks for; None when there is nothing to mute."""
        if subject is None or subject.destination is None:
            return None
        if action == MUTE_STORY:
            return words.story_mute(click, subject)
        states = await self.app.store.read(feed_states, subject.feeds)
        names = {one.id: one.name for one in states.values()}
        return words.source_mute(click, subject, names) if subject.feeds else None

    async def _undo(self, asked: Press, click: Click) -> Rest | None:
        undone = await self.app.store.write(undo, click)
        if undone is None:
            return self.later(asked, words.NOTHING_TO_UNDO)

        async def rest() -> None:
            more = await self.learn(undone.topics) if undone.topics else ""
            await self.announce(click.id, words.announced(click.name, click.user, words.undone(undone, "")))
            await self.people.tell(asked, f"{words.undone(undone, click.name)} {more}".strip())

        return rest

    # -- commands

    async def _take_command(self, asked: Command) -> Rest | None:
        click = Click(
            id=asked.id,
            user=asked.user,
            name=asked.person,
            at=self.app.clock(),
            action=f"command {asked.text[:200]}".strip(),
            key="",
        )
        return await self.commands.take(asked, click)

    # -- what both need

    async def _said(self, asked: Press, click: Click, text: str) -> Rest | None:
        """Write down a click that changes nothing, and say why; once."""
        return self.later(asked, text) if await self.app.store.write(put_click, click) else None

    def later(self, asked: Press | Command, text: str) -> Rest:
        """Say something, afterwards."""

        async def rest() -> None:
            await self.people.tell(asked, text)

        return rest

    def changed(self, asked: Press | Command, click: Click, text: str) -> Rest:
        """Tell whoever did it, and the ops channel."""

        async def rest() -> None:
            await self.announce(click.id, words.announced(click.name, click.user, text))
            await self.people.tell(asked, text)

        return rest
