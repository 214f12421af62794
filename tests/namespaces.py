"""Machines of one's own: network namespaces, each with one cable to the world and one to the database."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

WORLD, DATABASE = "10.212.0.1", "10.213.0.1"
"""Where the machines find feeds and Slack, and where the database."""


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=20)


def missing() -> str | None:
    """Why there can be no machines here; None: there can."""
    if shutil.which("ip") is None:
        return "needs ip (Debian's package iproute2)"
    if os.geteuid() != 0:
        return "needs root, to make network namespaces"
    try:
        _ip("netns", "add", "watcher-probe")
    except subprocess.CalledProcessError:
        return "needs a kernel that lets root make network namespaces"
    _ip("netns", "delete", "watcher-probe")
    return None


@dataclass(frozen=True, slots=True)
class Machine:
    """One network namespace."""

    number: int

    @property
    def name(self) -> str:
        return f"watcher-{self.number}"

    @property
    def wrap(self) -> list[str]:
        """Words before a command that is to run there."""
        return ["ip", "netns", "exec", self.name]

    def cut_off(self) -> None:
        """Pull the cable to the database: nothing arrives and nobody says so."""
        _ip("link", "set", f"wdb{self.number}", "down")

    def mend(self) -> None:
        """Plug it in again."""
        _ip("link", "set", f"wdb{self.number}", "up")


@contextmanager
def machines(number: int) -> Iterator[list[Machine]]:
    """So many machines, gone at the end."""
    made = [Machine(one) for one in range(number)]
    try:
        for address in (WORLD, DATABASE):
            _ip("address", "add", f"{address}/32", "dev", "lo")
        for machine in made:
            _make(machine)
        yield made
    finally:
        for machine in made:
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "delete", machine.name)
        for address in (WORLD, DATABASE):
            with suppress(subprocess.CalledProcessError):
                _ip("address", "delete", f"{address}/32", "dev", "lo")


def _make(machine: Machine) -> None:
    number, inside = machine.number, machine.name
    _ip("netns", "add", inside)
    _ip("-n", inside, "link", "set", "lo", "up")
    for net, cable, place in ((210, "wld", WORLD), (211, "wdb", DATABASE)):
        ours, theirs = f"{cable}{number}", f"{cable}{number}i"
        _ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", inside)
        _ip("address", "add", f"10.{net}.{number}.1/30", "dev", ours)
        _ip("link", "set", ours, "up")
        _ip("-n", inside, "address", "add", f"10.{net}.{number}.2/30", "dev", theirs)
        _ip("-n", inside, "link", "set", theirs, "up")
        _ip("-n", inside, "route", "add", f"{place}/32", "via", f"10.{net}.{number}.1")
