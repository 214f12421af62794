"""watcher: new coverage related to a few articles, told in Slack."""

__version__ = "0.1.0"
