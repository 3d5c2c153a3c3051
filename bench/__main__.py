"""Runs the named benchmarks, or all, and prints their tables (Markdown). Absolute times are of that machine."""

import argparse
import os
import platform

from bench import form, house, mailbox, ocr, pages, region, rounds

BENCHMARKS = {
    "round": rounds.whole_round,
    "workers": rounds.by_workers,
    "memory": rounds.large_message,
    "idle": rounds.idle_poll,
    "growth": rounds.growth,
    "fetch": mailbox.fetching,
    "form": form.reading,
    "ocr": ocr.reading,
    "flat": form.flat,
    "pages": pages.pages,
    "region": region.region,
    "million": region.million,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    parser.add_argument("--mailboxes", type=int, default=region.SIZE[0], metavar="N", help="of the region")
    parser.add_argument("--messages", type=int, default=region.SIZE[1], metavar="N", help="in each of them")
    parser.add_argument("--window", type=float, default=0.0, metavar="SECONDS", help="for each number of workers of it")
    args = parser.parse_args()
    region.SIZE, region.WINDOW = (args.mailboxes, args.messages), args.window
    house.quiet()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    for name in args.names or BENCHMARKS:
        print(f"## {name}\n")
        BENCHMARKS[name](quick=args.quick)
        print(flush=True)


if __name__ == "__main__":
    main()
