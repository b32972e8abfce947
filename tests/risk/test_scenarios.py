"""Each built-in exercise from its lines to the two lists: who is on top and who is not.

A ship belongs to the list that what was planted on her is about: an approach or a sudden stop makes
a victim (coercion), all that gives points makes a case to look into (smuggling).
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest

from ingest.decode import Decoder
from ingest.exercise import Exercise
from risk.assess import Assessor
from risk.detectors import standard_detectors
from risk.engine import Engine, watermark_of
from risk.evidence import Evidence
from risk.smuggling import BAND_FROM, INDICATORS
from sea.instants import parse_utc
from sea.units import HOUR_US

START = parse_utc("2026-01-15T00:00:00Z")
HOURS, STEP_H, VESSELS, SEED = 24, 0.5, 100, 3
SCENARIOS = ("pacific", "caribbean", "gulf", "atlantic-brazil", "storm", "spoofing", "quiet")
KINDS = {row.kind for row in INDICATORS}
LIVE = ("approach", "sudden_stop")
WITH_LIVE = [s for s in SCENARIOS if s not in ("spoofing", "quiet")]
ELEVATED = dict(BAND_FROM)["elevated"]
PILOT, TUG, TOWING, FERRY, FISHING = 50, 52, 31, range(60, 70), 30


class Played(NamedTuple):
    """A day of an exercise, assessed each half hour.

    `order`: MMSIs by falling priority at the end. `highest`, `kinds`: of each ship her highest
    priority and her type. `planted`: ships with points planted on them. `live`, `cases`: (kind,
    MMSI, rank) of each planted ship at the first assessment after her event was told, in the list
    of coercion and in that of smuggling, there among the ships on which nothing was planted.
    """

    order: list[int]
    highest: dict[int, float]
    kinds: dict[int, int]
    planted: set[int]
    live: list[tuple[str, int, int]]
    cases: list[tuple[str, int, int]]


@cache
def played(scenario: str) -> Played:
    exercise = Exercise(scenario, start_us=START, hours=HOURS, vessels=VESSELS, seed=SEED)
    plants = {(row["kind"], int(mmsi)) for row in exercise.truth()
              if row["planted"] and "decoy" not in row and row["kind"] in (*KINDS, *LIVE)
              for mmsi in row["mmsis"]}  # fmt: skip
    marked = [mmsi for _, mmsi in plants]
    engine, decoder, evidence = Engine(standard_detectors()), Decoder(), Evidence()
    assessor, highest, kinds = Assessor(), {}, {}
    live: list[Any] = []
    cases: list[Any] = []
    told: set[str] = set()
    for step in range(round(HOURS / STEP_H)):
        begin = START + round(step * STEP_H * HOUR_US)
        end = begin + round(STEP_H * HOUR_US)
        block = decoder.feed(b"".join(line for _, line in exercise.lines(begin, end)))
        events = engine.take("feed", block.reports, block.statics, watermark_of(end))
        for event in events:
            evidence.put(event)
        scored = assessor.assess(engine.picture, evidence, engine.now_us)
        ships, points = scored.ships.mmsi, scored.smuggling.priority
        for mmsi, kind, priority in zip(ships.tolist(), scored.ships.ship_type.tolist(),
                                        points.tolist(), strict=True):  # fmt: skip
            highest[mmsi] = max(priority, highest.get(mmsi, 0.0))
            kinds[mmsi] = kind
        new = [e for e in events if e.status != "retracted" and e.id not in told]
        told |= {event.id for event in new}
        honest = ~np.isin(ships, marked)
        for kind, mmsi in {(e.kind, m) for e in new for m in e.mmsis} & plants:
            (row,) = np.flatnonzero(ships == mmsi)
            if kind in LIVE and scored.coercion.row[row] >= 0:
                above = scored.coercion.probability > scored.coercion.probability[row]
                live.append((kind, mmsi, 1 + int(above.sum())))
            elif kind in KINDS:
                cases.append((kind, mmsi, 1 + int((points[honest] > points[row]).sum())))
    order = ships[np.lexsort((ships, -points))].tolist()
    planted = {mmsi for kind, mmsi in plants if kind in KINDS}
    return Played(order, highest, kinds, planted, live, cases)


@pytest.mark.parametrize("scenario", [s for s in SCENARIOS if s != "quiet"])
def test_ships_with_plants_head_the_list(scenario):
    order, highest, _, planted, *_ = played(scenario)
    assert set(order[:5]) <= planted
    assert highest[order[0]] >= ELEVATED
    assert len(planted) < len(order) / 2


@pytest.mark.parametrize("scenario", WITH_LIVE)
def test_a_ship_just_approached_or_stopped_is_in_the_top_five_of_coercion(scenario):
    live = played(scenario).live
    assert {kind for kind, _, _ in live} == set(LIVE)
    assert [row for row in live if row[2] > 5] == []


@pytest.mark.parametrize("scenario", [s for s in SCENARIOS if s != "quiet"])
def test_a_ship_with_points_planted_is_in_the_top_five_beside_honest_traffic(scenario):
    cases = played(scenario).cases
    assert len(cases) >= 10
    assert [row for row in cases if row[2] > 5] == []


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_honest_pilots_tugs_ferries_and_fishing_boats_are_never_elevated(scenario):
    _, highest, kinds, planted, *_ = played(scenario)
    honest = {
        mmsi: highest[mmsi]
        for mmsi, kind in kinds.items()
        if kind in (PILOT, TUG, TOWING, FISHING, *FERRY) and mmsi not in planted
    }
    assert len(honest) >= 5
    assert {mmsi: points for mmsi, points in honest.items() if points >= ELEVATED} == {}
