"""``watcher forget``: a topic that is gone, or a person; beside a running service."""

from __future__ import annotations

import secrets
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.common import print_json, read_config
from watcher.errors import ConfigError, Problem, WatcherError

if TYPE_CHECKING:
    from watcher.config import Config
    from watcher.store import Store
    from watcher.store.forgetting import OfPerson, OfTopic


def forget(
    ctx: typer.Context,
    topic: Annotated[str | None, typer.Option(help="A topic that the configuration no longer has.")] = None,
    user: Annotated[str | None, typer.Option(help="A person: their id in Slack, or their name.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Forget what is stored of a topic that is gone, or who a person was. Exit code 1: nothing is stored, or no."""
    from watcher.store import Store
    from watcher.store.schema import empty_log

    if (topic is None) is (user is None):
        raise typer.BadParameter("name one of the two", param_hint="--topic, --user")
    config = read_config(ctx)
    if topic in config.topics:
        remedy = "take it out of the file, then forget it; no restart is needed"
        raise ConfigError([config.problem(f"topics.{topic}", "the topic is still in use", remedy)])
    with Store.open(config.database, mode="beside") as store:
        if topic is not None:
            done: OfTopic | OfPerson = _forget_topic(store, topic, yes=yes)
        else:
            done = _forget_person(store, config, user or "", yes=yes)
    emptied = store.path is None or empty_log(store.path)
    if as_json:
        print_json({"topic": topic, "user": user, **asdict(done)})
        return
    print("forgotten; backups that were made before still hold it")
    if not emptied:
        print("a reader is busy: until the database's log is next emptied, it may hold some of it")


def _forget_topic(store: Store, topic: str, *, yes: bool) -> OfTopic:
    from watcher.store.forgetting import forget_topic, topic_traces

    there = store.read_now(topic_traces, topic)
    if not there:
        raise _no(f"nothing is stored of a topic {topic!r}")
    _ask(
        f"of {topic}: {there.seeds} seeds added in Slack, {there.answers} answers and {there.decisions} decisions go, "
        f"and its statistics; {there.waiting} alerts that wait for it are dropped; "
        f"that {there.told} entries were told or grouped stays known, without words",
        yes=yes,
    )
    return store.write_now(forget_topic, topic)


def _forget_person(store: Store, config: Config, called: str, *, yes: bool) -> OfPerson:
    from watcher.store.forgetting import forget_person, people_called, person_traces

    people = store.read_now(people_called, called)
    if not people:
        raise _no(f"nobody with the id or name {called!r} has pressed or asked anything")
    if len(people) > 1:
        what = f"several people are called {called!r}"
        raise ConfigError([Problem(file="--user", what=what, remedy=f"name one by id: {', '.join(people)}")])
    ((user, names),) = people.items()
    there = store.read_now(person_traces, user, names)
    _ask(
        f"of {', '.join(names)} ({user}): {there.clicks} clicks and commands go; {there.answers} answers, "
        f"{there.mutes} mutes and {there.seeds} seeds stay in force as somebody's, so that no model changes; "
        f"{there.notices} lines to the ops channel lose the name here, not in Slack",
        yes=yes,
    )
    done = store.write_now(forget_person, user, names, alias=_alias(config, user))
    if user in (config.slack.editors or ()):
        print(f"{config.path}: slack.editors still names {user}", file=sys.stderr)
    return done


def _alias(config: Config, user: str) -> str:
    """What stands for the person from now on: nothing that could be traced, unless answers of theirs lie in files.

    There they are under a figure made of the id, and the same answers must not count as two people's.
    """
    from watcher.app import load_answers
    from watcher.seeds.answers import person

    given, _ = load_answers(config)
    in_files = [name for name, labels in given.items() if any(one.user == person(user) for one in labels)]
    if not in_files:
        return f"p-{secrets.token_hex(6)}"
    folders = ", ".join(str(config.topics[name].seeds) for name in in_files)
    print(f"feedback.jsonl in {folders} holds answers of theirs as {person(user)}'s: yours to remove", file=sys.stderr)
    return person(user)


def _ask(what: str, *, yes: bool) -> None:
    """Say what would go and wait for a yes. Raises WatcherError for a no."""
    if yes:
        return
    print(what, file=sys.stderr)
    if not sys.stdin.isatty():
        raise typer.BadParameter("nobody can be asked here; add it if that is meant", param_hint="--yes")
    if not typer.confirm("forget it?", err=True):
        raise _no("nothing was forgotten")


def _no(sentence: str) -> WatcherError:
    error = WatcherError(sentence)
    error.exit_code = 1
    return error
