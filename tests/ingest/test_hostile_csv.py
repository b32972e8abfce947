"""Hostile CSV: damaged lines of every form of archive are read or counted, and cost no others.

SAFEPASSAGE_HOSTILE_LINES=100000 makes it that many lines of each form; 3,000 are the default.
All lines but MarineCadastre's sample are made up.
"""

import os
import random
from pathlib import Path

import pytest

from ingest.archive import open_archive

SAMPLE = Path(__file__).parents[2].parent / "shared" / "data" / "tracks/marinecadastre_sample.csv"
LINES = int(os.environ.get("SAFEPASSAGE_HOSTILE_LINES", "3000"))
FORMS = {
    "MarineCadastre CSV": (
        "MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType,Status,"
        "Length,Width,Draft,Cargo,TransceiverClass",
        '36600{n:04d},2020-01-01T{h:02d}:{m:02d}:00,25.{n:04d},-80.1,11.2,181.5,180,"TESTER, II",'
        "IMO9074729,W1,70,0,120,15,6.5,70,A",
    ),
    "Danish DMA CSV": (
        "# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,"
        "Heading,IMO,Callsign,Name,Ship type,Cargo type,Width,Length,Type of position fixing "
        "device,Draught,Destination,ETA,Data source type,A,B,C,D",
        "18/03/2023 {h:02d}:{m:02d}:58,Class A,21901{n:04d},57.{n:04d},8.597717,Engaged in fishing"
        ",-1.4,3.2,71.5,80,8813972,OWAA,TESTER,Fishing,,7,24,GPS,3.1,HANSTHOLM,"
        "19/03/2023 06:30:00,AIS,18,6,4,3",
    ),
    "Norwegian CSV": (
        "mmsi;imo_nr;length;date_time_utc;lon;lat;sog;cog;true_heading;nav_status;message_nr",
        "25700{n:04d};9074729;120;2024-05-01 {h:02d}:{m:02d}:01;5.3;60.{n:04d};11.2;181.5;180;0;1",
    ),
    "AISHub CSV": (
        "MMSI,TSTAMP,LATITUDE,LONGITUDE,COG,SOG,HEADING,NAVSTAT,IMO,NAME,CALLSIGN,TYPE,A,B,C,D,"
        "DRAUGHT,DEST,ETA",
        '25700{n:04d},"2024-05-01 {h:02d}:{m:02d}:01 GMT",60.{n:04d},5.3213,181.5,11.2,180,0,'
        '9074729,"TESTER, II","LA1",70,100,20,8,7,6.5,"BERGEN","05-02 07:00"',
    ),
    "Global Fishing Watch CSV": (
        "mmsi,timestamp,distance_from_shore,distance_from_port,speed,course,lat,lon,is_fishing,"
        "source",
        "25700{n:04d},171456{n:04d}.0,1000.0,2000.0,11.2,181.5,60.{n:04d},5.3213,-1.0,test",
    ),
}


def lines_of(form):
    """The header and good lines of a form."""
    if form == "the sample of MarineCadastre":
        if not SAMPLE.exists():
            pytest.skip("the MarineCadastre sample is not here")
        header, *lines = SAMPLE.read_bytes().splitlines()
        return header, lines
    header, line = FORMS[form]
    good = (line.format(n=n, h=n // 60 % 24, m=n % 60) for n in range(2000))
    return header.encode(), [text.encode() for text in good]


def damaged(line, chance):
    at = chance.randrange(len(line) + 1)
    return chance.choice((
        lambda: line[:at] + bytes([chance.randrange(256)]) + line[at + 1 :],
        lambda: line[:at] + chance.randbytes(chance.randrange(1, 9)) + line[at:],
        lambda: line[:at],
        lambda: line[at:],
        lambda: line + line[at:],
        lambda: line[:at] + b'"' + line[at:],
        lambda: line[:at] + bytes(chance.randrange(1, 30)) + line[at:],
        lambda: line[:at] + chance.choice((b",", b";", b"\r", b"\n", b"\\")) + line[at:],
        lambda: line + b"x" * chance.choice((300, 5000, 200_000)) if at % 97 == 0 else line[:at],
        lambda: line.replace(b"2", chance.choice((b"9999999999", b"-", b"1e308", b"nan", b""))),
    ))()  # fmt: skip


@pytest.mark.timeout(900)
@pytest.mark.parametrize("share", [0.05, 0.8])
@pytest.mark.parametrize("form", [*FORMS, "the sample of MarineCadastre"])
def test_damaged_lines_are_read_or_counted_and_cost_no_others(form, share, tmp_path):
    header, good = lines_of(form)
    chance = random.Random(form)
    spoilt = 0
    path = tmp_path / "archive"
    with path.open("wb") as file:
        file.write(header + b"\n")
        for n in range(LINES):
            line = good[n % len(good)]
            if chance.random() < share:
                line, spoilt = damaged(line, chance), spoilt + 1
            file.write(line + b"\n")
    archive = open_archive(path)
    rows = sum(len(block.reports) for block in archive)
    counts = archive.counts
    assert rows == counts["rows"] >= LINES - spoilt
    assert counts["lines"] == path.read_bytes().count(b"\n")
    assert counts["lines"] == counts["headers"] + counts["rows"] + counts["rejected"]
    assert counts["rejected"] > 0
