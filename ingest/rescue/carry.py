"""What only the old database knows, brought into a rebuilt one at the moment it happened.

Letters are copied with their Message-IDs, so that receipts among the originals move them again. What people decided is
decided again, in the order of the audit. Everything else of the office (users, audit, digests, places) is copied whole.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from ingest import decisions
from ingest.corrected import corrections_of, lacking, mark_of, overlaid
from ingest.database import Database
from ingest.decisions import Deciding
from ingest.entries import stored_verdict
from ingest.keys import Settings
from ingest.merge import merge
from ingest.register import refresh
from ingest.rescue.renumber import Numbers, after_explicit_ids
from ingest.review import Act, Choice, Seen, decide
from models import (
    Adhesion,
    Answered,
    Audit,
    Base,
    Correction,
    Entry,
    Letter,
    LetterState,
    OrganisationStatus,
    ReceiptRow,
)

_REBUILT = {"entry", "document", "adhesion", "organisation", "organisation_version", "receipt", "correction"}
_CARRIED_EARLIER = {"letter", "letter_recipient", "letter_event", "answered"}
_OF_THE_OLD_SERVICE = {"lease", "console_seat", "login_failure"}
_BATCH = 500


class Carrier:
    """Brings what happened into `new`, up to an instant at a time."""

    def __init__(self, old: Database, new: Database, settings: Settings) -> None:
        self._old, self._new, self._settings = old, new, settings
        self._numbers = Numbers(old, new)
        with old.reading() as session:
            self._receipted = set(
                session.scalars(select(ReceiptRow.letter_id).where(ReceiptRow.letter_id.is_not(None)))
            )
        self._events = sorted([*self._letters(), *self._corrections(), *self._audits()], key=lambda event: event[:3])
        self.undone: list[str] = []  # decisions this program knows no way to repeat

    def until(self, at: datetime) -> None:
        """Repeats everything that happened up to an instant."""
        while self._events and self._events[0][0] <= at:
            self._events.pop(0)[3]()

    def finish(self) -> None:
        """Repeats what is left and copies the tables that nothing is rebuilt into."""
        while self._events:
            self._events.pop(0)[3]()
        with self._new.transaction() as session:
            self._answers_of_old(session)
            session.execute(delete(Audit))
            for table in Base.metadata.sorted_tables:
                if table.name not in _REBUILT | _CARRIED_EARLIER | _OF_THE_OLD_SERVICE:
                    self._copy(session, table)
            for name in Base.metadata.tables:
                after_explicit_ids(session, name)

    def _copy(self, session: Session, table: Any) -> None:
        session.execute(delete(table))
        with self._old.reading() as old:
            rows = [self._numbers.row(table, dict(row._mapping)) for row in old.execute(select(table))]  # noqa: SLF001
        for start in range(0, len(rows), _BATCH):
            session.execute(insert(table), rows[start : start + _BATCH])

    def _letters(self) -> Iterator[tuple[datetime, int, int, Callable[[], None]]]:
        with self._old.reading() as session:
            for number, at in session.execute(select(Letter.id, Letter.created_at)):
                yield at, 0, number, lambda number=number: self._letter(number)  # type: ignore[misc]

    def _letter(self, number: int) -> None:
        """A letter as it stood before any receipt, which the receipts among the originals then move."""
        tables = [Base.metadata.tables[name] for name in ("letter", "letter_recipient", "letter_event")]
        with self._old.reading() as old:
            letter = dict(old.execute(select(tables[0]).where(Letter.id == number)).one()._mapping)  # noqa: SLF001
            parts = [
                (table, [dict(row._mapping) for row in old.execute(select(table).where(table.c.letter_id == number))])  # noqa: SLF001
                for table in tables[1:]
            ]
        if number in self._receipted:
            letter |= {"state": LetterState.SUBMITTED, "identifier": ""}
        with self._new.transaction() as session:
            session.execute(insert(tables[0]).values(**letter))
            for table, rows in parts:
                for row in rows:
                    if row.pop("receipt_id", None) is None:
                        unsettled = {"state": LetterState.SUBMITTED, "notices": 0} if "notices" in row else {}
                        settled = row | (unsettled if number in self._receipted else {})
                        session.execute(insert(table).values(**{k: v for k, v in settled.items() if k != "id"}))

    def _answers_of_old(self, session: Session) -> None:
        """Whatever was answered stays answered, also where the message is judged otherwise now."""
        known = set(session.execute(select(Answered.identifier, Answered.sender)).all())
        with self._old.reading() as old:
            for one in old.scalars(select(Answered)):
                if (one.identifier, one.sender) not in known:
                    given = {"identifier": one.identifier, "sender": one.sender, "entry_id": one.entry_id}
                    session.add(Answered(**given, letter_id=one.letter_id, at=one.at))
            session.flush()

    def _corrections(self) -> Iterator[tuple[datetime, int, int, Callable[[], None]]]:
        with self._old.reading() as session:
            for one in session.scalars(select(Correction).where(Correction.adhesion_id.is_not(None))):
                yield one.at, 1, one.id, lambda one=one: self._correct(one)  # type: ignore[misc]

    def _correct(self, one: Correction) -> None:
        adhesion = self._numbers.of("adhesion", one.adhesion_id)
        if adhesion is None:
            self.undone.append(f"correction of {one.key} by {one.who}")
            return
        with decisions.decision(self._new) as session:
            form = session.get_one(Adhesion, adhesion)
            given = {"key": one.key, "old": one.old, "new": one.new, "who": one.who, "at": one.at}
            session.add(Correction(organisation_id=form.organisation_id, adhesion_id=adhesion, **given))
            session.flush()
            verdict = stored_verdict(self._new, form.entry_id)
            if verdict is not None:
                read = verdict.adhesions[form.position]
                form.missing = list(lacking(read, overlaid(read.fields, corrections_of(session, form))))
            if form.organisation_id is not None:
                refresh(session, form.organisation_id, one.at)

    def _audits(self) -> Iterator[tuple[datetime, int, int, Callable[[], None]]]:
        with self._old.reading() as session:
            for one in session.scalars(select(Audit).order_by(Audit.id)):
                yield one.at, 2, one.id, lambda one=one: self._decision(one)  # type: ignore[misc]

    def _decision(self, one: Audit) -> None:
        kind, _, number = one.object.partition(":")
        repeat = _REPEATED.get((one.what, kind))
        if repeat is None:
            return
        here = int(number) if kind == "entry" else self._numbers.of(kind, int(number))
        if here is None:
            self.undone.append(f"{one.what} {one.object} by {one.who}")
            return
        repeat(self, one, here, Deciding(one.who, one.at))

    def _accepted(self, one: Audit, here: int, by: Deciding) -> None:
        target = int(one.new["organisation"])
        into = self._numbers.of("organisation", target)  # None: this very decision made it
        with self._new.reading() as session:
            entry = session.get_one(Entry, session.get_one(Adhesion, here).entry_id)
            settings = self._settings if entry.notice_id in ("", self._settings.notice.id) else None
        if settings is None:
            self.undone.append(f"{one.what} {one.object} by {one.who}: its notice is not in the configuration")
            return
        decisions.accept(self._new, here, into, settings, by)

    def _rejected(self, one: Audit, here: int, by: Deciding) -> None:
        decisions.reject(self._new, here, by, (one.new or {}).get("why", ""))

    def _reviewed(self, _one: Audit, here: int, by: Deciding) -> None:
        decisions.mark_reviewed(self._new, here, by)

    def _confirmed(self, _one: Audit, here: int, by: Deciding) -> None:
        with self._new.reading() as session:
            seen = Seen(here, mark_of(session, session.get_one(Adhesion, here)))
        decide(self._new, seen, Choice(Act.CONFIRM), self._settings, by)

    def _status(self, one: Audit, here: int, by: Deciding) -> None:
        decisions.set_status(self._new, here, OrganisationStatus(one.new), by)

    def _merged(self, one: Audit, here: int, by: Deciding) -> None:
        staying = self._numbers.of("organisation", int(one.new["into"])) if "into" in one.new else None
        if staying is not None:
            merge(self._new, here, staying, by)

    def _set(self, one: Audit, here: int, by: Deciding) -> None:
        for key, value in one.new.items():
            decisions.correct(self._new, here, key, value, by)


_REPEATED: dict[tuple[str, str], Callable[[Carrier, Audit, int, Deciding], None]] = {
    ("accepted", "adhesion"): Carrier._accepted,  # noqa: SLF001 - the table of this class
    ("rejected", "adhesion"): Carrier._rejected,  # noqa: SLF001
    ("reviewed", "entry"): Carrier._reviewed,  # noqa: SLF001
    ("reviewed", "adhesion"): Carrier._confirmed,  # noqa: SLF001
    ("status", "organisation"): Carrier._status,  # noqa: SLF001
    ("merged", "organisation"): Carrier._merged,  # noqa: SLF001
    ("corrected", "organisation"): Carrier._set,  # noqa: SLF001
}
