"""Settings of the whole suite."""

from __future__ import annotations

import os

from hypothesis import settings

# A landing must not hang on luck: there the examples are always the same ones; at a desk they are always new.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("desk", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")
