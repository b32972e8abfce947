"""``safepassage evaluate``: how well the events of `detect` agree with what truly happened."""

import argparse
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from sea.errors import UnavailableError


def register(commands: Any) -> None:
    """Adds the command to the sub-parsers."""
    parser = commands.add_parser(
        "evaluate",
        help="precision, recall, F1 and latency by kind",
        description="Compares events with truth, one to one by kind, vessels and time. Intervals "
        "are 95%, by resampling vessels; latency runs from when the definition was met.",
    )
    parser.add_argument("--events", metavar="F", type=Path, required=True)
    parser.add_argument("--truth", metavar="F", type=Path, required=True)
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="of the resampling")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Evaluates the files of the parsed arguments."""
    from risk.evaluation import evaluate, read_spells  # compiles kernels

    events = read_spells(_lines(args.events), file=str(args.events))
    scores = evaluate(events, read_spells(_lines(args.truth), file=str(args.truth)), seed=args.seed)
    judged = {score.kind for score in scores}
    others = Counter(event.kind for event in events if event.kind not in judged)
    if args.json:
        document = {"kinds": [asdict(score) for score in scores], "without_truth": dict(others)}
        sys.stdout.write(msgspec.json.encode(document, order="sorted").decode() + "\n")
        return 0
    sys.stdout.write(_table([asdict(score) for score in scores]))
    if others:
        sys.stdout.write("without truth: " + " ".join(f"{k}={n}" for k, n in others.items()) + "\n")
    return 0


def _table(scores: list[dict[str, Any]]) -> str:
    head = ("kind", "right", "wrong", "missed", "precision", "recall", "F1", "p50 min", "p90 min")
    rows = [head]
    for score in scores:
        rates = (_rate(score, name) for name in ("precision", "recall", "f1"))
        late = (_minutes(score[name]) for name in ("latency_p50_s", "latency_p90_s"))
        counts = (str(score[name]) for name in ("right", "wrong", "missed"))
        rows.append((score["kind"], *counts, *rates, *late))
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows)
    return "".join(line.rstrip() + "\n" for line in lines)


def _rate(score: dict[str, Any], name: str) -> str:
    value, interval = score[name], score[f"{name}_interval"]
    if value is None or interval is None:
        return "-"
    return f"{value:.3f} ({interval[0]:.2f}-{interval[1]:.2f})"


def _minutes(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds / 60:.1f}"


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().splitlines()
    except OSError as error:
        raise UnavailableError(f"cannot read {path}: {error.strerror}") from error
