"""``safepassage bench``: how fast the parts are, against their peers."""

import argparse
from pathlib import Path
from typing import Any, Final


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
    ingest = parts.add_parser(
        "ingest",
        help="the whole way in: gateway, log, PostgreSQL, picture, detectors",
        description="Plays the exercise `world` through embedded servers in a temporary folder.",
    )
    ingest.add_argument(
        "--vessels", metavar="N,N,…", type=_counts, default=(10_000, 100_000, 300_000),
        help="default: 10000,100000,300000",
    )  # fmt: skip
    ingest.add_argument(
        "--reports", metavar="N", type=int, default=1_000_000, help="at least; default: 1000000"
    )
    ingest.add_argument("--json", action="store_true", help="a JSON document a line")
    ingest.set_defaults(run=run_ingest)
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
    escort = parts.add_parser(
        "escort",
        help="plans of escorts: proven gap, seconds, and what the plain ways come to",
        description="Plans exercise scenarios with seeds from --base-seed on, by CPU time, and "
        "each anew after 5% of its requests changed.",
    )
    escort.add_argument("--base-seed", metavar="S", type=int, default=0, help="default 0")
    escort.add_argument("--seeds", metavar="N", type=int, default=10, help="a size, default 10")
    escort.add_argument("--cases", metavar="NAME,…", help="40x300,100x1000,dense,200x2000")
    escort.set_defaults(run=run_escort)


def _counts(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def run_ingest(args: argparse.Namespace) -> int:
    """Prints reports a second, CPU by stage and memory for each number of vessels."""
    import asyncio

    import msgspec

    from api.bench_ingest import measure
    from api.warm import warm

    warm()
    runs = []
    for vessels in args.vessels:
        run = asyncio.run(measure(vessels, args.reports)).document()
        runs.append(run)
        if args.json:
            print(msgspec.json.encode(run).decode(), flush=True)
    if not args.json:
        _print_ingest(runs)
    return 0


_ROWS: Final = (
    ("reports", "reports"), ("static data among them", "statics"), ("elapsed, s", "wall_s"),
    ("reports/s", "reports_per_s"), ("CPU of all processes, s", "cpu_s"),
    ("CPU, us a report", "cpu_us_per_report"), ("most memory of the service, MiB", "rss_mib"),
    ("and of its servers, MiB", "servers_rss_mib"),
)  # fmt: skip


def _print_ingest(runs: list[dict[str, Any]]) -> None:
    def row(title: str, cells: list[str]) -> None:
        print(f"{title:34}" + "".join(f"{cell:>14}" for cell in cells))

    row("vessels", [f"{run['vessels']:,}" for run in runs])
    for title, name in _ROWS:
        row(title, [f"{run[name]:,}" for run in runs])
    first = runs[0]["cpu_us_per_report"]
    row("CPU a report, the first being 1", [f"{r['cpu_us_per_report'] / first:.2f}" for r in runs])
    print("\nCPU by stage, us a report")
    stages = [run["stages_cpu_us_per_report"] for run in runs]
    for name in dict.fromkeys(name for stage in stages for name in stage):
        row(name, [f"{stage.get(name, 0.0):.2f}" for stage in stages])


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


def run_escort(args: argparse.Namespace) -> int:
    """Prints a line a plan; 1 where a target is missed."""
    from api.bench_escort import CASES, measured
    from api.warm import warm

    warm()
    met = True
    for name in args.cases.split(",") if args.cases else CASES:
        case = CASES[name]
        print(f"{name}, {case.seconds:g} s of CPU, 1 s for the plan anew", flush=True)
        print(f"{'seed':>6}{'CPU s':>8}{'wall s':>8}{'objective':>12}{'gap':>9}{'x prio':>8}"
              f"{'x near':>8}{'anew, s':>9}{'of bound':>10}{'changed':>9}")  # fmt: skip
        for seed in range(args.base_seed, args.base_seed + args.seeds):
            run = measured(case, seed)
            gap = "none" if run.gap is None else f"{run.gap:.3%}"
            again = "none" if run.replan_of_bound is None else f"{run.replan_of_bound:.2%}"
            print(f"{seed:6}{run.cpu_s:8.2f}{run.wall_s:8.2f}{run.objective:12.5f}{gap:>9}"
                  f"{run.over_priority:8.3f}{run.over_nearest:8.3f}{run.replan_cpu_s:9.2f}"
                  f"{again:>10}{run.replan_changed:9.1%}"
                  f"{'' if run.meets(case) else '  missed'}", flush=True)  # fmt: skip
            met = met and run.meets(case)
    return 0 if met else 1
