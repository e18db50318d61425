"""Codes, invites, bans, direct rooms, addresses that change, mentions, devices, failed guesses.

Revision "0002" of the schema.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("sessions", sa.Column("device", sa.Text(), server_default="", nullable=False))
    op.add_column("rooms", sa.Column("pair", sa.Text(), nullable=True))
    op.add_column("rooms", sa.Column("history_from", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index("ix_rooms_pair", "rooms", ["pair"], unique=True)
    op.create_index(
        "ix_rooms_ephemeral",
        "rooms",
        ["id"],
        sqlite_where=sa.text("lifetime = 'ephemeral'"),
        postgresql_where=sa.text("lifetime = 'ephemeral'"),
    )
    op.add_column("messages", sa.Column("mentions", sa.Text(), server_default="", nullable=False))
    op.create_index(
        "ix_messages_mentions",
        "messages",
        ["room_id", "number"],
        sqlite_where=sa.text("mentions <> ''"),
        postgresql_where=sa.text("mentions <> ''"),
    )
    _tables_of_rooms()
    op.create_table(
        "tries",
        sa.Column("id", ID, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_tries_at_ms"), "tries", ["at_ms"], unique=False)
    op.create_index("ix_tries_subject", "tries", ["subject", "at_ms"], unique=False)
    # Rooms can be deleted from now on: their ids are counted, so that none is given twice.
    op.execute(
        "INSERT INTO facts (name, value) SELECT 'rooms', CAST(COALESCE(MAX(id), 0) AS TEXT) FROM rooms"
    )


def _tables_of_rooms() -> None:
    op.create_table(
        "former_slugs",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("room_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("slug"),
    )
    op.create_index(op.f("ix_former_slugs_room_id"), "former_slugs", ["room_id"], unique=False)
    op.create_table(
        "bans",
        sa.Column("room_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("room_id", "person_id"),
    )
    op.create_table(
        "invites",
        sa.Column("id", ID, nullable=False),
        sa.Column("room_id", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=True),
        sa.Column("uses_left", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["people.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token"),
    )
    op.create_index(op.f("ix_invites_room_id"), "invites", ["room_id"], unique=False)
