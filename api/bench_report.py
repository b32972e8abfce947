"""Measures how long one incident report takes, from the row to what is told of every ship.

Synthetic passages over the region and incidents off the packaged places -> ms a report, by the
service's own code: the field of every audience anew, the ships concerned found, their
supplements made. Reading and writing the database is not in it.
"""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import numpy as np

from api.briefing import Briefing, document_of
from api.store_reports import Changes
from api.telling import Telling
from risk.coercion import CoercionParams
from risk.hazard import HazardField
from risk.incident import Activity, packaged_figures
from risk.intelligence import Subject
from risk.report import IncidentReport
from risk.threat import Passages, columns_of
from sea.geodesy import destination
from sea.instants import parse_utc
from sea.units import DAY_US, HOUR_US

TARGET_MS: Final = 200.0
NOW: Final = parse_utc("2026-03-01T12:00:00Z")
RELEASES: Final = (("XC", ("*",)), ("US", ("*",)), ("MX", ("US",)), ("CO", ()))
"""Whose reports there are, and for whom."""

AT_ANCHOR: Final = 0.3
"""Of the ships, off the packaged places; the others are under way anywhere in the region."""


@dataclass(slots=True, kw_only=True)
class Run:
    """What was measured, a value a report."""

    ships: int
    known: int
    audiences: int
    field_ms: list[float] = field(default_factory=list)
    all_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    concerned: list[int] = field(default_factory=list)

    @property
    def met(self) -> bool:
        """Whether no report took longer than it may, by the CPU's time: a machine may be shared."""
        return max(self.cpu_ms) < TARGET_MS


def measure(ships: int, known: int, rounds: int, seed: int = 1) -> Run:
    """Times `rounds` reports, one after the other."""
    rng, hazard = np.random.default_rng(seed), HazardField.fit()
    telling = Telling(Briefing(), hazard)
    telling.briefing.take(_changes(1, [_report(rng, i) for i in range(known)]))
    steps = _passages(rng, ships)
    subjects = [Subject(mmsi=m) for m in steps.mmsi.tolist()]
    telling.ticked(steps, subjects, NOW)
    run = Run(ships=ships, known=known, audiences=1 + len(telling.briefing.nations))
    for n in range(rounds):
        new = _changes(2 + n, [_report(rng, known + n, hours=n + 1)])
        began, cpu = time.perf_counter(), time.process_time()
        rows = telling.reported(telling.briefing.take(new))
        run.all_ms.append((time.perf_counter() - began) * 1000)
        run.cpu_ms.append((time.process_time() - cpu) * 1000)
        run.concerned.append(len({row.mmsi for row in rows}))
        counted = [i.counted() for i in telling.briefing.incidents()]
        began = time.perf_counter()
        hazard.with_reports(counted, NOW)
        run.field_ms.append((time.perf_counter() - began) * 1000)
    return run


def _passages(rng: np.random.Generator, ships: int) -> Passages:
    anchored = int(AT_ANCHOR * ships)
    figures = packaged_figures()
    place = rng.integers(0, len(figures.lon), anchored)
    lon = np.concatenate([figures.lon[place] + rng.normal(0, 0.1, anchored),
                          rng.uniform(-130, -30, ships - anchored)])  # fmt: skip
    lat = np.concatenate([figures.lat[place] + rng.normal(0, 0.1, anchored),
                          rng.uniform(-50, 50, ships - anchored)])  # fmt: skip
    sog = np.where(np.arange(ships) < anchored, 0.0, rng.uniform(8, 20, ships))
    params = CoercionParams()
    hours = np.arange(params.step_h, params.horizon_h + params.step_h / 2, params.step_h)
    cog = rng.uniform(0, 360, ships)
    x, y = destination(lon[:, None], lat[:, None], cog[:, None], sog[:, None] * hours)
    activity = np.where(sog > 0, Activity.UNDER_WAY, Activity.ANCHORED).astype(np.int8)
    steps = len(hours)
    return columns_of(
        np.arange(ships) + 200_000_000, np.repeat(np.arange(ships, dtype=np.int32), steps),
        x.ravel(), y.ravel(), np.repeat(activity, steps), np.full(ships * steps, 1e-7),
    )[0]  # fmt: skip


def _report(rng: np.random.Generator, number: int, hours: float | None = None) -> IncidentReport:
    figures = packaged_figures()
    place = int(rng.integers(0, len(figures.lon)))
    age_us = rng.uniform(1, 365) * DAY_US if hours is None else hours * HOUR_US
    return IncidentReport(
        id=f"{number:020x}", kind="boarding", at=NOW - int(age_us), within_nm=2.0,
        lon=float(figures.lon[place] + rng.normal(0, 0.05)),
        lat=float(figures.lat[place] + rng.normal(0, 0.05)), source=f"source {number}",
        activity=Activity.ANCHORED,
    )  # fmt: skip


def _changes(revision: int, reports: list[IncidentReport]) -> Changes:
    rows: list[dict[str, Any]] = []
    for report in reports:
        originator, nations = RELEASES[int(report.id, 16) % len(RELEASES)]
        rows.append(dict(
            id=report.id, kind="incident", document=msgspec.json.encode(document_of(report)),
            originator=originator, releasable_to=nations, reported_at=datetime.now(UTC),
        ))  # fmt: skip
    return Changes(revision=revision, reports=rows, retractions=(), judgements=())
