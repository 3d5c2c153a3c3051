"""Sessions of the console, and failed logins by address."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "console_seat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["console_user.id"], name=op.f("fk_console_seat_user_id_console_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_console_seat")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_console_seat_token_sha256")),
    )
    op.create_index(op.f("ix_console_seat_user_id"), "console_seat", ["user_id"], unique=False)
    op.create_index(op.f("ix_console_seat_seen_at"), "console_seat", ["seen_at"], unique=False)
    op.create_table(
        "login_failure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failure")),
    )
    op.create_index("ix_login_failure_address_at", "login_failure", ["address", "at"], unique=False)
