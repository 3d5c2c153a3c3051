"""Coverage-guided fuzzing: `python -m tests.fuzz TARGET --seconds 300 --corpus DIR` (needs the package atheris).

A finding is written to the current folder; put it into tests/fuzz/regressions/<target>/ with its fix.
"""

import argparse
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ingest"]):
    from tests.fuzz.targets import TARGETS, seeds


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=list(TARGETS))
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--corpus", type=Path, required=True)
    args = parser.parse_args()
    args.corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(args.target)):
        (args.corpus / f"seed-{number}").write_bytes(seed)
    options = [f"-max_total_time={args.seconds}", "-timeout=20", "-rss_limit_mb=3000", "-max_len=300000"]
    atheris.Setup([sys.argv[0], str(args.corpus), *options, f"-artifact_prefix={args.target}-"], TARGETS[args.target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
