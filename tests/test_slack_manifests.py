"""The manifests to paste ask for what the code makes use of, each scope with its reason, and for nothing else."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from watcher.notifiers.slack_probe import ANSWERING, GROUPS, METHODS, NEEDED, SCOPES

ROOT = Path(__file__).parent.parent
POST_ONLY, WHOLE = ROOT / "config" / "slack-app-post-only.yaml", ROOT / "config" / "slack-app.yaml"
FEATURES = {"slash_commands": "commands"}
"""Feature of a manifest → the scope without which Slack does not take it."""
FAMILIES = r"(?:api|apps|auth|bookmarks|bots|calls|chat|conversations|dialog|emoji|files|pins|reactions|reminders|team|usergroups|users|views)"  # noqa: E501


def manifest(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = YAML(typ="safe").load(path)
    return read


def scopes(path: Path) -> set[str]:
    return set(manifest(path)["oauth_config"]["scopes"]["bot"])


def called() -> set[str]:
    """Every method of the Web API that the code names: as a text, or as a method of slack-sdk's client."""
    found = set()
    for path in (ROOT / "watcher").rglob("*.py"):
        text = path.read_text("utf-8")
        texts = {
            node.value
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        found |= {one for one in texts if re.fullmatch(rf"{FAMILIES}\.[a-zA-Z]+(\.[a-zA-Z]+)?", one)}
        found |= {one.replace("_", ".") for one in re.findall(rf"client(?:\(\))?\.({FAMILIES}_[a-zA-Z_]+)\(", text)}
    return found - {"api.call"}


def test_the_table_of_methods_holds_those_that_are_called_and_no_other() -> None:
    assert called() == set(METHODS) | set(ANSWERING)


def test_the_scopes_that_doctor_looks_for_are_those_of_the_methods() -> None:
    assert {scope for wanted in METHODS.values() for scope in wanted} == set(SCOPES)
    assert {scope for wanted in ANSWERING.values() for scope in wanted} - set(SCOPES) == {GROUPS}
    assert NEEDED in SCOPES


@pytest.mark.parametrize("path", [POST_ONLY, WHOLE], ids=lambda path: path.name)
def test_a_manifest_asks_for_what_is_used_and_no_more(path: Path) -> None:
    features = {scope for feature, scope in FEATURES.items() if manifest(path)["features"].get(feature)}
    assert scopes(path) == set(SCOPES) | features | ({GROUPS} if path == WHOLE else set())


@pytest.mark.parametrize("path", [POST_ONLY, WHOLE], ids=lambda path: path.name)
def test_every_scope_has_its_reason_beside_it(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    for scope in scopes(path):
        assert any(re.fullmatch(rf"\s+- {scope}\s+# .{{10,}}", line) for line in lines), scope


def test_only_the_whole_app_opens_a_connection() -> None:
    alone, whole = manifest(POST_ONLY), manifest(WHOLE)
    assert (alone["settings"]["socket_mode_enabled"], whole["settings"]["socket_mode_enabled"]) == (False, True)
    assert "interactivity" not in alone["settings"]
    assert whole["settings"]["interactivity"] == {"is_enabled": True}
    assert [one["command"] for one in whole["features"]["slash_commands"]] == ["/watcher"]
    assert alone["features"].keys() == {"bot_user"}


@pytest.mark.parametrize("path", [POST_ONLY, WHOLE], ids=lambda path: path.name)
def test_slacks_own_limits_on_manifests_are_kept(path: Path) -> None:
    read = manifest(path)
    assert len(read["display_information"]["name"]) <= 35
    assert len(read["display_information"]["description"]) <= 140
    for command in read["features"].get("slash_commands", []):
        assert len(command["command"]) <= 32
        assert len(command["description"]) <= 2000
        assert len(command["usage_hint"]) <= 1000
