"""The JSON Schema of the file, for editors: ``python -m watcher.config.schema`` prints it.

Its one rule: it comes from the models that validate, so that it cannot say anything else than they do.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from watcher.config.keys import File


def schema() -> dict[str, Any]:
    """The schema as plain values."""
    made: dict[str, Any] = File.model_json_schema()
    _clean(made)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "watcher.yaml"}


def text() -> str:
    """The schema as it is committed."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _clean(node: Any) -> None:
    """Leave out the titles that pydantic makes of the keys: they repeat them."""
    if isinstance(node, dict):
        if isinstance(node.get("title"), str):
            del node["title"]
        for value in node.values():
            _clean(value)
    elif isinstance(node, list):
        for value in node:
            _clean(value)


if __name__ == "__main__":
    sys.stdout.write(text())
