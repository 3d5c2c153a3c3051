"""Who is admitted to the tables: a person's decision, with its reason (D.M. 72/2021 §5)."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Admission(Base):
    """The decision on one organisation; without one, who adhered takes part."""

    __tablename__ = "admission"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), unique=True)
    admitted: Mapped[bool]
    why: Mapped[str] = mapped_column(default="")  # for the office: never published
    decided_at: Mapped[datetime]
    decided_by: Mapped[str]
