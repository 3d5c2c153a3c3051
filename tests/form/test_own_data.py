"""The office's own addresses and numbers, typed by mistake into the fields of our own form, are nobody's data."""

import pytest

from ingest.config import built_in_notice
from ingest.demo.facts import AT, OFFICE
from ingest.demo.forms import filled_form
from ingest.demo.messages import an_envelope
from ingest.demo.originals import an_original
from ingest.demo.pki import authority
from ingest.demo.samples import PONTE
from ingest.judge import judge
from ingest.rules import Arrival, Context
from ingest.verdict import Reason, VerdictKind

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


def test_a_form_in_a_forwarded_certified_message_waits_for_a_person():
    original = an_original(sender=PONTE.pec, attachments=[("a.pdf", "application/pdf", filled_form(PONTE))])
    verdict = judged(
        ("POSTA CERTIFICATA.eml", "message/rfc822", an_envelope(original)), subject="I: POSTA CERTIFICATA: Allegato 1"
    )
    assert Reason.FORWARDED in verdict.reasons
    assert verdict.kind is VerdictKind.REVIEW
    assert verdict.adhesions
    assert not verdict.answer.send
