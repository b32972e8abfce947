"""``safepassage hazard``: incident reports or packaged figures -> the hazard field as cells."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sea.errors import BadInputError, UnavailableError
from sea.instants import iso_z, parse_utc

if TYPE_CHECKING:
    from risk.incident import Figures, Incident

REGION = (-130.0, -60.0, -30.0, 60.0)
"""Where the packaged figures are from."""


def register(commands: Any) -> None:
    """Adds the command's parser."""
    parser = commands.add_parser(
        "hazard",
        help="the hazard field as cells",
        description="Writes the hazard field, fitted to incident reports before a time or (without "
        "any) to the packaged figures, as one CSV row for each sea cell of a box.",
    )
    parser.add_argument("--incidents", metavar="F", help="CSV of incidents to fit to")
    parser.add_argument(
        "--exposure", metavar="FILE", type=Path,
        help="ship-hours that safepassage exposure wrote (default: assumed ones)",
    )  # fmt: skip
    parser.add_argument("--at", metavar="T", help="fit to what was before (default: all of F)")
    parser.add_argument(
        "--bbox", metavar="W,S,E,N", help="the box in degrees (default: the Americas)"
    )
    parser.add_argument("--out", metavar="CELLS.csv", required=True, help="- for stdout")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Fits and writes; 0."""
    from api.hazard import exposure_of
    from risk.hazard import HazardField
    from risk.hazard_map import cells_in
    from risk.incident import Activity

    bbox = read_bbox(args.bbox) if args.bbox else REGION
    figures = _figures(args.incidents, args.at) if args.incidents else None
    exposure = exposure_of(args.exposure)
    field = HazardField.fit(figures, exposure=exposure)
    cells = cells_in(field, bbox)
    rows = field.rows_of(np.array([int(cell, 16) for cell in cells["cell"]], np.uint64))
    for activity in Activity:
        cells[f"per_ship_hour_{activity.name.lower()}"] = field.mean[rows, activity]
    try:
        cells.to_csv(sys.stdout if args.out == "-" else args.out, index=False, float_format="%.9g")
    except OSError as error:
        raise UnavailableError(f"cannot write {args.out}: {error.strerror}") from error
    total = cells["incidents_per_year"].sum()
    print(f"cells={len(cells)} incidents_per_year={total:.3g} source={field.source}",
          file=sys.stderr)  # fmt: skip
    return 0


def read_bbox(text: str) -> tuple[float, float, float, float]:
    """West, south, east, north of ``w,s,e,n``.

    Raises:
        BadInputError: not four numbers.
    """
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise BadInputError(
            f"not a box: {text!r}", field="bbox", mend="write west,south,east,north in degrees"
        ) from error
    return west, south, east, north


def read_reports(path: str) -> "tuple[Incident, ...]":
    """The incidents of a CSV file in time order; says on stderr how many were rejected.

    Raises:
        BadInputError: no CSV, or no usable incident in it.
        UnavailableError: the file cannot be read.
    """
    from risk.incident import read_incidents

    try:
        text = Path(path).read_text("utf-8-sig", errors="replace")
    except OSError as error:
        raise UnavailableError(f"cannot read {path}: {error.strerror}") from error
    incidents, rejected = read_incidents(text)
    if not incidents:
        raise BadInputError(f"no usable incident in {path}", field="incidents")
    reasons = "".join(f" {reason}={n}" for reason, n in sorted(rejected.items()))
    print(f"incidents={len(incidents)} rejected={sum(rejected.values())}{reasons}",
          file=sys.stderr)  # fmt: skip
    return incidents


def _figures(path: str, at: str | None) -> "Figures":
    from risk.incident import figures_of

    incidents = read_reports(path)
    at_us = parse_utc(at, field="at") if at else incidents[-1].at_us + 1
    print(f"before={iso_z(at_us)}", file=sys.stderr)
    return figures_of(incidents, at_us)
