"""Processor time and memory of a process with all of its children, the running ones included. Linux; only Python."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path


def spent() -> float:
    """Seconds spent so far by this process and everything below it."""
    return sum(sum(map(int, told[11:15])) for told in _tree()) / os.sysconf("SC_CLK_TCK")


def resident() -> int:
    """Bytes in memory of this process and everything below it; what processes share counts for each of them."""
    return sum(int(told[21]) for told in _tree()) * os.sysconf("SC_PAGESIZE")


def _tree() -> list[list[str]]:
    """What the system tells of each process, from its state on (``man proc_pid_stat``)."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    known: dict[int, list[str]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                told = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it ended
                continue
            children[int(told[1])].append(int(folder.name))
            known[int(folder.name)] = told
    found, tree = [os.getpid()], []
    while found:
        one = found.pop()
        tree += [known[one]] if one in known else []
        found += children[one]
    return tree
