"""The use cases over a real database, for pages that are made of what they read."""

from tests.actions.conftest import house  # noqa: F401
from tests.databases import (  # noqa: F401
    db,
    migrated_postgres_url,
    postgres_template,
    sqlite_template,
    sqlite_url,
    url,
)
