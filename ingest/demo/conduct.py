"""How the simulated provider behaves: what becomes of each address, and what goes wrong on the way."""

from dataclasses import dataclass, field
from enum import StrEnum


class Fate(StrEnum):
    """What happens to a letter at one address."""

    DELIVERED = "delivered"
    UNKNOWN = "unknown"  # no such mailbox: 5.1.1
    FULL = "full"  # 5.2.2
    VIRUS = "virus"
    SILENT = "silent"  # no receipt ever
    LATE = "late"  # 12-hour notice, then delivered
    LOST = "lost"  # 12-hour and 24-hour notice
    ORDINARY = "ordinary"  # not certified: relayed, no receipt


class Step(StrEnum):
    """Where in the dialogue a fault strikes."""

    LOGIN = "login"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"  # after the message is received


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure of one dialogue. Exactly one of the ways: a reply, or a lost connection."""

    step: Step
    reply: str = ""  # e.g. "421 4.3.2 servizio sospeso"; "" = drop the connection
    accepted: bool = False  # with a dropped connection at DATA: the letter had been taken all the same
    stall: float = 0.0  # seconds of silence before that


@dataclass(slots=True)
class Conduct:
    """Settable at any time by the test that owns the provider."""

    fates: dict[str, Fate] = field(default_factory=dict)  # address, lower case
    ordinary_domains: tuple[str, ...] = ("posta.example", "example.org")
    faults: list[Fault] = field(default_factory=list)  # the first that fits the step strikes, once
    twice: bool = False  # each receipt comes in two copies
    delivery_first: bool = False  # before the acceptance
    without_receipts: bool = False  # accepted, and then nothing
    infected: bytes = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"  # content refused as a virus
    size_limit: int = 100 * 1024 * 1024  # bytes times recipients

    def fate(self, address: str) -> Fate:
        """What happens at `address`."""
        known = self.fates.get(address.lower())
        if known is not None:
            return known
        return Fate.ORDINARY if address.lower().rpartition("@")[2] in self.ordinary_domains else Fate.DELIVERED

    def next_fault(self, step: Step) -> Fault | None:
        """The next fault of this step, which is then spent."""
        for fault in self.faults:
            if fault.step is step:
                self.faults.remove(fault)
                return fault
        return None
