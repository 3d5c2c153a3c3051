"""The fetch stage against mbsync (isync) on the same server."""

import shutil
import subprocess
import time
from pathlib import Path

from bench import house
from bench.table import print_table
from ingest.rounds import RoundReport, collect
from tests.servers.dovecot import Dovecot


def fetching(*, quick: bool) -> None:
    """Messages of 200 KB: fetched, hashed, fsynced, entered in the ledger; baseline mbsync into a maildir."""
    count = 100 if quick else 10_000
    mbsync = shutil.which("mbsync")
    with house.world() as (server, folder):
        user = server.new_user()
        *_, sample = house.messages(2, padding=136_000)  # the second is small by itself
        server.deliver(user, *(b"X-Number: %d\r\n" % number + sample for number in range(count)))
        made = house.service(server, user, folder)
        started = time.perf_counter()
        collect(made, RoundReport())
        ours = time.perf_counter() - started
        made.close()
        theirs = _mbsync(mbsync, server, user, folder / "mbsync") if mbsync else None
    rows: list[tuple[object, ...]] = [("fetch, store, ledger", ours, count / ours, ours / theirs if theirs else "")]
    rows.append(
        ("mbsync (baseline)", theirs, count / theirs, 1.0) if theirs else ("mbsync is not installed", "", "", "")
    )
    print(f"{count} messages of {len(sample) / 1000:.0f} KB\n")
    print_table(("what", "seconds", "messages a second", "of mbsync"), rows)


def _mbsync(program: str, server: Dovecot, user: str, folder: Path) -> float:
    folder.mkdir()
    configuration = folder / "mbsyncrc"
    configuration.write_text(
        f"IMAPStore far\nHost {server.host}\nPort {server.port}\nUser {user}\nPass {server.password}\n"
        f"SSLType IMAPS\nCertificateFile {server.certificate}\n\n"
        f"MaildirStore near\nInbox {folder}/INBOX\nPath {folder}/\n\n"
        "Channel all\nFar :far:\nNear :near:\nPatterns INBOX\nCreate Near\nSync Pull\nSyncState *\n"
    )
    started = time.perf_counter()
    subprocess.run([program, "-q", "-c", str(configuration), "all"], check=True)
    return time.perf_counter() - started
