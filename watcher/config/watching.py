"""Has the configuration changed? By content: swapped links and restored files count, touched ones do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

MOST = 1000
"""Files of one folder that are looked at."""
LARGEST = 16 * 1024 * 1024
"""Bytes; a larger file is no seed, and only its size is looked at."""


def fingerprint(paths: Iterable[Path]) -> str:
    """A hash over the content of these files and the files of these folders; unreadable ones count as such."""
    told = sha256()
    for path in sorted(paths):
        for file in _files(path):
            told.update(f"\0{file}\0{_content(file)}".encode())
    return told.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    try:
        yield from sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))[:MOST]
    except OSError as error:
        yield path / f"unreadable: {error.strerror}"


def _content(file: Path) -> str:
    try:
        size = file.stat().st_size
        return f"{size} bytes" if size > LARGEST else sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        return error.strerror or "unreadable"
