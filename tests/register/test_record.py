"""What a verdict makes of the register: new bodies, versions, duplicates, cases for a person, and one letter."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from itertools import permutations

import pytest
from sqlalchemy import select

from ingest.answer import choose_answer
from ingest.database import Database
from ingest.decisions import Deciding, accept
from ingest.record import differences, record, record_once
from ingest.verdict import Answer, Traits, Verdict
from ingest.vocabulary import EnvelopeKind, LetterKind, Outcome, Reason, SignatureState, VerdictKind
from models import Adhesion, AdhesionState, Answered, Correction, Document, Letter, LetterState, OrganisationVersion
from tests.letters.builders import a_context, a_document, a_value
from tests.register.builders import (
    CODES,
    NOW,
    OURS,
    WRONG_CODE,
    Sending,
    a_message,
    a_verdict,
    entries,
    letters,
    organisations,
    recorded,
    the_settings,
)

LATE = datetime(2021, 8, 3, 8, 0, tzinfo=UTC)


def code(value: str) -> dict[str, object]:
    return {"organisation__fiscal_code": value}


def adhesions(db: Database) -> list[Adhesion]:
    with db.reading() as session:
        return list(session.scalars(select(Adhesion).order_by(Adhesion.id)))


def corrected(db: Database, organisation_id: int, key: str, new: object) -> None:
    with db.transaction() as session:
        session.add(Correction(organisation_id=organisation_id, key=key, old=None, new=new, who="anna", at=NOW))


def test_a_first_form_makes_an_organisation_a_version_and_a_letter(db):
    assert recorded(db, a_verdict()) == Outcome.RECORDED
    (body,), (entry,), (letter,) = organisations(db), entries(db), letters(db)
    assert (body.name, body.fiscal_code, body.status) == ("Associazione Aurora ODV", CODES[0], "active")
    assert (body.emails, body.themes, body.municipality) == (["info@aurora.example.org"], ["abitare"], "Gessate")
    assert (body.timeliness, body.role, body.versions) == ("on-time", "operative", 1)
    assert body.values["organisation.name"] == {
        "value": "Associazione Aurora ODV", "entry": entry.id, "adhesion": 1, "source": "reading",
    }  # fmt: skip
    assert Reason.NEW_ORGANISATION in entry.reasons
    assert (entry.outcome, entry.needs_review) == ("recorded", False)
    assert (letter.key, letter.kind, letter.state) == (f"entry:{entry.id}:reply", "adhesion-received", "queued")
    assert letter.message_id.startswith("ack.")
    assert letter.message_id.endswith("@pec.example.it")
    assert f"Message-ID: <{letter.message_id}>".encode() in load_raws(db)[0]
    with db.reading() as session:
        assert session.scalars(select(Document.role)).all() == ["form"]


def load_raws(db: Database) -> list[bytes]:
    with db.reading() as session:
        return list(session.scalars(select(Letter.raw).order_by(Letter.id)))


def test_a_second_form_of_the_same_body_is_a_new_version_of_its_data_only(db):
    recorded(db, a_verdict(Sending()))
    later = a_verdict(Sending(at=LATE), {"themes": ["occupazione"]})
    assert recorded(db, later) == Outcome.UPDATED
    (body,) = organisations(db)
    assert (body.themes, body.versions, body.current_version) == (["occupazione"], 2, 2)
    assert (body.timeliness, body.role) == ("on-time", "operative")  # those of the first arrival
    assert [letter.kind for letter in letters(db)] == ["adhesion-received", "adhesion-updated"]


def test_a_late_completion_is_not_told_that_it_is_late(db):
    recorded(db, a_verdict(Sending()))
    incomplete = {"themes": None, "declarant__name": None}
    assert recorded(db, a_verdict(Sending(at=LATE), incomplete)) == Outcome.UPDATED
    assert letters(db)[1].kind == "adhesion-incomplete"
    assert "nei termini dell'avviso" in told(load_raws(db)[1])
    assert "dopo il termine" not in told(load_raws(db)[1])


def told(raw: bytes) -> str:
    message = message_from_bytes(raw, policy=policy.default)
    part = message.get_body(("plain",))
    assert part is not None
    return " ".join(part.get_content().split())


def test_an_older_message_read_later_gives_the_time_class_but_not_the_data(db):
    recorded(db, a_verdict(Sending(at=LATE), {"themes": ["occupazione"]}))
    assert organisations(db)[0].timeliness == "late-before-start"
    assert recorded(db, a_verdict(Sending())) == Outcome.UPDATED
    (body,) = organisations(db)
    assert body.themes == ["occupazione"]
    assert (body.timeliness, body.role, body.first_entry_id) == ("on-time", "operative", 2)
    assert (body.versions, body.current_version) == (2, 1)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_reading_makes_no_difference(db, order):
    forms = [{"themes": ["abitare"]}, {"themes": ["occupazione"]}, {"themes": ["abitare", "occupazione"]}]
    first = datetime(2021, 7, 20, tzinfo=UTC)
    for number in order:
        recorded(db, a_verdict(Sending(at=first + number * timedelta(days=6)), forms[number]))
    (body,) = organisations(db)
    assert (body.themes, body.timeliness) == (["abitare", "occupazione"], "on-time")
    assert body.first_accepted_at == first


def test_what_a_newer_form_does_not_say_stays_but_an_address_is_never_mixed(db):
    recorded(db, a_verdict())
    shorter = {"organisation__phones": None, "organisation__registered_office__street": None,
               "organisation__registered_office__municipality": "Bussero"}  # fmt: skip
    recorded(db, a_verdict(Sending(at=LATE), shorter))
    (body,) = organisations(db)
    assert body.phones == ["+39029500000"]
    assert body.municipality == "Bussero"
    assert "organisation.registered_office.street" not in body.values


def test_a_value_read_without_confidence_is_not_stored_as_true(db):
    doubtful = {"organisation__registered_office__municipality": a_value("Bussero", confidence=0.3)}
    assert recorded(db, a_verdict(Sending(), doubtful)) == Outcome.RECORDED
    (body,) = organisations(db)
    assert (body.municipality, body.status) == (None, "to-confirm")
    assert entries(db)[0].needs_review
    assert adhesions(db)[0].fields["organisation.registered_office.municipality"]["value"] == "Bussero"


def test_a_doubtful_value_does_not_replace_a_sure_one(db):
    recorded(db, a_verdict())
    recorded(db, a_verdict(Sending(at=LATE), {"themes": a_value(["occupazione"], confidence=0.3)}))
    assert organisations(db)[0].themes == ["abitare"]


@pytest.mark.parametrize("warning", ["invalid-phone", "unknown-option", "same-as-above"])
def test_what_could_not_be_read_does_not_empty_what_was_known(db, warning):
    recorded(db, a_verdict())
    unread = {"organisation__phones": a_value(None, raw="tel: boh", warnings=(warning,))}
    recorded(db, a_verdict(Sending(at=LATE), unread | {"themes": ["occupazione"]}))
    (body,) = organisations(db)
    assert (body.themes, body.phones) == (["occupazione"], ["+39029500000"])


@pytest.mark.parametrize(("confidence", "phones"), [(1.0, []), (0.3, ["+39029500000"])])
def test_what_is_surely_declared_empty_is_stored_as_empty(db, confidence, phones):
    recorded(db, a_verdict())
    declared = {"organisation__phones": a_value(None, raw="//", confidence=confidence, warnings=("declared-absent",))}
    recorded(db, a_verdict(Sending(at=LATE), declared | {"themes": ["occupazione"]}))
    assert organisations(db)[0].phones == phones


def test_a_letter_speaks_only_of_the_forms_that_were_recorded(db):
    recorded(db, a_verdict())
    held = {"organisation__name": "Polisportiva Gessate", "declarant__name": "Verdi Anna", "themes": None}
    whole = {**code(CODES[1]), "organisation__name": "Cooperativa Il Seme"}
    assert recorded(db, a_verdict(Sending(), held, whole)) == Outcome.RECORDED
    assert letters(db)[1].kind == "adhesion-received"
    said = told(load_raws(db)[1])
    assert "Cooperativa Il Seme" in said
    assert "Polisportiva" not in said
    assert "dati mancanti" not in said


NAMELESS = {"organisation__name": None, "organisation__fiscal_code": None}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_sound_form_beside_one_that_a_person_must_see_is_answered_and_the_other_is_not_spoken_of(db, order):
    held = NAMELESS | {"themes": None, "declarant__name": "Verdi Anna"}
    forms = [{}, held]
    assert recorded(db, a_verdict(Sending(), *(forms[n] for n in order))) == Outcome.RECORDED
    assert sorted(one.state for one in adhesions(db)) == ["recorded", "review"]
    assert entries(db)[0].needs_review
    assert [letter.kind for letter in letters(db)] == ["adhesion-received"]
    said = told(load_raws(db)[0])
    assert "Associazione Aurora" in said
    assert "Verdi" not in said


def test_what_a_form_that_waits_for_a_person_lacks_is_not_asked_for_beside_a_sound_one(db):
    seed = {**code(CODES[1]), "organisation__name": "Cooperativa Il Seme"}
    verdict = a_verdict(Sending(), {"themes": None}, seed)
    lacks = (Reason.SCAN_NEEDS_PERSON, Reason.INTEGRATE_IDENTITY)
    held = replace(verdict.adhesions[1], reasons=lacks)
    verdict = replace(verdict, adhesions=(verdict.adhesions[0], held), reasons=(*verdict.reasons, *lacks))
    recorded(db, verdict.with_answer(choose_answer(verdict, a_context())))
    assert [letter.kind for letter in letters(db)] == ["adhesion-incomplete"]
    assert "documento di identità" not in told(load_raws(db)[0])


def test_a_letter_about_a_blank_form_says_that_it_is_blank(db):
    answer = Answer(send=True, letter=LetterKind.NO_FORM, to="aurora@pec.example.org", why=None)
    recorded(db, a_verdict(kind=VerdictKind.NOTED, adhesions=(), reasons=(Reason.BLANK_FORM_ONLY,), answer=answer))
    assert [letter.kind for letter in letters(db)] == ["no-form"]
    assert "in bianco" in told(load_raws(db)[0])


def test_forms_that_all_wait_for_a_person_get_no_letter(db):
    recorded(db, a_verdict(Sending(), NAMELESS, NAMELESS | {"themes": None}))
    assert letters(db) == []
    assert Reason.HELD_FOR_PERSON in entries(db)[0].reasons


def test_a_letter_waits_when_the_form_it_would_speak_of_does_and_the_recorded_one_is_held_too(db):
    recorded(db, a_verdict())
    other = {"organisation__name": "Polisportiva Gessate", "declarant__name": "Verdi Anna"}  # Aurora's code
    unread = code(CODES[1]) | {"organisation__name": "Cooperativa Il Seme"}
    verdict = a_verdict(Sending(), other, unread)
    scanned = replace(verdict.adhesions[1], reasons=(Reason.SCAN_NEEDS_PERSON,))
    verdict = replace(verdict, adhesions=(verdict.adhesions[0], scanned))
    assert recorded(db, verdict.with_answer(choose_answer(verdict, a_context()))) == Outcome.RECORDED
    assert len(letters(db)) == 1
    assert Reason.HELD_FOR_PERSON in entries(db)[1].reasons


def test_a_late_new_body_beside_an_update_is_not_told_that_it_was_on_time(db):
    recorded(db, a_verdict())
    new = {**code(CODES[1]), "organisation__name": "Cooperativa Il Seme"}
    assert recorded(db, a_verdict(Sending(at=LATE), {"themes": ["occupazione"]}, new)) == Outcome.RECORDED
    assert letters(db)[1].kind == "adhesion-received-late"
    said = told(load_raws(db)[1])
    assert "dopo il termine" in said
    assert "nei termini dell'avviso" not in said


def test_a_second_copy_of_a_message_that_waits_for_a_person_gets_no_letter_and_leaves_the_first_its_own(db):
    recorded(db, a_verdict())
    waiting = Sending(at=LATE)
    other = {"organisation__name": "Polisportiva Gessate", "declarant__name": "Verdi Anna"}
    assert recorded(db, a_verdict(waiting, other)) == Outcome.REVIEW
    assert recorded(db, a_verdict(waiting, other)) == Outcome.DUPLICATE
    assert len(letters(db)) == 1
    accepted = accept(db, 2, None, the_settings(), Deciding("anna", NOW))
    assert accepted is not None
    assert accepted.unanswered is None
    assert [(letter.entry_id, letter.kind) for letter in letters(db)][1:] == [(2, "adhesion-received-late")]


def test_a_person_s_correction_wins_over_every_later_form(db):
    recorded(db, a_verdict())
    corrected(db, 1, "organisation.name", "Aurora di Gessate ODV")
    recorded(db, a_verdict(Sending(at=LATE), {"themes": ["occupazione"]}))
    (body,) = organisations(db)
    assert body.name == "Aurora di Gessate ODV"
    assert body.values["organisation.name"]["source"] == "person"
    assert body.themes == ["occupazione"]


def test_the_same_message_in_other_bytes_is_a_duplicate_and_gets_no_second_letter(db):
    sending = Sending()
    recorded(db, a_verdict(sending))
    assert recorded(db, a_verdict(sending)) == Outcome.DUPLICATE
    first, second = entries(db)
    assert second.duplicate_of == first.id
    assert {Reason.DUPLICATE_MESSAGE, Reason.ALREADY_ANSWERED} <= set(second.reasons)
    assert len(letters(db)) == len(organisations(db)) == 1
    assert [one.state for one in adhesions(db)] == ["recorded", "duplicate"]


def test_the_same_form_in_another_message_is_a_duplicate_and_is_answered_as_one(db):
    recorded(db, a_verdict(Sending()))
    assert recorded(db, a_verdict(Sending())) == Outcome.DUPLICATE
    assert [letter.kind for letter in letters(db)] == ["adhesion-received", "adhesion-duplicate"]
    assert organisations(db)[0].versions == 1
    assert Reason.DUPLICATE_FORM in entries(db)[1].reasons


EARLY = datetime(2021, 7, 20, 8, 0, tzinfo=UTC)


def test_an_older_message_read_later_changes_no_data_and_its_letter_says_so(db):
    recorded(db, a_verdict(Sending(), {"themes": ["occupazione"]}))
    assert recorded(db, a_verdict(Sending(at=EARLY), {"themes": ["abitare"]})) == Outcome.UPDATED
    (body,) = organisations(db)
    assert (body.themes, body.versions, body.current_version) == (["occupazione"], 2, 1)
    assert body.first_accepted_at == EARLY
    assert Reason.EARLIER_FORM in entries(db)[1].reasons
    assert Reason.NEW_VERSION not in entries(db)[1].reasons
    said = told(load_raws(db)[1])
    assert "restano validi i dati del modulo più recente" in said
    assert "nuova versione" not in said
    assert "Aggiornamento" not in letters(db)[1].subject


def test_an_older_form_that_lacks_something_asks_for_nothing_that_the_newest_says(db):
    recorded(db, a_verdict(Sending()))
    recorded(db, a_verdict(Sending(at=EARLY), {"themes": None}))
    assert letters(db)[1].kind == "adhesion-updated"
    assert "La preghiamo di indicare" not in told(load_raws(db)[1])


def test_a_newer_message_read_in_its_order_is_still_an_update(db):
    recorded(db, a_verdict(Sending(at=EARLY), {"themes": ["abitare"]}))
    recorded(db, a_verdict(Sending(), {"themes": ["occupazione"]}))
    assert organisations(db)[0].themes == ["occupazione"]
    assert Reason.NEW_VERSION in entries(db)[1].reasons
    assert "nuova versione" in told(load_raws(db)[1])
    assert "Aggiornamento" in letters(db)[1].subject


def test_the_same_form_accepted_in_time_and_read_after_the_late_copy_gives_the_body_its_time(db):
    recorded(db, a_verdict(Sending(at=LATE)))
    assert organisations(db)[0].timeliness == "late-before-start"
    assert recorded(db, a_verdict(Sending(at=EARLY))) == Outcome.UPDATED
    assert organisations(db)[0].timeliness == "on-time"
    said = told(load_raws(db)[1])
    assert "nei termini dell'avviso" in said
    assert recorded(db, a_verdict(Sending(at=LATE + timedelta(days=1)))) == Outcome.DUPLICATE


def test_a_code_that_fails_its_check_makes_no_organisation(db):
    form = code(WRONG_CODE) | {
        "organisation__fiscal_code": a_value(WRONG_CODE, confidence=0.4, warnings=("check-digit",))
    }
    assert recorded(db, a_verdict(Sending(), form)) == Outcome.REVIEW
    assert organisations(db) == []
    assert adhesions(db)[0].state == AdhesionState.REVIEW


def test_a_wrong_code_read_with_full_confidence_makes_no_organisation_either(db):
    assert recorded(db, a_verdict(Sending(), code(WRONG_CODE))) == Outcome.REVIEW
    assert organisations(db) == []


def test_another_body_with_the_same_code_is_for_a_person(db):
    recorded(db, a_verdict())
    other = {"organisation__name": "Polisportiva Gessate", "declarant__name": "Verdi Anna"}
    assert recorded(db, a_verdict(Sending(at=LATE), other)) == Outcome.REVIEW
    assert Reason.DIFFERENT_BODY_SAME_CODE in entries(db)[1].reasons
    assert Reason.HELD_FOR_PERSON in entries(db)[1].reasons
    assert organisations(db)[0].name == "Associazione Aurora ODV"
    assert len(letters(db)) == 1


def test_the_same_code_and_name_with_another_representative_is_for_a_person(db):
    recorded(db, a_verdict())
    assert recorded(db, a_verdict(Sending(at=LATE), {"declarant__name": "Verdi Anna"})) == Outcome.REVIEW


STRANGER = "estraneo@pec.altrove.example"


def test_a_new_version_from_an_address_the_body_never_used_is_recorded_and_shown_to_a_person(db):
    recorded(db, a_verdict())
    theirs = {"organisation__pec": STRANGER, "organisation__emails": [STRANGER], "contact__email": STRANGER}
    assert recorded(db, a_verdict(Sending(sender=STRANGER, at=LATE), theirs)) == Outcome.UPDATED
    assert Reason.UNKNOWN_SENDER in entries(db)[1].reasons
    assert [entry.needs_review for entry in entries(db)] == [False, True]
    assert [form.needs_review for form in adhesions(db)] == [False, True]
    (body,) = organisations(db)
    assert body.versions == 2


def test_judged_again_a_new_version_from_a_stranger_still_waits_for_a_person(db):
    recorded(db, a_verdict())
    theirs = a_verdict(Sending(sender=STRANGER, at=LATE), {"themes": ["occupazione"]})
    recorded(db, theirs)
    record(db, entries(db)[1].id, theirs, the_settings(), LATE)
    assert [entry.needs_review for entry in entries(db)] == [False, True]
    assert Reason.UNKNOWN_SENDER in entries(db)[1].reasons


@pytest.mark.parametrize("sender", ["segreteria@pec.example.org", "info@aurora.example.org", "AURORA@pec.example.org"])
def test_an_address_that_a_body_named_or_that_shares_its_own_domain_speaks_for_it(db, sender):
    recorded(db, a_verdict())
    assert recorded(db, a_verdict(Sending(sender=sender, at=LATE), {"themes": ["occupazione"]})) == Outcome.UPDATED
    assert not entries(db)[1].needs_review


def test_a_representative_written_the_other_way_round_is_the_same_person(db):
    recorded(db, a_verdict())
    other = {"declarant__name": "LUIGI BIANCHI", "themes": ["occupazione"]}
    assert recorded(db, a_verdict(Sending(at=LATE), other)) == Outcome.UPDATED


def test_without_a_code_a_new_name_is_a_new_body_and_a_known_one_is_for_a_person(db):
    uncoded = {"organisation__fiscal_code": None}
    assert recorded(db, a_verdict(Sending(), uncoded)) == Outcome.RECORDED
    assert organisations(db)[0].fiscal_code is None
    again = uncoded | {"organisation__name": "AURORA O.D.V.", "themes": ["occupazione"]}
    assert recorded(db, a_verdict(Sending(at=LATE), again)) == Outcome.REVIEW
    assert Reason.POSSIBLE_MATCH in entries(db)[1].reasons
    assert len(organisations(db)) == 1


def test_a_coded_form_that_may_belong_to_an_uncoded_body_is_for_a_person(db):
    recorded(db, a_verdict(Sending(), {"organisation__fiscal_code": None}))
    assert recorded(db, a_verdict(Sending(at=LATE))) == Outcome.REVIEW
    assert len(organisations(db)) == 1


def test_several_forms_in_one_message_are_several_bodies_and_one_letter(db):
    forms = [code(one) | {"organisation__name": f"Ente {n}"} for n, one in enumerate(CODES[:3])]
    assert recorded(db, a_verdict(Sending(), *forms)) == Outcome.RECORDED
    assert [body.fiscal_code for body in organisations(db)] == list(CODES[:3])
    assert len(letters(db)) == 1


def test_of_several_forms_the_sure_ones_are_recorded_and_the_unsure_one_waits(db):
    forms = [code(CODES[0]), code(WRONG_CODE) | {"organisation__name": "Altro Ente"}]
    assert recorded(db, a_verdict(Sending(), *forms)) == Outcome.RECORDED
    assert [one.state for one in adhesions(db)] == ["recorded", "review"]
    assert entries(db)[0].needs_review


@pytest.mark.parametrize(
    ("kind", "outcome", "person"),
    [
        (VerdictKind.REVIEW, Outcome.REVIEW, True),
        (VerdictKind.NOTED, Outcome.NOTED, False),
        (VerdictKind.UNREADABLE, Outcome.UNREADABLE, True),
    ],
)
def test_what_is_no_adhesion_creates_nothing(db, kind, outcome, person):
    silent = Answer(send=False, letter=None, to="", why=Reason.HELD_FOR_PERSON)
    assert recorded(db, a_verdict(kind=kind, adhesions=(), answer=silent)) == outcome
    (entry,) = entries(db)
    assert entry.needs_review is person
    assert Reason.HELD_FOR_PERSON in entry.reasons
    assert organisations(db) == []
    assert letters(db) == []


def test_a_form_in_a_message_for_a_person_has_its_reading_prepared(db):
    assert recorded(db, a_verdict(kind=VerdictKind.REVIEW)) == Outcome.REVIEW
    assert organisations(db) == []
    assert adhesions(db)[0].state == AdhesionState.REVIEW
    assert adhesions(db)[0].fields["organisation.name"]["value"] == "Associazione Aurora ODV"


@pytest.mark.parametrize(
    "envelope",
    [{"signature": SignatureState.BROKEN}, {"signature": SignatureState.CHAIN_UNKNOWN}, {"kind": EnvelopeKind.ANOMALY}],
)
def test_only_a_validly_signed_envelope_creates_records_whatever_the_verdict_says(db, envelope):
    assert recorded(db, a_verdict(Sending(envelope=envelope))) == Outcome.REVIEW
    assert organisations(db) == []
    assert letters(db) == []


def test_a_letter_without_form_is_answered_as_the_verdict_says(db):
    answer = Answer(send=True, letter=LetterKind.NO_FORM, to="aurora@pec.example.org", why=None)
    verdict = a_verdict(kind=VerdictKind.REVIEW, adhesions=(), documents=(a_document(),), answer=answer)
    assert recorded(db, verdict) == Outcome.REVIEW
    assert [letter.kind for letter in letters(db)] == ["no-form"]


def test_a_withdrawal_changes_no_status_by_itself(db):
    recorded(db, a_verdict())
    leaving = a_verdict(Sending(at=LATE, envelope={"subject": "Rinuncia all'adesione"}))
    assert recorded(db, leaving) == Outcome.REVIEW
    assert organisations(db)[0].status == "active"
    assert organisations(db)[0].versions == 1


def test_recording_again_renews_the_reading_and_writes_no_second_letter(db):
    entry_id = a_message(db)
    sending = Sending()
    record(db, entry_id, a_verdict(sending), the_settings(), NOW)
    corrected(db, 1, "organisation.name", "Aurora di Gessate ODV")
    better = a_verdict(sending, {"themes": ["occupazione"], "organisation__website": "https://aurora.example.org"})
    assert record(db, entry_id, better, the_settings(), NOW + timedelta(days=30)) == Outcome.RECORDED
    (body,) = organisations(db)
    assert (body.name, body.themes, body.versions) == ("Aurora di Gessate ODV", ["occupazione"], 1)
    assert len(letters(db)) == len(adhesions(db)) == 1
    with db.reading() as session:
        assert (
            len(session.scalars(select(OrganisationVersion)).all()) == len(session.scalars(select(Document)).all()) == 1
        )


def test_what_is_recorded_once_keeps_what_became_of_it(db):
    entry_id, sending = a_message(db), Sending()
    other = a_verdict(sending, kind=VerdictKind.NOTED, adhesions=())
    assert record_once(db, entry_id, a_verdict(sending), the_settings(), NOW) == Outcome.RECORDED
    assert record_once(db, entry_id, other, the_settings(), NOW) == Outcome.RECORDED
    assert (entries(db)[0].outcome, len(adhesions(db))) == ("recorded", 1)


def test_recording_again_with_another_code_asks_a_person_and_changes_nothing(db):
    entry_id = a_message(db)
    sending = Sending()
    record(db, entry_id, a_verdict(sending), the_settings(), NOW)
    record(db, entry_id, a_verdict(sending, code(CODES[1])), the_settings(), NOW)
    assert [body.fiscal_code for body in organisations(db)] == [CODES[0]]
    assert entries(db)[0].needs_review


def test_a_message_that_could_not_be_read_is_answered_once_it_can(db):
    entry_id = a_message(db)
    sending = Sending()
    silent = Answer(send=False, letter=None, to="", why=Reason.HELD_FOR_PERSON)
    record(
        db, entry_id, a_verdict(sending, kind=VerdictKind.UNREADABLE, adhesions=(), answer=silent), the_settings(), NOW
    )
    assert record(db, entry_id, a_verdict(sending), the_settings(), NOW) == Outcome.RECORDED
    assert len(letters(db)) == 1


def test_a_recorded_message_is_not_answered_years_later_because_answers_were_off(db):
    entry_id = a_message(db)
    verdict = a_verdict(Sending())
    record(db, entry_id, verdict, the_settings(enabled=False), NOW)
    assert letters(db) == []
    assert Reason.ANSWERS_DISABLED in entries(db)[0].reasons
    record(db, entry_id, verdict, the_settings(), NOW + timedelta(days=700))
    assert letters(db) == []


def test_a_letter_over_the_limit_of_an_address_is_withheld_for_a_person(db):
    settings = the_settings(per_address_limit=2)
    for number in range(4):
        form = code(CODES[number]) | {"organisation__name": f"Ente numero {number}"}
        recorded(db, a_verdict(Sending(), form), settings=settings)
    states = [letter.state for letter in letters(db)]
    assert states == [LetterState.QUEUED, LetterState.QUEUED, LetterState.WITHHELD, LetterState.WITHHELD]
    assert letters(db)[2].reason == Reason.ADDRESS_LIMIT
    assert Reason.ADDRESS_LIMIT in entries(db)[2].reasons
    assert len(organisations(db)) == 4  # the limit holds back letters, never records


def test_the_limits_count_the_last_24_hours_only(db):
    settings = the_settings(daily_limit=1)
    for hours in (0, 1, 25):
        recorded(db, a_verdict(Sending(), {"themes": [f"{hours}"]}), NOW + timedelta(hours=hours), settings)
    assert [letter.state for letter in letters(db)] == ["queued", "withheld", "queued"]


def test_a_reply_to_a_letter_of_ours_is_filed_to_it_and_not_answered(db):
    recorded(db, a_verdict())
    ours = letters(db)[0].message_id
    reply = Sending(at=LATE, envelope={"traits": Traits(in_reply_to=("other@x.example", ours))})
    assert recorded(db, a_verdict(reply, {"themes": ["occupazione"]})) == Outcome.UPDATED
    assert entries(db)[1].reply_to_letter_id == letters(db)[0].id
    assert Reason.REPLY_TO_OUR_LETTER in entries(db)[1].reasons
    assert len(letters(db)) == 1


def an_answer_of_a_machine_that_says_so_nowhere(subject: str) -> Verdict:
    """A protocol system's "ricevuta di protocollazione": no header tells it from a person's letter without a form."""
    sending = Sending(at=LATE, envelope={"subject": subject})
    letter = Answer(send=True, letter=LetterKind.NO_FORM, to=sending.sender, why=None)
    return a_verdict(sending, kind=VerdictKind.REVIEW, adhesions=(), documents=(), answer=letter)


def test_a_machine_that_quotes_our_subject_alone_begins_no_loop(db):
    recorded(db, an_answer_of_a_machine_that_says_so_nowhere("Adesione all'avviso"))
    (ours,) = letters(db)
    for days in range(4):
        quoting = an_answer_of_a_machine_that_says_so_nowhere(f"Protocollo n. 7 - Re: {ours.subject}")
        recorded(db, quoting, NOW + timedelta(days=days))
    assert len(letters(db)) == 1
    assert all(Reason.REPLY_TO_OUR_LETTER in entry.reasons for entry in entries(db)[1:])


def test_a_form_sent_under_our_reference_is_acknowledged(db):
    recorded(db, an_answer_of_a_machine_that_says_so_nowhere("Adesione all'avviso"))
    recorded(db, a_verdict(Sending(envelope={"subject": f"Invio il modulo, rif. {letters(db)[0].subject}"})))
    assert [letter.kind for letter in letters(db)] == ["no-form", "adhesion-received"]


@pytest.mark.parametrize("number", ["9" * 9, "9" * 30, "9" * 5000, "\u0661" * 6])
def test_a_reference_that_is_none_of_ours_is_only_a_word(db, number):
    assert recorded(db, a_verdict(Sending(envelope={"subject": f"PDZ-{number}"}))) == Outcome.RECORDED
    assert len(letters(db)) == 1


def test_our_own_mail_is_never_answered(db):
    recorded(db, a_verdict(Sending(sender=OURS)))
    assert letters(db) == []


def test_a_message_is_found_by_name_code_and_sender(db):
    recorded(db, a_verdict())
    with db.reading() as session:
        found = session.merge(entries(db)[0], load=False)
        session.refresh(found, ["search"])
        assert "aurora" in found.search
        assert CODES[0] in found.search


def test_a_date_no_calendar_holds_does_not_stop_the_record(db):
    forged = datetime.fromisoformat("0001-01-01T00:00:00+02:00")
    assert recorded(db, a_verdict(Sending(envelope={"claimed_at": forged}))) == Outcome.RECORDED
    assert entries(db)[0].claimed_at is None


def test_many_threads_that_record_the_same_body_make_it_once(db):
    ids = [a_message(db) for _ in range(8)]
    verdicts = [a_verdict(Sending(), {"themes": [str(number)]}) for number in range(8)]
    with ThreadPoolExecutor(4) as threads:
        done = [threads.submit(record, db, *pair, the_settings(), NOW) for pair in zip(ids, verdicts, strict=True)]
        outcomes = sorted(str(one.result()) for one in done)
    assert outcomes == ["recorded"] + ["updated"] * 7
    assert [body.versions for body in organisations(db)] == [8]


def test_many_threads_that_record_the_same_message_answer_it_once(db):
    sending = Sending()
    ids = [a_message(db) for _ in range(6)]
    verdicts = [a_verdict(sending) for _ in ids]
    with ThreadPoolExecutor(4) as threads:
        list(
            threads.map(lambda pair: record(db, pair[0], pair[1], the_settings(), NOW), zip(ids, verdicts, strict=True))
        )
    assert len(letters(db)) == 1
    with db.reading() as session:
        assert len(session.scalars(select(Answered)).all()) == 1


def test_differences_name_every_changed_value(db):
    sending = Sending()
    old, new = a_verdict(sending), a_verdict(sending, {"themes": ["occupazione"], "organisation__website": None})
    assert differences(old, old) == []
    assert ("adhesions[0].themes", ["abitare"], ["occupazione"]) in differences(old, new)


def test_an_entry_says_what_its_envelope_said(db):
    verdict = a_verdict()
    recorded(db, verdict)
    (entry,), said = entries(db), verdict.envelope
    assert (entry.kind, entry.signature) == (said.kind, said.signature)
    assert (entry.accepted_at, entry.signed_at) == (said.accepted_at, said.signed_at)
    assert (entry.delivered_at, entry.claimed_at) == (said.delivered_at, said.claimed_at)
    assert entry.accepted_at is not None
