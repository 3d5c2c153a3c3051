"""The register built anew from its originals: is it the same, and how long does it take against the first ingestion?

    python -m bench.rebuild [MESSAGES]

Both judge every message with the same workers; the first one receives files, the second reads what is stored.
"""

import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import house
from bench.table import print_table
from ingest import ledger
from ingest.app import Service, build
from ingest.config import example_settings
from ingest.database import Database
from ingest.demo.facts import OFFICE
from ingest.demo.pki import authority
from ingest.rescue.carry import Carrier
from ingest.rescue.likeness import differences
from ingest.rescue.rebuild import arrived, rebuild
from ingest.rounds import RoundReport, judge_pending


def main() -> None:
    house.quiet()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with TemporaryDirectory(prefix="bench-") as folder:
        service = _service(Path(folder))
        began = time.perf_counter()
        for raw in house.messages(count):
            stored = service.store.keep(raw)
            ledger.enter(service.db, stored, None, ledger.Origin("imap", house.now()), house.now())
        made = time.perf_counter() - began  # composing the samples is not ingestion
        began = time.perf_counter()
        judge_pending(service, RoundReport())
        first = time.perf_counter() - began
        new = Database(f"sqlite:///{folder}/new.db")
        new.upgrade()
        began = time.perf_counter()
        carrier = Carrier(service.db, new, service.settings)
        rebuild(replace(service, db=new), arrived(service.store, service.db), carrier, iter)
        again = time.perf_counter() - began
        compared, found = differences(service.db, new)
        new.close()
        service.close()
    print(f"{count} messages (composed and stored in {made:.0f} s), {service.sandbox.workers} workers\n")
    rows = [("first: judge, record, queue letters", first, 1.0), ("rebuild", again, again / first)]
    print_table(("what", "seconds", "of the first"), rows)
    print(f"\ncompared {', '.join(f'{n} {name}' for name, n in compared.items())}: {len(found)} differences")
    for one in found[:20]:
        print(one.table, one.row, one.column)


def _service(folder: Path) -> Service:
    (folder / "authority.pem").write_bytes(authority().ca_pem)
    settings = example_settings(
        mailbox={"host": "imaps.example", "username": OFFICE, "address": OFFICE}, smtp={"host": ""},
        pec={"trust_anchors": [str(folder / "authority.pem")]},
        database={"url": f"sqlite:///{folder / 'register.db'}"}, storage={"path": str(folder / "originals")},
        answers={"daily_limit": 1_000_000},
    )  # fmt: skip
    made = build(settings)
    made.db.upgrade()
    return made


if __name__ == "__main__":
    main()
