"""Draws synthetic labels: ``python tools/draw_labels.py ROWS SEED > labels.csv``.

Boardings that never were, of vessels that are not: indicator points are drawn at random, and finds
from a rule made up here, so that training, calibration and reports can be tried. Every row says
that it is synthetic.
"""

import argparse
import csv
import sys
from collections.abc import Iterator
from typing import Final, TextIO

import numpy as np

from risk.smuggling import FULL_SCORE, INDICATORS
from sea.instants import iso_z, parse_utc
from sea.units import HOUR_US

TRUTH: Final = {"S1": 0.06, "S4": 0.02, "S5": 0.05, "S9": 0.08, "S12": 0.04}
"""Log odds a point in the made-up rule; what is not in it tells nothing."""

BASE: Final = -1.6
OFTEN: Final = 0.12
"""Share of rows in which an indicator gives points."""

MIDS: Final = (351, 352, 636, 538, 710, 725, 760)


def main() -> int:
    """Writes the labels to standard output."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=int)
    parser.add_argument("seed", type=int, nargs="?", default=0)
    options = parser.parse_args()
    write(sys.stdout, options.rows, options.seed)
    return 0


def write(file: TextIO, rows: int, seed: int, synthetic: int = 1) -> None:
    """Writes so many labels as CSV."""
    codes = [row.code for row in INDICATORS]
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["mmsi", "at", "outcome", "synthetic", "priority", *codes])
    for mmsi, at, outcome, points in drawn(rows, seed):
        priority = min(FULL_SCORE, sum(points))
        writer.writerow([mmsi, at, outcome, synthetic, f"{priority:.2f}",
                         *(f"{p:.2f}" if p else "" for p in points)])  # fmt: skip


def drawn(rows: int, seed: int) -> Iterator[tuple[int, str, str, list[float]]]:
    """MMSI, time, outcome and points of each row."""
    chance = np.random.default_rng(seed)
    start = parse_utc("2026-01-01")
    for row in range(rows):
        mid = MIDS[int(chance.integers(len(MIDS)))]
        mmsi = mid * 1_000_000 + int(chance.integers(max(10, rows // 2)))
        points = [
            float(chance.uniform(0.2, 1.0) * i.cap) if chance.random() < OFTEN else 0.0
            for i in INDICATORS
        ]
        log_odds = BASE + sum(
            TRUTH.get(i.code, 0.0) * p for i, p in zip(INDICATORS, points, strict=True)
        )
        found = chance.random() < 1 / (1 + np.exp(-log_odds))
        yield mmsi, iso_z(start + row * HOUR_US), "find" if found else "nothing", points


if __name__ == "__main__":
    sys.exit(main())
