"""What messages are found by, and the names of those who let them go.

Revision "0004" of the schema. What was said before can be found too, in the order it was said.
"""

import sqlalchemy as sa
from alembic import op

from chat.core.person import name_key
from chat.store import searchable

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT_ONCE = 1_000  # rows that are held in memory

SQLITE = (
    "CREATE VIRTUAL TABLE grams USING fts5 (text, content = 'searchable', content_rowid = 'id', "
    "tokenize = 'trigram case_sensitive 1', detail = none, columnsize = 0)",
    "CREATE TRIGGER grams_add AFTER INSERT ON searchable BEGIN "
    "INSERT INTO grams (rowid, text) VALUES (new.id, new.text); END",
    "CREATE TRIGGER grams_forget AFTER DELETE ON searchable BEGIN "
    "INSERT INTO grams (grams, rowid, text) VALUES ('delete', old.id, old.text); END",
    "CREATE TRIGGER grams_change AFTER UPDATE ON searchable BEGIN "
    "INSERT INTO grams (grams, rowid, text) VALUES ('delete', old.id, old.text); "
    "INSERT INTO grams (rowid, text) VALUES (new.id, new.text); END",
)
POSTGRESQL = (
    "CREATE TABLE grams (id BIGINT PRIMARY KEY REFERENCES searchable (id) ON DELETE CASCADE, "
    "grams INTEGER[] NOT NULL)",
    "CREATE INDEX ix_grams_grams ON grams USING gin (grams)",
)


def upgrade() -> None:
    op.create_table(
        "searchable",
        sa.Column("id", ID, nullable=False),
        sa.Column("room_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id", "number"], ["messages.room_id", "messages.number"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_searchable_message", "searchable", ["room_id", "number"], unique=True)
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
    op.add_column("people", sa.Column("called", sa.Text(), server_default="", nullable=False))
    op.create_index(op.f("ix_people_called"), "people", ["called"], unique=False)
    _call_people()
    _index_messages()


def _call_people() -> None:
    call = sa.text("UPDATE people SET called = :key WHERE id = :id")
    people = op.get_bind().execute(sa.text("SELECT id, name FROM people"))
    for some in people.partitions(AT_ONCE):
        op.get_bind().execute(call, [{"id": row.id, "key": name_key(row.name)} for row in some])


def _index_messages() -> None:
    said = sa.text(
        "SELECT room_id, number, person_id, body FROM messages WHERE kind = 'message' AND deleted IS NULL "
        "ORDER BY at_ms, room_id, number"
    ).execution_options(yield_per=AT_ONCE)
    for some in op.get_bind().execute(said).partitions():
        searchable.put(op.get_bind(), [searchable.row(*message) for message in some])
