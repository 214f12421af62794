"""The configuration: one YAML file and the environment.

Its one rule: ``load`` gives a complete ``Config`` or raises one ``ConfigError`` that names everything that is wrong.
"""

from watcher.config.loading import load
from watcher.config.model import (
    Config,
    FetchConfig,
    HealthConfig,
    RetentionConfig,
    ServerConfig,
    SlackConfig,
    TopicConfig,
)
from watcher.config.secrets import Secrets
from watcher.config.values import Flood, Weekly

__all__ = [
    "Config",
    "FetchConfig",
    "Flood",
    "HealthConfig",
    "RetentionConfig",
    "Secrets",
    "ServerConfig",
    "SlackConfig",
    "TopicConfig",
    "Weekly",
    "load",
]
