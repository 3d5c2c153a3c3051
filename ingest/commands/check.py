"""`check`: is everything there that the service needs, and if not, what is to be done. One line each."""

import argparse
import importlib.util
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ingest.app import Service, build, utc_now
from ingest.commands.advice import for_database, for_mailbox, for_post
from ingest.commands.opened import missing_database, settings_of
from ingest.commands.tables import harmless
from ingest.italian import ROME
from ingest.mailbox import FolderMissing, MailboxError
from ingest.post import SubmissionState
from ingest.reply import LetterFacts, compose
from ingest.rescue.inventory import inventory
from ingest.rescue.lost_register import saved_beside
from ingest.sqlite_file import RegisterFile, cut_off
from ingest.trouble import Trouble
from ingest.vocabulary import LetterKind
from ingest.watch import LITTLE_SPACE, NEARLY_FULL, WARN_BEFORE, days_left, free_space, state
from models import schema

_MEANS = {True: "ok  ", False: "FAIL", None: "warn"}


@dataclass(frozen=True, slots=True)
class Finding:
    """`good` None: it works, but somebody should look."""

    what: str
    good: bool | None
    said: str


def check(args: argparse.Namespace) -> int:
    """Tests every part in turn; exit code 1 when one does not work."""
    settings = settings_of(args)
    service = build(settings)
    worst = True
    try:
        for part in (register, _mailbox, smtp, _digest, _anchors, _templates, _ocr, storage, _password):
            for finding in part(service):
                print(f"{_MEANS[finding.good]} {finding.what}: {harmless(finding.said)}")
                worst = worst and finding.good is not False
    finally:
        service.close()
    return 0 if worst else 1


def register(service: Service) -> Iterator[Finding]:
    """Whether the register lies well, is whole, has an entry for every original. Opens nothing where it lies ill."""
    unsuitable = service.db.unsuitable()
    if unsuitable:
        yield Finding("register place", False, unsuitable)
        return
    if service.db.file is not None:
        lost = list(_lost(service.db.file))
        yield from lost
        if any(finding.what == "register log" for finding in lost):
            return
    yield from _names(service)
    works = True
    for finding in _database(service):
        works = works and finding.good is True
        yield finding
    if works:
        yield from _whole(service)
        yield from _originals(service)


def _database(service: Service) -> Iterator[Finding]:
    missing = service.db.missing_file()
    if missing is not None:
        yield Finding("database", False, missing_database(missing))
        return
    try:
        found, newest = service.db.revision(), schema.head()
    except (SQLAlchemyError, OSError) as error:
        yield Finding("database", False, for_database(error))
        return
    if found == newest:
        yield Finding("database", True, f"schema {found}")
    else:
        yield Finding("database", False, f"schema {found or 'empty'}, needs {newest}; run: pec-ingest db upgrade")


def _lost(file: RegisterFile) -> Iterator[Finding]:
    """What was lost under a service, or is about to be. Opens nothing: that might be the last straw."""
    for process in cut_off(file.path):
        yield Finding(
            "register log",
            False,
            f"process {process} writes to a log of {file.path} that has no name any more: nobody else sees it, and it "
            "is gone when the process is killed; do not kill it, see docs/operate.md, An installation that ran 0.1.0",
        )
    copies = saved_beside(file)
    if file.in_doubt and not copies:
        yield Finding(
            "register saved",
            False,
            f"{file.path} was lost while it was in use, and what had been committed is not saved; nothing is written "
            "until a person has chosen: see docs/operate.md, A lost register",
        )
    for saved in copies:
        yield Finding(
            "register saved",
            False,
            f"{saved.copy}: saved when the register was {saved.why}; the service compares it at its next start, or "
            "waits for a choice: see docs/operate.md, A lost register",
        )


def _names(service: Service) -> Iterator[Finding]:
    """A second name for SQLite's file: who opens it by that one makes a log of his own. Looked at by name alone."""
    file = service.db.file.path if service.db.file else None
    if file is None or not file.exists() or file.stat().st_nlink == 1:
        return
    yield Finding(
        "register names",
        None,
        f"{file} has {file.stat().st_nlink} names (hard links): opened by another one it is damaged; stop the service, "
        f"find the others with: find DIR -samefile {file} and remove them",
    )


def _whole(service: Service) -> Iterator[Finding]:
    """SQLite's own look at its pages (sqlite.org/pragma.html, quick_check): a second for each few hundred MB."""
    if service.db.file is None:
        return
    try:
        with service.db.reading() as session:
            said = str(session.scalar(text("PRAGMA quick_check(1)")))
    except (SQLAlchemyError, OSError) as error:
        said = for_database(error)
    remedy = "stop the service, keep a copy of the folder, then pec-ingest restore FROM --force, or pec-ingest rebuild"
    yield Finding("register whole", said == "ok", "every page" if said == "ok" else f"{said}; {remedy}")


def _originals(service: Service) -> Iterator[Finding]:
    try:
        found = inventory(service.store, service.db, service.clock())
    except SQLAlchemyError as error:
        yield Finding("originals", False, for_database(error))
        return
    except OSError as error:
        yield Finding("originals", False, f"{error.filename}: {error.strerror}; give it to the service's user")
        return
    without = len(found.unentered)
    if not without:
        just_now = f"; {found.settling} came in the last minutes and wait for theirs" if found.settling else ""
        yield Finding("originals", True, f"{found.originals - found.settling} with their entries{just_now}")
        return
    yield Finding(
        "originals",
        False,
        f"{without} of {found.originals} have no entry in the register: stop the service first, see docs/operate.md "
        "(An installation that ran 0.1.0), then pec-ingest originals --enter",
    )


def _mailbox(service: Service) -> Iterator[Finding]:
    works = True
    for finding in opened(service):
        works = works and finding.good is not False
        yield finding
    if works:
        _login_works(service)


def opened(service: Service) -> Iterator[Finding]:
    """Whether the mailbox opens, and what is to be known about it; asks no database."""
    chosen = service.settings.mailbox
    try:
        with service.mailbox.open() as box:
            yield Finding("mailbox", True, f"logged in; {box.folder} holds {len(box.uids())} messages")
            folders, quota = box.folders(), box.quota()
    except MailboxError as error:
        yield Finding("mailbox", False, f"{error}; {for_mailbox(error, _folders(service, error))}")
        return
    if chosen.after == "move":
        for folder in (chosen.moved_to, chosen.review_folder):
            there = folder in folders
            yield Finding(f"folder {folder}", there or None, "there" if there else "will be created at the first move")
    if quota is None:
        yield Finding("mailbox room", None, "the server does not tell; watch it on the provider's pages")
    else:
        used = quota.used / max(quota.limit, 1)
        yield Finding("mailbox room", used < NEARLY_FULL or None, f"{used:.0%} used")


def _folders(service: Service, error: MailboxError) -> list[str]:
    """The folders there are, when only the configured one is wrong."""
    if not isinstance(error, FolderMissing):
        return []
    try:
        with service.mailbox.open("INBOX") as box:
            return box.folders()
    except MailboxError:
        return []


def _login_works(service: Service) -> None:
    """Ends the rest that follows a refused login: the password is right again."""
    if not service.db.unsuitable() and service.db.revision() == schema.head():
        state(service.db, Trouble.LOGIN_REFUSED, "", service.clock(), holds=False)


def smtp(service: Service) -> Iterator[Finding]:
    """Whether the submission servers let us in."""
    for name, post in (("smtp", service.post), ("alerts", service.alerts)):
        if post is None:
            consequence = "letters wait in the queue" if name == "smtp" else "the digest goes through [smtp]"
            yield Finding(name, None, f"no host in [{name}]: {consequence}")
            continue
        answer = post.probe()
        good = answer.state is SubmissionState.ACCEPTED
        advice = f"{answer.detail}; {for_post(name, answer)}"
        yield Finding(name, good, "logged in" if good else advice)


def _digest(service: Service) -> Iterator[Finding]:
    readers = len({address.casefold() for address in service.settings.digest.to})
    nobody = "nobody reads it: no weekly digest is made; name its readers in [digest] to"
    yield Finding("digest", bool(readers) or None, f"read by {readers}" if readers else nobody)


def _anchors(service: Service) -> Iterator[Finding]:
    names = ", ".join(service.settings.pec.trust_anchors)
    yield Finding("trust anchors", bool(names), names or "none: no message would ever be believed; set [pec]")


def _templates(service: Service) -> Iterator[Finding]:
    facts = LetterFacts(
        notice=service.context.notice, key="PDZ-000000", sender="", subject="", identifier="", accepted_at=utc_now(),
        office=service.settings.mailbox.own_address,
    )  # fmt: skip
    for kind in LetterKind:
        compose(kind, facts)
    yield Finding("templates", True, f"{len(LetterKind)} letters")


def _ocr(service: Service) -> Iterator[Finding]:
    found = importlib.util.find_spec("rapidocr") is not None
    missing = "not installed: scans and photos go to a person; pip install 'pec-ingest[ocr]'"
    yield Finding("ocr", found or None, "there" if found else missing)
    language = service.settings.ocr.language
    if found and not _second_engine(language):
        yield Finding(
            "ocr, second engine",
            None,
            f"no Tesseract data for {language!r}: more of what is scanned goes to a person; "
            f"install tesseract-ocr-{language}, or set TESSDATA_PREFIX to where {language}.traineddata lies",
        )
    if shutil.which("openssl") is None:
        yield Finding("openssl", None, "not installed: very large signed files are opened slowly")


def _second_engine(language: str) -> bool:
    from ingest.form.ocr.engines import has_second_engine  # noqa: PLC0415 - needs the extra `ocr`

    return has_second_engine(language)


def storage(service: Service) -> Iterator[Finding]:
    """Whether originals can be written, and how much room there is."""
    path = service.settings.storage.path
    free = free_space(path)
    writable = os.access(next(folder for folder in (path, *path.absolute().parents) if folder.exists()), os.W_OK)
    if not writable:
        yield Finding("storage", False, f"{path} cannot be written; give it to the service's user: chown, chmod 0700")
    else:
        yield Finding("storage", free >= LITTLE_SPACE or None, f"{free // 1_000_000_000} GB free")


def _password(service: Service) -> Iterator[Finding]:
    left = days_left(service.settings.mailbox, utc_now().astimezone(ROME).date())
    if left is not None:
        yield Finding("password", left > WARN_BEFORE or None, f"expires in {left} days")
