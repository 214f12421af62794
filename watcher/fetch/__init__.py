"""HTTP: feeds and pages come in here, and nothing else goes out.

Its one rule: whatever a server does, the answer is a ``Fetched``, a ``NotModified`` or a ``FetchError`` with a
sentence, within the time and the size allowed, from an address that may be asked.
"""

from watcher.fetch.answer import Fetched, NotModified
from watcher.fetch.client import Fetcher, user_agent
from watcher.fetch.guard import forbidden_address
from watcher.fetch.turns import Turns

__all__ = ["Fetched", "Fetcher", "NotModified", "Turns", "forbidden_address", "user_agent"]
