"""Reads PromQL as far as our rules and panels use it: a grammar, the kinds of values, and which series are asked for.

Rule: what it does not know it refuses, so that a slip in an expression is found here and not on the day of the alert.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["scalar", "instant", "range", "string"]

TOKEN = re.compile(
    r"""\s*(?:
      (?P<duration>\d+(?:ms|[smhdwy]))(?![\w.]) | (?P<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?![\w.])
    | (?P<string>"(?:[^"\\]|\\.)*") | (?P<name>[a-zA-Z_:][\w:]*)
    | (?P<op>==|!=|>=|<=|=~|!~|[-+*/%^(){}\[\],=<>])
    )""",
    re.VERBOSE,
)
ARGUMENTS: dict[str, tuple[Sequence[Kind], Kind]] = {
    "rate": (("range",), "instant"),
    "increase": (("range",), "instant"),
    "changes": (("range",), "instant"),
    "predict_linear": (("range", "scalar"), "instant"),
    "histogram_quantile": (("scalar", "instant"), "instant"),
    "absent": (("instant",), "instant"),
    "time": ((), "scalar"),
}
"""Function → kinds of its arguments, and of its result."""
AGGREGATIONS = {"sum", "min", "max", "avg", "count"}
LEVELS = (("or",), ("and", "unless"), ("==", "!=", "<=", ">=", "<", ">"), ("+", "-"), ("*", "/", "%"))
"""Operators from the loosest to the tightest."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A series that is asked for, with the labels that it has to have and the texts they are compared with."""

    metric: str
    labels: tuple[tuple[str, str, str], ...] = ()


@dataclass
class Reader:
    """Reads one expression; ``asked`` and ``grouped`` are what it names."""

    text: str
    tokens: list[tuple[str, str]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    grouped: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        at = 0
        while self.text[at:].strip():
            found = TOKEN.match(self.text, at)
            if found is None:
                raise ValueError(f"{self.text}: not understood from {self.text[at : at + 20]!r} on")
            self.tokens.append((found.lastgroup or "", found[found.lastgroup or 0]))
            at = found.end()

    def read(self) -> Kind:
        """The whole expression; its kind."""
        kind = self.operation(0)
        if self.tokens:
            raise ValueError(f"{self.text}: what is {self.tokens[0][1]!r} for?")
        return kind

    def next(self, *wanted: str) -> str:
        kind, text = self.tokens.pop(0) if self.tokens else ("end", "the end")
        if wanted and text not in wanted and kind not in wanted:
            raise ValueError(f"{self.text}: {text!r} where {' or '.join(wanted)} belongs")
        return text

    def peek(self) -> str:
        return self.tokens[0][1] if self.tokens else ""

    def operation(self, level: int) -> Kind:
        if level == len(LEVELS):
            return self.value()
        kind = self.operation(level + 1)
        while self.peek() in LEVELS[level]:
            operator = self.next()
            other = self.operation(level + 1)
            if {kind, other} - {"scalar", "instant"} or (level < 2 and "scalar" in {kind, other}):
                raise ValueError(f"{self.text}: {operator} between {kind} and {other}")
            kind = "instant" if "instant" in {kind, other} else "scalar"
        return kind

    def value(self) -> Kind:
        if self.peek() == "(":
            self.next()
            kind = self.operation(0)
            self.next(")")
            return kind
        if self.tokens and self.tokens[0][0] in {"number", "string"}:
            kind_, _ = self.tokens.pop(0)
            return "scalar" if kind_ == "number" else "string"
        name = self.next("name")
        if name in AGGREGATIONS:
            return self.aggregation()
        return self.call(name) if self.peek() == "(" else self.series(name)

    def aggregation(self) -> Kind:
        if self.peek() in {"by", "without"}:
            self.next()
            self.grouped.update(self.names())
        self.next("(")
        if self.operation(0) != "instant":
            raise ValueError(f"{self.text}: only instant vectors can be added up")
        self.next(")")
        return "instant"

    def names(self) -> list[str]:
        found = []
        self.next("(")
        while self.peek() != ")":
            found.append(self.next("name"))
            if self.peek() == ",":
                self.next()
        self.next(")")
        return found

    def call(self, name: str) -> Kind:
        if name not in ARGUMENTS:
            raise ValueError(f"{self.text}: there is no function {name}, or not here yet")
        wanted, result = ARGUMENTS[name]
        given: list[Kind] = []
        self.next("(")
        while self.peek() != ")":
            given.append(self.operation(0))
            if self.peek() == ",":
                self.next()
        self.next(")")
        if tuple(given) != tuple(wanted):
            raise ValueError(f"{self.text}: {name} takes {wanted}, not {tuple(given)}")
        return result

    def series(self, name: str) -> Kind:
        labels = []
        if self.peek() == "{":
            self.next()
            while self.peek() != "}":
                label = self.next("name")
                comparison = self.next("=", "!=", "=~", "!~")
                labels.append((label, comparison, self.next("string")[1:-1]))
                if self.peek() == ",":
                    self.next()
            self.next("}")
        self.asked.append(Asked(name, tuple(labels)))
        if self.peek() != "[":
            return "instant"
        self.next()
        self.next("duration")
        self.next("]")
        return "range"
