"""The office's own addresses and numbers, typed by mistake into the fields of our own form, are nobody's data."""

import pytest

from ingest.config import built_in_notice
from ingest.demo.facts import AT, OFFICE
from ingest.demo.forms import filled_form
from ingest.demo.messages import an_envelope
from ingest.demo.originals import an_original
from ingest.demo.pki import authority
from ingest.demo.samples import PONTE
from ingest.form.owned import is_own_value
from ingest.form.reader import is_blank
from ingest.form.schema import field_of
from ingest.judge import judge
from ingest.rules import Arrival, Context
from ingest.vocabulary import Reason, VerdictKind
from tests.form.sheets import a_sheet, fields_of, pages, written

OFFICE_PEC = "comune.cernuscosulnaviglio@pec.regione.lombardia.it"
OFFICE_MAIL = "pianodizona@comune.cernuscosulnaviglio.mi.it"


def judged(*attachments, subject="Allegato 1"):
    original = an_original(sender=PONTE.pec, subject=subject, attachments=attachments)
    context = Context(built_in_notice(), addresses=(OFFICE,), trust_anchors=(authority().ca_pem,))
    return judge(an_envelope(original), context, Arrival(now=AT))


def the_fields(**typed):
    (adhesion,) = judged(("Allegato 1.pdf", "application/pdf", filled_form(PONTE, **typed))).adhesions
    return adhesion.fields


@pytest.mark.parametrize(
    ("slot", "key", "typed"),
    [
        ("organisation__pec", "organisation.pec", OFFICE_PEC),
        ("organisation__emails", "organisation.emails", OFFICE_MAIL),
        ("contact__email", "contact.email", OFFICE_MAIL),
        ("organisation__phones__landline", "organisation.phones", "029278434"),
    ],
)
def test_the_offices_own_contact_is_never_the_bodys(slot, key, typed):
    field = the_fields(**{slot: typed})[key]
    assert field.value is None
    assert "own-value" in field.warnings
    assert typed in field.raw


def test_the_bodys_own_address_beside_the_offices_stays():
    emails = the_fields(organisation__emails=f"{OFFICE_MAIL} ; {PONTE.email}")["organisation.emails"]
    assert emails.value == [PONTE.email]


@pytest.mark.parametrize(
    ("slot", "key", "typed"),
    [
        ("organisation__registered_office__street", "organisation.registered_office.street", "Via Tizzoni"),
        ("declarant__name", "declarant.name", "Raciti Marco"),
        ("organisation__name", "organisation.name", "Associazione Amici del Distretto 4"),
        ("organisation__operating_office", "organisation.operating_office", "Via Tizzoni 9, Cernusco sul Naviglio"),
    ],
)
def test_an_applicant_whose_value_holds_the_offices_words_is_shown_to_a_person_and_not_dropped(slot, key, typed):
    field = the_fields(**{slot: typed})[key]
    assert field.value == typed
    assert "own-value" in field.warnings
    assert field.confidence < field_of(key).threshold


def test_a_proposal_that_speaks_of_the_office_is_read_whole():
    text = "Abbiamo lavorato con l'Ufficio di Piano del Distretto 4."
    field = the_fields(proposal=text)["proposal"]
    assert (field.value, field.warnings) == (text, ())


def test_a_code_that_begins_like_the_offices_telephone_is_a_code():
    assert not is_own_value("02927860158", ("029278",), "organisation.vat_number")
    assert is_own_value("029278601", ("029278",), "organisation.phones")
    assert is_own_value("012 174 30154", ("01217430154",), "organisation.fiscal_code")


def test_a_slot_of_a_typed_form_keeps_the_applicants_street():
    head = ((50, 60, "Il/La sottoscritto/a Villa Anna"), (50, 80, "in qualità di legale rappresentante"))
    body = (
        (50, 100, "Denominazione: Associazione Prisma"),
        (50, 120, "con sede in Cernusco sul Naviglio via Tizzoni n. 9"),
    )
    fields = fields_of(a_sheet(written(*head, *body)))
    assert fields["organisation.registered_office.street"].value == "Via Tizzoni"
    assert "own-value" in fields["organisation.registered_office.street"].warnings


def test_the_offices_footer_beside_the_applicants_numbers_leaves_no_trace():
    lines = ((50, 60, "Il/La sottoscritto/a Villa Anna"), (50, 80, "in qualità di legale rappresentante"),
        (50, 100, "Denominazione: Associazione Prisma Tel. 02 95301234"),
        (50, 800, "Tel. 029278434 PEC comune.cernuscosulnaviglio@pec.regione.lombardia.it"))  # fmt: skip
    phones = fields_of(a_sheet(written(*lines)))["organisation.phones"]
    assert (phones.value, phones.warnings) == (["+390295301234"], ())


def test_a_blank_form_with_the_offices_footer_is_blank():
    lines = ((50, 60, "Il/La sottoscritto/a ____________"), (50, 100, "Denominazione ____________"),
        (50, 800, "Ufficio di Piano con sede in Via Tizzoni 2 Tel. 029278434"))  # fmt: skip
    assert is_blank(pages(a_sheet(written(*lines))))


@pytest.mark.parametrize("key", ["organisation__name", "declarant__name", "organisation__network", "contact__role"])
def test_a_value_of_absurd_length_is_never_stored_as_true(key):
    name = key.replace("__", ".")
    field = the_fields(**{key: "Associazione Prisma " * 500})[name]
    assert "too-long" in field.warnings
    assert field.confidence < field_of(name).threshold
    assert len(field.value) <= 1_000


def test_a_form_in_a_forwarded_certified_message_waits_for_a_person():
    original = an_original(sender=PONTE.pec, attachments=[("a.pdf", "application/pdf", filled_form(PONTE))])
    verdict = judged(
        ("POSTA CERTIFICATA.eml", "message/rfc822", an_envelope(original)), subject="I: POSTA CERTIFICATA: Allegato 1"
    )
    assert Reason.FORWARDED in verdict.reasons
    assert verdict.kind is VerdictKind.REVIEW
    assert verdict.adhesions
    assert not verdict.answer.send
