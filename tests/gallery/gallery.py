"""The whole gallery of messages: one case (or several) for each row of tables A to E and G.

Context of every expectation: our mailbox is `OFFICE`, our letter has Message-ID `OUR_ID`, the trust anchor is
`authority().ca_pem`. Attachments (table H) are in `attachments.py`.
"""

from functools import cache

from tests.gallery.case import Case
from tests.gallery.certification import table_d
from tests.gallery.kinds import table_a
from tests.gallery.loops import table_g
from tests.gallery.mime import table_c
from tests.gallery.signatures import table_e
from tests.gallery.traps import table_b


@cache
def gallery() -> tuple[Case, ...]:
    """Every case, in the order of the tables."""
    return (*table_a(), *table_b(), *table_c(), *table_d(), *table_e(), *table_g())


def case(name: str) -> Case:
    """The case of that name."""
    return next(found for found in gallery() if found.name == name)
