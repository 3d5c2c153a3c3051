"""An index that tells which forms wait for a person: the day's page counts them, and every form read is as long."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    waiting = ["state", "needs_review", "decided_at"]
    op.create_index("ix_adhesion_state_needs_review_decided_at", "adhesion", waiting)
