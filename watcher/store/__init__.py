"""All that survives a restart: one database, its tables, and the verbs that read and write them.

Rule: the line passes values and gets values; SQL stays in here. Names are loaded when they are asked for, so that
``watcher.store.lock`` stays as light as a health check needs it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from watcher.store.engine import Store
    from watcher.store.outbox import AlertRow
    from watcher.store.save import SaveResult
    from watcher.store.verbs import READ_VERBS, WRITE_VERBS

_HOMES = {
    "Store": "watcher.store.engine",
    "AlertRow": "watcher.store.outbox",
    "SaveResult": "watcher.store.save",
    "READ_VERBS": "watcher.store.verbs",
    "WRITE_VERBS": "watcher.store.verbs",
}

__all__ = ["READ_VERBS", "WRITE_VERBS", "AlertRow", "SaveResult", "Store"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
