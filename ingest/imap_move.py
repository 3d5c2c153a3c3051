r"""Moving one message on an IMAP server, never losing it.

MOVE where the server has it; else COPY, and only once the server confirmed it \Deleted and UID EXPUNGE of that
one id. A plain EXPUNGE would also remove what others marked, so without UIDPLUS the message stays where it is.
"""

from typing import Any

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError


def move(client: Any, uid: int, target: str) -> bool:
    """True when the message no longer lies in the selected folder. Raises what imapclient raises."""
    if not (client.has_capability("MOVE") or client.has_capability("UIDPLUS")):
        return False
    if not _lies_here(client, uid):
        return True
    if not client.folder_exists(target):
        client.create_folder(target)
    if client.has_capability("MOVE"):
        client.move([uid], target)
        return not _lies_here(client, uid)
    client.copy([uid], target)
    if _lies_here(client, uid):  # then it did while it was copied: a uid never comes back
        client.add_flags([uid], [rb"\Deleted"], silent=True)
        client.uid_expunge([uid])
    return not _lies_here(client, uid)


def full_name(client: Any, folder: str) -> str:
    """The folder's name on this server: some keep everything below "INBOX." (RFC 2342)."""
    if folder.upper() == "INBOX" or not client.has_capability("NAMESPACE"):
        return folder
    try:
        personal = client.namespace().personal
    except IMAPClientAbortError:
        raise
    except IMAPClientError:
        return folder
    prefix: str = personal[0][0] if personal else ""
    return folder if folder.startswith(prefix) else prefix + folder


def _lies_here(client: Any, uid: int) -> bool:
    return uid in client.search(["UID", str(uid)])
