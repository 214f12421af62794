"""The YAML file as plain values with lines."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from watcher.config.reading import MOST_BYTES, Document, read
from watcher.errors import ConfigError


def document(folder: Path, text: str | bytes) -> Document:
    file = folder / "watcher.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read(file)


def refusal(file: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        read(file)
    return str(caught.value).replace(f"{file.parent}/", "")


def test_a_scalar_means_what_yaml_1_2_says(tmp_path: Path) -> None:
    text = """
a: [yes, no, on, off, y, n, 22:30, 1_000, 2020-01-01, 0x1F, '5', "true", !!str 5, 1e3x]
b: [true, False, null, ~, 10, 010, -5, +3, 1.5, .5, 1e3, -.inf]
"""
    value = document(tmp_path, text).value
    texts = ["yes", "no", "on", "off", "y", "n", "22:30", "1_000", "2020-01-01", "0x1F", "5", "true", "5", "1e3x"]
    assert value["a"] == texts
    assert value["b"] == [True, False, None, None, 10, 10, -5, 3, 1.5, 0.5, 1000.0, -math.inf]


def test_every_key_and_item_has_its_line(tmp_path: Path) -> None:
    lines = document(tmp_path, "# c\na:\n  b: 1\n  c:\n    - x\n    - {d: 1,\n       e: 2}\nf: |\n  text\ng: 1\n").lines
    assert lines == {
        ("a",): 2, ("a", "b"): 3, ("a", "c"): 4, ("a", "c", 0): 5, ("a", "c", 1): 6,
        ("a", "c", 1, "d"): 6, ("a", "c", 1, "e"): 7, ("f",): 8, ("g",): 10,
    }  # fmt: skip


def test_aliases_and_merges_are_written_out(tmp_path: Path) -> None:
    value = document(tmp_path, "a: &a {x: 1, y: 2}\nb: *a\nc: {<<: *a, y: 3}\nd: {<<: [*a, {z: 4}]}\n").value
    assert value == {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 2}, "c": {"x": 1, "y": 3}, "d": {"x": 1, "y": 2, "z": 4}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\na: 2\n", ["2: a: written twice (first in line 1)"]),
        ("\nb: {c: 1,\n c: 2}\n", ["3: b.c: written twice (first in line 2)"]),
        ("a: !x 1\nb: !!set {c, d}\n", ["1: a: the tag !x has no meaning here"]),
        ("a: &a [*a]\n", ["1: a[0]: an alias (*name) holds itself"]),
        ("a: &a {b: {c: *a}}\n", ["1: a.b.c: an alias (*name) holds itself"]),
        ("? [x]\n: 1\nb: 1\n", ["1: there is no key before this colon"]),
        ("a: {<<: 5}\n", ["1: a: <<: takes an alias to other keys"]),
        ("a: #desk\n", ["1: a: an unquoted # starts a comment, so the value is empty"]),
        ("a: {b: #desk\n }\n", ["1: a.b: an unquoted # starts a comment, so the value is empty"]),
        ("a:\n- #desk", ["2: a[0]: an unquoted # starts a comment, so the value is empty"]),
        ("a: # a comment\nb: #a real comment\nc: ''  #desk\nd: null #desk\ne:\n #desk\n", []),
    ],
)  # fmt: skip
def test_faults_of_form_are_noted_with_their_lines(tmp_path: Path, text: str, expected: list[str]) -> None:
    found = [str(problem).split("watcher.yaml:", 1)[1] for problem in document(tmp_path, text).problems]
    assert [told.partition("; ")[0] for told in found] == expected


def test_a_bomb_of_aliases_is_refused_quickly(tmp_path: Path) -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    (tmp_path / "bomb").write_text("\n".join(rows), encoding="utf-8")
    assert refusal(tmp_path / "bomb") == "bomb: the file holds more than 100,000 values; do not nest aliases (*name)"


@pytest.mark.slow
def test_a_tower_of_brackets_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tower").write_text("a: " + "[" * 5000, encoding="utf-8")
    assert refusal(tmp_path / "tower") == "tower: the values are nested too deeply; no key needs more than four levels"


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a: 1", encoding="utf-8")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert refusal(tmp_path / "none").startswith("none: there is no such file; write one (")
    assert refusal(tmp_path / "file" / "x").startswith("x: this is no file but a folder, or a path through a file; ")
    assert refusal(tmp_path / "loop").startswith("loop: the file cannot be read (")
    with pytest.raises(ConfigError, match="this is no file but a folder"):
        read(tmp_path)
    with pytest.raises(ConfigError, match="cannot be read"):
        read(Path("a\0b"))


EMPTY = "f: the file is empty; it needs at least feeds: and topics:; the shipped example shows them"
IN_OPML = "keep long lists of feeds in an OPML file: - opml: feeds.opml"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", EMPTY),
        (b"\xef\xbb\xbf\r\n# only a comment\r\n", EMPTY),
        (b"a: 1\nb: \xff\n", "f:2: the file is not UTF-8 text; save it as UTF-8 in your editor"),
        ("a: 1\n".encode("utf-16"), "f:1: the file is not UTF-8 text; save it as UTF-8 in your editor"),
        (b"a: 1\nb: \x00\n", "f:2: there is a character that YAML does not allow; remove control characters"),
        (b"a: " + b"x" * MOST_BYTES, f"f: the file is larger than 1 MiB; {IN_OPML}"),
    ],
)  # fmt: skip
def test_what_is_no_yaml_text_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    (tmp_path / "f").write_bytes(content)
    assert refusal(tmp_path / "f") == expected


def test_warnings_of_the_parser_stay_inside(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert document(tmp_path, "a: &x 1\nb: &x 2\nc: *x\n").value == {"a": 1, "b": 2, "c": 2}


TEXT = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=12)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT.filter(bool), inner, max_size=4),
    max_leaves=10,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.text("abcdef-_", min_size=1), PLAIN, min_size=1))
def test_json_is_yaml(tmp_path: Path, value: dict[str, Any]) -> None:
    file = tmp_path / "f.yaml"
    file.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    assert read(file).value == value


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from("ab:-#[]{}'\"*&!|>?%@`,<~ \n\t\r\u2028"), max_size=30))
def test_any_text_is_read_or_refused(tmp_path: Path, text: str) -> None:
    try:
        found = document(tmp_path, text)
    except ConfigError as error:
        told = str(error)
        assert told
    else:
        assert isinstance(found.value, dict)
