"""One slash command of any name: what it takes, and what it does.

Rule: a command is written down before anything is done; what it cannot do it says, with what to do instead.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any

from watcher.deliver.retracting import NotRetracted, retract
from watcher.desk import reports, words
from watcher.desk.previewing import Previewing
from watcher.desk.seeds import Seeding
from watcher.desk.subjects import Subject, find
from watcher.explain import as_text
from watcher.feedback import Command
from watcher.store.entries import find_entry
from watcher.store.feedback import destinations_at, lift, mutes_in_force, put_click, put_mute
from watcher.store.report import entry_report
from watcher.store.trace import EntryTrace, entry_trace
from watcher.stories import STAYS_OPEN
from watcher.types import Click
from watcher.types.feedback import MUTE_SOURCE, MUTE_STORY
from watcher.urls import canonical, is_web

if TYPE_CHECKING:
    from watcher.desk import Desk

Rest = Callable[[], Coroutine[Any, Any, None]]
Ask = Callable[[Command, Click, list[str]], Awaitable[str]]

FOR_EDITORS = frozenset({"mute", "unmute", "seed", "retract"})


class Commands:
    """The words of the command. Those that change something are for editors."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._app = desk.app
        self._asks: dict[str, Ask] = {
            "status": self._status,
            "explain": self._explain,
            "topics": self._topics,
            "preview": self._preview,
            "help": self._help,
            "mute": self._mutes,
            "seed": self._seed,
            "retract": self._retract,
        }
        self._seeding = Seeding(app=desk.app)
        self._previewing = Previewing(app=desk.app)

    async def take(self, asked: Command, click: Click) -> Rest | None:
        """Write a command down; returns what is to be done about it."""
        verb, *rest = self._split(asked.text)
        if verb in FOR_EDITORS and not await self._desk.may(asked.user):
            return await self._say(asked, click, words.NOT_AN_EDITOR)
        if verb == "mute" and rest and rest[0] != "list":
            return await self._mute(asked, click, rest)
        if verb == "unmute":
            return await self._unmute(asked, click, rest)
        if not await self._app.store.write(put_click, click):
            return None
        ask = self._asks.get(verb, self._unknown)

        async def answer() -> None:
            await self._desk.people.tell(asked, await ask(asked, click, rest))

        return answer

    def _split(self, text: str) -> list[str]:
        """The words that were typed; Slack puts links into <…>, some with a label."""
        found = [word.strip("<>").partition("|")[0] for word in text.split()]
        return [found[0].lower(), *found[1:]] if found else ["help"]

    async def _say(self, asked: Command, click: Click, text: str) -> Rest | None:
        return self._desk.later(asked, text) if await self._app.store.write(put_click, click) else None

    # -- questions

    async def _status(self, asked: Command, click: Click, rest: list[str]) -> str:
        del asked, click, rest
        return await reports.status(self._app, self._desk.works())

    async def _topics(self, asked: Command, click: Click, rest: list[str]) -> str:
        del asked, click, rest
        return await reports.topics(self._app)

    async def _preview(self, asked: Command, click: Click, rest: list[str]) -> str:
        del click
        if len(rest) > 1:
            return f"`{asked.name} preview [TOPIC]`"
        return await self._previewing.make(rest[0] if rest else None)

    async def _help(self, asked: Command, click: Click, rest: list[str]) -> str:
        del click, rest
        return reports.usage(asked.name)

    async def _unknown(self, asked: Command, click: Click, rest: list[str]) -> str:
        del click, rest
        return f"watcher does not know “{words.said(asked.text, 80)}”.\n{reports.usage(asked.name)}"

    async def _explain(self, asked: Command, click: Click, rest: list[str]) -> str:
        del click
        if not rest:
            return f"Which one? `{asked.name} explain URL`"
        needle = rest[0]
        entry = await self._app.store.read(find_entry, needle, canonical(needle) if is_web(needle) else None)
        trace = await self._app.store.read(entry_trace, entry.id) if entry else None
        if trace is None:
            return f"{words.said(needle, 300)} was never seen in a feed. `watcher explain` scores it live."
        return "\n".join(words.said(line, 600) if line.strip() else "" for line in self._told(trace))

    def _told(self, trace: EntryTrace) -> list[str]:
        rules = {name: topic.rules for name, topic in self._app.config.topics.items()}
        return as_text(trace, rules).splitlines()

    # -- what changes something

    async def _seed(self, asked: Command, click: Click, rest: list[str]) -> str:
        if len(rest) < 2 or rest[0].lower() != "add":
            return f"`{asked.name} seed add URL [TOPIC]`"
        text, added = await self._seeding.add(click, url=rest[1], topic=rest[2] if len(rest) > 2 else None)
        if added:
            await self._desk.announce(click.id, words.announced(click.name, click.user, text))
        return text

    async def _retract(self, asked: Command, click: Click, rest: list[str]) -> str:
        if len(rest) != 1:
            return f"`{asked.name} retract KEY`"
        try:
            done = await retract(self._app.store, self._app.notifiers, rest[0], clock=self._app.clock)
        except NotRetracted as error:
            return f"Not retracted: {words.said(str(error), 600)}."
        text = words.retracted(done)
        await self._desk.announce(click.id, words.announced(click.name, click.user, text))
        return text

    async def _mutes(self, asked: Command, click: Click, rest: list[str]) -> str:
        del rest
        found = await self._app.store.read(mutes_in_force, now=click.at, closes_after=click.at - STAYS_OPEN)
        if not found:
            return "Nothing is muted. " + reports.how_to_mute(asked.name)
        lines = [f"{number}  {words.muted(mute)} By {words.said(mute.name, 40)}." for number, mute in found.items()]
        return "\n".join([*lines, f"`{asked.name} unmute NUMBER` ends one."])

    async def _mute(self, asked: Command, click: Click, rest: list[str]) -> Rest | None:
        kind, *needle = rest
        if kind not in {"story", "source"} or not needle:
            return await self._say(asked, click, reports.how_to_mute(asked.name))
        places = await self._app.store.read(destinations_at, asked.channel)
        subject = await self._subject(" ".join(needle), places) if places else None
        action = MUTE_STORY if kind == "story" else MUTE_SOURCE
        mute = await self._desk.mute_of(click, subject, action)
        if mute is None:
            where = "in this channel" if places else "here: no topic goes to this channel"
            return await self._say(asked, click, f"There is no such {kind} {where}.")
        if not await self._app.store.write(put_mute, click, mute):
            return None
        return self._desk.changed(asked, click, words.muted(mute))

    async def _subject(self, needle: str, places: list[str]) -> Subject | None:
        """The alert of a key or an entry's address at one of these destinations."""
        subject = await find(self._app.store, needle)
        if subject is not None:
            return subject if subject.destination in places else None
        entry = await self._app.store.read(find_entry, needle, canonical(needle) if is_web(needle) else None)
        report = await self._app.store.read(entry_report, entry.id) if entry else None
        for telling in report.tellings if report else ():
            if telling.destination in places and telling.item is not None:
                return await find(self._app.store, telling.item.key)
        return None

    async def _unmute(self, asked: Command, click: Click, rest: list[str]) -> Rest | None:
        if len(rest) != 1 or not rest[0].isdecimal() or len(rest[0]) > 12:
            return await self._say(asked, click, reports.how_to_mute(asked.name))
        mute = await self._app.store.write(lift, click, int(rest[0]))
        if mute is None:
            return self._desk.later(asked, f"There is no mute {rest[0]}.")
        thing = "story" if mute.kind == "story" else "feed"
        return self._desk.changed(asked, click, f"No longer muted: the {thing} “{words.said(mute.title)}”.")
