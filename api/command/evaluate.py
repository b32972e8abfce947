"""``safepassage evaluate``: how well the events of `detect` agree with what truly happened."""

import argparse
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from risk.matching import Spell, read_spells
from sea.errors import BadInputError, UnavailableError


def register(commands: Any) -> None:
    """Adds the command to the sub-parsers."""
    parser = commands.add_parser(
        "evaluate",
        help="precision, recall, F1 and latency by kind",
        description="Compares events with truth, one to one by kind, vessels and time. Intervals "
        "are 95%, by resampling vessels. Latency runs from when the definition was met, and "
        "(seen) from when reports first showed that.",
    )
    parser.add_argument("--events", metavar="F", type=Path, required=True)
    parser.add_argument("--truth", metavar="F", type=Path, required=True)
    parser.add_argument("--thinned", metavar="F", type=Path,
                        help="events found in the same traffic with reports left out")  # fmt: skip
    parser.add_argument("--vessel-hours", metavar="H", type=float,
                        help="watched, for the alerts in 1,000 of them")  # fmt: skip
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="of the resampling")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Evaluates the files of the parsed arguments."""
    from risk.evaluation import alerts_per_1000_vessel_hours, evaluate  # compiles kernels

    if args.vessel_hours is not None and not args.vessel_hours > 0:
        raise BadInputError("--vessel-hours must be above 0", field="--vessel-hours")
    events, truths = _spells(args.events), _spells(args.truth)
    rows = [asdict(score) for score in evaluate(events, truths, seed=args.seed)]
    if args.thinned:
        left = {s.kind: s.recall for s in evaluate(_spells(args.thinned), truths, seed=args.seed)}
        rows = [row | {"thinned_recall": left[row["kind"]]} for row in rows]
    judged = {row["kind"] for row in rows}
    others = Counter(event.kind for event in events if event.kind not in judged)
    alerts = args.vessel_hours and alerts_per_1000_vessel_hours(events, args.vessel_hours)
    if args.json:
        document = {"kinds": rows, "without_truth": dict(others),
                    "alerts_per_1000_vessel_hours": alerts}  # fmt: skip
        sys.stdout.write(msgspec.json.encode(document, order="sorted").decode() + "\n")
        return 0
    sys.stdout.write(_table(rows))
    if others:
        sys.stdout.write("without truth: " + " ".join(f"{k}={n}" for k, n in others.items()) + "\n")
    if alerts is not None:
        sys.stdout.write(f"alerts per 1,000 vessel-hours: {alerts:.2f}\n")
    return 0


def _table(scores: list[dict[str, Any]]) -> str:
    head = ["kind", "right", "wrong", "lured", "missed", "excused", "precision", "recall", "F1",
            "p50 min", "p90 min", "p90 seen", "midnight", "daytime"]  # fmt: skip
    thinned = any("thinned_recall" in score for score in scores)
    rows = [[*head, "thinned"] if thinned else head]
    for score in scores:
        counts = (str(score[n]) for n in ("right", "wrong", "lured", "missed", "excused"))
        rates = (_rate(score, name) for name in ("precision", "recall", "f1"))
        late = (_minutes(score[n]) for n in ("latency_p50_s", "latency_p90_s", "seen_p90_s"))
        recalls = [_share(score[name]) for name in ("midnight_recall", "daytime_recall")]
        if thinned:
            recalls.append(_share(score["thinned_recall"]))
        rows.append([score["kind"], *counts, *rates, *late, *recalls])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows)
    return "".join(line.rstrip() + "\n" for line in lines)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _rate(score: dict[str, Any], name: str) -> str:
    value, interval = score[name], score[f"{name}_interval"]
    if value is None or interval is None:
        return "-"
    return f"{value:.3f} ({interval[0]:.2f}-{interval[1]:.2f})"


def _minutes(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds / 60:.1f}"


def _spells(path: Path) -> list[Spell]:
    return read_spells(_lines(path), file=str(path))


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().splitlines()
    except OSError as error:
        raise UnavailableError(f"cannot read {path}: {error.strerror}") from error
