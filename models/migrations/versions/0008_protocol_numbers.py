"""Numbers of the protocol register."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "protocol_number",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("letter_id", sa.Integer(), nullable=True),
        sa.Column("register", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.CheckConstraint("(entry_id IS NULL) <> (letter_id IS NULL)", name=op.f("ck_protocol_number_one_of")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_protocol_number_entry_id_entry")),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name=op.f("fk_protocol_number_letter_id_letter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_protocol_number")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_protocol_number_entry_id")),
        sa.UniqueConstraint("letter_id", name=op.f("uq_protocol_number_letter_id")),
        sa.UniqueConstraint("register", "year", "number", name=op.f("uq_protocol_number_register_year_number")),
    )
