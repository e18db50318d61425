"""The use cases over a real database, for pages that are made of what they read."""

from tests.actions.conftest import house  # noqa: F401
