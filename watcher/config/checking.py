"""One group of keys against its model: every problem found, and what is sound kept.

Its one rule: a wrong key never hides what is wrong with the next one.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from watcher.config.findings import SECRET, Findings, shown, suggest
from watcher.config.reading import Key, Plain
from watcher.config.values import Refused

M = TypeVar("M", bound=BaseModel)

_ENVIRONMENT = "set SLACK_BOT_TOKEN, SLACK_APP_TOKEN or SLACK_WEBHOOK_URL in the environment"

_SECRET = frozenset({"url", "headers", "proxy", "ping", "database", "search_url"})
"""Keys whose values can hold passwords: never quoted."""


def checked(model: type[M], raw: Plain, at: Key, findings: Findings) -> M | None:
    """The group as its model, wrong keys left at their defaults; None when a key without one is wrong or missing."""
    if raw is None:
        raw = {}
    if not isinstance(raw, dict):
        names = ", ".join(model.model_fields)
        findings.add(at, f"{shown(raw)} stands where keys belong", f"write keys below it: {names}")
        raw = {}
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        wrong = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}
        for problem in error.errors():
            _report(model, problem, at, findings)
    try:
        return model.model_validate({name: value for name, value in raw.items() if name not in wrong})
    except ValidationError:
        return None


def _report(model: type[BaseModel], problem: ErrorDetails, at: Key, findings: Findings) -> None:
    key = (*at, *problem["loc"])
    if findings.at(key):  # what was found before says it better
        return
    what, remedy = _sentence(model, problem)
    findings.add(key, what, remedy)


def _sentence(model: type[BaseModel], problem: ErrorDetails) -> tuple[str, str | None]:
    kind, given, name = problem["type"], problem["input"], str(problem["loc"][0])
    refused = problem.get("ctx", {}).get("error")
    if kind == "extra_forbidden":
        known = model.model_fields
        if re.search("token|webhook", name, re.IGNORECASE):
            return "secrets do not stand in this file", _ENVIRONMENT
        return "there is no such key here", suggest(name, known, f"the keys here are {', '.join(known)}")
    example = _example(model, name)
    if kind == "missing":
        return "this key is missing", example
    if given is None:
        return "it is empty", example if model.model_fields[name].is_required() else f"{example}, or leave the key out"
    if isinstance(refused, Refused):
        return refused.what, refused.remedy or example
    quoted = "this" if name in _SECRET else shown(given)
    return _by_kind(kind, problem.get("ctx", {}), given, quoted, example)


def _by_kind(kind: str, ctx: dict[str, Any], given: object, quoted: str, example: str) -> tuple[str, str]:
    """The sentence for what pydantic itself refuses."""
    if kind == "literal_error":
        options = re.findall(r"'([^']*)'", ctx["expected"])
        return f"{quoted} is not one of {', '.join(options)}", suggest(str(given), options, f"write {options[0]}")
    if kind == "bool_type":
        return f"{quoted} is neither true nor false", f"write {_meant_bool(given)} without quotes"
    if kind in {"int_type", "float_type", "int_from_float"}:
        number = re.fullmatch(r"[0-9.]+", given) if isinstance(given, str) else None
        return f"{quoted} is no {'whole ' if 'int' in kind else ''}number", f"write {given}" if number else example
    if kind == "string_type" and isinstance(given, int | float):
        return f"{quoted} is not text", "put it in quotes"
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return f"{quoted} is out of bounds: it must be {words} {ctx[name]:g}", example
    what, remedy = _PLAIN.get(kind, ("cannot be used", None))
    return f"{quoted} {what}", (remedy or "{}").replace("{}", example)


_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "above"),
    "less_than_equal": ("le", "at most"),
}
_PLAIN = {
    "string_type": ("is not text", None),
    "string_too_short": ("is empty", None),
    "too_short": ("is empty", "{}, or leave the key out"),
    "list_type": ("is no list", None),
    "dict_type": ("stands where keys belong", None),
    "model_type": ("stands where keys belong", None),
    "string_pattern_mismatch": ("is no topic's name", "use up to 40 of a-z, 0-9 and -"),
}


def _meant_bool(given: object) -> str:
    text = str(given).lower()
    return (
        "true" if text in {"yes", "on", "y", "1"} else "false" if text in {"no", "off", "n", "0"} else "true or false"
    )


def _example(model: type[BaseModel], name: str) -> str:
    field = model.model_fields.get(name)
    given = field.examples[0] if field and field.examples else None
    return f"write for example {name}: {_yaml(given)}" if given is not None else "see docs/configuration.md"


def _yaml(value: object) -> str:
    """A value as it stands in a YAML line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(_yaml(each) for each in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_yaml(each)}" for name, each in value.items()) + "}"
    text = str(value)
    risky = isinstance(value, str) and re.search(r"^[#@&*!|>%'\"\[{]|: | #|\*$", text)
    return f"'{text}'" if risky and '"' in text else f'"{text}"' if risky else text


def note_misplaced(raw: Plain, key: Key, findings: Findings) -> None:
    """Refuse ``${…}`` where it is not filled in, and tokens: the file is for everybody's eyes."""
    if isinstance(raw, dict):
        for name, value in raw.items():
            if not (key[:1] == ("feeds",) and name in {"url", "headers"}):
                note_misplaced(value, (*key, name), findings)
    elif isinstance(raw, list):
        for index, value in enumerate(raw):
            if key != ("feeds",) or not isinstance(value, str):
                note_misplaced(value, (*key, index), findings)
    elif isinstance(raw, str) and SECRET.search(raw):
        findings.settle(key, "a secret stands here", f"remove it, and {_ENVIRONMENT}")
    elif isinstance(raw, str) and "${" in raw:
        findings.settle(key, "${…} is filled in feed URLs and headers only", "write the value itself")
