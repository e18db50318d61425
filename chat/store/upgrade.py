"""Brings a database's schema up to date, and refuses one that is newer than the program."""

from pathlib import Path

import alembic.command
import alembic.config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

MIGRATION_LOCK = 7_274_497  # PostgreSQL advisory lock: one process upgrades, the others wait


class NewerDatabase(Exception):
    """The database was written by a newer version of the program, which this one would damage."""


def upgrade(connection: Connection) -> None:
    """Bring the schema to this program's version, in a transaction. Raises `NewerDatabase`."""
    with connection.begin():
        if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
            connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        _to_newest(connection)


def _to_newest(connection: Connection) -> None:
    config = alembic.config.Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    current = MigrationContext.configure(connection).get_current_revision()
    try:
        if current:
            ScriptDirectory.from_config(config).get_revision(current)
    except CommandError as error:
        raise NewerDatabase(
            f"The database is at version {current}, which this program does not know: it is newer."
        ) from error
    alembic.command.upgrade(config, "head")
