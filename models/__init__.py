"""The register on disk: SQLAlchemy tables and their migrations. Imports nothing of `ingest`.

`models` is a common name for a package, so the daemon asserts at start-up that OWNER is ours before it writes.
"""

from models.access import LoginFailure, SavedFilter, Seat, Vouched
from models.admission import Admission
from models.base import Base
from models.convocation import Convocation, ConvocationState, Invitation, Via
from models.integration import Integration, IntegrationState
from models.letter import Answered, Digest, Letter, LetterEvent, LetterRecipient, LetterState, ReceiptRow
from models.message import Cursor, Document, Entry, EntryState, Location
from models.operation import Audit, Condition, Lease, Round, User
from models.organisation import (
    Adhesion,
    AdhesionState,
    Correction,
    Organisation,
    OrganisationStatus,
    OrganisationVersion,
)
from models.protocol import ProtocolNumber
from models.registers import RegisterRow

OWNER = "pec-ingest"

__all__ = [
    "OWNER",
    "Adhesion",
    "AdhesionState",
    "Admission",
    "Answered",
    "Audit",
    "Base",
    "Condition",
    "Convocation",
    "ConvocationState",
    "Correction",
    "Cursor",
    "Digest",
    "Document",
    "Entry",
    "EntryState",
    "Integration",
    "IntegrationState",
    "Invitation",
    "Lease",
    "Letter",
    "LetterEvent",
    "LetterRecipient",
    "LetterState",
    "Location",
    "LoginFailure",
    "Organisation",
    "OrganisationStatus",
    "OrganisationVersion",
    "ProtocolNumber",
    "ReceiptRow",
    "RegisterRow",
    "Round",
    "SavedFilter",
    "Seat",
    "User",
    "Via",
    "Vouched",
]
