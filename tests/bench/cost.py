"""Processor time and memory of a process with all of its children, the running ones included. Linux; only Python."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path


def spent() -> float:
    """Seconds spent so far by this process and everything below it."""
    return sum(sum(map(int, told[11:15])) for told in _tree().values()) / os.sysconf("SC_CLK_TCK")


def resident() -> int:
    """Bytes in memory of this process and everything below it; what processes share counts for each of them."""
    return sum(int(told[21]) for told in _tree().values()) * os.sysconf("SC_PAGESIZE")


def proportional() -> int:
    """Bytes that this process and everything below it really take: what n processes share counts a nth for each."""
    return sum(map(_proportional, _tree()))


def own() -> int:
    """The same of this process alone."""
    return _proportional(os.getpid())


def _proportional(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it ended
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _tree() -> dict[int, list[str]]:
    """What the system tells of each process by its id, from its state on (``man proc_pid_stat``)."""
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
    found = [os.getpid()]
    tree: dict[int, list[str]] = {}
    while found:
        one = found.pop()
        if one in known:
            tree[one] = known[one]
        found += children[one]
    return tree
