"""Factories of reports at sea, and an engine run over them."""

import numpy as np
import pytest

from ingest.batch import ReportBatch, StaticBatch
from risk.engine import Engine

MINUTE = 60_000_000
MIDNIGHT = 1_772_323_200_000_000  # 2026-03-01T00:00:00Z


def _reports(*rows):
    return ReportBatch.of(**{name: [row[name] for row in rows] for name in ReportBatch.dtypes()})


def _a_report(mmsi=235000001, minute=0.0, lon=-90.0, lat=3.0, sog=12.0, cog=90.0, **fields):
    at = MIDNIGHT + round(minute * MINUTE)
    row = dict(mmsi=mmsi, reported_at=at, received_at=at, lon=lon, lat=lat, sog=sog, cog=cog,
               heading=np.nan, rot=np.nan, nav_status=0, msg_type=1, source=None)  # fmt: skip
    return {**row, **fields}


def _a_run(mmsi, begin, end, *, lon=-90.0, lat=3.0, sog=0.0, every=3.0, **fields):
    """Rows from minute `begin` to `end` going east from (lon, lat) at `sog`, still at 0."""
    rows = []
    for minute in np.arange(begin, end + 1e-9, every):
        run_nm = sog * (minute - begin) / 60
        east = lon + run_nm / 60 / np.cos(np.radians(lat))
        rows.append(_a_report(mmsi, minute, east, lat, sog, **fields))
    return rows


def _static(mmsi, ship_type, minute=-1.0):
    at = MIDNIGHT + round(minute * MINUTE)
    unknown = dict(imo=0, callsign=None, name=None, to_bow=np.nan, to_stern=np.nan,
                   to_port=np.nan, to_starboard=np.nan, draught=np.nan, destination=None,
                   eta=None, source=None)  # fmt: skip
    row = dict(
        mmsi=mmsi, reported_at=at, received_at=at, msg_type=5, ship_type=ship_type, **unknown
    )
    return StaticBatch.of(**{name: [row[name]] for name in StaticBatch.dtypes()})


def _detected(detector, rows, statics=()):
    """All events of a timeline in the order given out."""
    engine = Engine([detector])
    newest = max(row["reported_at"] for row in rows)
    events = engine.take("feed", _reports(*rows), StaticBatch.concat(statics), newest)
    return events + engine.finish()


@pytest.fixture
def a_report():
    return _a_report


@pytest.fixture
def a_run():
    return _a_run


@pytest.fixture
def reports():
    return _reports


@pytest.fixture
def a_static():
    return _static


@pytest.fixture
def detected():
    return _detected


@pytest.fixture
def minute():
    """Instant of a minute after midnight, us."""
    return lambda number: MIDNIGHT + round(number * MINUTE)


def _a_pace(mmsi, *paces, lon=-90.0, lat=3.0, every=2.0, **fields):
    """Rows of a ship that goes east: (minutes, sog) one after another from minute 0."""
    rows, minute = [], 0.0
    for minutes, sog in paces:
        end = minute + minutes
        while minute < end - 1e-9:
            rows.append(_a_report(mmsi, minute, lon, lat, sog, **fields))
            lon += sog * every / 60 / 60 / np.cos(np.radians(lat))
            minute += every
    return rows


@pytest.fixture
def a_pace():
    return _a_pace
