"""Each built-in exercise from its lines to the list of priorities: who is on top and who is not."""

from functools import cache

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
HOURS, VESSELS, SEED = 24, 100, 3
SCENARIOS = ("pacific", "caribbean", "gulf", "atlantic-brazil", "storm", "spoofing", "quiet")
KINDS = {row.kind for row in INDICATORS}
ELEVATED = dict(BAND_FROM)["elevated"]
PILOT, TUG, TOWING, FERRY, FISHING = 50, 52, 31, range(60, 70), 30


@cache
def played(scenario):
    """MMSIs by falling priority at the end, each ship's highest priority and type, and plants."""
    exercise = Exercise(scenario, start_us=START, hours=HOURS, vessels=VESSELS, seed=SEED)
    engine, decoder, evidence = Engine(standard_detectors()), Decoder(), Evidence()
    assessor, highest, kinds = Assessor(), {}, {}
    for hour in range(HOURS):
        begin = START + hour * HOUR_US
        lines = exercise.lines(begin, begin + HOUR_US)
        block = decoder.feed(b"".join(line for _, line in lines))
        mark = watermark_of(begin + HOUR_US)
        for event in engine.take("feed", block.reports, block.statics, mark):
            evidence.put(event)
        scored = assessor.assess(engine.picture, evidence, engine.now_us)
        for mmsi, kind, points in zip(scored.ships.mmsi.tolist(), scored.ships.ship_type.tolist(),
                                      scored.smuggling.priority.tolist(), strict=True):  # fmt: skip
            highest[mmsi] = max(points, highest.get(mmsi, 0.0))
            kinds[mmsi] = kind
    order = scored.ships.mmsi[np.lexsort((scored.ships.mmsi, -scored.smuggling.priority))]
    planted = {
        int(mmsi)
        for row in exercise.truth() if row["planted"] and "decoy" not in row
        and row["kind"] in KINDS for mmsi in row["mmsis"]
    }  # fmt: skip
    return order.tolist(), highest, kinds, planted


@pytest.mark.parametrize("scenario", [s for s in SCENARIOS if s != "quiet"])
def test_ships_with_plants_head_the_list(scenario):
    order, highest, _, planted = played(scenario)
    assert order[0] in planted
    assert highest[order[0]] >= ELEVATED
    assert len(planted & set(order[:5])) >= 4
    assert len(planted) < len(order) / 2


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_honest_pilots_tugs_ferries_and_fishing_boats_are_never_elevated(scenario):
    _, highest, kinds, planted = played(scenario)
    honest = {
        mmsi: highest[mmsi]
        for mmsi, kind in kinds.items()
        if kind in (PILOT, TUG, TOWING, FISHING, *FERRY) and mmsi not in planted
    }
    assert len(honest) >= 5
    assert {mmsi: points for mmsi, points in honest.items() if points >= ELEVATED} == {}
