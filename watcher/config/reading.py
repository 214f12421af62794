"""The YAML file as plain values, with the line of every key.

Its one rule: a scalar means what YAML 1.2 says and nothing else (``yes``, ``on`` and ``22:30`` are texts), and every
fault of the file's form is a Problem with its line: twice-written keys, tabs, tags, an unquoted ``#``.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeAlias, Union

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from watcher.errors import ConfigError, Problem

Plain: TypeAlias = Union[bool, int, float, str, list["Plain"], dict[str, "Plain"], None]  # noqa: UP007  recursive
Key: TypeAlias = tuple[str | int, ...]
"""Where a value is: ``("feeds", 2, "url")``."""

MOST_BYTES = 1024 * 1024
MOST_VALUES = 100_000
"""Aliases count as often as they are used, so that a few lines of them cannot fill the memory."""

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]{1,300}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_CORE = "tag:yaml.org,2002:"
_OWN_TAGS = frozenset({"!", *(_CORE + name for name in ("null", "bool", "int", "float", "str", "timestamp"))})
_LONE_COMMENT = re.compile(r"[ \t]*:?[ \t]*(#[^\s,\]}]+)[,\]} \t]*(?=[\r\n]|$)")
"""A comment of one word right behind a key: most likely meant to be the value."""
_EATEN = re.compile(r"[:\[,][ \t]*(#[^\s,\]}#]+)")
"""The same inside of brackets, where the comment also swallows the closing one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What the file holds. ``lines`` has the line (1 is the first) of every key and list item."""

    value: dict[str, Plain]
    lines: Mapping[Key, int]
    problems: tuple[Problem, ...]


def read(path: Path) -> Document:
    """Read the file; raises ConfigError when nothing of it can be used."""
    file = str(path)
    text = _text(path)
    builder = _Builder(text, file)
    try:
        value = builder.build(_composed(text, file), (), ())
    except RecursionError:
        _refuse(file, "the values are nested too deeply", "no key needs more than four levels")
    if value is None:
        _refuse(file, "the file is empty", "it needs at least feeds: and topics:; the shipped example shows them")
    if not isinstance(value, dict):
        _refuse(file, "the file is not made of keys", "start with feeds: and topics: at the left margin", line=1)
    return Document(value=value, lines=builder.lines, problems=tuple(builder.problems))


def key_name(key: Key) -> str:
    """A place as people write it: ``feeds[2].url``."""
    name = ""
    for part in key:
        name += f"[{part}]" if isinstance(part, int) else f"{'.' if name else ''}{part}"
    return name


def _refuse(file: str, what: str, remedy: str, *, line: int | None = None) -> NoReturn:
    raise ConfigError([Problem(file=file, line=line, what=what, remedy=remedy)])


def _text(path: Path) -> str:
    file = str(path)
    example = "write one (the project's config/watcher.yaml is a commented example) or name another with --config"
    try:
        with path.open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        _refuse(file, "there is no such file", example)
    except (IsADirectoryError, NotADirectoryError):
        _refuse(file, "this is no file but a folder, or a path through a file", "name the YAML file itself")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        _refuse(file, f"the file cannot be read ({reason})", "make it readable for the user that runs watcher")
    if len(raw) > MOST_BYTES:
        _refuse(file, "the file is larger than 1 MiB", "keep long lists of feeds in an OPML file: - opml: feeds.opml")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        _refuse(file, "the file is not UTF-8 text", "save it as UTF-8 in your editor", line=line)


def _composed(text: str, file: str) -> Node | None:
    try:
        with warnings.catch_warnings():  # an anchor that is used again is no fault
            warnings.simplefilter("ignore")
            node: Node | None = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        raise ConfigError([_syntax(error, text, file)]) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        _refuse(file, "there is a character that YAML does not allow", "remove control characters", line=line)
    except (YAMLError, ValueError, TypeError, AttributeError, LookupError, AssertionError, NotImplementedError):
        # the parser itself stumbles over some broken files; its own words would not help anybody
        _refuse(file, "this cannot be read as YAML", "compare it with the shipped example")
    return node


def _syntax(error: MarkedYAMLError, text: str, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark is not None else None
    rows = text.splitlines()
    if eaten := _eaten(rows[:line]):
        number, word = eaten
        what = f"an unquoted # starts a comment, so {word} and what follows is not read"
        return Problem(file=file, line=number, what=what, remedy=f'put it in quotes: "{word}"')
    row = rows[line - 1] if line is not None and line <= len(rows) else ""
    problem = error.problem or "it breaks off"
    if "\t" in row[: len(row) - len(row.lstrip())]:
        what, remedy = "the line is indented with a tab", "use spaces"
    elif problem.startswith("mapping values are not allowed"):
        what, remedy = "a second colon in this line, or a wrong indentation", 'put a value with ": " in quotes'
    elif "another document" in problem:
        what, remedy = "a second document starts here (---)", "keep everything in one"
    elif "unexpected end of stream" in problem:
        what, remedy = "a quotation mark is opened and never closed", "close it"
    else:
        what, remedy = f"this is not valid YAML ({problem})", "check quotes, brackets and indentation"
    return Problem(file=file, line=line, what=what, remedy=remedy)


def _eaten(rows: list[str]) -> tuple[int, str] | None:
    """The last line whose bracket stays open because a comment swallowed the closing one, and the comment's word."""
    for number in range(len(rows), 0, -1):
        found = _EATEN.search(rows[number - 1])
        if found:
            before = rows[number - 1][: found.start(1)]
            opened = sum(map(before.count, "[{")) - sum(map(before.count, "]}"))
            return (number, found[1]) if opened > 0 else None
    return None


class _Builder:
    """Makes plain values of YAML's nodes, and notes lines and problems on the way."""

    def __init__(self, text: str, file: str) -> None:
        self.lines: dict[Key, int] = {}
        self.problems: list[Problem] = []
        self._text = text
        self._file = file
        self._count = 0

    def build(self, node: Node | None, key: Key, inside: tuple[int, ...], after: int | None = None) -> Plain:
        """The node's value; ``inside`` holds the nodes around it, to find an alias to one of them.

        ``after`` is where in the text its key ends.
        """
        self._count += 1
        if self._count > MOST_VALUES:
            _refuse(self._file, f"the file holds more than {MOST_VALUES:,} values", "do not nest aliases (*name)")
        if node is not None and id(node) in inside:
            self._note(node, key, "an alias (*name) holds itself", "write the value out")
            return None
        if isinstance(node, ScalarNode):
            return self._scalar(node, key, node.start_mark.index if after is None else after)
        if isinstance(node, SequenceNode):
            return self._list(node, key, (*inside, id(node)))
        return self._mapping(node, key, (*inside, id(node))) if isinstance(node, MappingNode) else None

    def _note(self, node: Node, key: Key, what: str, remedy: str) -> None:
        line = self.lines.get(key, node.start_mark.line + 1)
        self.problems.append(Problem(file=self._file, line=line, key=key_name(key) or None, what=what, remedy=remedy))

    def _scalar(self, node: ScalarNode, key: Key, after: int) -> Plain:
        value, tag = str(node.value), str(node.tag)
        if tag not in _OWN_TAGS:
            self._note(node, key, f"the tag {tag.replace(_CORE, '!!')} has no meaning here", "remove it")
            return None
        if node.style is not None and node.style not in {"", "-"}:
            return value
        if value == "" and (comment := _LONE_COMMENT.match(self._text, after)):
            last = next((str(part) for part in reversed(key) if isinstance(part, str)), "")
            shown = f'{last}: "{comment[1]}"' if key and isinstance(key[-1], str) else f'"{comment[1]}"'
            remedy = f"write {shown}, with the quotes"
            self._note(node, key, "an unquoted # starts a comment, so the value is empty", remedy)
            return None
        plain = _resolved(value)
        return value if tag == _CORE + "str" and plain is not None else plain

    def _list(self, node: SequenceNode, key: Key, inside: tuple[int, ...]) -> list[Plain]:
        built: list[Plain] = []
        for index, item in enumerate(node.value):
            self.lines[*key, index] = item.start_mark.line + 1
            built.append(self.build(item, (*key, index), inside))
        return built

    def _mapping(self, node: MappingNode, key: Key, inside: tuple[int, ...]) -> dict[str, Plain]:
        built: dict[str, Plain] = {}
        merged: list[Node] = []
        for name_node, value_node in node.value:
            if str(name_node.tag) == _CORE + "merge":
                merged.append(value_node)
            elif not isinstance(name_node, ScalarNode) or not name_node.value:
                self._note(name_node, key, "there is no key before this colon", "write one, as plain text")
            elif (name := str(name_node.value)) in built:
                first = self.lines[*key, name]
                line = name_node.start_mark.line + 1
                what = f"written twice (first in line {first})"
                place = key_name((*key, name))
                self.problems.append(Problem(file=self._file, line=line, key=place, what=what, remedy="keep one"))
            else:
                self.lines[*key, name] = name_node.start_mark.line + 1
                built[name] = self.build(value_node, (*key, name), inside, name_node.end_mark.index)
        for other in merged:
            self._merge(other, key, inside, built)
        return built

    def _merge(self, node: Node, key: Key, inside: tuple[int, ...], built: dict[str, Plain]) -> None:
        """``<<: *other``: the other's keys where this one has none of its own."""
        value = self.build(node, (*key, "<<"), inside)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                for name, inner in each.items():
                    built.setdefault(name, inner)
            else:
                self._note(node, key, "<<: takes an alias to other keys", "write <<: *name, or write the keys out")


def _resolved(value: str) -> Plain:
    """What a scalar without quotes means in YAML 1.2."""
    if value in _NULL:
        return None
    if value in _BOOL:
        return _BOOL[value]
    if _INT.fullmatch(value):
        return int(value)
    if _FLOAT.fullmatch(value):
        return float(value.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return value
