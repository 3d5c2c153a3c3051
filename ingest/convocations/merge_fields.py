"""What a convocation may say of one organisation, from the register."""

from sqlalchemy.orm import Session

from ingest.answering import reference
from ingest.convocations.letter import MergeFields
from ingest.protocol.numbers import number_of
from ingest.readout import masked, value_text
from ingest.rules import Notice
from ingest.wording import ROLES
from models import Entry, Organisation

_ROLES = {str(word): text.lower() for word, text in ROLES.items()}


def merge_fields(session: Session, body: Organisation, notice: Notice, theme: str = "") -> MergeFields:
    """The merge fields of an organisation; persons' fiscal codes are masked, as in every letter."""
    themes = dict(notice.themes)
    return MergeFields(
        ente=masked(body.name),
        referente=value_text("contact.name", body.values.get("contact.name", {}).get("value"), themes),
        comune=body.municipality or "",
        ruolo=_ROLES.get(body.role, body.role),
        tematiche=value_text("themes", list(body.themes), themes),
        tematica=themes.get(theme, theme),
        avviso=notice.title,
        riferimento=reference(body.first_entry_id),
        protocollo=number_of(session, session.get_one(Entry, body.first_entry_id)),
    )
