"""From the original message to its documents: unpacked, classified, their signatures looked at.

Nothing here decides about an application; whatever cannot be opened is a document with its reason.
"""

from ingest.documents.budget import Budget
from ingest.documents.mime import Leaf
from ingest.documents.opening import OpenedDocument, Opening
from ingest.documents.pagefacts import ReadImage
from ingest.rules import Limits, Progress
from ingest.verdict import Unreadable

__all__ = ["OpenedDocument", "ReadImage", "documents_in", "documents_in_file"]


def documents_in(
    original: bytes, limits: Limits, progress: Progress, read_image: ReadImage | None = None
) -> tuple[OpenedDocument, ...]:
    """The documents of an original message (the bytes of postacert.eml, or of an ordinary message), in their order.

    Never raises Unreadable: a part that cannot be opened is a document with role UNREADABLE and its reason, and a
    message that cannot be parsed at all is one such document. `read_image` reads the text of scanned pages; without
    it they are left to a person.
    """
    opening = Opening(Budget(limits, progress), read_image)
    try:
        return tuple(opening.mail(original))
    except Unreadable as found:
        return (opening.refused(original, found),)


def documents_in_file(
    name: str, content: bytes, limits: Limits, progress: Progress, read_image: ReadImage | None = None
) -> tuple[OpenedDocument, ...]:
    """The documents of one file that came without a message; same outcome as an attachment with that name."""
    leaf = Leaf((0,), name, "", content, ())
    return tuple(Opening(Budget(limits, progress), read_image).leaf(leaf))
