"""Measures the second opinion on synthetic exercises: how planted behaviour stands out.

    python tools/measure_unusual.py [SEED ...]

For each kind that was planted: the area under the ROC curve of strangeness, fix by fix, of ships
while they did it against all other fixes. The forest saw no label. Nothing here is a real ship.
"""

import sys
from collections import defaultdict
from typing import Any, Final

import numpy as np
from sklearn.ensemble import IsolationForest

from api.second_opinion import EVERY_US, LEAST_SOG_KN
from ingest.batch import ReportBatch
from ingest.decode import Decoder
from ingest.exercise import Exercise
from risk.comparison import auc
from risk.hotspots import MERCHANT_TENS
from risk.unusual import Compared, Fixes, UnusualParams, compare
from sea.instants import parse_utc
from sea.units import HOUR_US, MINUTE_US

HOURS, VESSELS = 26.0, 1200
START: Final = parse_utc("2026-03-02T00:00:00Z")
KINDS: Final = ("deviation", "loitering", "rendezvous", "slowdown", "sudden_stop",
                "destination_mismatch")  # fmt: skip
FEW: Final = 10


def main() -> int:
    """Prints a line a kind."""
    found: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for seed in [int(text) for text in sys.argv[1:]] or [21, 22]:
        exercise = Exercise("pacific", start_us=START, hours=HOURS, vessels=VESSELS, seed=seed)
        compared = compare(thinned(exercise), UnusualParams())
        forest = IsolationForest(n_estimators=100, random_state=0).fit(compared.apart)
        strange = -forest.score_samples(compared.apart)
        truth = list(exercise.truth())
        for kind in KINDS:
            doing = _doing(compared, [row for row in truth if row["kind"] == kind])
            if doing.sum() >= FEW:
                found[kind].append((int(doing.sum()), auc(strange, doing)))
    for kind, rows in found.items():
        areas = "  ".join(f"{area:.3f} ({fixes} fixes)" for fixes, area in rows)
        sys.stdout.write(f"{kind:<22}{areas}\n")
    return 0


def thinned(exercise: Exercise) -> Fixes:
    """A fix of each merchant ship under way every half hour."""
    decoder, types, parts = Decoder(), {}, []
    for begin in range(exercise.start_us, exercise.end_us, HOUR_US):
        lines = b"".join(line for _, line in exercise.lines(begin, begin + HOUR_US))
        decoded = decoder.feed(lines)
        parts.append(decoded.reports)
        types.update(zip(decoded.statics.mmsi.tolist(), decoded.statics.ship_type.tolist(),
                         strict=True))  # fmt: skip
    reports = ReportBatch.concat(parts)
    merchant = np.array([types.get(m, 0) // 10 in MERCHANT_TENS for m in reports.mmsi.tolist()])
    sailing = (reports.sog >= LEAST_SOG_KN) & np.isfinite(reports.cog) & np.isfinite(reports.lon)
    reports = reports.take(np.flatnonzero(merchant & sailing))
    reports = reports.take(np.lexsort((reports.reported_at, reports.mmsi)))
    spans = reports.reported_at // EVERY_US
    first = np.append(True, (np.diff(spans) != 0) | (np.diff(reports.mmsi) != 0))
    reports = reports.take(np.flatnonzero(first))
    return Fixes(
        mmsi=reports.mmsi.astype(np.int64), at=reports.reported_at, lon=reports.lon,
        lat=reports.lat, sog=reports.sog.astype(np.float64), cog=reports.cog.astype(np.float64),
    )  # fmt: skip


def _doing(
    compared: Compared, planted: list[dict[str, Any]]
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Fixes of ships within a quarter of an hour of what was planted on them."""
    doing = np.zeros(len(compared.fixes), bool)
    for row in planted:
        began, ended = parse_utc(row["started_at"]), row["ended_at"]
        until = parse_utc(ended) if ended else int(compared.fixes.at.max())
        near = (compared.fixes.at >= began - 15 * MINUTE_US) & (
            compared.fixes.at <= until + 15 * MINUTE_US
        )
        doing |= near & np.isin(compared.fixes.mmsi, [int(m) for m in row["mmsis"]])
    return doing


if __name__ == "__main__":
    sys.exit(main())
