from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.archive import open_archive
from ingest.batch import ReportBatch, StaticBatch
from ingest.decode import Decoder
from ingest.rows import SCHEMA, Once, decoded_of, iso_column, rows_of
from sea.instants import iso_z, parse_utc

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
START = parse_utc("2026-03-01T12:00:00Z")
MOVING = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\n"
NAME_ONLY = b"!AIVDM,1,1,,B,H42O55i18tMET00000000000000,2*6E\n"


def decode(data, start_us=START, **settings):
    return Decoder(start_us=start_us, **settings).feed(data)


def test_the_columns_are_those_of_the_interface():
    assert ",".join(SCHEMA.names) == (
        "reported_at,received_at,source,msg_type,mmsi,lon,lat,sog_kn,cog_deg,heading_deg,"
        "rot_deg_min,nav_status,imo,callsign,name,ship_type,to_bow_m,to_stern_m,to_port_m,"
        "to_starboard_m,length_m,width_m,draught_m,destination,eta"
    )


def test_messages_keep_their_order_whatever_their_type():
    rows = rows_of(decode(MOVING + NAME_ONLY + MOVING)).to_pylist()
    assert [row["msg_type"] for row in rows] == [1, 24, 1]
    assert rows[1]["name"] == "PROGUY"
    assert rows[1]["lon"] is None


def test_no_messages_are_no_rows():
    assert rows_of(decode(b"# nothing\n")).num_rows == 0


@pytest.mark.parametrize("name", ["nmea/satellite_tagblock.nm4", "nmea/us_puget.nmea",
                                  "tracks/marinecadastre_sample.csv"])  # fmt: skip
def test_our_own_parquet_gives_the_same_reports_and_statics(tmp_path, name):
    if not (SHARED / name).exists():
        pytest.skip("the real archives are not here")
    first = list(open_archive(SHARED / name))
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_batches([rows_of(block) for block in first]), path)
    again = list(open_archive(path))
    for batch, name_of in ((ReportBatch, "reports"), (StaticBatch, "statics")):
        one = batch.concat(getattr(block, name_of) for block in first)
        two = batch.concat(getattr(block, name_of) for block in again)
        for column in batch.dtypes():
            np.testing.assert_array_equal(getattr(one, column), getattr(two, column), column)


def test_positions_off_the_globe_stay_unknown_after_our_own_parquet(tmp_path):
    column, values = {name: [None] for name in SCHEMA.names}, dict(mmsi=["227006760"], lon=[199.5])
    path = tmp_path / "rows.parquet"
    moments = dict(reported_at=[START], received_at=[START], lat=[1.0])
    pq.write_table(pa.table({**column, **values, **moments}, schema=SCHEMA), path)
    (block,) = open_archive(path)
    assert np.isnan(block.reports.lon[0])
    (shown,) = open_archive(path, as_sent=True)
    assert shown.reports.lon[0] == 199.5


def test_rows_and_batches_are_each_others_inverse_for_an_empty_block():
    empty = decoded_of(rows_of(decode(b"")))
    assert len(empty.reports) == len(empty.statics) == 0


def shown_once(*blocks, most=100):
    once = Once(most)
    shown = [once.feed(rows_of(block)) for block in blocks]
    return [row for rows in (*shown, once.finish()) for row in rows.to_pylist()]


def test_a_message_heard_by_two_stations_is_shown_once_with_both():
    rows = shown_once(decode(MOVING, source="south"), decode(MOVING, source="north"))
    assert [row["receivers"] for row in rows] == [["north", "south"]]
    assert rows[0]["mmsi"] == "227006760"


def test_the_same_position_at_another_second_is_another_message():
    assert len(shown_once(decode(MOVING), decode(MOVING, start_us=START + 60_000_000))) == 2


@pytest.mark.parametrize(("later_s", "shown"), [(29, 1), (31, 2)])
def test_a_static_message_is_a_copy_within_half_a_minute(later_s, shown):
    later = decode(NAME_ONLY, start_us=START + later_s * 1_000_000)
    assert len(shown_once(decode(NAME_ONLY), later)) == shown


def test_no_more_rows_are_held_for_copies_than_asked():
    once = Once(3)
    for minute in range(40):
        shown = once.feed(rows_of(decode(MOVING, start_us=START + minute * 60_000_000)))
        assert (shown.num_rows > 0) == (minute >= 3 and minute % 2 == 1)
    assert once.finish().num_rows == 2
    assert once.copies == 0


def test_each_report_of_one_drifting_ship_is_given_once_with_its_receivers():
    path = SHARED / "nmea" / "drift_duplicates.nmea"
    if not path.exists():
        pytest.skip("the real feeds are not here")
    blocks = list(open_archive(path, as_sent=True))
    rows = shown_once(*blocks, most=100_000)
    fields = [name for name in SCHEMA.names if name not in ("received_at", "source")]
    assert len({tuple(row[name] for name in fields) for row in rows}) == len(rows)
    heard = [row for block in blocks for row in rows_of(block).to_pylist()]
    rows, heard = ([r for r in each if r["msg_type"] in (1, 3)] for each in (rows, heard))
    hearings = {(tuple(row[name] for name in fields), row["source"]) for row in heard}
    given = {(tuple(row[name] for name in fields), who) for row in rows for who in row["receivers"]}
    assert {h for h in hearings if h[1] is not None} - given == set()
    assert 0.15 < len(rows) / len(heard) < 0.22


def test_times_are_written_as_everywhere():
    times = np.array([START, START + 1000, START + 1, START + 999_999, START - 86_400_000_000])
    assert iso_column(times).tolist() == [iso_z(time) for time in times.tolist()]
