"""One file per schema, in order: ``0001_first.py``, ``0002_…``; an old one is never edited."""
