"""Parquet of what a real database holds: as stored, sorted, filtered, readable by anybody."""

import json
from datetime import timedelta

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from api.cli import main
from api.command.export import _export
from api.policy import Principal
from api.store_export import Wanted
from ingest import store
from ingest.archive import open_archive
from ingest.batch import ReportBatch
from ingest.rows import SCHEMA
from sea.units import DAY_US, SECOND_US

pytestmark = pytest.mark.service
FIELDS = ("mmsi", "reported_at", "received_at", "lon", "lat", "sog", "cog", "heading",
          "nav_status", "msg_type")  # fmt: skip


@pytest.fixture
def url(api_database_url):
    return api_database_url


@pytest.fixture
async def stored(database, make):
    """20,000 positions of three days, of 50 vessels around 180 degrees, in no order."""
    chance, n = np.random.default_rng(1), 20_000
    some = chance.random(n) < 0.5
    reported = make.noon_us + chance.integers(0, 3 * DAY_US // SECOND_US, n) * SECOND_US
    reports = ReportBatch.of(
        mmsi=200_000_000 + chance.integers(0, 50, n), reported_at=reported,
        received_at=reported + chance.integers(0, 10**6, n),
        lon=np.round(chance.uniform(-180, 180, n), 7), lat=np.round(chance.uniform(-90, 90, n), 7),
        sog=np.where(some, chance.integers(0, 1022, n) / 10, np.nan),
        cog=np.where(some, chance.integers(0, 3600, n) / 10, np.nan),
        heading=np.where(some, chance.integers(0, 360, n), np.nan), rot=np.full(n, np.nan),
        nav_status=np.where(some, 0, 15), msg_type=chance.integers(0, 4, n),
        source=np.full(n, None),
    )  # fmt: skip
    async with database.acquire() as connection:
        assert await store.insert_positions(connection, reports) == n
    return reports


def wanted(make, **changes):
    return Wanted(**{"start": make.noon, "end": make.noon + timedelta(days=9)} | changes)


def partner(nation="MX"):
    return Principal(name="x", role="naval_partner", nation=nation)


def read(path):
    return ReportBatch.concat(block.reports for block in open_archive(path, until_us=2**62))


def by_time(reports):
    return reports.take(np.lexsort((reports.lat, reports.lon, reports.received_at, reports.mmsi,
                                    reports.reported_at)))  # fmt: skip


@pytest.mark.parametrize(
    "words", [["--mmsi", "12"], ["--bbox=1,2,3"], ["--bbox=0,0,0,99"], ["--from", "noon"]]
)
def test_what_is_not_a_vessel_a_box_or_a_time_is_told_in_one_line(capsys, tmp_path, words):
    assert main(["export", "--out", str(tmp_path / "p.parquet"), *words]) == 1
    error = capsys.readouterr().err
    assert error.startswith("safepassage: ")
    assert error.count("\n") == 1


def test_exporting_nothing_is_wrong_usage():
    with pytest.raises(SystemExit) as stop:
        main(["export"])
    assert stop.value.code == 2


async def test_our_reader_gets_back_every_position_as_stored_by_time(url, stored, make, tmp_path):
    path = tmp_path / "p.parquet"
    await _export(url, wanted(make), path, None, partner())
    found, stored = read(path), by_time(stored)
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(found, name), getattr(stored, name), err_msg=name)


async def test_pandas_reads_it_and_the_file_is_packed_as_promised(url, stored, make, tmp_path):
    path = tmp_path / "p.parquet"
    await _export(url, wanted(make), path, None, partner())
    frame = pd.read_parquet(path)
    assert list(frame.columns) == SCHEMA.names
    assert frame["reported_at"].is_monotonic_increasing
    assert len(frame) == 20_000
    group = pq.read_metadata(path).row_group(0)
    columns = {group.column(i).path_in_schema: group.column(i) for i in range(group.num_columns)}
    assert {column.compression for column in columns.values()} == {"ZSTD"}
    assert "DELTA_BINARY_PACKED" in columns["reported_at"].encodings
    assert columns["reported_at"].statistics.has_min_max


async def test_the_range_begins_with_its_start_and_ends_before_its_end(url, stored, make, tmp_path):
    path = tmp_path / "p.parquet"
    at = sorted(stored.reported_at.tolist())
    start, end = (make.noon + timedelta(microseconds=at[n] - make.noon_us) for n in (100, 15_000))
    await _export(url, wanted(make, start=start, end=end), path, None, partner())
    assert read(path).reported_at.tolist() == [t for t in at if at[100] <= t < at[15_000]]


@pytest.mark.parametrize(
    ("bbox", "inside"),
    [
        ((-20, -10, 30, 40), lambda r: (r.lon >= -20) & (r.lon <= 30)),
        ((150, -10, -150, 40), lambda r: (r.lon >= 150) | (r.lon <= -150)),
    ],
)
async def test_a_box_and_vessels_choose(url, stored, make, tmp_path, bbox, inside):
    path = tmp_path / "p.parquet"
    mmsis = (200_000_001, 200_000_007)
    await _export(url, wanted(make, bbox=bbox, mmsis=mmsis), path, None, partner())
    chosen = inside(stored) & (stored.lat >= -10) & (stored.lat <= 40)
    chosen &= np.isin(stored.mmsi, mmsis)
    expected = by_time(stored.take(chosen))
    found = read(path)
    assert found.mmsi.tolist() == expected.mmsi.tolist()
    assert found.lon.tolist() == expected.lon.tolist()
    assert len(found) > 20


async def test_nothing_wanted_gives_a_file_without_rows(url, stored, make, tmp_path):
    path = tmp_path / "p.parquet"
    await _export(url, wanted(make, mmsis=(1,)), path, None, partner())
    assert pq.read_table(path).num_rows == len(read(path)) == 0


async def test_events_are_those_the_nation_may_see(url, world, make, tmp_path):
    ended = make.noon + timedelta(hours=1)
    await world.store(
        "events",
        make.event("a", 200000001, 3), make.event("b", 200000002, releasable_to=("US",)),
        make.event("c", 200000003, releasable_to=(), originator="MX", ended_at=ended),
        make.event("d", 200000004, started_at=make.noon + timedelta(days=30)),
        make.event("e", 200000004, started_at=make.noon - timedelta(days=3),
                   ended_at=make.noon - timedelta(days=2)),
    )  # fmt: skip
    path = tmp_path / "e.parquet"
    await _export(url, wanted(make), None, path, partner("MX"))
    first, second = pq.read_table(path).to_pylist()
    assert (first["id"], first["mmsis"]) == ("a", ["200000001", "000000003"])
    assert (second["id"], second["ended_at"]) == ("c", ended)
    assert json.loads(first["evidence"]) == {"silence_s": 3600.5}
    await _export(url, wanted(make, mmsis=(3,)), None, path, partner("US"))
    assert pq.read_table(path).column("id").to_pylist() == ["a"]
