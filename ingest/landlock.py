"""What a process can give up for good, without any right of its own (Landlock, Linux 5.13 and later).

Writing outside temporary folders; from Linux 6.7 on, TCP; from 6.12 on, signals to others. Who is so confined sees
no memory or environment of a process that is not, either: root's own powers, which would let it, go as well, but for
those over files. Reading files stays.
"""

import ctypes
import os
import struct
import tempfile

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # system calls, the same numbers on every architecture
_VERSION, _BENEATH = 1, 1
_SHARED = "/tmp"  # noqa: S108 - LibreOffice listens on a socket there, wherever temporary files are
_WRITE, _REFER, _TRUNCATE = 1 << 1, 1 << 13, 1 << 14
_MAKE_OR_REMOVE = 0b1_1111_1111 << 4  # of files, folders, links, sockets, pipes and devices
_TCP = 0b11  # bind and connect
_OTHERS = 0b11  # abstract sockets and signals
_CAPABILITIES = struct.pack("=Ii", 0x20080522, 0)  # their third version; of this process
_OVER_FILES = 0b110  # of root's powers: to read and write what belongs to the service's own user


def version() -> int:
    """The kernel's version of Landlock; 0 where there is none, or it is switched off or filtered."""
    return max(0, _call(_CREATE, None, ctypes.c_size_t(0), _VERSION))


def confine() -> bool:
    """Gives all of it up, for this process and every one it starts. False where the system does not let us."""
    if os.geteuid() == 0:
        ctypes.CDLL(None).capset(_CAPABILITIES, struct.pack("=6I", _OVER_FILES, _OVER_FILES, 0, 0, 0, 0))
    known = version()
    if not known:
        return False
    changing = _WRITE | _MAKE_OR_REMOVE | (_REFER if known >= 2 else 0) | (_TRUNCATE if known >= 3 else 0)
    attributes = struct.pack("=QQQ", changing, _TCP if known >= 4 else 0, _OTHERS if known >= 6 else 0)
    size = 24 if known >= 6 else 16 if known >= 4 else 8
    rules = _call(_CREATE, attributes[:size], ctypes.c_size_t(size), 0)
    if rules < 0:
        return False
    try:
        for folder in filter(os.path.isdir, (tempfile.gettempdir(), _SHARED)):
            _allow(rules, folder, changing)
        _allow(rules, os.devnull, changing & (_WRITE | _TRUNCATE))
        return _call(_RESTRICT, rules, 0) == 0
    finally:
        os.close(rules)


def _allow(rules: int, path: str, access: int) -> None:
    beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        _call(_ADD, rules, _BENEATH, struct.pack("=Qi", access, beneath), 0)
    finally:
        os.close(beneath)


def _call(number: int, *arguments: object) -> int:
    return int(ctypes.CDLL(None, use_errno=True).syscall(number, *arguments))
