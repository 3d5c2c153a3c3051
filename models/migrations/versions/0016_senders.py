"""An index of the messages by sender: whose open request a message answers was looked for among all open requests."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_entry_sender", "entry", ["sender"])
