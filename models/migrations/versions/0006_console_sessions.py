"""Who vouched for a session of the console, the searches that its users keep, and indexes for its pages."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("console_seat", sa.Column("vouched", sa.Text(), nullable=False, server_default="password"))
    op.create_table(
        "saved_filter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["console_user.id"], name=op.f("fk_saved_filter_user_id_console_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_saved_filter_user_id_name")),
    )
    op.create_index("ix_organisation_notice_id_match_name", "organisation", ["notice_id", "match_name"])
    op.create_index(
        "ix_organisation_notice_id_status_timeliness", "organisation", ["notice_id", "status", "timeliness"]
    )
    op.create_index(op.f("ix_letter_resend_of"), "letter", ["resend_of"])
    op.create_index("ix_letter_channel_state", "letter", ["channel", "state"])
    op.create_index("ix_entry_reviewed_at_needs_review_outcome", "entry", ["reviewed_at", "needs_review", "outcome"])
