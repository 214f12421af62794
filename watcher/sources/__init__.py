"""What entries come from: one module per kind of document.

Its one rule: a source is one function, ``parse(body, content_type, base) -> ParsedFeed``, that raises ``ParseError``
and nothing else, needs no network and no clock, and runs in a worker process. To add one, write the module, name its
function here, and give it a row in ``tests/contract/test_source.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SOURCES: Final[Mapping[str, str]] = {"rss": "watcher.sources.rss:parse"}
"""Kind of source → where its function is."""
