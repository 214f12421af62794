"""Runs the migrations on the connection that the store hands over, inside the store's own transaction."""

from __future__ import annotations

from alembic import context

from watcher.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite can, when BEGIN is ours: a migration that is killed has never happened
    transaction_per_migration=False,
    render_as_batch=True,
)
context.run_migrations()
