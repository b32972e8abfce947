"""Messages of aisstream.io -> reports and statics.

Field names are those of its documentation (https://aisstream.io/documentation, 2024): AIS values
scaled to degrees, knots and metres, with AIS' own numbers for "not available"; the rate of turn
is raw. `MetaData.time_utc` is when a receiver heard the message.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from ingest.batch import UNKNOWN_TIME
from ingest.clock import EARLIEST_US, LATEST_US, NO_SECOND
from ingest.decoded import REJECTIONS, Decoded
from ingest.json_forms import LARGEST_MMSI, Message, Rows, eta, number, ship_type, text, turn
from sea.instants import to_us
from sea.units import Microseconds

Number = float | None


class _Dimension(msgspec.Struct, rename="pascal"):
    a: Number = None
    b: Number = None
    c: Number = None
    d: Number = None

    def sides(self) -> dict[str, Any]:
        return {"to_bow": self.a, "to_stern": self.b, "to_port": self.c, "to_starboard": self.d}


class _Eta(msgspec.Struct, rename="pascal"):
    month: int = 0
    day: int = 0
    hour: int = 24
    minute: int = 60


class _Part(msgspec.Struct, rename="pascal"):
    """Part A or B of type 24."""

    valid: bool = False
    name: str | None = None
    call_sign: str | None = None
    ship_type: int | None = None
    dimension: _Dimension = msgspec.field(default_factory=_Dimension)


class _Body(msgspec.Struct, rename="pascal"):
    """The fields of all message types that are read here."""

    mmsi: int = msgspec.field(name="UserID")
    msg_type: int = msgspec.field(name="MessageID", default=0)
    valid: bool = True
    longitude: Number = None
    latitude: Number = None
    sog: Number = None
    cog: Number = None
    true_heading: Number = None
    rate_of_turn: Number = None
    navigational_status: int | None = None
    timestamp: int | None = None
    utc_year: int = 0
    utc_month: int = 0
    utc_day: int = 0
    utc_hour: int = 0
    utc_minute: int = 0
    utc_second: int = 0
    name: str | None = None
    name_extension: str | None = None
    call_sign: str | None = None
    imo_number: int | None = None
    type: int | None = None
    dimension: _Dimension = msgspec.field(default_factory=_Dimension)
    maximum_static_draught: Number = None
    destination: str | None = None
    eta: _Eta = msgspec.field(default_factory=_Eta)
    report_a: _Part = msgspec.field(default_factory=_Part)
    report_b: _Part = msgspec.field(default_factory=_Part)


class _MetaData(msgspec.Struct):
    time_utc: str = ""


class _Envelope(msgspec.Struct, rename="pascal"):
    message_type: str = ""
    message: dict[str, msgspec.Raw] = msgspec.field(default_factory=dict)
    meta_data: _MetaData = msgspec.field(default_factory=_MetaData)


class _Refusal(msgspec.Struct):
    error: str


_Heard = dict[str, Any]
_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)
_BODY: Final = msgspec.json.Decoder(_Body)
_REFUSAL: Final = msgspec.json.Decoder(_Refusal)


def read_aisstream(
    messages: Sequence[Message], counts: Counter[str], source: str | None = None
) -> Decoded:
    """The rows of the messages, heard by the source.

    Counts ``messages``, ``rows``, ``other_type``, ``rejected`` and its reasons as the decoder
    does.
    """
    rows = Rows(source)
    for message in messages:
        counts["messages"] += 1
        try:
            outcome = _read(_ENVELOPE.decode(message.data), message.received_at, rows)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            outcome = "decode_error"
        counts[outcome] += 1
    counts["rejected"] = sum(counts[reason] for reason in REJECTIONS)
    return rows.decoded()


def refusal(data: bytes) -> str | None:
    """What aisstream.io says is wrong with the key or the subscription, None for any other."""
    if not data.startswith(b"{") or b'"error"' not in data[:64]:
        return None
    try:
        return _REFUSAL.decode(data).error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _read(envelope: _Envelope, received_at: Microseconds, rows: Rows) -> str:
    """What became of the message."""
    add = _ADD.get(envelope.message_type)
    raw = envelope.message.get(envelope.message_type)
    if add is None or raw is None:
        return "other_type" if envelope.message_type else "unknown_type"
    body = _BODY.decode(raw)
    if not body.valid:
        return "decode_error"
    if not 0 <= body.mmsi <= LARGEST_MMSI:
        return "bad_mmsi"
    heard_at = _told(envelope.meta_data.time_utc)
    heard_at = received_at if heard_at is None else heard_at
    add(body, {"mmsi": body.mmsi, "reported_at": heard_at, "received_at": heard_at}, rows)
    return "rows"


def _told(moment: str) -> Microseconds | None:
    """The time of ``2022-12-29 18:22:32.318353 +0000 UTC``; None if it is none."""
    clock, _, zone = moment.partition(" +0000")
    whole, _, fraction = clock.partition(".")
    try:
        instant = datetime.strptime(whole, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        micros = int(fraction[:6].ljust(6, "0")) if fraction else 0
    except ValueError:
        return None
    told = to_us(instant) + micros
    return told if zone in ("", " UTC") and EARLIEST_US <= told < LATEST_US else None


def _class_a(body: _Body, heard: _Heard, rows: Rows) -> None:
    _position(body, heard, rows, kind=body.msg_type if body.msg_type in (1, 2, 3) else 1)


def _position(body: _Body, heard: _Heard, rows: Rows, *, kind: int) -> None:
    status = body.navigational_status
    rows.report(
        **heard, msg_type=kind, lon=body.longitude, lat=body.latitude,
        sog=body.sog, cog=body.cog, heading=body.true_heading, rot=turn(body.rate_of_turn),
        nav_status=15 if status is None else status & 15, second=_second(body),
    )  # fmt: skip


def _second(body: _Body) -> int:
    second = NO_SECOND if body.timestamp is None else body.timestamp
    return second if 0 <= second < NO_SECOND else NO_SECOND


def _class_b(body: _Body, heard: _Heard, rows: Rows) -> None:
    _position(body, heard, rows, kind=18)


def _class_b_extended(body: _Body, heard: _Heard, rows: Rows) -> None:
    _position(body, heard, rows, kind=19)
    rows.static(
        **heard, msg_type=19, name=text(body.name), ship_type=ship_type(body.type),
        second=_second(body), **body.dimension.sides(),
    )  # fmt: skip


def _aircraft(body: _Body, heard: _Heard, rows: Rows) -> None:
    _position(body, heard, rows, kind=9)


def _long_range(body: _Body, heard: _Heard, rows: Rows) -> None:
    _position(body, heard, rows, kind=27)


def _base_station(body: _Body, heard: _Heard, rows: Rows) -> None:
    try:
        stated = to_us(datetime(body.utc_year, body.utc_month, body.utc_day, body.utc_hour,
                                body.utc_minute, body.utc_second, tzinfo=UTC))  # fmt: skip
    except (ValueError, OverflowError):
        stated = UNKNOWN_TIME
    rows.report(
        **heard, msg_type=11 if body.msg_type == 11 else 4, lon=body.longitude, lat=body.latitude,
        second=body.utc_second if 0 <= body.utc_second < NO_SECOND else NO_SECOND, stated_at=stated,
    )  # fmt: skip


def _aid(body: _Body, heard: _Heard, rows: Rows) -> None:
    second = _second(body)
    rows.report(**heard, msg_type=21, lon=body.longitude, lat=body.latitude, second=second)
    name = text(f"{text(body.name) or ''}{text(body.name_extension) or ''}")
    rows.static(**heard, msg_type=21, name=name, second=second, **body.dimension.sides())


def _corrections(body: _Body, heard: _Heard, rows: Rows) -> None:
    rows.report(**heard, msg_type=17, lon=body.longitude, lat=body.latitude)


def _voyage(body: _Body, heard: _Heard, rows: Rows) -> None:
    told = body.eta
    rows.static(
        **heard, msg_type=5, imo=number(body.imo_number, 30), callsign=text(body.call_sign),
        name=text(body.name), ship_type=ship_type(body.type), **body.dimension.sides(),
        draught=body.maximum_static_draught, destination=text(body.destination),
        eta=eta(told.month, told.day, told.hour, told.minute),
    )  # fmt: skip


def _static(body: _Body, heard: _Heard, rows: Rows) -> None:
    a, b = body.report_a, body.report_b
    if a.valid:
        rows.static(**heard, msg_type=24, name=text(a.name))
    if b.valid:
        # A craft of a mother ship (MMSI 98...) has her number in place of its size.
        sides: dict[str, Any] = {} if body.mmsi // 10_000_000 == 98 else b.dimension.sides()
        rows.static(**heard, msg_type=24, callsign=text(b.call_sign),
                    ship_type=number(b.ship_type, 8), **sides)  # fmt: skip


_ADD: Final[dict[str, Callable[[_Body, _Heard, Rows], None]]] = {
    "PositionReport": _class_a,
    "StandardClassBPositionReport": _class_b,
    "ExtendedClassBPositionReport": _class_b_extended,
    "StandardSearchAndRescueAircraftReport": _aircraft,
    "LongRangeAisBroadcastMessage": _long_range,
    "BaseStationReport": _base_station,
    "AidsToNavigationReport": _aid,
    "GnssBroadcastBinaryMessage": _corrections,
    "ShipStaticData": _voyage,
    "StaticDataReport": _static,
}
