"""Reliability: what was told of many cells or ships, and what came -> does the height hold.

Told and found are compared in groups that were told alike (DeGroot and Fienberg 1983), each with
the exact interval of what was found (Garwood 1936 for counts).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2, nbinom

from ingest.batch import Float64

INSIDE = 0.9
"""Probability inside every interval here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Cells that were told alike.

    Attributes:
        cells: how many, each year's counted. told: incidents. low, high: of `reported`, if it is
            Poisson.
    """

    cells: int
    told: float
    reported: int
    low: float
    high: float


def poisson_interval(count: int) -> tuple[float, float]:
    """The exact interval of a Poisson mean of which `count` was seen."""
    tail = (1 - INSIDE) / 2
    low = 0.0 if count == 0 else float(chi2.ppf(tail, 2 * count) / 2)
    return low, float(chi2.ppf(1 - tail, 2 * count + 2) / 2)


def groups(told: Float64, reported: npt.NDArray[np.int64], number: int = 10) -> list[Group]:
    """Cells in order of what was told of each, cut into groups of which equally much was told."""
    order = np.argsort(told, kind="stable")
    told, reported = told[order], reported[order]
    reached = np.cumsum(told)
    edges = np.searchsorted(reached, reached[-1] * np.arange(1, number) / number)
    found = []
    for part_told, part in zip(np.split(told, edges), np.split(reported, edges), strict=True):
        if not len(part):
            continue
        count = int(part.sum())
        low, high = poisson_interval(count)
        found.append(Group(cells=len(part), told=float(part_told.sum()), reported=count,
                           low=low, high=high))  # fmt: skip
    return found


def inside_share(
    shape: Float64, mean: Float64, reported: npt.NDArray[np.int64]
) -> tuple[float, float]:
    """Share of counts inside the predictive interval of a Gamma-Poisson, and the share due there.

    Counts are whole, so the share due is above `INSIDE`, far where few are expected.
    """
    tail = (1 - INSIDE) / 2
    told = nbinom(shape, shape / (shape + mean))
    low, high = told.ppf(tail), told.ppf(1 - tail)
    inside = (reported >= low) & (reported <= high)
    return float(inside.mean()), float((told.cdf(high) - told.cdf(low - 1)).mean())
