"""Brings a database's schema up to date, and refuses one that is newer than the program.

Alembic is imported only where there is something to bring up to date: a tenth of a start.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

MIGRATIONS = Path(__file__).with_name("migrations")
NEWEST = max(path.name for path in MIGRATIONS.glob("versions/*.py")).partition("_")[0]
MIGRATION_LOCK = 7_274_497  # PostgreSQL advisory lock: one process upgrades, the others wait


class NewerDatabase(Exception):
    """The database was written by a newer version of the program, which this one would damage."""


def upgrade(connection: Connection) -> None:
    """Bring the schema to this program's version, in a transaction. Raises `NewerDatabase`."""
    with connection.begin():
        if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
            connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        current = _version(connection)
        if current != NEWEST:
            _to_newest(connection, current)


def _version(connection: Connection) -> str | None:
    """The version of the schema; `None` where there is none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.execute(
        text("SELECT version_num FROM alembic_version")
    ).scalar_one_or_none()
    return version


def _to_newest(connection: Connection, current: str | None) -> None:
    import alembic.command
    import alembic.config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = alembic.config.Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    try:
        if current:
            ScriptDirectory.from_config(config).get_revision(current)
    except CommandError as error:
        raise NewerDatabase(
            f"The database is at version {current}, which this program does not know: it is newer."
        ) from error
    alembic.command.upgrade(config, "head")
