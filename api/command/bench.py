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
    score = parts.add_parser(
        "score",
        help="both scores of many ships after a tick, with their reasons",
        description="Scores the ships of the exercise `world`, a fifth of them with synthetic "
        "events, moves them on by five minutes and scores them again. CPU time of one core.",
    )
    score.add_argument("--vessels", metavar="N", type=int, default=50_000, help="default: 50000")
    score.add_argument("--rounds", metavar="N", type=int, default=5, help="ticks; default: 5")
    score.set_defaults(run=run_score)
    detectors = parts.add_parser(
        "detectors",
        help="the detectors, each and all together, on one core",
        description="Drives the engine with the exercise `world` and judges CPU time a report.",
    )
    detectors.add_argument(
        "--vessels", metavar="N,N,…", type=_counts, default=(10_000, 50_000, 300_000),
        help="default: 10000,50000,300000",
    )  # fmt: skip
    detectors.add_argument(
        "--reports", metavar="N", type=int, default=500_000, help="at least; default: 500000"
    )
    detectors.set_defaults(run=run_detectors)
    report = parts.add_parser(
        "report",
        help="from an incident report to the scores of all ships it concerns",
        description="Tells of one report after the other in a sea of synthetic passages.",
    )
    report.add_argument("--ships", metavar="N", type=int, default=50_000, help="default 50000")
    report.add_argument("--known", metavar="N", type=int, default=300,
                        help="incidents known before, default 300")  # fmt: skip
    report.add_argument("--rounds", metavar="N", type=int, default=21, help="default 21")
    report.set_defaults(run=run_report)
    alerts = parts.add_parser(
        "alerts",
        help="from the report that decides an alert to its delivery",
        description="Plays the exercise `world` at a pace through embedded servers, watch, outbox "
        "and a webhook that checks signatures.",
    )
    alerts.add_argument("--vessels", metavar="N", type=int, default=20_000, help="default: 20000")
    alerts.add_argument(
        "--reports-per-s", metavar="N", type=int, default=5_000, help="default: 5000"
    )
    alerts.add_argument("--seconds", metavar="S", type=float, default=60.0, help="default: 60")
    alerts.set_defaults(run=run_alerts)
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


def run_score(args: argparse.Namespace) -> int:
    """Prints CPU seconds of the scores and of the assessments that are news."""
    from api.bench_score import measure

    made = measure(args.vessels, args.rounds)
    print(f"{made.ships:,} ships, {made.merchants_under_way:,} of them merchants under way; "
          f"{made.events:,} events (all synthetic)")  # fmt: skip
    print(f"the first time, with ways to ports not sought before   {made.first_s:8.3f} s")
    print(
        f"after a tick, reasons as columns, median of {args.rounds:<3}        {made.score_s:8.3f} s"
    )
    print(f"sentences of the {made.news} that are news, as documents {made.told_s:12.3f} s")
    return 0


def run_report(args: argparse.Namespace) -> int:
    """Prints how long one report takes; 1 where one takes longer than the target."""
    from api.bench_report import TARGET_MS, measure
    from api.service import spare_what_is_loaded

    spare_what_is_loaded()
    run = measure(args.ships, args.known, args.rounds)
    print(f"{run.ships:,} ships, {run.known:,} incidents known, {run.audiences} audiences, "
          f"{args.rounds} reports; synthetic")  # fmt: skip
    concerned = [float(n) for n in run.concerned]
    measured = {"field, ms": run.field_ms, "field and ships, ms": run.all_ms,
                "CPU of it, ms": run.cpu_ms, "ships concerned": concerned}  # fmt: skip
    for title, values in measured.items():
        ordered = sorted(values)
        print(f"{title:24}median {ordered[len(ordered) // 2]:9.1f}   most {ordered[-1]:9.1f}")
    print(f"CPU of each below {TARGET_MS:g} ms: {'met' if run.met else 'missed'}")
    return 0 if run.met else 1


def run_alerts(args: argparse.Namespace) -> int:
    """Prints how long alerts took; 1 where one was lost or the 99th percentile misses."""
    import asyncio

    from api.bench_alerts import TARGET_S, measure
    from api.warm import warm

    warm()
    run = asyncio.run(measure(args.vessels, args.reports_per_s, args.seconds))
    for name, value in run.document().items():
        print(f"{name:24}{value:>12,}")
    for rule, seconds in run.by_rule().items():
        print(f"  {rule:22}{len(seconds):>6}{sorted(seconds)[len(seconds) // 2]:10.3f} s, median")
    return 0 if run.lost == 0 and run.quantile(0.99) < TARGET_S else 1


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


def run_detectors(args: argparse.Namespace) -> int:
    """Prints reports a second of each detector and of all, and the verdicts; 1 where one fails."""
    from api.bench_detectors import measure, report
    from api.warm import warm

    warm()
    text, met = report([measure(vessels, args.reports) for vessels in args.vessels])
    print(text, end="")
    return 0 if met else 1


def run_escort(args: argparse.Namespace) -> int:
    """Prints a line a plan; 1 where a target is missed."""
    from api.bench_escort import CASES, measured
    from api.warm import warm
    from sea.errors import BadInputError

    warm()
    met = True
    names = args.cases.split(",") if args.cases else [*CASES]
    if unknown := sorted({*names} - {*CASES}):
        raise BadInputError(
            f"no case {', '.join(unknown)}", field="--cases", mend=f"there is {', '.join(CASES)}"
        )
    for name in names:
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
