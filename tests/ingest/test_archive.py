import csv
import gzip
import io
import random
import time
import zipfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.archive import BLOCK_ROWS, open_archive, plain_blocks
from ingest.rows import rows_of
from sea.errors import BadInputError, UnavailableError
from sea.instants import parse_utc

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
NMEA = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\n" * 3
NEW_SPELLING = (
    "mmsi,base_date_time,longitude,latitude,sog,cog,heading,vessel_name,imo,call_sign,vessel_type,"
    "status,length,width,draft,cargo,transceiver\n"
    "368382440,2025-12-31 00:00:00,-76.43,36.96,4.7,321.6,327,PATRICIA,IMO1079618,WDP7519,52,0,26,"
    "11,5.5,,A\n"
)
DANISH = (
    "# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,Heading,"
    "IMO,Callsign,Name,Ship type,Cargo type,Width,Length,Type of position fixing device,Draught,"
    "Destination,ETA,Data source type,A,B,C,D\n"
    "18/03/2023 23:59:58,Class A,219012382,57.123067,8.597717,Engaged in fishing,-1.4,3.2,71.5,80,"
    "8813972,OWAA,VIBEKE,Fishing,,7,24,GPS,3.1,HANSTHOLM,19/03/2023 06:30:00,AIS,18,6,4,3\n"
    "18/03/2023 23:59:59,Base Station,2190064,56.7166,11.519,Unknown value,,,,,Unknown,Unknown,,"
    "Undefined,,,,Undefined,,,,AIS,,,,\n"
)


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows(path, **settings):
    archive = open_archive(path, **settings)
    return [row for block in archive for row in rows_of(block).to_pylist()]


@pytest.mark.parametrize("content", [NMEA, DANISH.encode(), NEW_SPELLING.encode()])
@pytest.mark.parametrize("packing", ["gz", "zip", "zst"])
def test_a_packed_file_has_the_rows_of_the_plain_one_whatever_its_name(tmp_path, content, packing):
    plain = write(tmp_path, "plain", content)
    packed = tmp_path / "packed.bin"
    if packing == "zip":
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inside.txt", content)
    else:
        pack = gzip.compress if packing == "gz" else zstandard.ZstdCompressor().compress
        packed.write_bytes(pack(content))
    start = parse_utc("2026-03-01T00:00:00Z")
    assert rows(packed, start_us=start) == rows(plain, start_us=start)
    assert len(rows(plain)) > 0


def test_the_members_of_a_zip_are_read_by_name(tmp_path):
    packed = tmp_path / "days.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("day2.csv", DANISH)
        archive.writestr("day1.csv", NEW_SPELLING)
    assert [row["mmsi"] for row in rows(packed)] == ["368382440", "219012382", "002190064"]


def test_marine_cadastre_of_the_new_spelling(tmp_path):
    (row,) = rows(write(tmp_path, "f", NEW_SPELLING))
    wanted = dict(
        mmsi="368382440", lon=-76.43, lat=36.96, sog_kn=4.7, cog_deg=321.6, heading_deg=327.0,
        name="PATRICIA", imo=1079618, callsign="WDP7519", ship_type=52, nav_status=0,
        length_m=26.0, width_m=11.0, draught_m=5.5, to_bow_m=None, msg_type=None,
    )  # fmt: skip
    assert {name: row[name] for name in wanted} == wanted
    assert row["reported_at"].isoformat() == "2025-12-31T00:00:00+00:00"


def test_danish_columns_c_and_d_are_starboard_and_port(tmp_path):
    ship, station = rows(write(tmp_path, "f", DANISH))
    wanted = dict(
        lon=8.597717, lat=57.123067, nav_status=7, rot_deg_min=-1.4, sog_kn=3.2, imo=8813972,
        callsign="OWAA", name="VIBEKE", ship_type=30, to_bow_m=18.0, to_stern_m=6.0,
        to_starboard_m=4.0, to_port_m=3.0, length_m=24.0, width_m=7.0, draught_m=3.1,
        destination="HANSTHOLM", eta="03-19T06:30",
    )  # fmt: skip
    assert {name: ship[name] for name in wanted} == wanted
    assert ship["reported_at"].isoformat() == "2023-03-18T23:59:58+00:00"
    assert (station["mmsi"], station["imo"], station["callsign"]) == ("002190064", None, None)


def test_every_line_of_the_marine_cadastre_sample_is_there_with_all_fields_equal():
    path = SHARED / "tracks" / "marinecadastre_sample.csv"
    if not path.exists():
        pytest.skip("the MarineCadastre sample is not here")
    with path.open(newline="") as file:
        lines = list(csv.DictReader(file))
    found = rows(path)
    assert len(found) == len(lines) == 1000
    numbers = dict(lon="LON", lat="LAT", sog_kn="SOG", cog_deg="COG", heading_deg="Heading",
                   nav_status="Status", ship_type="VesselType", length_m="Length",
                   width_m="Width", draught_m="Draft")  # fmt: skip
    missing = dict(sog_kn=102.3, cog_deg=360, heading_deg=511, nav_status=15, ship_type=0,
                   length_m=0, width_m=0, draught_m=0)  # fmt: skip
    for row, line in zip(found, lines, strict=True):
        assert row["mmsi"] == line["MMSI"].zfill(9)
        assert row["reported_at"].isoformat() == line["BaseDateTime"] + "+00:00"
        assert (row["name"] or "") == line["VesselName"].strip()
        assert (row["callsign"] or "") == line["CallSign"].strip()
        assert (row["imo"] or 0) == int(line["IMO"].removeprefix("IMO") or 0)
        for ours, theirs in numbers.items():
            told = line[theirs] and float(line[theirs]) != missing.get(ours)
            assert row[ours] == (float(line[theirs]) if told else None), (ours, line)


def test_lines_without_mmsi_or_time_and_broken_ones_are_counted(tmp_path):
    header, line = NEW_SPELLING.splitlines()
    bad_mmsi = line.replace("368382440", "ship")
    bad_time = line.replace("2025-12-31", "yesterday")
    too_long = line + ",1,2,3"
    archive = open_archive(
        write(tmp_path, "f", "\n".join([header, line, bad_mmsi, bad_time, too_long, line]))
    )
    assert sum(len(block.reports) for block in archive) == 2
    counts = archive.counts
    wanted = dict(lines=6, headers=1, rows=2, bad_mmsi=1, bad_time=1, bad_line=1, rejected=3)
    assert {name: counts[name] for name in wanted} == wanted
    assert counts["lines"] == counts["headers"] + counts["rows"] + counts["rejected"]


@given(st.sampled_from([NEW_SPELLING, DANISH]), st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damaged_csv_is_counted_or_called_damaged(tmp_path, text, data):
    header, *lines = text.encode().splitlines(keepends=True)
    body = bytearray(b"".join(lines * 3))
    for _ in range(data.draw(st.integers(0, 8))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    archive = open_archive(write(tmp_path, "f", header + bytes(body)))
    try:
        found = sum(len(block.reports) for block in archive)
    except BadInputError:
        return
    counts = archive.counts
    assert found == counts["rows"]
    assert counts["lines"] == counts["headers"] + counts["rows"] + counts["rejected"]


def test_lines_before_the_first_time_get_that_time(tmp_path):
    line = NMEA.split()[0]
    first, second = rows(write(tmp_path, "f", line + b"\n" + line + b",1411920501\n"))
    assert first["received_at"] == second["received_at"]


def test_blocks_are_bounded_and_the_same_every_time(tmp_path):
    path = write(tmp_path, "f", NMEA * 8000)
    archive = open_archive(path)
    sizes = [len(block.reports) for block in archive]
    assert sizes == [len(block.reports) for block in archive]
    assert sum(sizes) == 24_000
    assert max(sizes) <= BLOCK_ROWS


def test_reading_tells_how_far_it_is(tmp_path):
    archive = open_archive(write(tmp_path, "f", NMEA * 8000))
    positions = []
    for _ in archive:
        positions.append(archive.position_bytes)
    assert positions == sorted(positions)
    assert positions[-1] == archive.size_bytes == len(NMEA) * 8000
    assert positions[0] < archive.size_bytes


def test_the_fingerprint_is_of_the_content(tmp_path):
    one, same = write(tmp_path, "a", NMEA), write(tmp_path, "b", NMEA)
    other = write(tmp_path, "c", NMEA + NMEA)
    assert open_archive(one).fingerprint == open_archive(same).fingerprint
    assert open_archive(one).fingerprint != open_archive(other).fingerprint


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06" + bytes(18), b"hello\nworld\n",
                                     b"a,b,c\n1,2,3\n", bytes(range(256)) * 9])  # fmt: skip
def test_an_unknown_file_is_refused_with_what_was_expected(tmp_path, content):
    with pytest.raises(BadInputError, match="MarineCadastre"):
        open_archive(write(tmp_path, "f", content))


def test_parquet_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"x": [1]}), path)
    with pytest.raises(BadInputError, match="another kind"):
        list(open_archive(path))


def test_a_file_that_is_not_there_or_a_folder_is_named(tmp_path):
    with pytest.raises(UnavailableError, match="nothing"):
        open_archive(tmp_path / "nothing")
    with pytest.raises(BadInputError, match="directory"):
        open_archive(tmp_path)


def packed_with(packing, content):
    if packing == "gz":
        return gzip.compress(content)
    if packing == "zst":
        return zstandard.ZstdCompressor().compress(content)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside", content)
    return file.getvalue()


@pytest.mark.parametrize("packing", ["gz", "zst"])
@pytest.mark.parametrize(
    ("first", "line"),
    [(b"", NMEA.split()[0] + b"\n"), tuple(t.encode() for t in NEW_SPELLING.splitlines(True))],
)
def test_a_packed_file_cut_short_gives_what_lies_before_and_is_called_damaged(
    tmp_path, packing, first, line
):
    noise = random.Random(1)
    many = b"".join(line + b"# %d\n" % noise.getrandbits(200) for _ in range(20_000))
    whole = packed_with(packing, first + many)
    archive = open_archive(write(tmp_path, "f", whole[: len(whole) // 2]))
    found = []
    with pytest.raises(BadInputError, match="damaged"):
        found.extend(len(block.reports) for block in archive)
    assert 9_000 < sum(found) == archive.counts["rows"] < 11_000
    read = []
    with pytest.raises(BadInputError, match="damaged"):
        read.extend(map(len, plain_blocks(archive.path)))
    assert len(many) * 0.4 < sum(read) < len(many) * 0.6


@pytest.mark.parametrize("packing", ["gz", "zst", "zip"])
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32), inside=st.sampled_from([NMEA * 50, DANISH.encode()]))
def test_a_packed_file_with_other_bytes_is_read_or_called_damaged(tmp_path, packing, seed, inside):
    chance = random.Random(seed)
    content = bytearray(packed_with(packing, inside))
    for _ in range(chance.randrange(1, 6)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    with suppress(BadInputError):
        assert len(rows(write(tmp_path, "f", bytes(content)))) <= 2000


def test_parquet_cut_short_or_with_other_bytes_is_read_or_called_damaged(tmp_path):
    path = tmp_path / "rows.parquet"
    made = rows_of(next(iter(open_archive(write(tmp_path, "f", NEW_SPELLING)))))
    pq.write_table(pa.Table.from_batches([made] * 50), path)
    whole, chance = path.read_bytes(), random.Random(3)
    outcomes = set()
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            content[chance.randrange(4, len(content))] = chance.randrange(256)
        path.write_bytes(content if chance.random() < 0.7 else whole[: chance.randrange(4, 9000)])
        try:
            archive = open_archive(path)
            found = sum(len(block.reports) for block in archive)
            outcomes.add("read")
            assert (
                found
                == archive.counts["rows"]
                == archive.counts["lines"]
                - sum(archive.counts[reason] for reason in ("bad_mmsi", "bad_time", "future_time"))
            )
        except BadInputError:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}


def test_rows_of_our_parquet_without_a_usable_mmsi_or_time_are_counted(tmp_path):
    table = pa.Table.from_batches([rows_of(next(iter(open_archive(write(tmp_path, "f", DANISH)))))])
    path = tmp_path / "rows.parquet"
    for column, value, reason in (
        ("mmsi", None, "bad_mmsi"), ("mmsi", "ship", "bad_mmsi"), ("mmsi", "1" * 10, "bad_mmsi"),
        ("reported_at", None, "bad_time"), ("received_at", None, "bad_time"),
        ("reported_at", datetime(1971, 1, 1, tzinfo=UTC), "bad_time"),
        ("reported_at", datetime(2350, 1, 1, tzinfo=UTC), "future_time"),
    ):  # fmt: skip
        field = table.schema.field(column)
        values = pa.array([value, *table.column(column).to_pylist()[1:]], field.type)
        pq.write_table(table.set_column(table.schema.get_field_index(column), field, values), path)
        archive = open_archive(path)
        assert sum(len(block.reports) for block in archive) == 1, (column, value)
        assert (archive.counts[reason], archive.counts["rejected"]) == (1, 1)
        assert (archive.counts["lines"], archive.counts["rows"]) == (2, 1)


def test_an_encrypted_zip_is_refused(tmp_path):
    content = bytearray(packed_with("zip", NMEA))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    with pytest.raises(BadInputError, match="encrypted"):
        open_archive(write(tmp_path, "f", bytes(content)))


TIMED = NMEA.split()[0]


def timed(*seconds):
    return b"".join(TIMED + b",%d\n" % second for second in seconds)


def test_a_message_dated_after_now_is_counted_and_left_out(tmp_path):
    path = write(tmp_path, "f", timed(1411920501, 1411999999, 1411920502))
    until = parse_utc("2014-09-29T00:00:00Z")
    archive = open_archive(path, until_us=until)
    found = [row["received_at"].timestamp() for b in archive for row in rows_of(b).to_pylist()]
    assert found == [1411920501, 1411920502]
    assert (archive.counts["future_time"], archive.counts["rejected"]) == (1, 1)
    assert (archive.counts["rows"], archive.counts["lines"]) == (2, 3)


def test_nothing_of_an_archive_lies_in_the_future_by_default(tmp_path):
    soon = int(time.time())
    archive = open_archive(write(tmp_path, "f", timed(soon - 60, soon + 3600)))
    assert sum(len(block.reports) for block in archive) == 1
    assert archive.counts["future_time"] == 1


def test_a_clock_that_leaps_ahead_and_back_is_counted_and_left_out(tmp_path):
    hour = range(1411920501, 1411920501 + 200)
    seconds = [*hour[:90], 1431920501, *hour[90:150], 1700000000, 1700000001, *hour[150:]]
    archive = open_archive(write(tmp_path, "f", timed(*seconds)))
    found = [row["received_at"].timestamp() for b in archive for row in rows_of(b).to_pylist()]
    assert found == list(hour)
    assert (archive.counts["leap_time"], archive.counts["rejected"]) == (3, 3)


def test_a_feed_that_goes_on_days_later_does_not_leap(tmp_path):
    seconds = [*range(1411920501, 1411920601), *range(1413920501, 1413920520)]
    archive = open_archive(write(tmp_path, "f", timed(*seconds)))
    assert sum(len(block.reports) for block in archive) == len(seconds)
    assert archive.counts["leap_time"] == 0


def test_the_time_given_to_a_file_without_any_is_never_one_of_the_future(tmp_path):
    archive = open_archive(write(tmp_path, "f", NMEA * 30_000))  # 15 minutes from now on
    assert sum(len(block.reports) for block in archive) == 90_000
    assert archive.counts["rejected"] == 0
