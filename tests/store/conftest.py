"""Databases of each kind for the tests in this folder."""

from tests.databases import (  # noqa: F401
    db,
    migrated_postgres_url,
    postgres_template,
    seeded,
    sqlite_template,
    sqlite_url,
    url,
)
