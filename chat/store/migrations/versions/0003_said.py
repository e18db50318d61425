"""What hangs on messages: quotes, reactions and files.

Revision "0003" of the schema.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "messages", sa.Column("reacted", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("messages", sa.Column("files", sa.Integer(), server_default="0", nullable=False))
    op.add_column("rooms", sa.Column("quoted_from", sa.BigInteger(), server_default="0", nullable=False))
    op.execute("UPDATE rooms SET quoted_from = head")  # nobody knows any more who was shown what
    op.create_table(
        "reactions",
        sa.Column("room_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("emoji", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id", "number"], ["messages.room_id", "messages.number"], ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"]),
        sa.PrimaryKeyConstraint("room_id", "number", "emoji", "person_id"),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_reactions_person_id"), "reactions", ["person_id"], unique=False)
    op.create_table(
        "files",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id", "number"], ["messages.room_id", "messages.number"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_files_message", "files", ["room_id", "number"], unique=False)
    op.create_index(op.f("ix_files_at_ms"), "files", ["at_ms"], unique=False)
    op.create_table("gone_files", sa.Column("id", sa.Text(), nullable=False), sa.PrimaryKeyConstraint("id"))
