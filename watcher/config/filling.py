"""``${NAME}`` and ``${file:PATH}`` in feed URLs and headers.

Its one rule: a message names the variable or the file, never what it holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from watcher.config.addresses import located
from watcher.config.values import Refused

_MOST_BYTES = 64 * 1024
_PLACE = re.compile(r"\$\{([^{}]*)\}?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def filled(text: str, environ: Mapping[str, str], base: Path) -> str:
    """The text with its places filled in; relative files count from ``base``. Raises Refused."""

    def value(found: re.Match[str]) -> str:
        inside = found[1]
        if found[0].endswith("}") and inside.startswith("file:") and inside != "file:":
            return _file(inside.removeprefix("file:"), base)
        if found[0].endswith("}") and _NAME.fullmatch(inside):
            return _variable(inside, environ)
        raise Refused("a ${…} in it cannot be read", "write ${NAME} or ${file:PATH}")

    return _PLACE.sub(value, text)


def _variable(name: str, environ: Mapping[str, str]) -> str:
    value = environ.get(name)
    if not value:
        state = "not set" if value is None else "empty"
        raise Refused(f"the environment variable {name} is {state}", f"set {name}, or remove ${{{name}}}")
    return value


def _file(name: str, base: Path) -> str:
    try:
        with located(name, base).open("rb") as stream:
            raw = stream.read(_MOST_BYTES + 1)
        text = raw.decode("utf-8-sig").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not text"
        raise Refused(f"the file {name} cannot be read ({reason})", "check its path and who may read it") from None
    if not text or len(raw) > _MOST_BYTES:
        raise Refused(f"the file {name} is {'empty' if not text else 'larger than 64 KiB'}", "write one value into it")
    return text
