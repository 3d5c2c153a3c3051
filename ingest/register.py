"""The register of organisations: where a form belongs, and what an organisation's data are after it.

Data come from the newest form, time class and role from the first, by the instant that counts and not by the order in
which the messages were read; what a person corrected stays. An address or a person's data are replaced whole.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, select
from sqlalchemy.orm import Session

from ingest.database import insert
from ingest.loopguard import plain_address
from ingest.matching import Identity, alike, match_name, same_person
from ingest.relation import ADDRESS_KEYS, same_domain
from ingest.vocabulary import Reason
from models import Adhesion, AdhesionState, Correction, Entry, Organisation, OrganisationStatus, OrganisationVersion

_WHOLE = ("declarant.", "organisation.registered_office.", "contact.")  # replaced whole by a newer form
_COUNTS = (AdhesionState.RECORDED, AdhesionState.VERSION)
_TEXTS = {
    "vat_number": "organisation.vat_number",
    "legal_nature": "organisation.legal_nature",
    "municipality": "organisation.registered_office.municipality",
    "pec": "organisation.pec",
}
_LISTS = {"emails": "organisation.emails", "phones": "organisation.phones", "themes": "themes"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a form belongs: an organisation, a new one, or (with reasons) what only a person can say."""

    organisation_id: int | None
    reasons: tuple[Reason, ...] = ()


def find_place(session: Session, identity: Identity, notice_id: str) -> Place:
    """Where a form belongs, without asking a person if the register leaves no doubt."""
    if identity.code_doubtful:
        return Place(
            None, (Reason.POSSIBLE_MATCH,) if _namesakes(session, identity, notice_id) else (Reason.CHECK_DIGIT,)
        )
    if not identity.code:
        if not identity.name:
            return Place(None, (Reason.IDENTITY_INCOMPLETE,))
        return Place(None, (Reason.POSSIBLE_MATCH,) if _namesakes(session, identity, notice_id) else ())
    known = _by_code(session, identity.code, notice_id)
    if known is None:
        uncoded = _namesakes(session, identity, notice_id, Organisation.fiscal_code.is_(None))
        return Place(None, (Reason.POSSIBLE_MATCH,) if uncoded else ())
    if known.status == OrganisationStatus.WITHDRAWN:
        return Place(known.id, (Reason.WITHDRAWAL,))
    return Place(known.id, () if _same_body(known, identity) else (Reason.DIFFERENT_BODY_SAME_CODE,))


def open_organisation(session: Session, adhesion: Adhesion, identity: Identity, notice_id: str, now: datetime) -> int:
    """The id of the organisation a form brings in; the existing one if another transaction was quicker."""
    new = insert(session, Organisation).values(
        notice_id=notice_id, name=identity.name, match_name=identity.match_name, fiscal_code=identity.code or None,
        emails=[], phones=[], themes=[], values={}, timeliness=adhesion.timeliness, role=adhesion.role,
        first_entry_id=adhesion.entry_id, created_at=now, updated_at=now,
    )  # fmt: skip
    opened: int | None = session.scalar(
        new.on_conflict_do_nothing(index_elements=["notice_id", "fiscal_code"]).returning(Organisation.id)
    )
    if opened is not None:
        return opened
    known = _by_code(session, identity.code, notice_id)
    assert known is not None
    return known.id


def open_new(session: Session, adhesion: Adhesion, identity: Identity, notice_id: str, now: datetime) -> int:
    """The id of an organisation that a person says is a new one, though its code may be another's already."""
    taken = bool(identity.code) and _by_code(session, identity.code, notice_id) is not None
    uncoded = replace(identity, code="") if taken else identity
    return open_organisation(session, adhesion, uncoded, notice_id, now)


def twin(session: Session, adhesion: Adhesion, organisation_id: int) -> Adhesion | None:
    """An earlier adhesion of the same organisation with the same content, or read from the same pages."""
    same: list[ColumnElement[bool]] = [
        (Adhesion.content_key == adhesion.content_key) & (Adhesion.content_key != ""),
        (Adhesion.form_sha256 == adhesion.form_sha256) & (Adhesion.form_sha256 != ""),
    ]
    found = session.scalars(
        select(Adhesion)
        .where(Adhesion.organisation_id == organisation_id, Adhesion.state.in_(_COUNTS), or_(*same))
        .where(Adhesion.id != adhesion.id)
        .order_by(Adhesion.id)
    )
    return next((one for one in found if one.content_key == adhesion.content_key or one.pages == adhesion.pages), None)


def knows_sender(session: Session, organisation_id: int, sender: str) -> bool:
    """Whether an address wrote for an organisation before, is one of its own, or shares a domain of theirs alone.

    Name, code and representative of a body are public: any certified mailbox could seem to speak for it.
    """
    theirs = select(Entry.sender).join(Adhesion, Adhesion.entry_id == Entry.id)
    wrote = session.scalars(theirs.where(Adhesion.organisation_id == organisation_id, Adhesion.state.in_(_COUNTS)))
    held = session.get_one(Organisation, organisation_id).values
    named = [held.get(key, {}).get("value") for key in ADDRESS_KEYS]
    known = {*wrote, *(one for value in named for one in (value if isinstance(value, list) else [value]) if one)}
    return any(plain_address(one) == plain_address(sender) or same_domain(one, sender) for one in known)


def add_version(
    session: Session, adhesion: Adhesion, organisation_id: int, values: Mapping[str, Any], now: datetime
) -> int:
    """Gives a form to an organisation and brings its data up to date. The number of the version, from 1.

    `values` are those that may be stored as true. The same form given again renews its version.
    """
    version = session.scalar(select(OrganisationVersion).where(OrganisationVersion.adhesion_id == adhesion.id))
    if version is None:
        last = session.scalar(
            select(func.max(OrganisationVersion.number)).where(OrganisationVersion.organisation_id == organisation_id)
        )
        version = OrganisationVersion(
            organisation_id=organisation_id, number=(last or 0) + 1, adhesion_id=adhesion.id, created_at=now
        )
        session.add(version)
        adhesion.state = AdhesionState.RECORDED if version.number == 1 else AdhesionState.VERSION
    adhesion.organisation_id = organisation_id
    version.accepted_at = adhesion.accepted_at
    version.values = {
        key: {"value": value, "entry": adhesion.entry_id, "adhesion": adhesion.id, "source": "reading"}
        for key, value in values.items()
    }
    refresh(session, organisation_id, now)
    return version.number


def refresh(session: Session, organisation_id: int, now: datetime) -> None:
    """Works out an organisation's current values anew from its versions and what people corrected."""
    organisation = session.get_one(Organisation, organisation_id, with_for_update=True)
    theirs = session.scalars(select(OrganisationVersion).where(OrganisationVersion.organisation_id == organisation_id))
    of = {version.adhesion_id: version for version in theirs}  # not joined: PostgreSQL may read all forms to find few
    forms = session.scalars(select(Adhesion).where(Adhesion.id.in_(of), Adhesion.state.in_(_COUNTS)))
    found = [(of[form.id], form) for form in forms]
    if not found:
        return
    versions = sorted(found, key=lambda one: (_instant(one[0]), one[0].number))
    first, newest = versions[0][1], versions[-1][0]
    organisation.timeliness, organisation.role = first.timeliness, first.role
    organisation.first_accepted_at, organisation.first_entry_id = first.accepted_at, first.entry_id
    organisation.versions, organisation.current_version = len(versions), newest.number
    doubtful = any(form.needs_review and form.decided_at is None for _, form in versions)
    if organisation.status in (OrganisationStatus.ACTIVE, OrganisationStatus.TO_CONFIRM):
        organisation.status = OrganisationStatus.TO_CONFIRM if doubtful else OrganisationStatus.ACTIVE
    corrections = _corrections(session, organisation_id, [form.id for _, form in versions])
    read = [version.values | confirmed(version.adhesion_id, corrections) for version, _ in versions]
    organisation.values = merged(read, [one for one in corrections if not is_confirmation(one)])
    organisation.updated_at = now
    _show(organisation)
    code = _text(organisation.values.get("organisation.fiscal_code", {}).get("value"))
    if code and holder_of(session, code, organisation) is None:
        organisation.fiscal_code = code


def holder_of(session: Session, code: str, asking: Organisation) -> int | None:
    """Another organisation of the same notice that has this fiscal code: sections of one body may share it."""
    same = (Organisation.notice_id == asking.notice_id, Organisation.fiscal_code == code, Organisation.id != asking.id)
    return session.scalar(select(Organisation.id).where(*same))


def merged(versions: Iterable[Mapping[str, Any]], corrections: Iterable[Correction]) -> dict[str, Any]:
    """The values of versions laid over each other, oldest first, and corrections (oldest first) over all of them."""
    values: dict[str, Any] = {}
    for version in versions:
        replaced = tuple(group for group in _WHOLE if any(key.startswith(group) for key in version))
        kept = {key: value for key, value in values.items() if not key.startswith(replaced)}
        values = {**kept, **version}
    return values | {one.key: _by_a_person(one) for one in corrections}


def is_confirmation(correction: Correction) -> bool:
    """True when a person found that a doubtful value was read rightly: it counts as read, for its own form."""
    return correction.adhesion_id is not None and bool(correction.old == correction.new)


def confirmed(adhesion_id: int, corrections: Iterable[Correction]) -> dict[str, Any]:
    """The values of a form that a person confirmed."""
    return {
        one.key: _by_a_person(one) for one in corrections if is_confirmation(one) and one.adhesion_id == adhesion_id
    }


def _by_a_person(correction: Correction) -> dict[str, Any]:
    return {"value": correction.new, "entry": None, "adhesion": correction.adhesion_id, "source": "person"}


def _show(organisation: Organisation) -> None:
    """Copies the current values to the columns that lists and searches use."""
    current = {key: held["value"] for key, held in organisation.values.items()}
    organisation.name = _text(current.get("organisation.name")) or ""
    organisation.match_name = match_name(organisation.name)
    organisation.role = _text(current.get("role")) or organisation.role  # only a person sets this key
    for column, key in _TEXTS.items():
        setattr(organisation, column, _text(current.get(key)))
    for column, key in _LISTS.items():
        value = current.get(key)
        setattr(organisation, column, [str(item) for item in value] if isinstance(value, list) else [])


def _corrections(session: Session, organisation_id: int, adhesions: list[int]) -> list[Correction]:
    of_this = or_(Correction.organisation_id == organisation_id, Correction.adhesion_id.in_(adhesions))
    return list(session.scalars(select(Correction).where(of_this).order_by(Correction.id)))


def _by_code(session: Session, code: str, notice_id: str) -> Organisation | None:
    found = session.scalar(
        select(Organisation)
        .where(Organisation.notice_id == notice_id, Organisation.fiscal_code == code)
        .with_for_update()
    )
    return session.get(Organisation, found.merged_into) if found and found.merged_into else found


def _namesakes(session: Session, identity: Identity, notice_id: str, *only: ColumnElement[bool]) -> bool:
    """True when an organisation of the notice has this name or this certified address."""
    known = ((Organisation.match_name, identity.match_name), (Organisation.pec, identity.pec))
    same = or_(false(), *(column == value for column, value in known if value))
    found = select(Organisation.id).where(
        Organisation.notice_id == notice_id, Organisation.status != OrganisationStatus.MERGED, same, *only
    )
    return bool(session.scalar(select(found.exists())))


def _same_body(known: Organisation, identity: Identity) -> bool:
    representative = known.values.get("declarant.name", {}).get("value")
    return alike(known.match_name, identity.match_name) and same_person(
        _text(representative) or "", identity.representative
    )


def _instant(version: OrganisationVersion) -> datetime:
    return version.accepted_at or version.created_at


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
