"""An index for the question whether an entry has its answer: without it every record reads all answers."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_answered_entry_id"), "answered", ["entry_id"], unique=False)
