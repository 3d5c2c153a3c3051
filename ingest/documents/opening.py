"""Opens what was attached, layer by layer, until there are only documents: mail in mail, signed files, archives.

Content decides what a part is. Each part is announced to the keeper before it is opened, and whatever is wrong with
it becomes its own reason: the next part is opened all the same.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from ingest.documents import sniff
from ingest.documents.archive import open_archive
from ingest.documents.budget import Budget
from ingest.documents.cms import SignedFile, open_signed
from ingest.documents.mime import Leaf, leaves_of
from ingest.documents.names import UNNAMED, clean_name
from ingest.documents.oldoffice import OLD_OFFICE, as_docx
from ingest.documents.pagefacts import ReadImage
from ingest.documents.reading import describe
from ingest.documents.signatures import cades_signatures, signs
from ingest.rules import DocumentPath
from ingest.verdict import Document, DocumentSignature, Unreadable
from ingest.vocabulary import Reason, Role

_CMS = frozenset({sniff.CMS, sniff.PEM, sniff.BASE64})
_SIGNED_NAMES = (".p7m", ".p7s", ".tsd")


@dataclass(frozen=True, slots=True)
class OpenedDocument:
    """A document with its bytes: as attached, or as found inside an archive or a signed file."""

    document: Document
    content: bytes = field(repr=False)
    converted: bytes = field(default=b"", repr=False)  # the .docx that stands for a .doc or .rtf

    @property
    def readable(self) -> tuple[bytes, str]:
        """What the form is read from, and its media type."""
        return (self.converted, sniff.DOCX) if self.converted else (self.content, self.document.media_type)


@dataclass(frozen=True, slots=True)
class _Part:
    """Something to open: `depth` counts the containers around it, `signatures` those made over exactly it."""

    path: DocumentPath
    name: str
    content: bytes
    depth: int = 0
    signatures: tuple[DocumentSignature, ...] = ()
    damaged: str = ""
    mail: bool = False

    def inside(self, name: str, content: bytes) -> "_Part":
        """The one thing this part contains."""
        return _Part((*self.path, 0), name, content, self.depth + 1)


@dataclass(frozen=True, slots=True)
class _Detached:
    """A signature without content, waiting for the sibling it was made over."""

    part: _Part
    der: bytes


_Found = OpenedDocument | _Detached


@dataclass(frozen=True, slots=True)
class Opening:
    """One message being opened."""

    budget: Budget
    read_image: ReadImage | None = None

    def mail(self, raw: bytes, path: DocumentPath = (), depth: int = 0) -> Iterator[OpenedDocument]:
        """The documents of a message, in its order. Raises Unreadable when it is no readable message."""
        groups: dict[DocumentPath, list[_Part]] = {}
        for leaf in leaves_of(raw, path):
            groups.setdefault(leaf.group, []).append(_part_of(leaf, depth))
        found = [document for parts in groups.values() for document in self.siblings(parts)]
        yield from sorted(found, key=lambda opened: opened.document.path)

    def leaf(self, leaf: Leaf) -> list[OpenedDocument]:
        """The documents of a single part."""
        return self.siblings([_part_of(leaf, 0)])

    def refused(self, raw: bytes, found: Unreadable) -> OpenedDocument:
        """A whole message that cannot be opened, as one document with its reason."""
        return _put_aside(_Part((0,), UNNAMED, raw), found)

    def siblings(self, parts: Iterable[_Part]) -> list[OpenedDocument]:
        """The documents of parts that lie side by side; detached signatures go to the document they sign."""
        parts = list(parts)
        certified = any(_is_certification(part) for part in parts)
        found: list[_Found] = []
        for part in parts:
            if not self.budget.part():
                found.append(_put_aside(part, Unreadable(Reason.LIMIT_REACHED, "too many parts")))
                break
            if not _is_certification(part):
                found += self._guarded(part)
        documents = [item for item in found if isinstance(item, OpenedDocument)]
        for lone in (item for item in found if isinstance(item, _Detached)):
            documents = _with_detached(documents, parts, lone, certified=certified)
        return documents

    def _guarded(self, part: _Part) -> list[_Found]:
        try:
            self.budget.begin(part.path)
            self.budget.nested(part.depth)
            return list(self._opened(part))
        except Unreadable as found:
            return [_put_aside(part, found)]

    def _opened(self, part: _Part) -> Iterator[_Found]:
        if part.damaged or not part.content.strip():
            raise Unreadable(Reason.PART_UNREADABLE, part.damaged or "empty")
        kind = sniff.MAIL if part.mail else sniff.media_type(part.content)
        if kind == sniff.MAIL:
            yield from self.mail(part.content, part.path, part.depth + 1)
        elif kind in _CMS:
            yield from self._signed(part, kind)
        elif kind == sniff.ZIP:
            yield from self._archive(part)
        else:
            converted = as_docx(part.content, kind, self.budget) if kind in OLD_OFFICE else b""
            described = describe(part.name, part.content, kind, self.budget, self.read_image, converted=converted)
            document = replace(described, path=part.path, signatures=part.signatures + described.signatures)
            yield OpenedDocument(document, part.content, converted)

    def _signed(self, part: _Part, kind: str) -> Iterator[_Found]:
        opened = open_signed(part.content, kind)
        if opened.payload is None:
            yield _Detached(part, opened.der)
            return
        self.budget.charge(len(opened.payload))
        made = part.signatures + _signatures(opened)
        yield from self._guarded(replace(part.inside(_unsigned_name(part.name), opened.payload), signatures=made))

    def _archive(self, part: _Part) -> Iterator[_Found]:
        archive = open_archive(part.content)
        refused: list[OpenedDocument] = []
        readable: list[_Part] = []
        for member in archive.members():
            here = _Part((*part.path, member.index), member.name, b"", part.depth + 1, part.signatures)
            if len(readable) + len(refused) > self.budget.limits.parts:
                refused.append(_put_aside(here, Unreadable(Reason.LIMIT_REACHED, "too many members")))
                break
            try:
                self.budget.nested(here.depth)
                readable.append(replace(here, content=archive.read(member, self.budget)))
            except Unreadable as found:
                refused.append(_put_aside(here, found))
        if not readable and not refused:
            raise Unreadable(Reason.PART_UNREADABLE, "empty archive")
        yield from sorted(self.siblings(readable) + refused, key=lambda opened: opened.document.path)


def _part_of(leaf: Leaf, depth: int) -> _Part:
    return _Part(leaf.path, clean_name(leaf.name), leaf.content, depth, damaged=leaf.damaged, mail=leaf.mail)


def _signatures(opened: SignedFile) -> tuple[DocumentSignature, ...]:
    if opened.time_stamped or opened.payload is None:
        return ()
    return cades_signatures(opened.der, opened.payload)


def _unsigned_name(name: str) -> str:
    """The name without the ending its wrapper gave it."""
    return name[:-4] if name.lower().endswith(_SIGNED_NAMES) and len(name) > 4 else name


def _is_certification(part: _Part) -> bool:
    """Whether this is the provider's certification data of a forwarded certified message: no document."""
    return b"<postacert" in part.content[:2000]


def _put_aside(part: _Part, found: Unreadable) -> OpenedDocument:
    document = Document(
        name=part.name,
        sha256=hashlib.sha256(part.content).hexdigest(),
        media_type=sniff.media_type(part.content) if part.content else sniff.UNKNOWN,
        pages=0,
        role=Role.UNREADABLE,
        signatures=part.signatures,
        reasons=(found.reason,),
        detail=found.detail,
        path=part.path,
    )
    return OpenedDocument(document, part.content)


def _with_detached(
    documents: list[OpenedDocument], parts: list[_Part], lone: _Detached, *, certified: bool
) -> list[OpenedDocument]:
    """The documents, with a detached signature given to the one it signs, by its digest, else by its name."""
    signed = next((part for part in parts if part is not lone.part and signs(lone.der, part.content)), None)
    if signed is None:
        wanted = _unsigned_name(lone.part.name).lower()
        signed = next((part for part in parts if part is not lone.part and part.name.lower() == wanted), None)
    if signed is None and certified:
        return documents  # the provider's own signature of a forwarded certified message
    alone = _put_aside(lone.part, Unreadable(Reason.SIGNATURE_WITHOUT_DOCUMENT, "detached signature"))
    reasons = () if signed else alone.document.reasons
    signature_only = replace(alone.document, role=Role.SIGNATURE_ONLY, reasons=reasons)
    if signed is None:
        return [*documents, replace(alone, document=signature_only)]
    made = cades_signatures(lone.der, signed.content)
    return [
        *(_also_signed(opened, made) if opened.document.path == signed.path else opened for opened in documents),
        replace(alone, document=signature_only),
    ]


def _also_signed(opened: OpenedDocument, made: tuple[DocumentSignature, ...]) -> OpenedDocument:
    document = replace(opened.document, signatures=opened.document.signatures + made)
    return replace(opened, document=document)
