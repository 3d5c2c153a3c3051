"""Integration requests: asked what, until when, answered by what."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "integration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("asked", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reminder_id", sa.Integer(), nullable=True),
        sa.Column("unreminded", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'answered', 'completed', 'closed')", name=op.f("ck_integration_state")),
        sa.ForeignKeyConstraint(["answered_by"], ["entry.id"], name=op.f("fk_integration_answered_by_entry")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_integration_entry_id_entry")),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name=op.f("fk_integration_letter_id_letter")),
        sa.ForeignKeyConstraint(["reminder_id"], ["letter.id"], name=op.f("fk_integration_reminder_id_letter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_integration")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_integration_entry_id")),
    )
    op.create_index("ix_integration_state_due_at", "integration", ["state", "due_at"], unique=False)
