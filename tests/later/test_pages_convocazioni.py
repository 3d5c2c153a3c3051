"""The console's pages of convocations: written, seen with real data, confirmed by what was seen, followed."""

import pytest
from sqlalchemy import select

from models import Convocation, Invitation, Organisation
from tests.console.conftest import filled_folder, office
from tests.console.office import Office, words

__all__ = ["filled_folder", "office"]
FORM = {
    "oggetto": "Invito {{ ente }}",
    "testo": "Gentile {{ referente }},\nl'ente {{ ente }} è invitato.",
    "via": "pec",
}


def a_draft(office: Office, **changes: str) -> str:
    answer = office.visitor("carlo").post("/convocazioni", {**FORM, **changes})
    assert answer.status_code == 303
    return answer.headers["location"]


def test_a_draft_shows_the_letter_with_real_data_and_is_sent_once_confirmed(office: Office):
    clerk, path = office.visitor("carlo"), a_draft(office)
    page = clerk.get(path)
    said = words(page)
    assert "Conferma l'invio" in said
    assert "{{" not in clerk.get(f"{path}/foglio").text
    with office.service.db.reading() as session:
        assert session.query(Invitation).filter_by(convocation_id=int(path.rpartition("/")[2])).count() == 0
    seen = page.text.partition('name="visti" value="')[2].partition('"')[0]
    assert clerk.post(f"{path}/invia", {"visti": seen}).headers["location"] == f"{path}?esito=convocazione-confermata"
    assert "Da inviare" not in said
    assert f"{seen} da inviare" in words(clerk.get(path))
    assert clerk.post(f"{path}/invia", {"visti": seen}).headers["location"].endswith("convocazione-ferma")
    assert clerk.post(f"{path}/ferma").headers["location"].endswith("convocazione-fermata")
    assert clerk.get(f"{path}/elenco").content[:2] == b"PK"


@pytest.mark.parametrize("asked", ["2", "999", "10000000000"])
def test_a_draft_is_seen_as_one_of_its_recipients_reads_it_and_as_the_first_for_a_stranger(office: Office, asked: str):
    clerk, path = office.visitor("carlo"), a_draft(office)
    with office.service.db.reading() as session:
        named = session.get(Organisation, int(asked)) if asked == "2" else None
        first = session.scalars(select(Organisation).order_by(Organisation.match_name)).first()
    assert first is not None
    shown = named or first
    assert f"Invito {shown.name}" in words(clerk.get(f"{path}?ente={asked}"))
    framed = clerk.get(f"{path}/foglio?ente={asked}")
    assert framed.status_code == (404 if asked == "999" else 200)
    assert asked == "999" or shown.name in framed.text


def test_a_confirmation_of_another_number_of_recipients_is_asked_again(office: Office):
    path = a_draft(office)
    answer = office.visitor("carlo").post(f"{path}/invia", {"visti": "999"})
    assert answer.headers["location"].endswith("destinatari-cambiati")
    with office.service.db.reading() as session:
        assert session.get_one(Convocation, int(path.rpartition("/")[2])).state == "draft"


@pytest.mark.parametrize("text", ["{{ pippo }}", "{% for a in ente %}{% endfor %}", ""])
def test_a_text_that_cannot_be_sent_comes_back_with_what_is_wrong(office: Office, text: str):
    answer = office.visitor("carlo").post("/convocazioni", {**FORM, "testo": text})
    assert answer.status_code == 422
    assert "C'è qualcosa da correggere" in words(answer)
    assert "Invito {{ ente }}" in words(answer) or 'value="Invito {{ ente }}"' in answer.text


def test_a_draft_is_changed_until_it_is_confirmed(office: Office):
    clerk, path = office.visitor("carlo"), a_draft(office)
    assert "Invito {{ ente }}" in clerk.get(f"{path}/modifica").text
    assert clerk.post(path, {**FORM, "oggetto": "Altro oggetto"}).status_code == 303
    assert "Altro oggetto" in words(clerk.get(path))
