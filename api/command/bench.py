"""``safepassage bench``: how fast the parts are, against their peers."""

import argparse
from pathlib import Path
from typing import Any


def register(commands: Any) -> None:
    """Adds the command to the sub-parsers."""
    parser = commands.add_parser(
        "bench",
        help="how fast the parts are, against their peers",
        description="Runs a part and its peers in turn and prints medians and ratios.",
    )
    parts = parser.add_subparsers(metavar="PART", required=True)
    decode = parts.add_parser(
        "decode",
        help="AIS sentences to columns, against pyais, libais and marlin-py",
        description="Decodes a file of NMEA held in memory at blocks of 4 KiB, 64 KiB and 1 MiB.",
    )
    decode.add_argument("--file", metavar="F", type=Path, help="default: a sample, or an exercise")
    decode.add_argument("--rounds", metavar="N", type=int, default=5, help="default: 5")
    decode.set_defaults(run=run_decode)
    behaviours = parts.add_parser(
        "behaviours",
        help="the detectors, on exercises with seeds of their own and on real files",
        description="Runs every scenario with seeds from --base-seed on, whole and thinned by "
        "half, plants woven into a real file and real files as they are, and judges the scores.",
    )
    behaviours.add_argument("--base-seed", metavar="S", type=int,
                            help="default: one kept for this alone")  # fmt: skip
    behaviours.add_argument(
        "--seeds", metavar="N", type=int, default=2, help="a scenario, default 2"
    )
    behaviours.add_argument("--hours", metavar="H", type=float, default=24.0, help="default 24")
    behaviours.add_argument("--vessels", metavar="N", type=int, default=300, help="default 300")
    behaviours.add_argument("--workers", metavar="N", type=int, default=2, help="default 2")
    behaviours.set_defaults(run=run_behaviours)


def run_decode(args: argparse.Namespace) -> int:
    """Prints sentences a second of the decoder and its peers, and how they compare."""
    from api.bench import feed, measure

    name, data = feed(args.file)
    lines = data.count(b"\n")
    print(f"{name}: {lines} lines, median of {args.rounds}")
    seconds = measure(data, args.rounds)
    peers = [peer for peer in ("pyais", "libais", "marlin-py") if peer in seconds]
    missing = {"libais", "marlin-py"} - seconds.keys()
    if missing:
        print(f"not installed, left out: {', '.join(sorted(missing))}")
    print(f"{'':28}{'lines/s':>12}" + "".join(f"{'x ' + peer:>12}" for peer in peers))
    for contender, taken in seconds.items():
        ratios = "".join(f"{seconds[peer] / taken:12.1f}" for peer in peers)
        print(f"{contender:28}{lines / taken:12,.0f}{ratios}")
    return 0


def run_behaviours(args: argparse.Namespace) -> int:
    """Prints a score a kind and the verdicts; 1 where a target is missed."""
    from api.bench_behaviours import BASE_SEED, measured
    from api.bench_verdict import report

    base_seed = BASE_SEED if args.base_seed is None else args.base_seed
    runs = measured(base_seed, seeds=args.seeds, hours=args.hours, vessels=args.vessels,
                    workers=args.workers)  # fmt: skip
    text, met = report(runs, base_seed)
    print(text, end="")
    return 0 if met else 1
