"""A real IMAP server for tests: Debian's Dovecot, unprivileged, TLS, on a free port of this machine."""

import grp
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.servers.account import as_server_user, free_port, hand_over, program, server_user
from tests.servers.certificate import write_certificate

_BASE = "IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE LITERAL+ UNSELECT CHILDREN NAMESPACE ESEARCH CONDSTORE QRESYNC"

_CONFIGURATION = """
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 0
first_valid_gid = 0
protocols = imap
listen = 127.0.0.1
mail_location = maildir:{dir}/mail/%u
mail_plugins = quota
ssl = required
ssl_cert = <{dir}/certificate.pem
ssl_key = <{dir}/key.pem
disable_plaintext_auth = yes
auth_failure_delay = 0
maildir_stat_dirs = yes
mail_fsync = never
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  process_min_avail = 1
  service_count = 0
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service stats {{
  chroot =
}}
protocol imap {{
  mail_plugins = quota imap_quota
  mail_max_userip_connections = 100
{capability}
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={dir}/mail/%u
}}
namespace inbox {{
  inbox = yes
  prefix = {prefix}
  separator = {separator}
}}
plugin {{
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:storage={quota_mb}M
}}
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """The running server; `certificate` is also the authority to trust."""

    host: str
    port: int
    certificate: Path
    dir: Path
    password: str = "parola-di-prova"
    _delivered: Iterator[int] = field(default_factory=lambda: count(1))

    def new_user(self) -> str:
        """An account of its own for one test; every name has the one password."""
        return f"utente{next(self._delivered)}@pec.example"

    def deliver(self, user: str, *messages: bytes, seen: bool = False) -> None:
        """Put messages into the user's inbox as a delivery agent would, the fastest way."""
        box = self.dir / "mail" / user
        made = not box.exists()
        for folder in ("cur", "new", "tmp"):
            (box / folder).mkdir(parents=True, exist_ok=True)
        if made:
            hand_over(box)
        for raw in messages:
            name = f"{1_790_000_000 + next(self._delivered)}.M1P1.prova"
            path = box / "cur" / f"{name}:2,S" if seen else box / "new" / name
            path.write_bytes(raw)
            hand_over(path)


@contextmanager
def running_dovecot(*, without: tuple[str, ...] = (), prefix: str = "", quota_mb: int = 500) -> Iterator[Dovecot]:
    """A server that does not tell of the capabilities in `without` (of IDLE, MOVE, UIDPLUS, QUOTA)."""
    binary = program("dovecot")
    folder = Path(tempfile.mkdtemp(prefix="dc-", dir="/tmp"))  # short: sockets have 108 characters for their path
    try:
        server = Dovecot("localhost", free_port(), folder / "certificate.pem", folder)
        _configure(server, without, prefix, quota_mb)
        process = subprocess.Popen(
            as_server_user(binary, "-F", "-c", str(folder / "dovecot.conf")),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _await_port(server, process)
            yield server
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(1)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _configure(server: Dovecot, without: tuple[str, ...], prefix: str, quota_mb: int) -> None:
    folder, user = server.dir, server_user()
    write_certificate(folder)
    for name in ("run", "state", "mail"):
        (folder / name).mkdir()
    told = [name for name in ("IDLE", "MOVE", "UIDPLUS", "QUOTA") if name not in without]
    text = _CONFIGURATION.format(
        dir=folder,
        user=user.pw_name,
        group=grp.getgrgid(user.pw_gid).gr_name,
        uid=user.pw_uid,
        gid=user.pw_gid,
        port=server.port,
        password=server.password,
        prefix=prefix,
        separator="." if prefix else "/",
        quota_mb=quota_mb,
        capability=f"  imap_capability = {_BASE} {' '.join(told)}" if without else "",
    )
    (folder / "dovecot.conf").write_text(text, encoding="utf-8")
    hand_over(folder)


def _await_port(server: Dovecot, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", server.port), timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
                continue
        break
    log = server.dir / "log"
    said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else "no log"
    raise RuntimeError(f"dovecot did not start: {said}")
