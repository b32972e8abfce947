"""The CSV and Parquet forms of other archives; all values are made up."""

import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from ingest.archive import open_archive
from ingest.rows import rows_of
from sea.errors import BadInputError

NORWEGIAN = (
    "mmsi;imo_nr;length;date_time_utc;lon;lat;sog;cog;true_heading;nav_status;message_nr\n"
    "257000000;9074729;120;2024-05-01 12:00:01;5.3213;60.3971;11.2;181.5;180;0;1\n"
    "257000001;;;2024-05-01 12:00:02;5.3214;60.3972;102.3;360;511;15;1\n"
)
HUMAN = (
    "MMSI,TSTAMP,LATITUDE,LONGITUDE,COG,SOG,HEADING,NAVSTAT,IMO,NAME,CALLSIGN,TYPE,A,B,C,D,"
    "DRAUGHT,DEST,ETA\n"
    '257000000,"2024-05-01 12:00:01 GMT",60.3971,5.3213,181.5,11.2,180,0,9074729,"TESTER","LA1",'
    '70,100,20,8,7,6.5,"BERGEN","05-02 07:00"\n'
)
ENCODED = (
    "MMSI,TSTAMP,LATITUDE,LONGITUDE,COG,SOG,HEADING,NAVSTAT,IMO,NAME,CALLSIGN,TYPE,A,B,C,D,"
    "DRAUGHT,DEST,ETA\n"
    '257000000,1714564801,36238260,3192780,1815,112,180,0,9074729,"TESTER","LA1",70,100,20,8,7,65,'
    '"BERGEN",300000\n'
)
FISHING = (
    "mmsi,timestamp,distance_from_shore,distance_from_port,speed,course,lat,lon,is_fishing,source\n"
    "257000000,1714564801.0,1000.0,2000.0,11.2,181.5,60.3971,5.3213,-1.0,test\n"
    "12639560807591.0,1714564801.0,1000.0,2000.0,11.2,181.5,60.3971,5.3213,-1.0,test\n"
)
OLDEST = (
    "X,Y,SOG,COG,Heading,ROT,BaseDateTime,Status,VoyageID,MMSI,ReceiverType,ReceiverID\n"
    "-80.5,25.75,11,181,180,0,2009-05-01T12:00:01,0,1,366000000,b,003669961\n"
)
REPORT = dict(
    mmsi="257000000", lon=5.3213, lat=60.3971, sog_kn=11.2, cog_deg=181.5, nav_status=0,
    imo=9074729,
)  # fmt: skip


def rows(path):
    archive = open_archive(path)
    return archive, [row for block in archive for row in rows_of(block).to_pylist()]


def written(folder, text):
    path = folder / "archive"
    path.write_text(text)
    return path


def told(row, wanted):
    return {name: row[name] for name in wanted}


def test_norwegian_columns_are_told_by_their_semicolons_and_names(tmp_path):
    archive, (first, second) = rows(written(tmp_path, NORWEGIAN))
    assert archive.form == "Norwegian CSV"
    assert told(first, REPORT) == REPORT
    assert first["reported_at"].isoformat() == "2024-05-01T12:00:01+00:00"
    assert first["length_m"] == 120
    empty = ("sog_kn", "cog_deg", "heading_deg", "nav_status", "imo", "length_m")
    assert told(second, empty) == dict.fromkeys(empty)


@pytest.mark.parametrize("text", [HUMAN, ENCODED])
def test_both_writings_of_aishub_give_the_same(tmp_path, text):
    archive, (row,) = rows(written(tmp_path, text))
    assert archive.form == "AISHub CSV"
    sides = dict(to_bow_m=100.0, to_stern_m=20.0, to_port_m=8.0, to_starboard_m=7.0)
    ship = dict(name="TESTER", callsign="LA1", ship_type=70, draught_m=6.5, destination="BERGEN")
    assert told(row, REPORT | sides | ship) == REPORT | sides | ship
    assert row["reported_at"].isoformat() == "2024-05-01T12:00:01+00:00"


def test_the_eta_of_aishub_is_that_of_the_message(tmp_path):
    assert rows(written(tmp_path, HUMAN))[1][0]["eta"] == "05-02T07:00"
    assert rows(written(tmp_path, ENCODED))[1][0]["eta"] is None


@pytest.mark.parametrize(
    "time",
    [
        "1714564801.0",
        "1714564801000",
        "1714564801000000",
        "1714564801000000000",
        "2024-05-01T12:00:01Z",
        "2024-05-01 12:00:01 UTC",
    ],
)
def test_fishing_watch_has_epoch_or_iso_times_and_anonymous_vessels_are_counted(tmp_path, time):
    archive, (row,) = rows(written(tmp_path, FISHING.replace("1714564801.0", time)))
    assert archive.form == "Global Fishing Watch CSV"
    wanted = REPORT | {"nav_status": None, "imo": None}
    assert told(row, wanted) == wanted
    assert row["reported_at"].isoformat() == "2024-05-01T12:00:01+00:00"
    assert archive.counts["bad_mmsi"] == 1


def test_the_oldest_marine_cadastre_has_x_and_y(tmp_path):
    archive, (row,) = rows(written(tmp_path, OLDEST))
    assert archive.form == "MarineCadastre CSV"
    assert (row["lon"], row["lat"], row["mmsi"]) == (-80.5, 25.75, "366000000")


def geoparquet(folder, *, column="geometry", metadata=True):
    points = shapely.to_wkb(shapely.points([(-80.5, 25.75), (-80.6, 25.8)]))
    table = pa.table({
        "mmsi": pa.array([366000000, 366000001], pa.int64()),
        "base_date_time": pa.array(pd.to_datetime(["2024-05-01 12:00:01", None])),
        "sog": pa.array([11.2, None]), "cog": [181.5, 360.0], "heading": [180, 511],
        "vessel_name": ["TESTER", None], "imo": ["IMO9074729", None], "call_sign": ["W1", None],
        "vessel_type": [70, None], "status": [0, None], "length": [120, None],
        "width": [15, None], "draft": [6.5, None], "cargo": [None, None],
        "transceiver": ["A", "B"],
        column: pa.array(points, pa.binary()),
    })  # fmt: skip
    if metadata:
        geo = {"version": "1.1.0", "primary_column": column, "columns": {column: {}}}
        table = table.replace_schema_metadata({"geo": json.dumps(geo)})
    path = folder / "day.parquet"
    pq.write_table(table, path)
    return path


@pytest.mark.parametrize(("column", "metadata"), [("geometry", False), ("shape", True)])
def test_marine_cadastre_geoparquet_has_its_position_in_a_point(tmp_path, column, metadata):
    archive, (row,) = rows(geoparquet(tmp_path, column=column, metadata=metadata))
    wanted = dict(
        mmsi="366000000", lon=-80.5, lat=25.75, sog_kn=11.2, cog_deg=181.5, heading_deg=180.0,
        name="TESTER", imo=9074729, callsign="W1", ship_type=70, nav_status=0, length_m=120.0,
        width_m=15.0, draught_m=6.5,
    )  # fmt: skip
    assert told(row, wanted) == wanted
    assert row["reported_at"].isoformat() == "2024-05-01T12:00:01+00:00"
    assert archive.counts["bad_time"] == 1
    assert archive.counts["lines"] == 2


def test_points_that_are_none_are_unknown_positions(tmp_path):
    path = geoparquet(tmp_path)
    table = pq.read_table(path)
    broken = pa.array([b"\x01\x02", None], pa.binary())
    pq.write_table(table.set_column(table.schema.names.index("geometry"), "geometry", broken), path)
    _, (row,) = rows(path)
    assert (row["lon"], row["lat"]) == (None, None)


def test_an_unknown_csv_is_refused_with_the_forms_that_are_known(tmp_path):
    header = "Lon,Lat,Timestamp,Speed,Course,Seg_id\n1,2,2024-05-01,3,4,x\n"
    with pytest.raises(BadInputError, match=r"Norwegian Kystverket, AISHub or Global Fishing"):
        open_archive(written(tmp_path, header))


@pytest.mark.parametrize("time", ["0", "17145", "99999999999999999999999", "1970-01-01T00:00:00Z",
                                  "2263-01-01", "never", ""])  # fmt: skip
@pytest.mark.parametrize("text", [FISHING, OLDEST])
def test_absurd_times_of_any_form_are_counted(tmp_path, text, time):
    for known in ("1714564801.0", "2009-05-01T12:00:01"):
        text = text.replace(known, time)
    archive, found = rows(written(tmp_path, text))
    assert found == []
    assert archive.counts["bad_time"] == 1
