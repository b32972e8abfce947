"""Messages of Digitraffic (Fintraffic's marine data over MQTT) -> reports and statics.

Topics ``vessels-v2/<mmsi>/location`` and ``/metadata``. Units: time s, timestamp ms, sog kn, cog
and heading degrees, draught 0.1 m, the four ``ref`` m; rot and eta are raw AIS (ITU-R M.1371-5
tables 47 and 52). Which type of message it was is not told.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from ingest.clock import epoch_us
from ingest.decoded import REJECTIONS, Decoded
from ingest.json_forms import LARGEST_MMSI, Message, Rows, eta, number, ship_type, text, turn
from sea.units import Microseconds

Number = float | None


class _Location(msgspec.Struct, rename="camel"):
    time: int
    lon: Number = None
    lat: Number = None
    sog: Number = None
    cog: Number = None
    heading: Number = None
    rot: Number = None
    nav_stat: int | None = None


class _Metadata(msgspec.Struct, rename="camel"):
    timestamp: int
    name: str | None = None
    call_sign: str | None = None
    imo: int | None = None
    type: int | None = None
    draught: Number = None
    destination: str | None = None
    eta: int | None = None
    ref_a: Number = None
    ref_b: Number = None
    ref_c: Number = None
    ref_d: Number = None


_LOCATION: Final = msgspec.json.Decoder(_Location)
_METADATA: Final = msgspec.json.Decoder(_Metadata)


def read_digitraffic(
    messages: Sequence[Message], counts: Counter[str], source: str | None = None
) -> Decoded:
    """The rows of the messages, heard by the source.

    Counts ``messages``, ``rows``, ``other_type``, ``rejected`` and its reasons as the decoder
    does.
    """
    rows = Rows(source)
    for received_at, data, topic in messages:
        counts["messages"] += 1
        try:
            counts[_read(topic, data, received_at, rows)] += 1
        except (msgspec.MsgspecError, UnicodeDecodeError):
            counts["decode_error"] += 1
    counts["rejected"] = sum(counts[reason] for reason in REJECTIONS)
    return rows.decoded()


def _read(topic: str, data: bytes, received_at: Microseconds, rows: Rows) -> str:
    """What became of the message."""
    parts = topic.split("/")
    if len(parts) != 3 or parts[2] not in ("location", "metadata"):
        return "other_type"
    if not parts[1].isdecimal() or int(parts[1]) > LARGEST_MMSI:
        return "bad_mmsi"
    mmsi = int(parts[1])
    if parts[2] == "location":
        return _location(mmsi, _LOCATION.decode(data), received_at, rows)
    return _metadata(mmsi, _METADATA.decode(data), received_at, rows)


def _location(mmsi: int, told: _Location, received_at: Microseconds, rows: Rows) -> str:
    reported_at = epoch_us(str(told.time).encode())
    if reported_at is None:
        return "bad_time"
    status = 15 if told.nav_stat is None else told.nav_stat & 15
    rows.report(
        mmsi=mmsi, msg_type=0, reported_at=reported_at, received_at=received_at, lon=told.lon,
        lat=told.lat, sog=told.sog, cog=told.cog, heading=told.heading, rot=turn(told.rot),
        nav_status=status,
    )  # fmt: skip
    return "rows"


def _metadata(mmsi: int, told: _Metadata, received_at: Microseconds, rows: Rows) -> str:
    reported_at = epoch_us(str(told.timestamp).encode())
    if reported_at is None:
        return "bad_time"
    packed = told.eta or 0
    rows.static(
        mmsi=mmsi, msg_type=0, reported_at=reported_at, received_at=received_at,
        imo=number(told.imo, 30), callsign=text(told.call_sign), name=text(told.name),
        ship_type=ship_type(told.type), destination=text(told.destination),
        draught=None if told.draught is None else told.draught / 10,
        eta=eta(packed >> 16 & 15, packed >> 11 & 31, packed >> 6 & 31, packed & 63),
        to_bow=told.ref_a, to_stern=told.ref_b, to_port=told.ref_c, to_starboard=told.ref_d,
    )  # fmt: skip
    return "rows"
