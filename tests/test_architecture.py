"""The floors of the house, its sizes, and what the core must not touch: read from the source, not from memory."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent / "watcher"

FLOORS: dict[str, int] = {
    **dict.fromkeys(["__init__", "types", "errors", "data"], 0),
    **dict.fromkeys(
        [
            "relevance",
            "stories",
            "summary",
            "timing",
            "decide",
            "text",
            "wrapped",
            "urls",
            "opml",
            "leftovers",
            "readiness",
        ],
        1,
    ),
    **dict.fromkeys(
        ["config", "seeds", "fetch", "workers", "sources", "article", "notifiers", "feedback", "store", "metrics"], 2
    ),
    **dict.fromkeys(["poll", "deliver", "learn", "explain", "quiet", "notices", "preview", "precision", "doctor"], 3),
    **dict.fromkeys(["cli", "service", "ticks", "gauges", "once", "desk", "web", "app", "__main__"], 4),
}
"""Room → floor. A new room is put here, and with that somewhere in the house."""

CORE_ORDER = [
    "text",
    "wrapped",
    "urls",
    "opml",
    "timing",
    "readiness",
    "leftovers",
    "relevance",
    "stories",
    "summary",
    "decide",
]
"""Inside the core, a room may use the ones before it."""
BASE_ORDER = ["types", "errors", "data"]
"""At the bottom, likewise."""
SERVICE_ORDER = ["web", "app", "desk", "once", "gauges", "ticks", "service", "cli", "__main__"]
"""Inside floor 4, likewise."""

FORBIDDEN_IN_CORE = {
    "time", "random", "socket", "logging", "os", "pathlib", "aiohttp", "sqlalchemy", "structlog", "asyncio",
    "threading", "subprocess", "requests", "secrets", "shutil", "tempfile",
}  # fmt: skip
CLOCKS = {"now", "today", "utcnow"}

MODULES = sorted(ROOT.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
            if node.module == "watcher":
                yield from ((node.lineno, f"watcher.{alias.name}") for alias in node.names)


def allowed(user: str, used: str) -> bool:
    """Down is free; sideways only along the order given for the core and for floor 4."""
    if user == used or FLOORS[used] < FLOORS[user]:
        return True
    for order in (BASE_ORDER, CORE_ORDER, SERVICE_ORDER):
        if user in order and used in order:
            return order.index(used) < order.index(user)
    return False


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down_only(path: Path) -> None:
    assert room(path) in FLOORS, f"{path}: put this room on a floor in FLOORS"
    wrong = []
    for line, name in imported(ast.parse(path.read_text())):
        parts = name.split(".")
        if parts[0] != "watcher" or len(parts) == 1 or parts[1] not in FLOORS:
            continue
        if not allowed(room(path), parts[1]):
            wrong.append(f"{path}:{line} imports {name}")
    assert wrong == []


@pytest.mark.parametrize(
    "path", [one for one in MODULES if FLOORS.get(room(one)) == 1], ids=lambda path: str(path.relative_to(ROOT))
)
def test_the_core_knows_no_world(path: Path) -> None:
    tree = ast.parse(path.read_text())
    wrong = [
        f"{path}:{line} imports {name}" for line, name in imported(tree) if name.split(".")[0] in FORBIDDEN_IN_CORE
    ]
    wrong += [
        f"{path}:{node.lineno} calls {node.func.attr}()"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS
    ]
    assert wrong == []


def test_no_module_is_longer_than_350_lines() -> None:
    assert [f"{one}: {count}" for one in MODULES if (count := len(one.read_text().splitlines())) > 350] == []


def test_no_function_is_longer_than_60_lines() -> None:
    long = [
        f"{path}:{function.lineno} {function.name}"
        for path in MODULES
        for function in functions(ast.parse(path.read_text()))
        if (function.end_lineno or 0) - function.lineno >= 60
    ]
    assert long == []


def test_everything_is_caught_only_at_the_boundaries() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
        and not (isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None)  # tidies up and lets it pass
    }
    # The jobs: one feed's poll, a tick, a command. A worker process and feedparser may raise anything at all;
    assert found <= {
        "poll/__init__.py",
        "service/__init__.py",
        "cli/__init__.py",
        "sources/rss.py",
        "workers/confined.py",
        "store/engine.py",
    }


def test_nothing_is_unpickled() -> None:
    """Worker results cross a pipe of our own processes; nothing on disk is ever unpickled."""
    users = {
        str(path.relative_to(ROOT))
        for path in MODULES
        for _, name in imported(ast.parse(path.read_text()))
        if name.split(".")[0] in {"pickle", "joblib", "shelve", "marshal", "dill"}
    }
    assert users == set()


def test_words_that_say_nothing_name_no_module() -> None:
    names = {part for path in MODULES for part in path.relative_to(ROOT).with_suffix("").parts}
    assert names.isdisjoint({"utils", "util", "helpers", "helper", "manager", "handler", "handlers", "misc"})
