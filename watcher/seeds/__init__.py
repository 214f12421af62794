"""Seed articles: files and term cards become ``Seed`` values, and seeds become cards.

One rule: a file that cannot be used is a warning that names it and says what to do; no usable seed at all is an error.
"""

from watcher.seeds.cards import from_card, to_card, write_card
from watcher.seeds.files import load, read_file
from watcher.seeds.making import from_article, from_text

__all__ = ["from_article", "from_card", "from_text", "load", "read_file", "to_card", "write_card"]
