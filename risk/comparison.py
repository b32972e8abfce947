"""Comparison: a challenger and the table on boardings that neither was fitted to -> figures.

Intervals are 90%, of a bootstrap over vessels, for boardings of one vessel are alike; shares have
Wilson's (1927). It also says how often each flag's ships would be alerted, by either.
"""

import math
from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, rankdata

from ingest.batch import Float64
from risk.challenger import Challenger
from risk.labels import Labels
from risk.reliability import INSIDE
from sea.identity import flag_of

DRAWS = 1000
TOP = 0.1
"""Share of the held-out ships that both alert, the highest."""

FEW = 10
"""Held-out ships of a flag below which its rate would say nothing; such flags are put together."""

GROUPS = 8


def compare(model: Challenger, labels: Labels, trained_on: int, seed: int) -> dict[str, Any]:
    """What the held-out labels say of the model and of the table."""
    log_odds, found = model.log_odds(labels.points), labels.found
    said: dict[str, Any] = {
        "held_out": len(labels), "finds": int(found.sum()), "trained_on": trained_on,
        "vessels": len(np.unique(labels.mmsi)),
        "calibration": _calibration(model, log_odds, found),
        "alerts": _alerts(log_odds, labels),
    }  # fmt: skip
    if found.all() or not found.any():
        return said | {"verdict": "not compared: the held-out labels have one outcome only"}
    scores = np.column_stack([log_odds, labels.priority])
    point = np.array([auc(column, found) for column in scores.T])
    draws = _bootstrap(scores, labels, seed)
    low, high = _bounds(np.column_stack([draws, draws[:, 0] - draws[:, 1]]))
    values = [*point.tolist(), float(point[0] - point[1])]
    names = ("challenger", "table", "difference")
    for name, value, a, b in zip(names, values, low, high, strict=True):
        said[name] = {"auc": value, "low": a, "high": b}
    return said | {"verdict": _verdict(low[2], high[2])}


def auc(score: Float64, found: npt.NDArray[np.bool_]) -> float:
    """Probability that a ship with a find is scored above one without, ties half."""
    finds = int(found.sum())
    ranks = rankdata(score)
    return float((ranks[found].sum() - finds * (finds + 1) / 2) / (finds * (len(found) - finds)))


def wilson(hits: int, rows: int) -> tuple[float, float]:
    """Interval of a share."""
    z, share = float(norm.ppf(0.5 + INSIDE / 2)), hits / rows
    middle = share + z**2 / (2 * rows)
    half = z * math.sqrt(share * (1 - share) / rows + z**2 / (4 * rows**2))
    return (max(0.0, (middle - half) / (1 + z**2 / rows)),
            min(1.0, (middle + half) / (1 + z**2 / rows)))  # fmt: skip


def _verdict(low: float, high: float) -> str:
    if low > 0:
        return "the challenger orders held-out boardings better than the table"
    if high < 0:
        return "the table orders held-out boardings better than the challenger"
    return "no difference between challenger and table is shown"


def _bootstrap(scores: Float64, labels: Labels, seed: int) -> Float64:
    """AUC of each column in draws of vessels; draws with one outcome only are left out."""
    chance = np.random.default_rng(seed)
    vessels, of_row = np.unique(labels.mmsi, return_inverse=True)
    rows_of = [np.flatnonzero(of_row == v) for v in range(len(vessels))]
    drawn = []
    for _ in range(DRAWS):
        chosen = chance.integers(len(vessels), size=len(vessels))
        rows = np.concatenate([rows_of[v] for v in chosen.tolist()])
        found = labels.found[rows]
        if found.any() and not found.all():
            drawn.append([auc(column, found) for column in scores[rows].T])
    return np.array(drawn)


def _bounds(draws: Float64) -> tuple[list[float], list[float]]:
    tail = (1 - INSIDE) / 2
    low, high = np.quantile(draws, [tail, 1 - tail], axis=0)
    return low.tolist(), high.tolist()


def _calibration(
    model: Challenger, log_odds: Float64, found: npt.NDArray[np.bool_]
) -> list[dict[str, Any]]:
    """Told against found, in groups of equally many; none without a calibration."""
    told = model.calibration.of(log_odds)
    if told is None:
        return []
    said = []
    for rows in np.array_split(np.argsort(told, kind="stable"), min(GROUPS, len(told))):
        hits = int(found[rows].sum())
        low, high = wilson(hits, len(rows))
        said.append({"rows": len(rows), "told": float(told[rows].mean()),
                     "found": hits / len(rows), "low": low, "high": high})  # fmt: skip
    return said


def _alerts(log_odds: Float64, labels: Labels) -> list[dict[str, Any]]:
    """How often ships of each flag are among the highest `TOP` of either score.

    Neither knows the flag; their rates may differ by flag all the same, and this shows it.
    """
    flags = [flag_of(m) or "unknown" for m in labels.mmsi.tolist()]
    rows_of = Counter(flags)
    merged = np.array([f if rows_of[f] >= FEW else "other" for f in flags])
    number = max(1, round(TOP * len(labels)))
    by = {"challenger": _highest(log_odds, number), "table": _highest(labels.priority, number)}
    said = []
    for flag in sorted(set(merged.tolist()), key=lambda f: (-(merged == f).sum(), f)):
        own = merged == flag
        row: dict[str, Any] = {"flag": flag, "rows": int(own.sum()),
                               "found": float(labels.found[own].mean())}  # fmt: skip
        for name, alerted in by.items():
            rate = float(alerted[own].mean())
            low, high = wilson(round(rate * int(own.sum())), int(own.sum()))
            row[name] = {"rate": rate, "low": low, "high": high}
        said.append(row)
    return said


def _highest(score: Float64, number: int) -> Float64:
    """1 for the highest scores, so many; those tied at the edge share what room there is."""
    edge = np.sort(score)[-number]
    above, tied = score > edge, score == edge
    return np.asarray(above + tied * (number - above.sum()) / tied.sum())
