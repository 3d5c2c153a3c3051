"""What people corrected on a form, laid over what was read: a person's value wins over every reading of that form."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ingest.form.schema import field_of, missing
from ingest.form.value import Doubt, warning
from ingest.verdict import Adhesion as Reading
from ingest.verdict import FieldValue
from ingest.vocabulary import Method
from models import Adhesion, Correction, Organisation

_SIGNATURE, _ENCLOSED = "signature.kind", "attachments_declared"


def corrections_of(session: Session, form: Adhesion) -> list[Correction]:
    """What people said about a form or about the organisation it belongs to, oldest first."""
    own = Correction.adhesion_id == form.id
    about = or_(own, Correction.organisation_id == form.organisation_id) if form.organisation_id else own
    return list(session.scalars(select(Correction).where(about).order_by(Correction.id)))


def overlaid(fields: Mapping[str, FieldValue], corrections: Iterable[Correction]) -> dict[str, FieldValue]:
    """The fields with people's values in place of what was read; where a value stands on the page stays known."""
    laid = dict(fields)
    for one in corrections:
        if not _is_of_the_form(one.key):
            continue  # the role is the organisation's
        read = laid.get(one.key) or FieldValue(value=None, raw="", method=Method.METADATA)
        emptied = (warning(Doubt.DECLARED_ABSENT),) if one.new in (None, "", []) else ()
        laid[one.key] = replace(read, value=one.new, confidence=1.0, warnings=emptied)
    return laid


def lacking(read: Reading, fields: Mapping[str, FieldValue]) -> tuple[str, ...]:
    """What has to be asked for after people's corrections; `read` is the form as it was judged."""
    unsigned = _SIGNATURE in read.missing
    asked = missing(fields, signature_needed=unsigned)
    if _ENCLOSED not in read.missing:  # the delegation came with the message
        asked = tuple(key for key in asked if key != _ENCLOSED)
    settled = fields.get(_SIGNATURE) != read.fields.get(_SIGNATURE)
    return (*asked, _SIGNATURE) if unsigned and not settled and _SIGNATURE not in asked else asked


def mark_of(session: Session, form: Adhesion) -> str:
    """A word that changes whenever anything about a form does: what a person saw is what is there now, or it is not."""
    last = [one.id for one in corrections_of(session, form)][-1:]
    body = session.get(Organisation, form.organisation_id) if form.organisation_id else None
    state: list[Any] = [form.state, form.organisation_id, str(form.decided_at), form.fields, last]
    state += [body.status, body.role, body.merged_into] if body else []
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:32]


def _is_of_the_form(key: str) -> bool:
    try:
        field_of(key)
    except KeyError:
        return False
    return True
