"""The one outcome of a message that carries several forms: what became of the best of them."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from ingest.vocabulary import Outcome
from models import Adhesion, AdhesionState

_FIRST_OF = (
    (AdhesionState.RECORDED, Outcome.RECORDED),
    (AdhesionState.VERSION, Outcome.UPDATED),
    (AdhesionState.REVIEW, Outcome.REVIEW),
    (AdhesionState.DUPLICATE, Outcome.DUPLICATE),
)


def outcome_of(states: Iterable[str]) -> Outcome | None:
    """The outcome for the states of a message's forms; None where no form says anything."""
    held = set(states)
    return next((outcome for state, outcome in _FIRST_OF if state in held), None)


def outcome_now(session: Session, entry_id: int) -> Outcome | None:
    """The outcome of a message as its forms stand now, after a person decided about one of them."""
    return outcome_of(session.scalars(select(Adhesion.state).where(Adhesion.entry_id == entry_id)))
