"""``watcher feedback``: what people answered to alerts, as lines to read, to keep and to take back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watcher.cli.common import print_json, read_config, stored
from watcher.errors import ConfigError, Problem, StateError

if TYPE_CHECKING:
    from watcher.config import Config
    from watcher.store.feedback import Numbered

commands = typer.Typer(no_args_is_help=True, help="Show, export and take back what people answered to alerts.")

MEANS = {"new": "not learned yet", "learned": "learned", "aside": "kept aside"}


@commands.command("list")
def list_(
    ctx: typer.Context,
    topic: Annotated[str | None, typer.Option(help="This topic only.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List answers, the oldest first: their number, who gave them, what they said and what became of them."""
    config = read_config(ctx)
    found = _read(config, topic)
    if as_json:
        print_json([_as_json(one) for one in found])
        return
    for one in found:
        label = one.label
        state = "taken back" if one.undone_at else MEANS[label.state]
        note = f" ({label.note})" if label.note and not one.undone_at else ""
        answer = "relevant" if label.relevant else "not relevant"
        print(f"{one.number:5}  {label.at:%Y-%m-%d %H:%M}  {label.topic}  {label.name}: {answer}  {label.title}")
        print(f"{'':7}{state}{note}")
    for line in _precisions(config, topic) or ["nobody has answered yet"]:
        print(line)


def _precisions(config: Config, topic: str | None) -> list[str]:
    """Per topic with answers, what they say of its alerts."""
    from watcher.precision import precision
    from watcher.store.overview import answers

    store = stored(config)
    if store is None:
        return []
    with store:
        given = store.read_now(answers)
    return [f"{name}: {precision(found)}" for name, found in sorted(given.items()) if topic in {None, name}]


@commands.command()
def export(
    ctx: typer.Context,
    topic: Annotated[str, typer.Option(help="The topic whose answers are written.")],
    to: Annotated[
        Path | None, typer.Option(help="The folder that gets feedback.jsonl; default: the seed folder.")
    ] = None,
) -> None:
    """Write a topic's answers as feedback.jsonl: word counts and headlines, no names; in a seed folder they teach."""
    from watcher.seeds.answers import NAME, dumps, read_answers, unknown_to

    config = read_config(ctx)
    found = _read(config, topic)
    folder = to or config.topics[topic].seeds
    here, _ = read_answers(folder, topic)
    kept = unknown_to([one.label for one in found], here)
    standing = [one.label for one in found if one.undone_at is None]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    path.write_text(dumps([*kept, *standing]), encoding="utf-8")
    print(f"{path}: {len(standing)} answers" + (f", and {len(kept)} that were there" if kept else ""))


@commands.command()
def undo(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(help="The answer's number, as `watcher feedback list` tells it.")],
) -> None:
    """Take an answer back. The service learns anew when it starts; while it runs, use the button of the alert."""
    from watcher.app import utc_now
    from watcher.store import Store
    from watcher.store.feedback import undo_label

    config = read_config(ctx)
    if (open_ := stored(config)) is None:
        raise StateError("there is no database yet, so nobody has answered")
    open_.close()
    with Store.open(config.database, mode="write") as store:
        undone = store.write_now(undo_label, number, now=utc_now())
    if undone is None:
        print(f"there is no answer {number}, or it was taken back before")
        raise typer.Exit(1)
    print(f"taken back: {undone.name} about “{undone.title}” ({', '.join(undone.topics)})")


def _read(config: Config, topic: str | None) -> list[Numbered]:
    from watcher.store.feedback import labels

    if topic is not None and topic not in config.topics:
        what = f"no topic is named {topic!r}"
        raise ConfigError([Problem(file=str(config.path), what=what, remedy=f"known: {', '.join(config.topics)}")])
    store = stored(config)
    if store is None:
        return []
    with store:
        return store.read_now(labels, topics=None if topic is None else [topic], standing=False)


def _as_json(one: Numbered) -> dict[str, Any]:
    label = one.label
    return {
        "number": one.number,
        "at": label.at.isoformat(),
        "topic": label.topic,
        "user": label.user,
        "name": label.name,
        "relevant": label.relevant,
        "title": label.title,
        "outlet": label.outlet,
        "url": label.url,
        "entry": label.entry,
        "mode": label.mode,
        "state": "undone" if one.undone_at else label.state,
        "note": label.note,
        "terms": dict(sorted(label.terms.items())),
    }
