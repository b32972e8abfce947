"""``safepassage backtest``: the hazard field against simpler maps, year by year."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from api.command.hazard import REGION, read_bbox, read_reports
from sea.errors import UnavailableError

if TYPE_CHECKING:
    from risk.backtest import Score
    from risk.incident import Incident

_HEADS = ("incidents", "hit 1%", "hit 5%", "log score", "expected")
COUNTING = ("field", "tuned")
"""Maps that tell how many; the others tell only where."""

CURVE = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.007, 0.01, 0.015, 0.02, 0.03, 0.05, 0.07, 0.1, 0.2)
"""Shares of the sea at which the curve of hit rates is drawn."""

BUSY = 0.25
"""Least incidents a year of a cell of which a 90% interval says more than none or one."""


def register(commands: Any) -> None:
    """Adds the command's parser."""
    parser = commands.add_parser(
        "backtest",
        help="the hazard field against incidents it has not seen",
        description="Fits the hazard field, the field with the width that told earlier years best "
        "(tuned), a kernel density and last year's map to the incidents before each year, and says "
        "how well each told that year: the share of its incidents in the 1% and 5% of sea held "
        "worst, and the mean log density there, per nm2.",
    )
    parser.add_argument("--incidents", metavar="F", required=True, help="CSV of incidents")
    parser.add_argument("--years", metavar="FIRST-LAST", type=_years, default=(1998, 2018),
                        help="years to tell (default: 1998-2018)")  # fmt: skip
    parser.add_argument("--bbox", metavar="W,S,E,N", help="in degrees (default: the Americas)")
    parser.add_argument("--json", metavar="F", type=Path,
                        help="all figures, with predicted against reported counts")  # fmt: skip
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints a table of every map, all years together and each; 0."""
    from risk import backtest

    incidents = read_reports(args.incidents)
    sea = backtest.sea_of(incidents, read_bbox(args.bbox) if args.bbox else REGION)
    years = range(args.years[0], args.years[1] + 1)
    maps = {"field": backtest.field_map(), "tuned": backtest.tuned_map(),
            "kernel": backtest.kernel_map, "last year": backtest.last_year_map}  # fmt: skip
    curves: dict[str, list[tuple[float, ...]]] = {model: [] for model in maps}
    found = []
    for score, told in backtest.backtest(incidents, years, sea, maps, _tell):
        found.append(score)
        if args.json:
            rows = np.repeat(np.arange(len(told)), backtest.reported(incidents, score.year, sea))
            curves[score.model].append(backtest.hit_rates(told, rows, sea, CURVE))
    pooled = {model: _pooled([s for s in found if s.model == model]) for model in maps}
    _print(found, pooled)
    if args.json:
        document = {
            "incidents": len(incidents), "years": list(args.years), "bbox": args.bbox or REGION,
            "pooled": pooled,
            "scores": [{**_figures(s), "year": s.year, "model": s.model} for s in found],
            "curve": {"area": CURVE, **{m: _curve(curves[m], found, m) for m in maps}},
            **_reliability(incidents, sorted({s.year for s in found}), sea),
        }  # fmt: skip
        try:
            args.json.write_text(json.dumps(_rounded(document), indent=1) + "\n")
        except OSError as error:
            raise UnavailableError(f"cannot write {args.json}: {error.strerror}") from error
    return 0


def _figures(score: "Score") -> dict[str, Any]:
    one, five = score.hits
    return {"incidents": score.incidents, "hit_1": one, "hit_5": five,
            "log_score": score.log_score, "expected": score.expected}  # fmt: skip


def _pooled(scores: "Sequence[Score]") -> dict[str, Any]:
    """All years together, each incident counting alike."""
    weight = np.array([s.incidents for s in scores])
    rows = np.array([[*s.hits, s.log_score] for s in scores])
    one, five, log = ((rows * weight[:, None]).sum(axis=0) / weight.sum()).tolist()
    expected = sum(s.expected or 0.0 for s in scores)
    return {"incidents": int(weight.sum()), "hit_1": one, "hit_5": five, "log_score": log,
            "expected": expected}  # fmt: skip


def _curve(rates: "Sequence[tuple[float, ...]]", found: "Sequence[Score]", model: str) -> Any:
    weights = [s.incidents for s in found if s.model == model]
    return np.average(np.array(rates), axis=0, weights=weights).tolist()


def _reliability(
    incidents: "Sequence[Incident]", years: "Sequence[int]", sea: Any
) -> dict[str, Any]:
    """Predicted against reported: cells grouped by what the field told, and each whole year."""
    from dataclasses import asdict

    from risk.backtest import before, posterior, reported
    from risk.reliability import groups, inside_share, poisson_interval

    shapes, means, counts = [], [], []
    for year in years:
        past, begin = before(incidents, year)
        shape, mean = posterior(past, begin, sea)
        shapes.append(shape)
        means.append(mean)
        counts.append(reported(incidents, year, sea))
    shape, mean, count = np.concatenate(shapes), np.concatenate(means), np.concatenate(counts)
    busy = mean >= BUSY
    inside, due = inside_share(shape[busy], mean[busy], count[busy])
    return {
        "groups": [asdict(group) for group in groups(mean, count)],
        "years_told": [
            {"year": year, "told": float(m.sum()), "reported": int(c.sum()),
             "interval": poisson_interval(int(c.sum()))}
            for year, m, c in zip(years, means, counts, strict=True)
        ],
        "busy": {"least_told": BUSY, "cells": int(busy.sum()), "inside": inside, "due": due},
    }  # fmt: skip


def _rounded(value: Any) -> Any:
    """The document with floats of six digits, so that machines agree on it."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, Mapping):
        return {name: _rounded(v) for name, v in value.items()}
    return [_rounded(v) for v in value] if isinstance(value, list | tuple) else value


def _print(found: "Sequence[Score]", pooled: Mapping[str, Mapping[str, Any]]) -> None:
    print(f"{'':16}" + "".join(f"{head:>12}" for head in _HEADS))
    for model, all_years in pooled.items():
        _row(f"all  {model}", model, all_years)
        for score in found:
            if score.model == model:
                _row(f"{score.year} {model}", model, _figures(score))


def _row(name: str, model: str, row: Mapping[str, Any]) -> None:
    told = row["expected"] if model in COUNTING else float("nan")
    print(f"{name:16}{row['incidents']:>12}{row['hit_1']:>12.3f}{row['hit_5']:>12.3f}"
          f"{row['log_score']:>12.2f}{told:>12.1f}")  # fmt: skip


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
