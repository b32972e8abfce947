"""``safepassage train``: labelled boardings to a challenger, judged against the table."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from sea.errors import BadInputError, UnavailableError

if TYPE_CHECKING:
    from risk.challenger import Challenger


def register(commands: Any) -> None:
    """Adds the command's parser."""
    parser = commands.add_parser(
        "train",
        help="a challenger from labelled boardings",
        description="Trains a monotone additive model on what boardings found, calibrates it "
        "where the labels suffice, and compares it with the table on the latest labels, which it "
        "has not seen. Nothing is adopted: see safepassage adopt.",
    )
    parser.add_argument("labels", metavar="LABELS.csv", type=Path,
                        help="mmsi, at, outcome, synthetic, priority, S1 to S12")  # fmt: skip
    parser.add_argument("--assessments", metavar="F", type=Path,
                        help="of safepassage detect: where indicators are taken from")  # fmt: skip
    parser.add_argument("--out", metavar="MODEL", type=Path, default=Path("challenger.json"),
                        help="the model (default: challenger.json)")  # fmt: skip
    parser.add_argument("--report", metavar="F.html", type=Path, help="the comparison with plots")
    parser.add_argument("--seed", type=int, default=0)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Trains and writes; 0."""
    from api.challenger_report import report
    from risk.challenger import challenger_document
    from risk.labels import read_labels
    from risk.training import train

    assessments = _assessments(args.assessments) if args.assessments else []
    labels = read_labels(_read(args.labels), assessments)
    model = train(labels, args.seed)
    _write(args.out, challenger_document(model))
    if args.report:
        _write(args.report, report(model).encode())
    for line in summary(model):
        print(line)
    return 0


def summary(model: "Challenger") -> list[str]:
    """The outcome in a few lines."""
    from risk.challenger import ABOUT, EXERCISE

    told = model.evaluation
    lines = [
        f"{model.name}: {model.rows} labels, {told['trained_on']} trained on, the latest "
        f"{told['held_out']} held out ({told['finds']} finds, {told['vessels']} vessels)"
    ]
    if model.exercise:
        lines.append(f"SYNTHETIC: {EXERCISE} ({model.synthetic_rows} of {model.rows} labels)")
    lines.append(f"calibration: {model.calibration.why}")
    for name in ("challenger", "table", "difference"):
        if name in told:
            row = told[name]
            lines.append(f"{name:<11} AUC {row['auc']:.3f}  90% {row['low']:.3f} to "
                         f"{row['high']:.3f}")  # fmt: skip
    lines.append(f"verdict: {told['verdict']}")
    for row in told["alerts"]:
        one, other = row["challenger"], row["table"]
        lines.append(
            f"alerts {row['flag']:<8}{row['rows']:>6} ships  challenger {one['rate']:.3f} "
            f"({one['low']:.3f} to {one['high']:.3f})  table {other['rate']:.3f} "
            f"({other['low']:.3f} to {other['high']:.3f})  finds {row['found']:.3f}"
        )
    what = "log odds" if model.calibration.method == "none" else "the probability"
    return [*lines, f"It tells {what} {ABOUT}."]


def _assessments(path: Path) -> list[dict[str, Any]]:
    try:
        return [msgspec.json.decode(line) for line in _read(path).splitlines() if line]
    except msgspec.DecodeError as error:
        raise BadInputError(f"{path} is not JSON lines: {error}", field="assessments") from None


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise UnavailableError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path} is not UTF-8", field="labels") from error


def _write(path: Path, body: bytes) -> None:
    try:
        path.write_bytes(body)
    except OSError as error:
        raise UnavailableError(f"cannot write {path}: {error.strerror}") from error
    print(f"wrote {path}", file=sys.stderr)
