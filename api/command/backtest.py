"""``safepassage backtest``: the hazard field against simpler maps, year by year."""

import argparse
import sys
from typing import Any

from api.command.hazard import REGION, read_bbox, read_reports

_HEADS = ("incidents", "hit 1%", "hit 5%", "log score", "expected")


def register(commands: Any) -> None:
    """Adds the command's parser."""
    parser = commands.add_parser(
        "backtest",
        help="the hazard field against incidents it has not seen",
        description="Fits the hazard field, a kernel density and last year's map to the incidents "
        "before each year, and says how well each told that year: the share of its incidents in "
        "the 1% and 5% of sea held worst, and the mean log density there, per nm2.",
    )
    parser.add_argument("--incidents", metavar="F", required=True, help="CSV of incidents")
    parser.add_argument("--years", metavar="FIRST-LAST", type=_years, default=(1998, 2018),
                        help="years to tell (default: 1998-2018)")  # fmt: skip
    parser.add_argument("--bbox", metavar="W,S,E,N", help="in degrees (default: the Americas)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints a table of every map, all years together and each; 0."""
    import numpy as np

    from risk.backtest import backtest, field_map, kernel_map, last_year_map, sea_of

    incidents = read_reports(args.incidents)
    sea = sea_of(incidents, read_bbox(args.bbox) if args.bbox else REGION)
    maps = {"field": field_map(), "kernel": kernel_map, "last year": last_year_map}
    years = range(args.years[0], args.years[1] + 1)
    found = [score for score, _ in backtest(incidents, years, sea, maps, _tell)]
    print(f"{'':16}" + "".join(f"{head:>12}" for head in _HEADS))
    for model in maps:
        scores = [score for score in found if score.model == model]
        weight = np.array([score.incidents for score in scores])
        rows = np.array([[*s.hits, s.log_score] for s in scores])
        pooled = (rows * weight[:, None]).sum(axis=0) / weight.sum()
        told = sum(s.expected or 0.0 for s in scores) if model == "field" else float("nan")
        one, five, log = pooled.tolist()
        _row(f"all  {model}", int(weight.sum()), one, five, log, told)
        for score in scores:
            (one, five), log = score.hits, score.log_score
            expected = score.expected or 0.0 if model == "field" else float("nan")
            _row(f"{score.year} {model}", score.incidents, one, five, log, expected)
    return 0


def _row(name: str, incidents: int, one: float, five: float, log: float, told: float) -> None:
    print(f"{name:16}{incidents:>12}{one:>12.3f}{five:>12.3f}{log:>12.2f}{told:>12.1f}")


def _tell(year: int) -> None:
    if sys.stderr.isatty():
        print(f"telling {year} …", file=sys.stderr)


def _years(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    try:
        years = int(first), int(last or first)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not years: {text!r}; write 1998-2018") from error
    if not 1900 <= years[0] <= years[1] <= 2200:
        raise argparse.ArgumentTypeError(f"not years in order: {text!r}")
    return years
