"""What is written about the configuration is in step with what checks it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from watcher.config import keys
from watcher.config.schema import schema, text

ROOT = Path(__file__).parent.parent
DOCUMENT = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


def named(node: dict[str, Any], definitions: dict[str, Any]) -> Iterator[str]:
    """All keys below a node of the schema, references followed."""
    for name, inner in node.get("properties", {}).items():
        yield name
        yield from named(inner, definitions)
    if "$ref" in node:
        yield from named(definitions[node["$ref"].rpartition("/")[2]], definitions)
    for inner in [
        *node.get("anyOf", []),
        *([node["items"]] if "items" in node else []),
        *node.get("patternProperties", {}).values(),
    ]:
        yield from named(inner, definitions)


ALL = sorted(set(named(schema(), schema()["$defs"])))


def test_the_committed_schema_is_the_one_of_the_models() -> None:
    assert (ROOT / "config" / "watcher.schema.json").read_text(encoding="utf-8") == text(), "run: make schema"


def test_the_module_prints_the_schema() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "watcher.config.schema"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert printed.stdout == text()


def test_the_schema_describes_every_key() -> None:
    assert len(ALL) > 50
    assert json.loads(text())["required"] == ["feeds", "topics"]
    for definition in [schema(), *schema()["$defs"].values()]:
        assert definition["additionalProperties"] is False
        assert [
            name
            for name, key in definition["properties"].items()
            if "description" not in key and "$ref" not in str(key)
        ] == []


@pytest.mark.parametrize("name", ALL)
def test_every_key_is_documented(name: str) -> None:
    assert re.search(rf"^\| `{name}` \|", DOCUMENT, re.MULTILINE), f"docs/configuration.md has no row for {name}"


@pytest.mark.parametrize(
    "name",
    ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_WEBHOOK_URL", "WATCHER_SERVER_TOKEN", "SLACK_API_URL",
     "WATCHER_CONFIG", "WATCHER_DATABASE_URL", "WATCHER_LISTEN"],
)  # fmt: skip
def test_every_variable_is_documented(name: str) -> None:
    assert f"| `{name}` |" in DOCUMENT


def test_the_documented_defaults_are_the_defaults() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*)$", DOCUMENT, re.MULTILINE))
    for group in (keys.Fetch, keys.Slack, keys.Server, keys.Health, keys.Retention):
        for name, key in group.model_fields.items():
            if isinstance(key.default, str | int) and name not in {"every", "full_text"}:
                assert f"`{key.default}`" in rows[name], name


def test_the_app_manifest_asks_for_what_it_gives_a_reason_for() -> None:
    manifest = (ROOT / "config" / "slack-app-post-only.yaml").read_text(encoding="utf-8")
    scopes = YAML(typ="safe", pure=True).load(manifest)["oauth_config"]["scopes"]["bot"]
    assert scopes == [
        *("chat:write", "chat:write.public", "channels:read", "groups:read"),
        *("channels:history", "groups:history", "channels:join"),
    ]
    for scope in scopes:
        assert re.search(rf"- {re.escape(scope)} +# \w", manifest), scope


def test_editors_find_the_schema() -> None:
    first = (ROOT / "config" / "watcher.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=watcher.schema.json"
