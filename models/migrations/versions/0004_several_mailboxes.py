"""Whose message, letter and round it is, for a register that serves several mailboxes and notices."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("entry", "letter", "round"):
        op.add_column(table, sa.Column("mailbox", sa.Text(), nullable=False, server_default=""))
    op.execute(
        "UPDATE entry SET mailbox = COALESCE("
        "(SELECT account FROM location WHERE location.entry_id = entry.id ORDER BY location.id LIMIT 1), '')"
    )
    op.create_index("ix_entry_notice_id_id", "entry", ["notice_id", "id"], unique=False)
