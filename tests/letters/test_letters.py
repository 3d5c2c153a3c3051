"""Every letter, with honest and with hostile facts."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.policy import SMTP
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.answer import letter_after_record
from ingest.reply import compose, message_bytes
from ingest.vocabulary import LetterKind, Outcome, ParticipationRole, Reason
from tests.letters.builders import (
    SENDER,
    SUMMER,
    a_notice,
    a_reading,
    a_value,
    adhesions_of,
    an_addressing,
    an_adhesion,
    an_envelope,
    letter_facts,
)

EVERY = pytest.mark.parametrize("kind", list(LetterKind))
LATE = an_envelope(accepted_at=datetime(2021, 8, 20, 9, 0, tzinfo=SUMMER))
WELL_FORMED = {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "strong", "small", "table"}
WELL_FORMED |= {"caption", "tbody", "tr", "th", "td", "ul", "li", "br", "footer"}


class Reader(HTMLParser):
    """The text of a page, and every tag and attribute it uses."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text, self.open = set(), set(), "", []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def read(html):
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def flowing(text):
    return " ".join(text.split())


@EVERY
def test_every_letter_says_what_was_received_when_and_under_which_reference(kind):
    letter = compose(kind, letter_facts())
    assert letter.subject.startswith("[PDZ-000123] ")
    for text in (flowing(letter.text), flowing(read(letter.html).text)):
        assert "opec1.20210726101500@pec.example.org" in text
        assert "26 luglio 2021 alle ore 10:15:00" in text
        assert "Adesione alla co-programmazione" in text
        assert "PDZ-000123" in text
        assert "generato automaticamente" in text
        assert "nessun processo decisionale automatizzato" in text


@EVERY
def test_every_letter_is_a_whole_page_without_images_links_or_scripts(kind):
    reader = read(compose(kind, letter_facts()).html)
    assert reader.tags <= WELL_FORMED
    assert reader.attributes <= {"lang", "charset", "name", "content", "scope", "class", "colspan"}
    assert compose(kind, letter_facts()).html.lstrip().startswith('<!DOCTYPE html>\n<html lang="it">')


@EVERY
def test_every_letter_is_plain_text_of_at_most_76_columns(kind):
    text = compose(kind, letter_facts()).text
    assert max(len(line) for line in text.splitlines()) <= 76
    assert "\n\n\n" not in text
    assert "{" not in text
    assert "None" not in text


def test_what_was_read_is_shown_so_that_the_sender_can_check_it():
    text = compose(LetterKind.RECEIVED_ON_TIME, letter_facts()).text
    for line in (
        "- Denominazione: Associazione Aurora ODV",
        "- Natura giuridica: Organizzazione di volontariato (ODV)",
        "- Codice fiscale dell'ente: 99900010150",
        "- Indirizzo della sede legale: Via Roma, 12",
        "- Comune della sede legale: 20060 Gessate MI",
        "- Telefono: 02 9500000",
        "- Tematiche: la tematica dell'abitare",
    ):
        assert line in text


def test_a_persons_fiscal_code_is_masked_wherever_it_was_written():
    code = "BNCLGU65M10E094X"
    adhesion = an_adhesion(organisation__network=f"rete con {code}", organisation__name=f"Ditta {code}")
    facts = letter_facts(adhesions=(adhesion,), subject=f"Adesione di {code}")
    letter = compose(LetterKind.RECEIVED_ON_TIME, facts)
    for text in (letter.subject, letter.text, letter.html):
        assert code not in text
    assert "BNCLGU65M10*****" in letter.text


def test_birth_data_residence_and_proposal_are_not_repeated():
    adhesion = an_adhesion(declarant__birth_place="Gorgonzola", proposal="Un contributo")
    text = compose(LetterKind.RECEIVED_ON_TIME, letter_facts(adhesions=(adhesion,))).text
    assert "Gorgonzola" not in text
    assert "Un contributo" not in text


def test_a_doubtful_value_is_marked_in_words():
    adhesion = an_adhesion(organisation__name=a_value("Auroro", confidence=0.4))
    letter = compose(LetterKind.RECEIVED_ON_TIME, letter_facts(adhesions=(adhesion,)))
    assert "- Denominazione: Auroro [da verificare]" in letter.text
    assert 'Auroro <strong class="doubt">da verificare</strong>' in letter.html
    assert "da verificare" not in compose(LetterKind.RECEIVED_ON_TIME, letter_facts()).text


def test_a_contact_taken_from_the_sending_pec_is_marked_as_such():
    adhesion = an_adhesion(organisation__emails=None, organisation__pec=None, contact__email=None)
    text = flowing(compose(LetterKind.RECEIVED_ON_TIME, letter_facts(adhesions=(adhesion,))).text)
    assert f"- PEC: {SENDER} (indirizzo da cui è stata inviata la PEC)" in text


@pytest.mark.parametrize(
    ("kind", "envelope", "notice", "said", "unsaid"),
    [
        (LetterKind.RECEIVED_ON_TIME, an_envelope(), {}, "nei termini dell'avviso (entro il 29 luglio 2021)", "dopo"),
        (LetterKind.RECEIVED_LATE, LATE, {}, "Il ruolo è da confermare", "ruolo operativo"),
        (LetterKind.RECEIVED_LATE, LATE, {"late_role": ParticipationRole.OPERATIVE}, "ruolo operativo", "confermare:"),
        (LetterKind.RECEIVED_LATE, LATE, {"late_role": ParticipationRole.CONSULTATIVE}, "consultivo e non operativo",
         "confermare:"),
        (LetterKind.RECEIVED_AFTER_START, LATE, {"works_start": datetime(2021, 8, 10, 21, 59, 59, tzinfo=UTC)},
         "dopo l'avvio dei lavori (10 agosto 2021)", "con ruolo operativo"),
    ],
)  # fmt: skip
def test_the_letter_says_which_role_and_why(kind, envelope, notice, said, unsaid):
    facts = letter_facts(notice=a_notice(**notice), adhesions=(an_adhesion(envelope=envelope, notice=notice),))
    text = flowing(compose(kind, facts).text)
    assert said in text
    assert unsaid not in text


def test_a_term_with_an_hour_is_told_with_its_hour():
    facts = letter_facts(notice=a_notice(deadline=datetime(2021, 7, 26, 13, 0, tzinfo=SUMMER)))
    assert "(entro il 26 luglio 2021, ore 13:00:00)" in flowing(compose(LetterKind.RECEIVED_ON_TIME, facts).text)


def test_an_incomplete_form_is_told_what_is_missing_by_when_and_how_to_answer():
    facts = letter_facts(adhesions=(an_adhesion(themes=None),), missing=("themes",), reply_by=date(2021, 8, 6))
    letter = compose(LetterKind.RECEIVED_INCOMPLETE, facts)
    text = flowing(letter.text)
    assert "- almeno una tematica di interesse tra quelle proposte nel modulo" in text
    assert "entro il 6 agosto 2021, lasciando nell'oggetto il riferimento [PDZ-000123]" in text
    assert letter.text.count("almeno una tematica") == 1


def test_the_identity_copy_is_asked_for_only_where_the_rule_asks_for_it():
    wanted = "copia di un documento di identità valido"
    stranger = an_envelope(sender="studio@pec.example.com")
    asked = letter_facts(adhesions=(an_adhesion(envelope=stranger),))
    assert wanted in flowing(compose(LetterKind.RECEIVED_INCOMPLETE, asked).text)
    assert wanted not in flowing(compose(LetterKind.RECEIVED_INCOMPLETE, letter_facts()).text)


def test_several_forms_are_shown_one_by_one_and_beyond_ten_only_counted():
    readings = [a_reading(organisation__name=f"Ente {number}") for number in range(1, 13)]
    facts = letter_facts(adhesions=adhesions_of(*readings))
    text = compose(LetterKind.RECEIVED_ON_TIME, facts).text
    assert text.startswith("Gentile mittente,")
    assert "Dati letti nel modulo n. 10:" in text
    assert "Ente 11" not in text
    assert "2 altri moduli, registrati ma non riportati qui" in flowing(text)


def test_a_new_version_is_numbered_and_says_that_the_first_date_holds():
    text = flowing(compose(LetterKind.NEW_VERSION, letter_facts(version=2)).text)
    assert "(versione n. 2)" in text
    assert "resta valida la data della prima adesione" in text


@pytest.mark.parametrize(
    ("kind", "reason", "said"),
    [
        (LetterKind.NO_FORM, Reason.BLANK_FORM_ONLY, "risulta in bianco"),
        (LetterKind.NO_FORM, Reason.NO_FORM, "non abbiamo trovato il modulo"),
        (LetterKind.FORM_UNREADABLE, Reason.PART_ENCRYPTED, "protetto da password"),
        (LetterKind.FORM_UNREADABLE, Reason.PART_UNREADABLE, "non si apre"),
    ],
)
def test_a_message_without_a_readable_form_is_told_why_and_how_to_send_one(kind, reason, said):
    text = flowing(compose(kind, letter_facts(adhesions=(), reasons=(reason,))).text)
    assert said in text
    assert "compili in ogni sua parte il modulo «Allegato 1»" in text
    assert text.startswith("Gentile mittente,")


@pytest.mark.parametrize(
    ("chosen", "outcome", "kind"),
    [
        (LetterKind.RECEIVED_ON_TIME, Outcome.RECORDED, LetterKind.RECEIVED_ON_TIME),
        (LetterKind.RECEIVED_LATE, Outcome.UPDATED, LetterKind.NEW_VERSION),
        (LetterKind.RECEIVED_INCOMPLETE, Outcome.UPDATED, LetterKind.RECEIVED_INCOMPLETE),
        (LetterKind.RECEIVED_INCOMPLETE, Outcome.DUPLICATE, LetterKind.DUPLICATE),
    ],
)
def test_what_the_register_already_knows_changes_the_letter(chosen, outcome, kind):
    assert letter_after_record(chosen, outcome) is kind


HOSTILE = st.text(max_size=60) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "a\r\nBcc: tutti@example.com",
        "{{ 7*7 }}{% raw %}",
        "</td></table><h1>x",
        '" onmouseover="x',
        "\u202egnp.exe",
        "x" * 5000,
        "\ud800\udfff\x00\x1b[31m",
        "=?utf-8?q?a?=",
        "<b>" * 300,
        "\u2028\u2029\x85",
    ]
)


@settings(max_examples=40, deadline=None)
@given(kind=st.sampled_from(list(LetterKind)), words=st.lists(HOSTILE, min_size=9, max_size=9))
def test_no_value_ever_breaks_a_letter_its_markup_or_its_headers(kind, words):
    adhesion = an_adhesion(
        organisation__name=words[0],
        organisation__legal_nature=words[1],
        organisation__emails=[words[2], words[3]],
        organisation__registrations=[{"register": "runts", "number": words[4], words[5]: words[6]}],
        themes=[words[7]],
        contact__name=words[8],
    )
    facts = letter_facts(
        adhesions=(adhesion,), subject=words[0], identifier=words[1], key=words[2], sender=words[3], office=words[4],
        notice=a_notice(title=words[5]), missing=("themes",),
    )  # fmt: skip
    letter = compose(kind, facts)
    assert read(letter.html).tags <= WELL_FORMED
    for text in (letter.subject, letter.text, letter.html):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", text)
        assert len(text) < 60_000
    assert "\n" not in letter.subject
    raw = message_bytes(letter, an_addressing())
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78
    head = raw.partition(b"\r\n\r\n")[0]
    assert re.findall(rb"(?m)^[A-Za-z-]+(?=:)", head) == HEADERS


HEADERS = [
    b"From", b"To", b"Date", b"Message-ID", b"In-Reply-To", b"References", b"Auto-Submitted", b"X-TipoRicevuta",
    b"X-Pec-Ingest-Key", b"Subject", b"MIME-Version", b"Content-Type", b"Content-Language",
]  # fmt: skip


def the_message(kind=LetterKind.RECEIVED_ON_TIME, **changes):
    raw = message_bytes(compose(kind, letter_facts()), an_addressing(**changes))
    return raw, message_from_bytes(raw, policy=SMTP)


@EVERY
def test_every_letter_travels_in_seven_bits_and_lines_of_78_and_comes_back_whole(kind):
    letter = compose(kind, letter_facts())
    raw, message = the_message(kind)
    raw.decode("ascii")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78
    assert message["Subject"] == letter.subject
    assert message.get_content_type() == "multipart/alternative"
    text, html = message.iter_parts()
    assert text.get_content().replace("\r\n", "\n") == letter.text
    assert html.get_content().replace("\r\n", "\n").rstrip() == letter.html.rstrip()
    assert not message.defects


def test_the_headers_are_those_of_an_automatic_reply_to_one_recipient():
    _, message = the_message()
    assert message["From"] == "comune@pec.example.it"
    assert message["To"] == SENDER
    assert message["Cc"] is None
    assert message["Bcc"] is None
    assert message["Message-ID"] == "<ack.0f2c@pec.example.it>"
    assert message["In-Reply-To"] == "<opec1.20210726101500@pec.example.org>"
    assert message["References"] == "<client.1@pec.example.org> <opec1.20210726101500@pec.example.org>"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-TipoRicevuta"] == "completa"
    assert message["X-Pec-Ingest-Key"] == "PDZ-000123"
    assert message["Date"].datetime == datetime(2021, 7, 26, 8, 20, tzinfo=UTC)


def test_the_same_letter_gives_the_same_bytes():
    assert the_message()[0] == the_message()[0]


def test_a_long_identifier_stays_whole_so_that_a_reply_can_be_matched():
    long = "opec" + "1" * 200 + "@pec.example.org"
    raw, message = the_message(in_reply_to=long, references=("a@b.example", long))
    assert f"<{long}>".encode() in raw
    assert message["References"].split() == ["<a@b.example>", f"<{long}>"]


@pytest.mark.parametrize("evil", ["x@y.example\r\nBcc: z@example.com", "a b@c.example", "<x@y.example>", "à@y.example"])
def test_an_identifier_that_is_not_one_is_left_out_or_refused(evil):
    _, message = the_message(in_reply_to=evil, references=(evil,))
    assert message["In-Reply-To"] is None
    assert message["References"] is None
    with pytest.raises(ValueError, match="Message-ID"):
        the_message(message_id=evil)


@pytest.mark.parametrize(
    "evil", ["", "a@b.example, c@d.example", "a@b.example\r\nX: y", "Nome <a@b.example>", "à@b.example"]
)
def test_anything_but_one_plain_recipient_is_refused(evil):
    with pytest.raises(ValueError, match="address"):
        the_message(to=evil)
    with pytest.raises(ValueError, match="address"):
        the_message(sender=evil)


def test_a_letter_without_its_date_is_refused():
    with pytest.raises(ValueError, match="date"):
        message_bytes(compose(LetterKind.NO_FORM, letter_facts()), replace(an_addressing(), date=None))
