"""The evidence of one message as a zip: the original, our letters, their receipts, and the SHA-256 of each file."""

from datetime import datetime
from hashlib import sha256
from tempfile import SpooledTemporaryFile
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from ingest.italian import ROME, instant_it
from ingest.store import Store
from ingest.wording import ENVELOPES, SIGNATURES
from models import Entry, Letter, ReceiptRow

_IN_MEMORY = 8_000_000  # bytes before the zip goes to a temporary file
_README = """Fascicolo del messaggio n. {number}
Creato il {made}

messaggio.eml   il messaggio così come è stato ricevuto, byte per byte
lettere/        le lettere inviate in risposta, così come sono state consegnate al gestore
ricevute/       le ricevute delle lettere, così come sono state ricevute
impronte.txt    l'impronta SHA-256 di ogni file (verifica: sha256sum -c impronte.txt)

Tipo: {kind}
Firma del gestore: {signature}
Accettato il: {accepted}
Impronta registrata all'arrivo (SHA-256): {sha256}
{missing}"""


def bundle(session: Session, store: Store, entry: Entry, now: datetime) -> IO[bytes]:
    """The zip, open at its beginning. Raises OSError when the original cannot be read."""
    out: IO[bytes] = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the answer closes it when it is sent
    hashes: dict[str, str] = {}
    missing: list[str] = []
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:

        def add(name: str, content: bytes) -> None:
            at = now.astimezone(ROME).timetuple()[:6]
            archive.writestr(ZipInfo(name, at), content, ZIP_DEFLATED)
            hashes[name] = sha256(content).hexdigest()

        add("messaggio.eml", store.read(entry.sha256))
        letters = select(Letter).where(Letter.entry_id == entry.id).order_by(Letter.id).options(undefer(Letter.raw))
        for letter in session.scalars(letters):
            add(f"lettere/lettera-{letter.id:06d}.eml", letter.raw)
            for name, digest in _receipts(session, letter):
                try:
                    add(name, store.read(digest))
                except FileNotFoundError:
                    missing.append(name)
        add("leggimi.txt", _readme(entry, now, missing).encode())
        listed = "".join(f"{digest}  {name}\n" for name, digest in hashes.items())
        archive.writestr(ZipInfo("impronte.txt", now.astimezone(ROME).timetuple()[:6]), listed)
    out.seek(0)
    return out


def _receipts(session: Session, letter: Letter) -> list[tuple[str, str]]:
    """The receipts of a letter: their names in the zip, and the hashes of their originals."""
    found = session.execute(
        select(ReceiptRow, Entry.sha256)
        .join(Entry, Entry.id == ReceiptRow.entry_id)
        .where(ReceiptRow.letter_id == letter.id)
        .order_by(ReceiptRow.at, ReceiptRow.id)
    )
    return [
        (f"ricevute/lettera-{letter.id:06d}-{number}-{receipt.type}.eml", digest)
        for number, (receipt, digest) in enumerate(found, start=1)
    ]


def _readme(entry: Entry, now: datetime, missing: list[str]) -> str:
    kinds = {str(word): text for word, text in ENVELOPES.items()}
    signatures = {str(word): text for word, text in SIGNATURES.items()}
    return _README.format(
        number=entry.id, made=instant_it(now), sha256=entry.sha256,
        kind=kinds.get(entry.kind or "", "non esaminato"),
        signature=signatures.get(entry.signature or "", "non esaminata"),
        accepted=instant_it(entry.accepted_at) if entry.accepted_at else "ora non certificata",
        missing="".join(f"\nNon disponibile: {name}" for name in missing),
    )  # fmt: skip
