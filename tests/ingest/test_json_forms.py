"""JSON feeds give what the decoder gives for the same messages as NMEA."""

import json
from collections import Counter

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from pyais import encode_dict

from ingest.aisstream import read_aisstream
from ingest.batch import ReportBatch, StaticBatch
from ingest.decode import Decoder
from ingest.digitraffic import read_digitraffic
from ingest.json_forms import Message, turn
from sea.instants import parse_utc

HEARD = "2026-03-01 12:00:32.318353 +0000 UTC"
HEARD_US = parse_utc("2026-03-01T12:00:32.318353Z")
OURS_US = HEARD_US + 2_000_000
SIZE = {"A": 100, "B": 20, "C": 7, "D": 8}
NO_SIZE = dict.fromkeys("ABCD", 0)
SIDES = dict(to_bow=100, to_stern=20, to_port=7, to_starboard=8)
NO_SIDES = dict.fromkeys(SIDES, 0)


def both(kind, body, **nmea):
    """Rows of a message as aisstream.io has it, and of the same one as NMEA."""
    counts = Counter()
    rows = read_aisstream([envelope(kind, body)], counts)
    assert counts == {"messages": 1, "rows": 1, "rejected": 0}
    decoder = Decoder()
    lines = "".join(f"{line}\n" for line in encode_dict(nmea))
    return rows, decoder.feed(lines.encode(), HEARD_US)


def envelope(kind, body, heard=HEARD):
    body = {"Valid": True} | body
    text = json.dumps({"MessageType": kind, "Message": {kind: body},
                       "MetaData": {"MMSI": body.get("UserID"), "ShipName": "NOT HERS",
                                    "time_utc": heard}})  # fmt: skip
    return Message(OURS_US, text.encode())


def assert_equal(told, decoded):
    for batch in ("reports", "statics"):
        ours, theirs = getattr(told, batch), getattr(decoded, batch)
        assert len(ours) == len(theirs)
        for name, dtype in ours.dtypes().items():
            if dtype.hasobject:
                assert getattr(ours, name).tolist() == getattr(theirs, name).tolist(), name
            else:
                np.testing.assert_allclose(
                    getattr(ours, name), getattr(theirs, name), atol=1e-6, err_msg=name
                )


PLACE = {"UserID": 259000420, "Longitude": 12.2538, "Latitude": 66.02695, "Timestamp": 31}
PLACED = dict(mmsi=259000420, lon=12.2538, lat=66.02695, second=31)
MOTION = {"Sog": 12.3, "Cog": 308.5, "TrueHeading": 311}
MOVED = dict(speed=12.3, course=308.5, heading=311)


@pytest.mark.parametrize("kind", [1, 2, 3])
@pytest.mark.parametrize(("raw", "degrees"), [(4, 0.71), (0, 0), (127, 127), (-127, -127)])
def test_a_class_a_report(kind, raw, degrees):
    body = PLACE | MOTION | {"MessageID": kind, "RateOfTurn": raw, "NavigationalStatus": 5}
    nmea = PLACED | MOVED | dict(msg_type=kind, turn=degrees, status=5)
    assert_equal(*both("PositionReport", body, **nmea))


def test_what_is_not_available_in_a_class_a_report_is_unknown():
    body = {"UserID": 259000420, "MessageID": 1, "Longitude": 181, "Latitude": 91, "Sog": 102.3,
            "Cog": 360, "TrueHeading": 511, "RateOfTurn": -128, "NavigationalStatus": 15,
            "Timestamp": 60}  # fmt: skip
    nmea = dict(msg_type=1, mmsi=259000420, lon=181, lat=91, speed=102.3, course=360,
                heading=511, turn=-128, status=15, second=60)  # fmt: skip
    told, decoded = both("PositionReport", body, **nmea)
    assert_equal(told, decoded)
    assert np.isnan([told.reports.lon, told.reports.lat, told.reports.sog, told.reports.cog,
                     told.reports.heading, told.reports.rot]).all()  # fmt: skip
    assert told.reports.reported_at.tolist() == [HEARD_US]


def test_a_class_b_report_and_an_extended_one():
    assert_equal(*both("StandardClassBPositionReport", PLACE | MOTION | {"MessageID": 18},
                       **PLACED, **MOVED, msg_type=18))  # fmt: skip
    body = PLACE | MOTION | {"MessageID": 19, "Name": "TESTER@@@", "Type": 37, "Dimension": SIZE}
    nmea = PLACED | MOVED | SIDES | dict(msg_type=19, shipname="TESTER", ship_type=37)
    assert_equal(*both("ExtendedClassBPositionReport", body, **nmea))


@pytest.mark.parametrize("sog", [140, 1023])
def test_a_report_of_an_aircraft(sog):
    body = PLACE | {"MessageID": 9, "Sog": sog, "Cog": 311.5}
    nmea = PLACED | dict(msg_type=9, speed=sog, course=311.5)
    assert_equal(*both("StandardSearchAndRescueAircraftReport", body, **nmea))


@pytest.mark.parametrize(("sog", "cog"), [(12, 300), (63, 511)])
def test_a_long_range_report(sog, cog):
    body = {"UserID": 259000420, "MessageID": 27, "Longitude": 12.25, "Latitude": 66.02,
            "Sog": sog, "Cog": cog, "NavigationalStatus": 0}  # fmt: skip
    nmea = dict(msg_type=27, mmsi=259000420, lon=12.25, lat=66.02, speed=sog, course=cog, status=0)
    assert_equal(*both("LongRangeAisBroadcastMessage", body, **nmea))


def test_a_base_station_tells_its_own_time():
    body = {"UserID": 2241118, "MessageID": 4, "Longitude": -5.941905, "Latitude": 43.491557,
            "UtcYear": 2026, "UtcMonth": 3, "UtcDay": 1, "UtcHour": 12, "UtcMinute": 0,
            "UtcSecond": 30}  # fmt: skip
    nmea = dict(msg_type=4, mmsi=2241118, lon=-5.941905, lat=43.491557, year=2026, month=3, day=1,
                hour=12, minute=0, second=30)  # fmt: skip
    told, decoded = both("BaseStationReport", body, **nmea)
    assert_equal(told, decoded)
    assert told.reports.reported_at.tolist() == [parse_utc("2026-03-01T12:00:30Z")]


def test_an_aid_to_navigation():
    body = PLACE | {"UserID": 992501234, "MessageID": 21, "Name": "ROCK", "Dimension": NO_SIZE}
    nmea = PLACED | NO_SIDES | dict(msg_type=21, mmsi=992501234, name="ROCK")
    assert_equal(*both("AidsToNavigationReport", body, **nmea))


@pytest.mark.parametrize(("size", "sides"), [(SIZE, SIDES), (NO_SIZE, NO_SIDES)])
@pytest.mark.parametrize("moment", [(4, 12, 18, 30), (4, 12, 24, 60), (0, 0, 24, 60)])
@pytest.mark.parametrize("draught", [0, 4.5])
def test_voyage_data(size, sides, moment, draught):
    parts = ("month", "day", "hour", "minute")
    body = {"UserID": 257069200, "MessageID": 5, "ImoNumber": 9353333, "CallSign": "LBHF@@",
            "Name": "KV FARM  ", "Type": 55, "Dimension": size, "MaximumStaticDraught": draught,
            "Destination": "BERGEN@@@@@@@@H",
            "Eta": {part.title(): n for part, n in zip(parts, moment, strict=True)}}  # fmt: skip
    nmea = sides | dict(msg_type=5, mmsi=257069200, imo=9353333, callsign="LBHF",
                        shipname="KV FARM", ship_type=55, draught=draught, destination="BERGEN",
                        **dict(zip(parts, moment, strict=True)))  # fmt: skip
    assert_equal(*both("ShipStaticData", body, **nmea))


def test_both_parts_of_static_data():
    part_a = {"UserID": 257702970, "MessageID": 24, "PartNumber": False,
              "ReportA": {"Valid": True, "Name": "LITTLE ONE"},
              "ReportB": {"Valid": False}}  # fmt: skip
    assert_equal(*both("StaticDataReport", part_a, msg_type=24, mmsi=257702970, partno=0,
                       shipname="LITTLE ONE"))  # fmt: skip
    part_b = part_a | {"ReportA": {"Valid": False, "Name": ""}, "ReportB": {
        "Valid": True, "CallSign": "LESW", "ShipType": 37, "Dimension": SIZE}}  # fmt: skip
    assert_equal(*both("StaticDataReport", part_b, msg_type=24, mmsi=257702970, partno=1,
                       callsign="LESW", ship_type=37, **SIDES))  # fmt: skip


BROKEN = [
    (b"{", "decode_error"),
    (b"{}", "unknown_type"),
    (b'{"MessageType": "PositionReport", "Message": {"PositionReport": 5}}', "decode_error"),
    (b'{"MessageType": "PositionReport", "Message": {"PositionReport": {}}}', "decode_error"),
    (envelope("PositionReport", PLACE | {"UserID": 2**31}).data, "bad_mmsi"),
    (envelope("PositionReport", PLACE | {"UserID": -1}).data, "bad_mmsi"),
    (envelope("PositionReport", PLACE | {"Valid": False}).data, "decode_error"),
    (envelope("PositionReport", PLACE | {"Sog": "fast"}).data, "decode_error"),
    (b'{"MessageType": "\xff"}', "decode_error"),
]


@pytest.mark.parametrize(("data", "reason"), BROKEN)
def test_what_makes_no_sense_is_counted_and_the_rest_goes_on(data, reason):
    counts = Counter()
    good = envelope("PositionReport", PLACE | {"MessageID": 1})
    rows = read_aisstream([Message(OURS_US, data), good], counts)
    assert len(rows.reports) == 1
    assert counts == {"messages": 2, "rows": 1, reason: 1, "rejected": 1}


def test_a_message_of_another_type_is_no_error():
    counts = Counter()
    rows = read_aisstream([envelope("SafetyBroadcastMessage", {"UserID": 22})], counts)
    assert len(rows.reports) == len(rows.statics) == 0
    assert counts == {"messages": 1, "other_type": 1, "rejected": 0}


@pytest.mark.parametrize("heard", ["", "noon", "2026-03-01 12:00:32 +0200 EET"])
def test_a_message_without_a_time_has_ours(heard):
    rows = read_aisstream([envelope("PositionReport", PLACE | {"Timestamp": 60}, heard)], Counter())
    assert rows.reports.reported_at.tolist() == rows.reports.received_at.tolist() == [OURS_US]


LOCATION = {"time": 1772366400, "sog": 10.7, "cog": 326.6, "navStat": 0, "rot": -4, "heading": 325,
            "posAcc": True, "raim": False, "lon": 20.345818, "lat": 60.03802}  # fmt: skip
METADATA = {"timestamp": 1772366400123, "destination": "PORVOO", "name": "TESTER", "draught": 61,
            "eta": 3 << 16 | 4 << 11 | 5 << 6 | 6, "posType": 1, "refA": 79, "refB": 22, "refC": 8,
            "refD": 9, "callSign": "CQCC", "imo": 9212498, "type": 80}  # fmt: skip


def digitraffic(document, kind, mmsi="230123456", counts=None):
    message = Message(OURS_US, json.dumps(document).encode(), f"vessels-v2/{mmsi}/{kind}")
    return read_digitraffic([message], Counter() if counts is None else counts)


def one(batch, row):
    told = {name: getattr(batch, name)[0] for name in row}
    assert told == {n: pytest.approx(v) if isinstance(v, float) else v for n, v in row.items()}


def test_a_location_of_digitraffic():
    rows = digitraffic(LOCATION, "location")
    one(rows.reports, dict(mmsi=230123456, reported_at=1772366400_000_000, received_at=OURS_US,
                           lon=20.345818, lat=60.03802, sog=10.7, cog=326.6, heading=325.0,
                           rot=-1.0, nav_status=0, msg_type=0))  # fmt: skip
    assert len(rows.statics) == 0


def test_metadata_of_digitraffic():
    rows = digitraffic(METADATA, "metadata")
    one(rows.statics, dict(mmsi=230123456, reported_at=1772366400_123_000, imo=9212498,
                           callsign="CQCC", name="TESTER", ship_type=80, to_bow=79.0,
                           to_stern=22.0, to_port=8.0, to_starboard=9.0, draught=6.1,
                           destination="PORVOO", eta="03-04T05:06"))  # fmt: skip
    assert len(rows.reports) == 0


def test_what_is_not_available_from_digitraffic_is_unknown():
    location = {"time": 1772366400, "lon": 181.0, "lat": 91.0, "sog": 102.3, "cog": 360.0,
                "heading": 511, "rot": -128, "navStat": 15}  # fmt: skip
    for document in (
        location,
        {"time": 1772366400},
        dict.fromkeys(LOCATION) | {"time": 1772366400},
    ):
        reports = digitraffic(document, "location").reports
        for name in ("lon", "lat", "sog", "cog", "heading", "rot"):
            assert np.isnan(getattr(reports, name)[0]), name
        assert reports.nav_status[0] == 15
    metadata = {"timestamp": 1772366400123, "eta": 24 << 6 | 60, "draught": 0, "type": 0, "imo": 0,
                "refA": 0, "refB": 0, "refC": 0, "refD": 0, "name": "@@",
                "callSign": ""}  # fmt: skip
    statics = digitraffic(metadata, "metadata").statics
    assert np.isnan([statics.draught, statics.to_bow, statics.to_starboard]).all()
    one(statics, dict(name=None, callsign=None, destination=None, eta=None, ship_type=0, imo=0))


@pytest.mark.parametrize(("document", "kind", "mmsi", "reason"), [
    ({}, "location", "230123456", "decode_error"),
    ({"time": -5}, "location", "230123456", "bad_time"),
    (LOCATION, "location", "x", "bad_mmsi"),
    (LOCATION, "location", "2301234567", "bad_mmsi"),
    (LOCATION | {"sog": []}, "location", "230123456", "decode_error"),
])  # fmt: skip
def test_what_makes_no_sense_from_digitraffic_is_counted(document, kind, mmsi, reason):
    counts = Counter()
    assert len(digitraffic(document, kind, mmsi, counts).reports) == 0
    assert counts == {"messages": 1, reason: 1, "rejected": 1}


def test_other_topics_of_digitraffic_are_no_errors():
    counts = Counter()
    read_digitraffic([Message(OURS_US, b"{}", "vessels-v2/status")], counts)
    assert counts == {"messages": 1, "other_type": 1, "rejected": 0}


def test_no_messages_give_no_rows():
    for read in (read_aisstream, read_digitraffic):
        rows = read([], Counter())
        assert isinstance(rows.reports, ReportBatch)
        assert isinstance(rows.statics, StaticBatch)
        assert len(rows.reports) == len(rows.statics) == 0


NUMBERS = st.one_of(st.none(), st.integers(), st.floats(allow_nan=False, allow_infinity=False))
ANYTHING = st.one_of(NUMBERS, st.text(max_size=50), st.booleans(), st.lists(NUMBERS, max_size=2))
NUMERIC = ("Longitude", "Latitude", "Sog", "Cog", "TrueHeading", "RateOfTurn", "Timestamp",
           "NavigationalStatus", "UtcYear", "UtcSecond", "ImoNumber", "Type", "MessageID",
           "MaximumStaticDraught")  # fmt: skip
BODIES = st.fixed_dictionaries({}, optional={
    **dict.fromkeys(NUMERIC, NUMBERS),
    **dict.fromkeys(("Name", "CallSign", "Destination"), st.text(max_size=50)),
    "Dimension": st.dictionaries(st.sampled_from("ABCD"), NUMBERS),
    "Eta": st.dictionaries(st.sampled_from(("Month", "Day", "Hour", "Minute")), st.integers()),
    "UserID": ANYTHING, "ReportB": ANYTHING,
})  # fmt: skip
KINDS = ("PositionReport", "StandardClassBPositionReport", "ExtendedClassBPositionReport",
         "StandardSearchAndRescueAircraftReport", "LongRangeAisBroadcastMessage",
         "BaseStationReport", "AidsToNavigationReport", "ShipStaticData",
         "StaticDataReport")  # fmt: skip


@given(st.sampled_from(KINDS), BODIES)
def test_no_values_of_aisstream_break_anything_or_leave_the_range_of_ais(kind, body):
    counts = Counter()
    rows = read_aisstream([envelope(kind, PLACE | body)], counts)
    assert counts["messages"] == counts["rows"] + counts["rejected"] == 1
    assert_sane(rows)


@given(st.sampled_from(("location", "metadata")), st.dictionaries(
    st.sampled_from((*LOCATION, *METADATA)), ANYTHING))  # fmt: skip
def test_no_values_of_digitraffic_break_anything_or_leave_the_range_of_ais(kind, changes):
    counts = Counter()
    rows = digitraffic(LOCATION | METADATA | changes, kind, counts=counts)
    assert counts["messages"] == counts["rows"] + counts["rejected"] == 1
    assert_sane(rows)


def assert_sane(rows):
    for batch in (rows.reports, rows.statics):
        batch.to_arrow()
        for name, dtype in batch.dtypes().items():
            values = getattr(batch, name)
            if dtype.kind == "f":
                assert not (np.abs(values) > 1023).any(), name
            elif dtype.hasobject:
                assert all(v is None or (v.isprintable() and len(v) <= 34) for v in values), name
    assert not (rows.reports.sog < 0).any()
    assert ((rows.reports.cog >= 0) & (rows.reports.cog < 360) | np.isnan(rows.reports.cog)).all()


def test_rows_are_heard_by_the_source():
    good = envelope("PositionReport", PLACE)
    assert read_aisstream([good], Counter(), "feed").reports.source.tolist() == ["feed"]


def test_a_rate_of_turn_keeps_its_side():
    assert [turn(raw) for raw in (-4, 4, 0, 127, -127)] == [-1, 1, 0, 127, -127]
    assert np.isnan([turn(-128), turn(None)]).all()
