"""What a public register says of a body, as a file gave it; replaced whole by the next file of its kind."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key


class RegisterRow(Base):
    """One line of RUNTS, IPA or INI-PEC. Codes and addresses in their comparable form; "" where the file has none."""

    __tablename__ = "register_row"
    __table_args__ = (
        Index("ix_register_row_fiscal_code", "fiscal_code"),
        Index("ix_register_row_pec", "pec"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Key(20), index=True)  # runts | ipa | inipec
    fiscal_code: Mapped[str] = mapped_column(Key(40))
    name: Mapped[str] = mapped_column(default="")
    pec: Mapped[str] = mapped_column(Key(320), default="")
    imported_at: Mapped[datetime]
