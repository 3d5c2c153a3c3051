"""What one installation serves beside a deployment: the other notices and the other mailboxes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Beside:
    """What an installation serves beside one deployment; all empty for the only one.

    Rows that carry any of these belong to another deployment; every other row is ours to work on and to show.
    """

    name: str = ""  # of our own mailbox, where there are several
    notices: tuple[str, ...] = ()  # ids of the other notices
    accounts: tuple[str, ...] = ()  # of the other mailboxes
    addresses: tuple[str, ...] = ()  # certified addresses of the other mailboxes
    foreign: tuple[str, ...] = ()  # accounts of the mailboxes at which our notice does not arrive
    names: tuple[str, ...] = ()  # of those mailboxes
