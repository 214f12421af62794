"""The history of the tables: Alembic runs ``env`` at the start of a writing process, after a backup."""
