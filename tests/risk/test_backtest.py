"""The hazard field against simpler maps, on incidents that none of them has seen."""

from pathlib import Path

import numpy as np
import pytest

from risk.backtest import (
    SPREADS_NM,
    backtest,
    field_map,
    kernel_map,
    last_year_map,
    sea_of,
    tuned_map,
)
from risk.hazard import HazardParams
from risk.incident import Activity, Incident, read_incidents
from sea.instants import parse_utc

FACTS = Path(__file__).parents[2].parent / "shared" / "facts"
CALLAO = (-77.19, -12.03, -76.5, -11.0)
MAPS = {"field": field_map(), "kernel": kernel_map, "last year": last_year_map}


def incident(year, lon=-77.19, lat=-12.03):
    return Incident(
        at_us=parse_utc(f"{year}-06-01"), time_known=False, lon=lon, lat=lat,
        activity=Activity.ANCHORED,
    )  # fmt: skip


def scores(incidents, years, sea):
    return {(s.year, s.model): s for s, _ in backtest(incidents, years, sea, MAPS)}


@pytest.fixture(scope="module")
def sea():
    return sea_of([incident(2010)], (-85.0, -20.0, -70.0, -5.0))


def test_a_year_is_told_by_earlier_years_alone(sea):
    past = [incident(2010), incident(2011)]
    alike = scores([*past, incident(2012)], [2012], sea)
    other = scores([*past, incident(2012), incident(2013, lon=-80.0, lat=-8.0)], [2012], sea)
    assert alike == other


def test_what_comes_back_every_year_is_hit_and_a_year_without_incidents_is_not_judged(sea):
    found = scores([incident(2010), incident(2011), incident(2013)], [2010, 2012, 2013], sea)
    assert {year for year, _ in found} == {2013}
    assert all(s.hits == (1.0, 1.0) for (_, m), s in found.items() if m != "last year")
    assert found[2013, "last year"].hits == pytest.approx((0.01, 0.05), abs=1e-6)


def test_every_map_sums_to_what_it_expects(sea):
    for score, told in backtest([incident(2010), incident(2011)], [2011], sea, MAPS):
        assert told.sum() == pytest.approx(score.expected)
        assert (told >= 0).all()


def test_the_width_is_chosen_by_earlier_years_alone(sea):
    known = [incident(2009 + k, lon=-77.19 + 0.01 * k) for k in range(4)]
    told = tuned_map()(known, parse_utc("2013-01-01"), sea)
    of_widths = [
        field_map(HazardParams(spread_nm=nm))(known, parse_utc("2013-01-01"), sea)
        for nm in SPREADS_NM
    ]
    assert (told == of_widths[0]).all()  # what comes back to one spot asks for the narrowest


def test_the_field_tells_the_next_year_better_than_the_other_maps():
    if not FACTS.exists():
        pytest.skip("the incident reports are not here")
    text = (FACTS / "incidents_americas_1993_2018.csv").read_text("utf-8")
    incidents, _ = read_incidents(text)
    sea = sea_of(incidents, (-130.0, -60.0, -30.0, 60.0))
    found = scores(incidents, range(2005, 2012), sea)

    def pooled(model, figure):
        rows = [s for (_, name), s in found.items() if name == model]
        return np.average([figure(s) for s in rows], weights=[s.incidents for s in rows])

    for figure in (lambda s: s.hits[0], lambda s: s.hits[1], lambda s: s.log_score):
        assert pooled("field", figure) > pooled("kernel", figure)
        assert pooled("field", figure) > pooled("last year", figure)
