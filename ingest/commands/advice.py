"""What to do when a part does not work: one sentence for each way a server or a database says no."""

from collections.abc import Sequence

from ingest.mailbox import FolderMissing, LoginRefused, MailboxError
from ingest.post import Submission, SubmissionState

_LINE = (  # words of ingest.connection and of the system, and what they usually mean
    ("certificate is not trusted", "correct host to the certificate's name; ca_file only if the provider says so"),
    ("name is not known", "correct host (a typing error?), or the DNS of this machine"),
    ("did not answer in time", "correct host and port, or let the firewall pass calls from here to them"),
    ("took too long", "try again; if it stays, ask the provider"),
    ("refused", "correct port: nothing listens there; 993 is usual for IMAP, 465 (tls) or 587 (starttls) for SMTP"),
    ("unreachable", "look at this machine's network and firewall"),
    ("WRONG_VERSION_NUMBER", "correct port and security: 465 speaks tls from the start, 587 starttls"),
)  # fmt: skip
_DATABASE = (
    ("database is locked", "another process is writing to it; try again in a moment"),
    ("password authentication failed", "correct user and password of [database] url"),
    ("does not exist", "make user and database: createuser pec_ingest; createdb --owner pec_ingest pec_ingest"),
    ("refused", "start PostgreSQL, or correct host and port of [database] url"),
    ("No such file", "start PostgreSQL, or correct the socket's folder in [database] url"),
    ("not known", "correct the host of [database] url"),
    ("resolve host", "correct the host of [database] url"),
    ("unable to open", "correct the path of [database] url, or let the service's user write to its folder"),
    ("readonly", "let the service's user write to the database file and its folder"),
    ("disk is full", "make room"),
    ("malformed", "the file is damaged: pec-ingest restore, or pec-ingest rebuild"),
    ("not a database", "the file is no SQLite database, or damaged: correct the path, else pec-ingest restore"),
)


def for_mailbox(error: MailboxError, folders: Sequence[str] = ()) -> str:
    """What to do about a mailbox that does not open."""
    if isinstance(error, LoginRefused):
        return (
            "correct [mailbox] username and password: some providers give a login code that is not the address, and "
            "want IMAP switched on in their pages; try seldom: repeated tries lock the account"
        )
    if isinstance(error, FolderMissing):
        return f"correct [mailbox] folder; there are: {', '.join(folders[:20]) or 'none we may see'}"
    return f"[mailbox]: {_of(str(error), _LINE) or 'check host, port and ca_file'}"


def for_post(section: str, answer: Submission) -> str:
    """What to do about a submission server that does not let us in."""
    if answer.state is SubmissionState.LOGIN_REFUSED:
        return f"correct [{section}] username and password; they are usually the mailbox's own"
    return f"[{section}]: {_of(answer.detail, _LINE) or 'check host, port, security and ca_file'}"


def for_database(error: BaseException) -> str:
    """What to do about a database that does not answer; never its parameters."""
    cause = getattr(error, "orig", None) or error
    said = next(iter(str(cause).strip().splitlines()), "")
    return f"{type(cause).__name__}; {_of(said, _DATABASE) or 'check [database] url and that the server runs'}"


def _of(said: str, table: Sequence[tuple[str, str]]) -> str:
    return next((advice for words, advice in table if words.casefold() in said.casefold()), "")
