"""Whom a test server runs as (ourselves, or `nobody` when the tests run as root, which servers refuse), and where."""

import os
import pwd
import shutil
import socket
from pathlib import Path

import pytest


def server_user() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def as_server_user(*command: str) -> list[str]:
    if os.geteuid() != 0:
        return list(command)
    user = server_user()
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", *command]


def hand_over(*paths: Path) -> None:
    """Give files and folders, with all they hold, to the server's user."""
    if os.geteuid() != 0:
        return
    user = server_user()
    for path in paths:
        for each in [path, *path.rglob("*")]:
            os.chown(each, user.pw_uid, user.pw_gid, follow_symlinks=False)


def program(name: str, *folders: Path) -> str:
    """The path of a server's program; without it the test is skipped, in continuous integration it fails."""
    search = os.pathsep.join([*map(str, folders), os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which(name, path=search)
    if found is None:
        reason = f"{name} is not installed on this machine (see README: tests)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def free_port() -> int:
    """A port of this machine that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
