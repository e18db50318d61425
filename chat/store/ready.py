"""Statements that every request makes: compiled once, and on SQLite run on the plain connection.

SQLAlchemy takes 50 to 90 µs to find a statement in its cache and to wrap what comes back; SQLite itself takes
three. On PostgreSQL the way over the network is what costs, so there it stays SQLAlchemy's.
"""

import collections
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select
from sqlalchemy.dialects import sqlite

from chat.store.database import Tx

_DIALECT = sqlite.dialect()


def named(columns: Iterable[str]) -> Callable[[Iterable[Any]], Any]:
    """What makes a row with these names of its values."""
    made: Callable[[Iterable[Any]], Any] = collections.namedtuple("Row", list(columns))._make  # type: ignore[attr-defined]
    return made


class Ready:
    """One `SELECT`, whose parameters are single values. Its rows have the columns' names, as SQLAlchemy's."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        compiled = statement.compile(dialect=_DIALECT)
        self._sql = str(compiled)
        self._given = [(name, compiled.params[name]) for name in compiled.positiontup or ()]
        columns = statement.selected_columns
        self._row = named(columns.keys())
        self._convert = [
            (at, process)
            for at, column in enumerate(columns)
            if (process := column.type.result_processor(_DIALECT, None))
        ]

    def rows(self, tx: Tx, values: Mapping[str, Any]) -> Sequence[Any]:
        """All rows, read in the transaction. Raises what the driver raises."""
        if tx.dialect.name != "sqlite":
            return tx.execute(self._statement, values).all()
        if not tx.in_transaction():
            tx.begin()  # what is read next is of the same moment
        plain = tx.connection.driver_connection
        assert plain is not None
        found = plain.execute(self._sql, [values.get(name, given) for name, given in self._given]).fetchall()
        return [self._row(self._converted(row)) for row in found]

    def first(self, tx: Tx, values: Mapping[str, Any]) -> Any | None:
        """The first row, if there is one."""
        found = self.rows(tx, values)
        return found[0] if found else None

    def _converted(self, row: Sequence[Any]) -> Sequence[Any]:
        if not self._convert:
            return row
        changed = list(row)
        for at, process in self._convert:
            changed[at] = process(changed[at])
        return changed
