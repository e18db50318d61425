"""Statements whose SQL is made once: for the few that are run at every post.

SQLAlchemy looks a statement up, binds it and wraps its result at each execution, which takes 60 to 90 µs
here; SQLite itself takes 5 to 20. A `Prepared` is compiled when its module is loaded and handed straight to
SQLite's driver. On PostgreSQL, where the way to the server costs more than that, it is executed as usual.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, Connection, Executable
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

_DIALECT = sqlite.dialect(paramstyle="named")

Values = Mapping[str, Any]


class Prepared:
    """One statement, all of whose values are named `bindparam`s, none of them expanding."""

    def __init__(self, statement: Executable) -> None:
        compiled = statement.compile(dialect=_DIALECT)  # type: ignore[attr-defined]
        assert isinstance(compiled, SQLCompiler)
        self._statement, self._sql = statement, str(compiled)
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}
        columns = list(getattr(statement, "exported_columns", ()))
        make: Any = namedtuple
        self._row = make("Row", [column.key for column in columns])._make
        self._booleans = [at for at, column in enumerate(columns) if isinstance(column.type, Boolean)]

    def all(self, tx: Connection, values: Values) -> Sequence[Any]:
        """The rows it finds or returns; their columns are attributes."""
        if tx.dialect.name != "sqlite":
            return tx.execute(self._statement, values).all()
        return [self._typed(row) for row in self._run(tx, values)[0]]

    def first(self, tx: Connection, values: Values) -> Any | None:
        """The first row, if there is one."""
        return next(iter(self.all(tx, values)), None)

    def one(self, tx: Connection, values: Values) -> Any:
        """The one row that there is. Raises `ValueError` if there are none or more."""
        (row,) = self.all(tx, values)
        return row

    def run(self, tx: Connection, values: Values) -> int:
        """Execute it for what it changes: how many rows that were."""
        if tx.dialect.name != "sqlite":
            return tx.execute(self._statement, values).rowcount
        return self._run(tx, values)[1]

    def _run(self, tx: Connection, values: Values) -> tuple[Sequence[Sequence[Any]], int]:
        if not tx.in_transaction():
            tx.begin()
        driver = tx.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        try:
            cursor = driver.execute(self._sql, {**self._fixed, **values} if self._fixed else values)
            return cursor.fetchall(), cursor.rowcount
        except sqlite3.Error as error:  # as SQLAlchemy would raise it
            raise DBAPIError.instance(
                self._sql, None, error, sqlite3.Error, hide_parameters=True, dialect=_DIALECT
            ) from error

    def _typed(self, row: Sequence[Any]) -> Any:
        if not self._booleans:
            return self._row(row)
        typed = list(row)
        for at in self._booleans:
            typed[at] = bool(typed[at])
        return self._row(typed)
