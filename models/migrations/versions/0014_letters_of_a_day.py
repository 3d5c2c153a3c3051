"""Indexes for two questions of every record: how many letters left today, and which request a message answered.

Without them the first read every letter ever sent, the second every request ever made.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_letter_created_at", table_name="letter")
    counted = ["channel", "created_at", "state", "mailbox", "sender"]
    op.create_index("ix_letter_channel_created_at", "letter", counted, unique=False)
    op.create_index(op.f("ix_integration_answered_by"), "integration", ["answered_by"], unique=False)
