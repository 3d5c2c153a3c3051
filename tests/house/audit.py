"""Known holes of the locked libraries, asked of the advisory service: `python -m tests.house.audit`.

Exit 1 only when a hole is known. Where the service cannot be asked, it says so and how many were not asked about: a
machine without a network, or with a mirror that serves no advisories, must not look like a clean bill.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")
LONGEST = 300  # seconds


def main() -> int:
    """Prints what is known; 1 when a hole is."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        return said("not audited: uv is not installed")
    locks = [part for lock in LOCKS for part in ("--requirement", str(ROOT / lock))]
    command = [uv, "tool", "run", "pip-audit", "--disable-pip", "--require-hashes", "--format", "json", *locks]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False)
        told: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return said(f"not audited: no answer within {LONGEST} seconds")
    except (ValueError, KeyError):
        return said("not audited: pip-audit could not be fetched or could not reach its service")
    return report(told)


def report(told: list[dict[str, Any]]) -> int:
    """What the service told about each library; 1 when it knows a hole of one."""
    asked = [one for one in told if "vulns" in one]
    holes = [f"{one['name']} {one['version']}: {hole['id']}" for one in asked for hole in one["vulns"]]
    for hole in sorted(set(holes)):
        said(hole)
    if not asked:
        return said(f"not audited: the service knows none of the {len(told)} libraries, as a mirror without advisories")
    said(f"{len(asked)} libraries audited, {len(set(holes))} known holes, {len(told) - len(asked)} not asked about")
    return 1 if holes else 0


def said(line: str) -> int:
    """Prints a line; 0."""
    sys.stdout.write(f"{line}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
