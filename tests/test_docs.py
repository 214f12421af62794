"""What is written for users is in step with what is built: commands, options, metrics, variables, links, examples."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import import_module
from math import exp, log
from pathlib import Path
from textwrap import dedent
from typing import Any, get_args

import pytest
import typer
from ruamel.yaml import YAML
from typer.core import TyperGroup

from tests.builders import NOW
from watcher import config, errors
from watcher.app import extract, make_scorer
from watcher.cli.commands import command
from watcher.cli.score import Line, judge_line
from watcher.config.keys import File
from watcher.metrics import Metrics
from watcher.notifiers import NOTIFIERS
from watcher.relevance import SCORERS, threshold
from watcher.relevance.stream import Stream
from watcher.seeds import load
from watcher.sources import SOURCES
from watcher.types import Rules, Sensitivity
from watcher.types.entries import State

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("watcher/data/**/*.md")])
TEXT = {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in PAGES}
README, OPERATIONS, TUNING = TEXT["README.md"], TEXT["docs/operations.md"], TEXT["docs/tuning.md"]
USERS = "\n".join(text for name, text in TEXT.items() if name != "CONTRIBUTING.md")

CLI = typer.main.get_command(command)
assert isinstance(CLI, TyperGroup)


def commands(group: TyperGroup, before: str = "") -> Iterator[tuple[str, Any]]:
    for name, one in group.commands.items():
        if isinstance(one, TyperGroup):
            yield from commands(one, f"{before}{name} ")
        else:
            yield before + name, one


COMMANDS = dict(commands(CLI))
OPTIONS = {
    (name, option)
    for name, one in COMMANDS.items()
    for parameter in one.params
    for option in [*parameter.opts, *parameter.secondary_opts]
    if option.startswith("--") and option != "--help"
}
GLOBAL = {option for parameter in CLI.params for option in parameter.opts}


def blocks(language: str) -> list[tuple[str, str]]:
    """The fenced blocks of a language: page and text, without the indentation of a list around it."""
    pattern = re.compile(rf"^( *)```{language}\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
    return [(name, dedent(found[2])) for name, text in TEXT.items() for found in pattern.finditer(text)]


def rows(text: str) -> dict[str, str]:
    """The table rows that begin with code: each name in the first cell, and the rest of the row."""
    found = re.findall(r"^ *\| ((?:`[^`]+`(?:, )?)+)[^|]*\|(.*)$", text, re.MULTILINE)
    return {name: rest for names, rest in found for name in re.findall(r"`([^`]+)`", names)}


def typed() -> list[tuple[str, str]]:
    """Every command line of ours that a page tells to type: page and line, comments off."""
    lines = []
    for name, block in blocks("console"):
        for line in block.replace("\\\n", " ").splitlines():
            told = line.removeprefix("$ ").partition("  #")[0]
            lines += [(name, part.strip()) for part in re.split(r"&&|\|", told) if line.startswith("$ ")]
    return lines


# -- commands


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_row_in_the_readme_and_says_what_it_is_for(name: str) -> None:
    assert re.search(rf"^\| `watcher {name}[ `]", README, re.MULTILINE), f"README.md has no row for watcher {name}"
    assert COMMANDS[name].help


@pytest.mark.parametrize(("name", "option"), sorted(OPTIONS))
def test_every_option_is_documented_and_says_what_it_does(name: str, option: str) -> None:
    parameter = next(one for one in COMMANDS[name].params if option in [*one.opts, *one.secondary_opts])
    # of a pair such as --suggest and --no-suggest, the one that is not the default
    assert any(one in USERS for one in [*parameter.opts, *parameter.secondary_opts]), f"{name}: {option} is in no page"
    assert parameter.help


@pytest.mark.parametrize("option", sorted(GLOBAL - {"--help"}))
def test_every_global_option_is_documented(option: str) -> None:
    assert f"`{option}" in README


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_that_print_json_are_marked(name: str) -> None:
    row = re.search(rf"^\| `watcher {name}[ `](?:[^|\\]|\\.)*\|", README, re.MULTILINE)
    assert row
    assert ("` * |" in row[0]) is ((name, "--json") in OPTIONS)


def test_every_command_that_is_named_exists() -> None:
    groups = {name.partition(" ")[0] for name in COMMANDS}
    for page, text in TEXT.items():
        for words in re.findall(r"`watcher ((?:--[^\s`]+ [^\s`]+ )*[a-z]+(?: [a-z]+)?)", text):
            bare = re.sub(r"--\S+ \S+ ", "", words)
            known = bare in COMMANDS or bare.partition(" ")[0] in groups | set(COMMANDS)
            assert known, f"{page} names `watcher {words}`, which is not built"


@pytest.mark.parametrize(("page", "line"), [one for one in typed() if re.search(r"(^|\s)watcher\s", one[1])])
def test_every_line_to_type_is_one_that_the_command_takes(page: str, line: str) -> None:
    words = re.sub(r"^.*?(?:bin/watcher|exec watcher watcher|(?<!\S)watcher)\s+", "", line).split()
    if line.startswith("docker compose exec") and words[:1] == ["python"]:
        return
    while words[0].startswith("--"):
        assert words[0] in GLOBAL, f"{page}: {line}"
        words = words[1:] if words[0] == "--version" else words[2:]
        if not words:
            return
    name = " ".join(words[:2]) if " ".join(words[:2]) in COMMANDS else words[0]
    assert name in COMMANDS, f"{page}: {line}"
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert given <= {option for of, option in OPTIONS if of == name}, f"{page}: {line}"


def test_every_make_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for page, text in TEXT.items():
        for target in re.findall(r"(?:`|\$ )make ([a-z-]+)", text):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page} names make {target}"


# -- exit codes, states, metrics, logs


@pytest.mark.parametrize("page", ["README.md", "docs/operations.md"])
def test_every_exit_code_has_its_row(page: str) -> None:
    told = {int(code) for code in re.findall(r"^\| (\d) \|", TEXT[page], re.MULTILINE)}
    kinds = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.WatcherError)]
    assert told == {0, 1} | {one.exit_code for one in kinds}


def test_every_state_is_explained() -> None:
    table = OPERATIONS.partition("### What became of an entry")[2].partition("\n## ")[0]
    assert set(get_args(State)) <= set(rows(table))


METRICS = {
    one.describe()[0].name + ("_total" if one.describe()[0].type == "counter" else ""): one._labelnames
    for one in vars(Metrics()).values()
    if hasattr(one, "describe")
}


def test_the_metrics_table_holds_every_metric_with_its_labels_and_no_other() -> None:
    told = {name: rest for name, rest in rows(OPERATIONS).items() if name.startswith("watcher_")}
    assert set(told) == set(METRICS)
    for name, labels in METRICS.items():
        cell = told[name].partition("|")[0]
        assert [one for one in labels if f"`{one}`" not in cell] == [], name
        assert bool(cell.strip()) is bool(labels), name


def test_every_log_event_is_explained() -> None:
    pattern = re.compile(
        r'(?:log|get_logger\("watcher"\))\.(?:info|warning|error|exception)\(\s*(?:#.*\n\s*)?"([a-z_.]+)"'
    )
    events = {name for path in ROOT.glob("watcher/**/*.py") for name in pattern.findall(path.read_text("utf-8"))}
    assert {"service.started", "poll.feed_failed", "internal_error"} <= events
    assert events <= set(rows(OPERATIONS))


# -- variables, configuration


@pytest.mark.parametrize(
    "name",
    ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_WEBHOOK_URL", "WATCHER_SERVER_TOKEN", "SLACK_BOT_TOKEN_FILE",
     "SLACK_APP_TOKEN_FILE", "SLACK_WEBHOOK_URL_FILE", "WATCHER_SERVER_TOKEN_FILE", "SLACK_API_URL", "WATCHER_CONFIG",
     "WATCHER_DATABASE_URL", "WATCHER_LISTEN"],
)  # fmt: skip
def test_every_variable_is_documented_for_operators(name: str) -> None:
    assert f"`{name}`" in OPERATIONS + TEXT["docs/configuration.md"]


def test_the_variable_of_the_tests_is_documented_for_contributors() -> None:
    assert "WATCHER_CORPORA" in TEXT["CONTRIBUTING.md"]


def test_the_shipped_configuration_loads_without_a_token() -> None:
    shipped = config.load(ROOT / "config" / "watcher.yaml", {})
    assert shipped.notify == "console"
    assert f"{len(shipped.feeds)} feeds that cover it" in TEXT["docs/quickstart.md"]


@pytest.mark.parametrize(("page", "text"), blocks("yaml"))
def test_every_yaml_block_is_a_configuration_or_a_part_of_one(page: str, text: str, tmp_path: Path) -> None:
    data = YAML(typ="safe").load(text)
    assert set(data) <= set(File.model_fields), page
    for missing, line in (
        ("feeds", "feeds: [https://example.org/feed.xml]\n"),
        ("topics", "topics: {one: {seeds: one}}\n"),
    ):
        text += "" if missing in data else line
    path = tmp_path / "config" / "watcher.yaml"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    assert config.load(path, {}).topics


# -- what is said of Slack, scores and figures


def test_the_manifest_and_the_scopes_in_the_readme_are_those_of_the_file() -> None:
    manifest = YAML(typ="safe").load(ROOT / "config" / "slack-app-post-only.yaml")
    table = README.partition("| scope | why |")[2].partition("\n\n")[0]
    assert set(rows(table)) == set(manifest["oauth_config"]["scopes"]["bot"])
    assert [YAML(typ="safe").load(text) for _, text in blocks("yml")] == [manifest]


def test_the_examples_of_a_topics_own_test_come_out_as_they_say() -> None:
    seeds, _ = load(ROOT / "seeds" / "us-south-korea", extract=extract)
    scorer = make_scorer({"one": (seeds, Sensitivity())}, Stream(), now=NOW)
    lines = [
        json.loads(line) for page, text in blocks("json") for line in text.splitlines() if page == "docs/tuning.md"
    ]
    assert len(lines) == 2
    for number, line in enumerate(lines):
        assert judge_line(scorer, "one", Rules(), Line.read(line, str(number)))["match"] is line["match"]


def test_the_constants_of_scoring_are_the_ones_that_are_told() -> None:
    full, short = threshold.START["full"], threshold.START["snippet"]
    assert f"starts at {full} for articles and {short} for snippets" in TUNING
    assert f"`k` = {threshold.SLOPE['full']} for articles and {threshold.SLOPE['snippet']} for snippets" in TUNING
    assert f"{threshold.ENOUGH_POLLED:.0f} polled entries" in TUNING
    assert f"start × e^({threshold.STEEPNESS} × (mean − {threshold.USUAL}))`, at least {threshold.FLOOR}" in TUNING
    assert f"reaches {threshold.LIKELY} of the" in TUNING
    at_double = [1 / (1 + exp(-(threshold.SLOPE[mode] * log(2) - 1))) for mode in ("full", "snippet")]
    assert "at twice the threshold {:.2f} and {:.2f}".format(*at_double) in TUNING


def test_the_figures_of_the_evaluation_are_its_floors() -> None:
    floors = json.loads((ROOT / "tests" / "eval" / "floors.json").read_text("utf-8"))
    told = " ".join(TEXT["docs/design.md"].split())
    assert f"average precision {floors['average_precision']:.2f}, best F1 {floors['best_f1']:.2f}" in told
    assert f"F1 {floors['f1']:.2f} at the shipped threshold" in told


# -- extending


def test_the_registries_and_their_protocols_are_those_of_the_code() -> None:
    page = TEXT["docs/extending.md"]
    for registry, module in (
        ("NOTIFIERS", "watcher.notifiers"),
        ("SOURCES", "watcher.sources"),
        ("SCORERS", "watcher.relevance"),
    ):
        assert getattr(import_module(module), registry)
        assert f"`{registry}`" in page
    sketched = {tuple(re.findall(r"def (\w+)\(", text)) for _, text in blocks("python")}
    for module, protocol in (("watcher.notifiers", "Notifier"), ("watcher.relevance", "Scorer")):
        methods = [name for name in vars(getattr(import_module(module), protocol)) if name[0] != "_" and name.islower()]
        assert tuple(methods) in sketched, protocol
    assert {"slack", "console"} <= set(NOTIFIERS)
    assert list(SOURCES) == ["rss", "jsonfeed"]
    assert list(SCORERS) == ["tfidf"]


# -- links


def slug(heading: str) -> str:
    """A heading's anchor, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading).strip().lower()).replace(" ", "-")


def anchors(text: str) -> set[str]:
    return {slug(heading) for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


def links() -> list[tuple[str, str]]:
    return [
        (name, target)
        for name, text in TEXT.items()
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
        if not re.match(r"https?:|mailto:", target)
    ]


@pytest.mark.parametrize(("page", "target"), links())
def test_every_relative_link_leads_somewhere(page: str, target: str) -> None:
    file, _, anchor = target.partition("#")
    path = (ROOT / page).parent / file if file else ROOT / page
    assert path.resolve().is_relative_to(ROOT)
    assert path.exists()
    assert not anchor or anchor in anchors(path.read_text(encoding="utf-8"))


def test_every_page_of_docs_is_reached_from_the_readme() -> None:
    assert [page.name for page in ROOT.glob("docs/*.md") if f"(docs/{page.name})" not in README] == []


PICTURES = {
    **dict.fromkeys(["alert.png", "alert-phone.png"], 150),
    **dict.fromkeys(["page.png", "page-phone.png", "page-feeds.png", "page-topic.png"], 300),
}


@pytest.mark.parametrize(("name", "kib"), PICTURES.items())
def test_a_picture_is_small_enough_to_load_at_once(name: str, kib: int) -> None:
    picture = (ROOT / "docs" / name).read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < kib * 1024


def test_the_changelog_names_no_version_that_is_not_this_one() -> None:
    from watcher import __version__

    versions: list[Any] = re.findall(r"^## \[([^\]]+)\]", TEXT["CHANGELOG.md"], re.MULTILINE)
    assert versions[0] == "Unreleased"
    assert all(one == __version__ for one in versions[1:]) or __version__ in TEXT["CHANGELOG.md"]
