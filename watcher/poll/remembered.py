"""What is remembered of a feed's last document, so that of the next one only what is new is parsed. Pure.

An item is 16 bytes: the hash of its bytes, and short hashes of its link and its guid. Those two are there because a
link or a guid says nothing where several items share it (see ``poll.sift.keyed``), and a part of a document does not
show that: where a new item shares one with an old one, or two old ones share one, the document is parsed whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import blake2b

from watcher.types import FeedEntry, Outline, ParsedFeed
from watcher.urls import canonical

ITEM, NAME = 8, 4
"""Bytes of an item's hash, and of a link's or a guid's."""
_NONE = bytes(NAME)


def salt(topics: Collection[str], base: str) -> str:
    """What else an item's hash depends on: other topics have to judge it anew, another base moves its links.

    The number is that of our way to read items: raise it when a later version finds more in them.
    """
    return repr((1, sorted(topics), base))


def unpacked(items: bytes | None) -> dict[bytes, bytes]:
    """Hash → names of every item remembered; empty when nothing is."""
    told = items or b""
    size = ITEM + 2 * NAME
    return {told[at : at + ITEM]: told[at + ITEM : at + size] for at in range(0, len(told) - size + 1, size)}


def packed(found: Outline, parsed: ParsedFeed | None, seen: Mapping[bytes, bytes]) -> bytes | None:
    """What to remember of a document after its items were parsed, but for those ``seen``.

    None when the parser did not find just these items in it, or when two items of the document share a link or a guid.
    """
    entries = iter(parsed.entries if parsed else ())
    names: list[bytes] = []
    for told in found.hashes:
        known = seen.get(told)
        if known is None:
            entry = next(entries, None)
            if entry is None:
                return None
            known = _names(entry)
        names.append(known)
    if next(entries, None) is not None or (parsed is not None and parsed.warnings) or _share(names):
        return None
    return b"".join(told + known for told, known in zip(found.hashes, names, strict=True))


def _names(entry: FeedEntry) -> bytes:
    return _name(canonical(entry.url) if entry.url else None) + _name(entry.guid)


def _name(told: str | None) -> bytes:
    return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=NAME).digest() if told else _NONE


def _share(names: Sequence[bytes]) -> bool:
    return _repeated(one[:NAME] for one in names) or _repeated(one[NAME:] for one in names)


def _repeated(names: Iterable[bytes]) -> bool:
    return any(count > 1 for name, count in Counter(names).items() if name != _NONE)
