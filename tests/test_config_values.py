"""The forms of single values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.config import addresses, values
from watcher.config.values import Refused
from watcher.types import Sensitivity


@given(st.integers(1, 3_000_000_000))
def test_durations_round_trip(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    assert values.duration(values.duration_text(duration)) == duration


@given(st.integers(0, 10**12 - 1))
def test_sizes_round_trip(size: int) -> None:
    assert values.size(values.size_text(size)) == size


@given(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()))
def test_every_reader_reads_or_refuses(value: object) -> None:
    readers: list[Callable[[object], object]] = [
        *(values.duration, values.at_least_a_second, values.size, values.body_size, values.flood, values.weekly),
        *(values.sensitivity, values.rule, values.language, values.channel, values.editor, values.network),
        *(values.zone, addresses.web_address, addresses.search_template, addresses.header_value),
        *(addresses.line_of_text, addresses.listen, lambda v: addresses.database(v, Path("/x"))),
    ]
    for reader in readers:
        try:
            reader(value)
        except Refused as refused:
            told = refused.what
            assert told


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("5m", 300), ("2h", 7200), ("7d", 604800), ("2w", 1209600), ("1y", 31536000), ("1h30m", 5400)],
)
def test_durations(text: str, seconds: int) -> None:
    assert values.duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "5", "m", "5 m", "1.5h", "5M", "99999999999d", "200y", "-1s", 5, None, True, "5m "[::-1]]
)
def test_no_durations(text: object) -> None:
    with pytest.raises(Refused):
        values.duration(text)


@pytest.mark.parametrize(("text", "size"), [("0B", 0), ("512KiB", 524288), ("8MiB", 8388608), ("1 GiB", 1 << 30)])
def test_sizes(text: str, size: int) -> None:
    assert values.size(text) == size


def test_sensitivities() -> None:
    assert values.sensitivity("broad") == Sensitivity(factor=0.7)
    assert values.sensitivity(1) == Sensitivity(fixed=1.0)
    assert values.sensitivity({"alerts_per_day": 5}) == Sensitivity(budget=5)
    refused: list[object] = [True, 1.01, -0.1, {}, {"alerts_per_day": 0}, {"alerts_per_day": True}, [], None, "0.5"]
    for wrong in refused:
        with pytest.raises(Refused):
            values.sensitivity(wrong)


@pytest.mark.parametrize(
    ("given", "read"),
    [("#korea-desk", "#korea-desk"), ("korea_desk", "#korea_desk"), ("#한국", "#한국"), ("C0123ABCDE", "C0123ABCDE")],
)
def test_channels(given: str, read: str) -> None:
    assert values.channel(given) == read


@pytest.mark.parametrize("text", ["", "#", "#Korea", "#a b", "a.b", "@kim", "#a,#b", 5, None, "#" + "x" * 81])
def test_no_channels(text: object) -> None:
    with pytest.raises(Refused):
        values.channel(text)


@pytest.mark.parametrize("text", ["Korea*", "South Korea", '"South Korea"', "AT&T", "C++", "U.S.", "F-35*", "한국*"])
def test_rules(text: str) -> None:
    assert values.rule(text) == text


@pytest.mark.parametrize(
    "text", ["", "*", "*x", "a*b", "(a+)+$", "[ab]", "a|b", ".*x", "^a", r"\d", "x" * 101, 5, None]
)
def test_no_rules(text: object) -> None:
    with pytest.raises(Refused):
        values.rule(text)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080),
        ("[::1]:0", "::1", 0),
        ("localhost:80", "localhost", 80),
        ("0.0.0.0:65535", "0.0.0.0", 65535),
    ],
)
def test_places_to_listen(text: str, host: str, port: int) -> None:
    assert addresses.listen(text) == (host, port)


@pytest.mark.parametrize(
    "text", ["", ":8080", "8080", "::1:80", "[x]:80", "a:65536", "a:-1", "a b:80", "999.1.1.1:80", 80]
)
def test_no_places_to_listen(text: object) -> None:
    with pytest.raises(Refused):
        addresses.listen(text)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("sqlite:///w.db", "sqlite:////base/w.db"),
        ("sqlite:///../var/w.db", "sqlite:////var/w.db"),
        ("sqlite:////data/w.db", "sqlite:////data/w.db"),
        ("postgresql+psycopg://u:p@db.example:5432/w", "postgresql+psycopg://u:p@db.example:5432/w"),
    ],
)
def test_databases(text: str, url: str) -> None:
    assert addresses.database(text, Path("/base")) == url


@pytest.mark.parametrize(
    "text",
    ["", "w.db", "sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///~/w.db", "sqlite:///x/", "sqlite:///w.db?mode=ro",
     "sqlite://w.db", "mysql://h/w", "postgresql://", "postgresql://u:s3cret@/w", "postgresql://u:s3cret@h:x/w", 5],
)  # fmt: skip
def test_no_databases(text: object) -> None:
    with pytest.raises(Refused) as caught:
        addresses.database(text, Path("/base"))
    assert "s3cret" not in f"{caught.value.what}{caught.value.remedy}"
