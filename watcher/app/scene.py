"""The app as the console page has to know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watcher.app.policy import seed_label
from watcher.web.scene import Model, Scene

if TYPE_CHECKING:
    from watcher.app import App

TERMS = 24


def scene_of(app: App) -> Scene:
    """The configuration, the memory and the models that are in use at this moment."""

    def model(topic: str) -> Model:
        seeds, _ = app.topics[topic]
        return Model(
            version=app.scorer.version(topic),
            terms=tuple(term for term, _ in app.scorer.key_terms(topic, TERMS)),
            seeds=tuple(seed_label(app.topics, topic, one.name) for one in seeds),
        )

    return Scene(config=app.config, store=app.store, now=app.clock(), started=app.started, model=model)
