"""A body that declares to have no fiscal code is asked to complete its form like one that left the place empty."""

from ingest.notice import identity_sure
from ingest.vocabulary import Reason
from tests.letters.builders import a_value, an_adhesion


def test_a_code_declared_absent_is_missing_and_the_clear_name_tells_the_body():
    absent = a_value(None, raw="//", warnings=("declared-absent",))
    adhesion = an_adhesion(organisation__fiscal_code=absent)
    assert identity_sure(adhesion)
    assert "organisation.fiscal_code" in adhesion.missing
    assert Reason.FIELDS_MISSING in adhesion.reasons


def test_a_code_that_stands_there_and_cannot_be_read_is_no_declared_absence():
    assert not identity_sure(an_adhesion(organisation__fiscal_code=a_value(None, raw="9?900#1", warnings=())))
