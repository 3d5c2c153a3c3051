"""Indexes for figures, for the answers to a letter, and for the words of a search.

A search looks for words anywhere in a text, and figures count every organisation: both read all rows. SQLite keeps the
long columns in the same rows, so it gets two indexes that hold the short ones by themselves, one of them in place of
two others: without statistics it takes whichever of several it finds first. PostgreSQL keeps long columns elsewhere.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_entry_accepted_at"), "entry", ["accepted_at"])
    answers = sa.text("reply_to_letter_id IS NOT NULL")
    op.create_index("ix_entry_answers", "entry", ["reply_to_letter_id"], sqlite_where=answers, postgresql_where=answers)
    later, columns = sa.text("number > 1"), ["accepted_at", "created_at", "organisation_id"]
    op.create_index(
        "ix_organisation_version_later", "organisation_version", columns, sqlite_where=later, postgresql_where=later
    )
    op.create_index(op.f("ix_letter_recipient_state"), "letter_recipient", ["state"])
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("ix_entry_search", "entry", ["search"])
        op.drop_index("ix_organisation_notice_id_match_name", "organisation")
        op.drop_index("ix_organisation_notice_id_status_timeliness", "organisation")
        asked = ["notice_id", "match_name", "status", "timeliness", "role", "legal_nature", "municipality", "themes"]
        held = ["name", "fiscal_code", "first_accepted_at", "created_at", "pec", "emails"]
        op.create_index("ix_organisation_lists", "organisation", [*asked, *held])
