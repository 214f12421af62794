"""What runs inside a worker process.

Its one rule: light, and imported by name only; whatever a task does, what goes back can be pickled.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import signal
import sys
import traceback
import warnings
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from watcher.errors import WatcherError

_MIB = 1024**2
_COLLECT_AFTER = 10_000
"""New objects after which garbage is looked for: a feed's parse tree is no garbage."""
HEAVY_FEED = 256 * 1024
"""Bytes of a feed document that take much memory to read."""


_M_ARENA_MAX, _ARENAS = -8, 2
"""glibc's ``malloc.h``: how many heaps there may be."""
_M_MMAP_THRESHOLD, _LARGE = -3, 128 * 1024
"""Bytes from which on a piece of memory goes back to the system as soon as it is free; set, it no longer grows."""


@dataclass(frozen=True, slots=True)
class Value:
    """What a task returned."""

    value: object


@dataclass(frozen=True, slots=True)
class Refusal:
    """One of our errors: they take keywords, which pickling an exception forgets."""

    kind: type[WatcherError]
    args: tuple[object, ...]
    told: dict[str, object]

    def error(self) -> WatcherError:
        """The error as it was raised."""
        error = self.kind.__new__(self.kind)
        error.args = self.args
        error.__dict__.update(self.told)
        return error


@dataclass(frozen=True, slots=True)
class Crash:
    """An error that no task should raise: its name, and where it came from."""

    kind: str
    trace: str


def call(target: str, args: tuple[object, ...]) -> Value | Refusal | Crash:
    """Run a task and fold whatever happens into something that can be pickled."""
    try:
        return Value(_resolve(target)(*args))
    except WatcherError as error:
        return Refusal(type(error), error.args, vars(error))
    except Exception as error:  # noqa: BLE001  the boundary: one document's crash must not break the pool
        return Crash(type(error).__name__, "".join(traceback.format_exception(error, limit=20))[-8000:])
    finally:
        if any(isinstance(arg, bytes) and len(arg) > HEAVY_FEED for arg in args):
            give_back()


def _resolve(target: str) -> Any:
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def confine(memory: int, nice: int) -> None:
    """Limit this process before it reads anything: memory, no core files, no output, no interrupts of the terminal.

    ``nice``: how far it steps back where processors are short, 0 to 19.
    """
    os.nice(nice)
    gc.freeze()  # the libraries, which it shares with the process it was forked from
    gc.set_threshold(_COLLECT_AFTER, 10, 10)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit(memory)
    _die_with_parent()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


def _limit(memory: int) -> None:
    import resource  # noqa: PLC0415  exists on POSIX only

    for kind, wanted in ((resource.RLIMIT_AS, _address_space() + memory), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(kind)
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(ValueError, OSError):  # some systems cannot limit the address space
            resource.setrlimit(kind, (allowed, allowed))


def _address_space() -> int:
    """Bytes that this process has mapped by now; systems differ by hundreds of megabytes."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * os.sysconf("SC_PAGESIZE")
    except OSError:  # no Linux
        return 512 * _MIB


def give_back() -> None:
    """Return to the system what is free: a large document, or a start, leaves much behind."""
    gc.collect()
    trim()


def trim() -> None:
    """The same for what is free already, without a look for garbage: some milliseconds."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415  Linux only

        with contextlib.suppress(AttributeError):  # another C library than glibc
            ctypes.CDLL(None).malloc_trim(0)


def keep_little() -> None:
    """Have the C library keep less of what is free: large pieces go back at once, and all threads share two heaps.

    It gives each thread a heap of its own otherwise, and what one thread frees no other uses.
    """
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415  Linux only

        with contextlib.suppress(AttributeError):  # another C library than glibc
            library = ctypes.CDLL(None)
            library.mallopt(_M_ARENA_MAX, _ARENAS)
            library.mallopt(_M_MMAP_THRESHOLD, _LARGE)


def _die_with_parent() -> None:
    """Linux: a worker whose service was killed ends too."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415  Linux only

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
