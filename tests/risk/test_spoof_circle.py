import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from risk.detect.jump import Jump
from risk.detect.spoof_circle import SpoofCircle, SpoofCircleParams
from risk.detectors import standard_detectors
from sea.errors import BadInputError
from sea.geodesy import bearing_deg, destination

SHIP = 235000001
MANY = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def circling(rows, minute, begin, end, *, radius, turn=40.0, rough=0.0, centre=None, seed=0):
    """The rows, those between two minutes put on a circle; what they say of sog and cog stays."""
    draw = np.random.default_rng(seed)
    lon, lat = centre or (rows[0]["lon"], rows[0]["lat"] + 0.3)
    moved = []
    for row in rows:
        if minute(begin) <= row["reported_at"] <= minute(end):
            angle = (row["reported_at"] - minute(begin)) / 6e7 / turn * 360
            at = destination(lon, lat, angle, radius * (1 + rough * draw.uniform(-1, 1)))
            row = {**row, "lon": float(at[0]), "lat": float(at[1])}
        moved.append(row)
    return moved


def sailed_circle(a_run, radius, *, turn, minutes=120, every=1.0):
    """A ship that truly sails in circles, and says so by sog and cog."""
    rows = a_run(SHIP, 0, minutes, every=every)
    sog = 2 * np.pi * radius / (turn / 60)
    sailed = []
    for n, row in enumerate(rows):
        angle = n * every / turn * 360
        lon, lat = destination(-90.0, 3.0, angle, radius)
        cog = (bearing_deg(-90.0, 3.0, lon, lat) + 90) % 360
        sailed.append({**row, "lon": float(lon), "lat": float(lat), "sog": sog, "cog": float(cog)})
    return sailed


def kinds(events):
    return [(event.kind, event.status) for event in events]


def test_fixes_on_a_circle_that_her_course_contradicts_are_an_event(a_run, detected, minute):
    rows = circling(a_run(SHIP, 0, 240, sog=12.0, every=1.0), minute, 60, 160, radius=2.0)
    opened, ended = detected(SpoofCircle(), rows)
    assert (opened.kind, opened.mmsis, opened.status) == ("spoof_circle", (SHIP,), "open")
    assert minute(60) <= opened.started_at <= minute(64)
    assert opened.detected_at <= minute(60 + 40)  # not even one turn
    assert opened.evidence["radius_nm"] == pytest.approx(2.0, abs=0.1)
    assert (ended.id, ended.ended_at) == (opened.id, minute(160))


@pytest.mark.parametrize("radius", [0.2, 0.7, 4.0, 10.0])
@pytest.mark.parametrize("rough", [0.0, 0.2])
@pytest.mark.parametrize("sog", [0.0, 13.0])
def test_circles_of_every_size_are_found_also_rough_ones(
    a_run, detected, minute, radius, rough, sog
):
    rows = a_run(SHIP, 0, 300, sog=sog, every=3.0)
    rows = circling(rows, minute, 60, 200, radius=radius, rough=rough)
    assert kinds(detected(SpoofCircle(), rows)) == [("spoof_circle", "open"),
                                                    ("spoof_circle", "ended")]  # fmt: skip


def test_a_ship_that_sails_in_circles_says_so_by_her_course(a_run, detected):
    for radius, turn, every in ((0.5, 20, 0.2), (1.0, 30, 3.0), (3.0, 90, 6.0)):
        assert detected(SpoofCircle(), sailed_circle(a_run, radius, turn=turn, every=every)) == []


@MANY
@given(swing=st.floats(0.02, 0.13), turn=st.floats(20, 360), seed=st.integers(0, 99))
def test_a_ship_that_swings_at_her_anchor_is_none(a_run, detected, minute, swing, turn, seed):
    draw = np.random.default_rng(seed)
    rows = a_run(SHIP, 0, 360, every=1.0, nav_status=1)
    rows = [{**row, "sog": draw.choice([0.0, 0.1, 0.3]), "cog": draw.uniform(0, 360)}
            for row in rows]  # fmt: skip
    rows = circling(rows, minute, 0, 360, radius=swing, turn=turn, rough=0.1, centre=(-90.0, 3.0))
    assert detected(SpoofCircle(), rows) == []


@MANY
@given(seed=st.integers(0, 999), noise_nm=st.floats(0.001, 0.5))
def test_fixes_strewn_about_are_none(a_run, detected, seed, noise_nm):
    draw = np.random.default_rng(seed)
    rows = [{**row, "lon": row["lon"] + draw.normal(0, noise_nm / 60),
             "lat": row["lat"] + draw.normal(0, noise_nm / 60)}
            for row in a_run(SHIP, 0, 200, sog=0.0, every=2.0)]  # fmt: skip
    assert detected(SpoofCircle(), rows) == []


def test_an_arc_of_two_thirds_at_most_is_none(a_run, detected, minute):
    rows = circling(a_run(SHIP, 0, 200, sog=12.0, every=1.0), minute, 60, 84, radius=2.0)
    assert detected(SpoofCircle(), rows) == []


def test_a_circle_is_no_jump_to_it(a_run, detected, minute):
    rows = circling(a_run(SHIP, 0, 300, sog=12.0, every=1.0), minute, 60, 200, radius=2.0,
                    centre=(-95.0, 10.0))  # fmt: skip
    assert detected(Jump(), rows)[0].status == "open"
    last = {}
    from ingest.batch import ReportBatch, StaticBatch
    from risk.engine import Engine  # a fixture's engine holds one detector

    engine = Engine(standard_detectors())
    batch = ReportBatch.of(**{n: [r[n] for r in rows] for n in ReportBatch.dtypes()})
    for event in engine.take("feed", batch, StaticBatch.empty(), minute(300)) + engine.finish():
        last[event.id] = event
    assert sorted(kinds(last.values())) == [("jump", "retracted"), ("spoof_circle", "ended")]


def test_two_tracks_of_one_number_are_no_circle(a_run, detected):
    rows = [*a_run(SHIP, 0, 200), *a_run(SHIP, 0.5, 200, lat=3.2, sog=4.0)]
    assert detected(SpoofCircle(), rows) == []


def test_spoof_circle_parameters_must_be_positive():
    with pytest.raises(BadInputError, match="rms_share"):
        SpoofCircleParams(rms_share=0)
