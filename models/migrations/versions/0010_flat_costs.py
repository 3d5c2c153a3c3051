"""Indexes that keep the cost of one message the same however many are recorded."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_organisation_pec"), "organisation", ["pec"], unique=False)
    unfiled = sa.text("state = 'done' AND filed_at IS NULL")
    op.create_index("ix_entry_unfiled", "entry", ["id"], unique=False, sqlite_where=unfiled, postgresql_where=unfiled)
