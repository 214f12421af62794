"""A month of the service in minutes: the real line under a clock that is moved, and what came of it.

``news`` makes up what the world publishes, ``calendar`` when something goes wrong, ``world`` serves feeds and Slack,
``life`` runs the service (a process of its own), ``judge`` compares what was published with what was told, and
``summary`` prints it. ``python -m tests.month --help``.
"""
