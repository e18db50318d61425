"""A room as it is stored, read by SQL past the program."""

import sqlite3
from collections.abc import Iterable
from typing import Any

from tests.faults.checker import Row, Store
from tests.servers import Cluster, Postgres

_HEAD = "SELECT id, head FROM rooms WHERE slug = '{slug}'"
_ROWS = "SELECT number, change, CASE kind WHEN 'message' THEN body END FROM messages WHERE room_id = {room}"


def read(cluster: Cluster, slug: str, postgres: Postgres | None = None) -> Store:
    """The head and all rows of a room."""
    if cluster.database is None:
        with sqlite3.connect(cluster.servers[0].folder / "data" / "chat.db") as connection:
            room, head = connection.execute(_HEAD.format(slug=slug)).fetchone()
            return _store(head, connection.execute(_ROWS.format(room=room)))
    assert postgres is not None
    database = cluster.database.rpartition("/")[2]
    room, head = postgres.sql(_HEAD.format(slug=slug), database).split("|")
    lines = postgres.sql(f"{_ROWS.format(room=room)} AND kind = 'message'", database).splitlines()
    notices = postgres.sql(f"{_ROWS.format(room=room)} AND kind <> 'message'", database).splitlines()
    rows = [line.split("|") for line in lines] + [[*line.split("|")[:2], None] for line in notices]
    return _store(int(head), rows)


def value(cluster: Cluster, statement: str, postgres: Postgres | None = None) -> int:
    """The one number that a statement finds."""
    if cluster.database is None:
        with sqlite3.connect(cluster.servers[0].folder / "data" / "chat.db") as connection:
            return int(connection.execute(statement).fetchone()[0])
    assert postgres is not None
    return int(postgres.sql(statement, cluster.database.rpartition("/")[2]))


def _store(head: int, rows: Iterable[Any]) -> Store:
    found = [Row(int(number), int(change), body) for number, change, body in rows]
    return Store(head, {row.number: row for row in found})
