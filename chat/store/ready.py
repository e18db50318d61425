"""Statements that every request makes: compiled once, and on SQLite run by its driver.

SQLAlchemy takes 50 to 90 µs to find a statement in its cache, to bind it and to wrap what comes back; SQLite
itself takes 3 to 20. On PostgreSQL the way over the network is what costs, so there it stays SQLAlchemy's.
"""

import collections
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError

from chat.store.database import Tx

_DIALECT = sqlite.dialect()

Values = Mapping[str, Any]


def named(columns: Iterable[str]) -> Callable[[Iterable[Any]], Any]:
    """What makes a row with these names of its values."""
    made: Callable[[Iterable[Any]], Any] = collections.namedtuple("Row", list(columns))._make  # type: ignore[attr-defined]
    return made


class Ready:
    """One statement, whose parameters are single values. Its rows have the columns' names, as SQLAlchemy's.

    Raises what SQLAlchemy would raise, without the values: some are secret.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        compiled: Any = statement.compile(dialect=_DIALECT)  # type: ignore[attr-defined]
        self._sql = str(compiled)
        self._given = [(name, compiled.params[name]) for name in compiled.positiontup or ()]
        columns = getattr(statement, "exported_columns", {})
        self._row = named(columns.keys())
        self._convert = [
            (at, process)
            for at, column in enumerate(columns)
            if (process := column.type.result_processor(_DIALECT, None))
        ]

    def rows(self, tx: Tx, values: Values) -> Sequence[Any]:
        """All rows that it finds or returns, in the transaction."""
        if tx.dialect.name != "sqlite":
            return tx.execute(self._statement, values).all()
        return [self._row(self._converted(row)) for row in self._execute(tx, values)[0]]

    def first(self, tx: Tx, values: Values) -> Any | None:
        """The first row, if there is one."""
        found = self.rows(tx, values)
        return found[0] if found else None

    def one(self, tx: Tx, values: Values) -> Any:
        """The one row. Raises `ValueError` if there are none or more."""
        (found,) = self.rows(tx, values)
        return found

    def run(self, tx: Tx, values: Values) -> int:
        """Execute it for what it changes: how many rows that were."""
        if tx.dialect.name != "sqlite":
            return tx.execute(self._statement, values).rowcount
        return self._execute(tx, values)[1]

    def _execute(self, tx: Tx, values: Values) -> tuple[Sequence[Sequence[Any]], int]:
        if not tx.in_transaction():
            tx.begin()  # what is read next is of the same moment
        driver: Any = tx.connection.driver_connection
        try:
            cursor = driver.execute(self._sql, [values.get(name, given) for name, given in self._given])
            return cursor.fetchall(), cursor.rowcount
        except sqlite3.Error as error:
            raise DBAPIError.instance(
                self._sql, None, error, sqlite3.Error, hide_parameters=True, dialect=_DIALECT
            ) from error

    def _converted(self, row: Sequence[Any]) -> Sequence[Any]:
        if not self._convert:
            return row
        changed = list(row)
        for at, process in self._convert:
            changed[at] = process(changed[at])
        return changed
