"""Real tracks as a background: archives -> each vessel's reports and motion, and lines again.

A file shorter than an exercise is carried on: every vessel reports on in her own real pattern of
instants and receivers, over and over; one that was under way sails to and fro ahead of where she
was last heard, as far as there is sea. What is carried on is invented, and so is whatever is woven
in; nobody may take the lines for a real feed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from ingest.batch import ReportBatch, StaticBatch
from ingest.decoded import Decoded
from ingest.exercise import encode
from ingest.exercise.statics import channel_of
from ingest.exercise.track import Floats, Ints
from sea.errors import BadInputError
from sea.geodesy import bearing_deg, destination
from sea.identity import MmsiClass, mmsi_class
from sea.land import shore_distance_nm
from sea.units import SECOND_US, Microseconds

_CLASS_B: Final = (18, 19, 24)
_LEG_NM: Final = 40.0
_MOVING_KN: Final = 1.0
_STATIC_EVERY: Final = 30
"""Position reports of a vessel to one static message of hers; chosen by us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a vessel said of herself."""

    name: str = ""
    callsign: str = ""
    imo: int = 0
    ship_type: int = 0
    to_bow: int = 0
    to_stern: int = 0
    to_port: int = 0
    to_starboard: int = 0
    draught_m: float = 0.0
    destination: str = ""

    @property
    def length_m(self) -> int:
        """Overall length as declared."""
        return self.to_bow + self.to_stern


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """Reports of one transmitter, one a row, in order; seconds since the start of the background.

    Attributes:
        source: receiver of each. sog, cog, heading: NaN where not available.
    """

    mmsi: int
    class_b: bool
    known: Known
    at_s: Floats
    lon: Floats
    lat: Floats
    sog: Floats
    cog: Floats
    heading: Floats
    status: npt.NDArray[np.int8]
    source: npt.NDArray[np.object_]

    def take(self, rows: npt.NDArray[np.generic]) -> "Reports":
        """The rows of a mask or index."""
        columns = ("at_s", "lon", "lat", "sog", "cog", "heading", "status", "source")
        return Reports(mmsi=self.mmsi, class_b=self.class_b, known=self.known,
                       **{name: getattr(self, name)[rows] for name in columns})  # fmt: skip


class Background:
    """Every vessel of some archives.

    Attributes:
        start_us: of the first report. lasts_s: to the last one. vessels: by MMSI, ascending.
    """

    def __init__(self, vessels: Sequence[Reports], start_us: Microseconds, lasts_s: float) -> None:
        self.vessels, self.start_us, self.lasts_s = vessels, start_us, lasts_s

    @classmethod
    def read(cls, archives: Iterable[Iterable[Decoded]]) -> Self:
        """The ships of archives that have a position, each report once.

        Raises:
            BadInputError: there is none.
        """
        blocks = [block for archive in archives for block in archive]
        reports = ReportBatch.concat([block.reports for block in blocks])
        known = _known(StaticBatch.concat([block.statics for block in blocks]))
        fit = np.isfinite(reports.lon) & np.isfinite(reports.lat)
        fit &= mmsi_class(reports.mmsi) == MmsiClass.SHIP
        reports = reports.take(fit)
        if not len(reports):
            raise BadInputError("the background has no position of any ship", field="background")
        start_us = int(reports.reported_at.min())
        order = np.lexsort((reports.reported_at, reports.mmsi))
        reports = reports.take(order)
        fresh = (np.diff(reports.reported_at, prepend=0) != 0) | (
            np.diff(reports.mmsi, prepend=0) != 0
        )
        reports = reports.take(fresh)
        cuts = np.flatnonzero(np.diff(reports.mmsi)) + 1
        rows = np.split(np.arange(len(reports)), cuts)
        vessels = [_reports(reports.take(part), known, start_us) for part in rows]
        return cls(vessels, start_us, float(np.ptp(reports.reported_at)) / SECOND_US)

    def carried_on(self, hours: float, most: int) -> list[Reports]:
        """At most `most` vessels over the hours: those that said who they are, and report most."""
        usual = sorted(self.vessels, key=lambda v: (not v.known.imo, -len(v.at_s), v.mmsi))[:most]
        return [_carried_on(vessel, self.lasts_s, hours * 3600) for vessel in usual]


def lines_of(
    vessels: Sequence[Reports], start_us: Microseconds
) -> list[tuple[Microseconds, bytes]]:
    """(received_us, line) of all reports, with static messages among them, in order."""
    rows: list[tuple[int, int, int, bytes]] = []
    for number, vessel in enumerate(vessels):
        if len(vessel.at_s):
            rows += _positions(vessel, start_us, number)
            rows += _statics(vessel, start_us, number)
    rows.sort(key=lambda row: row[:3])
    return [(at_us, line) for at_us, _, _, line in rows]


def _known(statics: StaticBatch) -> dict[int, Known]:
    """The last word of each vessel on each thing, by MMSI."""
    said: dict[int, dict[str, object]] = {}
    texts = ("name", "callsign", "destination")
    for row in np.argsort(statics.reported_at, kind="stable").tolist():
        told = said.setdefault(int(statics.mmsi[row]), {})
        told |= {n: getattr(statics, n)[row] for n in texts if getattr(statics, n)[row]}
        told |= {n: int(getattr(statics, n)[row]) for n in ("imo", "ship_type")
                 if getattr(statics, n)[row]}  # fmt: skip
        sides = ("to_bow", "to_stern", "to_port", "to_starboard")
        told |= {n: int(getattr(statics, n)[row]) for n in sides
                 if np.isfinite(getattr(statics, n)[row])}  # fmt: skip
        if np.isfinite(statics.draught[row]):
            told["draught_m"] = float(statics.draught[row])
    return {mmsi: Known(**told) for mmsi, told in said.items()}  # type: ignore[arg-type]


def _reports(batch: ReportBatch, known: dict[int, Known], start_us: Microseconds) -> Reports:
    mmsi = int(batch.mmsi[0])
    return Reports(
        mmsi=mmsi, class_b=bool(np.isin(batch.msg_type, _CLASS_B).any()),
        known=known.get(mmsi, Known()), at_s=(batch.reported_at - start_us) / SECOND_US,
        lon=batch.lon, lat=batch.lat, sog=batch.sog.astype(np.float64),
        cog=batch.cog.astype(np.float64), heading=batch.heading.astype(np.float64),
        status=batch.nav_status, source=batch.source,
    )  # fmt: skip


def _carried_on(vessel: Reports, lasts_s: float, until_s: float) -> Reports:
    """The vessel's own reports, then her pattern over and over on a way to and fro."""
    turn_s = max(lasts_s, 60.0) + 10.0
    turns = max(int(np.ceil(until_s / turn_s)), 1)
    rows = np.tile(np.arange(len(vessel.at_s)), turns)
    at_s = vessel.at_s[rows] + np.repeat(np.arange(turns) * turn_s, len(vessel.at_s))
    rows, at_s = rows[at_s < until_s], at_s[at_s < until_s]
    whole = vessel.take(rows)
    after = np.arange(len(rows)) >= len(vessel.at_s)
    sog = float(np.nanmedian(vessel.sog)) if np.isfinite(vessel.sog).any() else 0.0
    if sog < _MOVING_KN or not after.any():
        return _replaced(whole, at_s=at_s)
    lon, lat, cog = (getattr(whole, name).copy() for name in ("lon", "lat", "cog"))
    lon[after], lat[after], cog[after] = _to_and_fro(vessel, sog, at_s[after])
    heading = np.where(after, cog, whole.heading)
    steady = np.where(after, sog, whole.sog)
    return _replaced(whole, at_s=at_s, lon=lon, lat=lat, cog=cog, heading=heading, sog=steady)


def _to_and_fro(vessel: Reports, sog: float, at_s: Floats) -> tuple[Floats, Floats, Floats]:
    """(lon, lat, cog) from where she was last heard, ahead as far as there is sea, and back."""
    lon, lat = float(vessel.lon[-1]), float(vessel.lat[-1])
    known = vessel.cog[np.isfinite(vessel.cog)]
    course = float(known[-1]) if len(known) else 0.0
    ahead = np.arange(0.0, _LEG_NM, 0.5)
    shore = shore_distance_nm(*destination(lon, lat, course, ahead))
    land = np.flatnonzero(shore < 0.7)
    length = max(float(ahead[land[0]]) - 0.5 if len(land) else _LEG_NM, 0.5)
    run = (at_s - vessel.at_s[-1]) / 3600 * sog
    out = run % (2 * length)
    along = np.where(out < length, out, 2 * length - out)
    places = destination(lon, lat, course, along)
    step = destination(lon, lat, course, along + 0.05)
    bearing = bearing_deg(*places, *step)
    return *places, np.where(out < length, bearing, (bearing + 180) % 360)


def _replaced(vessel: Reports, **columns: npt.NDArray[np.float64]) -> Reports:
    kept = {name: getattr(vessel, name) for name in Reports.__slots__}
    return Reports(**(kept | columns))


def _positions(
    vessel: Reports, start_us: Microseconds, number: int
) -> list[tuple[int, int, int, bytes]]:
    n = len(vessel.at_s)
    sent_us = start_us + np.rint(vessel.at_s * SECOND_US).astype(np.int64)
    common = {
        "mmsi": np.full(n, vessel.mmsi),
        "sog": _steps(vessel.sog, 10, 1023, 1022), "cog": _steps(vessel.cog, 10, 3600, 3599),
        "lon": np.rint(vessel.lon * 600_000).astype(np.int64),
        "lat": np.rint(vessel.lat * 600_000).astype(np.int64),
        "heading": _steps(vessel.heading, 1, 511, 359), "second": sent_us // SECOND_US % 60,
    }  # fmt: skip
    if vessel.class_b:
        payload = encode.position_b(**common, radio=np.full(n, 0xE0006))
    else:
        payload = encode.position_a(
            **common, msg_type=np.ones(n, np.int64), nav_status=vessel.status.astype(np.int64),
            rot=np.full(n, -128), radio=(sent_us // SECOND_US) % 2250,
        )  # fmt: skip
    lines = encode.single_part(
        payload, fill=0, station=_stations(vessel.source), heard_at_s=sent_us // SECOND_US,
        channel=channel_of(np.full(n, number), sent_us),
    )  # fmt: skip
    return list(zip(sent_us.tolist(), [number] * n, [0] * n, lines, strict=True))


def _statics(
    vessel: Reports, start_us: Microseconds, number: int
) -> list[tuple[int, int, int, bytes]]:
    rows = np.arange(0, len(vessel.at_s), _STATIC_EVERY)
    n = len(rows)
    sent_us = start_us + np.rint(vessel.at_s[rows] * SECOND_US).astype(np.int64)
    known = vessel.known
    hull = {name: np.full(n, min(getattr(known, name), most))
            for name, most in (("ship_type", 255), ("to_bow", 511), ("to_stern", 511),
                               ("to_port", 63), ("to_starboard", 63))}  # fmt: skip
    name, callsign = ([_plain(text)] * n for text in (known.name, known.callsign))
    station, heard_at_s = _stations(vessel.source[rows]), sent_us // SECOND_US
    channel = channel_of(np.full(n, number), sent_us)
    lines: list[tuple[bytes, ...]]
    mmsi = np.full(n, vessel.mmsi)
    if vessel.class_b:
        payload = encode.static_b_name(mmsi=mmsi, name=encode.six_bit(name, 20))
        lines = [(line,) for line in encode.single_part(
            payload, fill=2, station=station, heard_at_s=heard_at_s, channel=channel)]  # fmt: skip
    else:
        payload = encode.static_a(
            mmsi=mmsi, imo=np.full(n, known.imo), callsign=encode.six_bit(callsign, 7),
            name=encode.six_bit(name, 20), **hull, month=np.zeros(n, np.int64),
            day=np.zeros(n, np.int64), hour=np.full(n, 24), minute=np.full(n, 60),
            draught=np.full(n, round(known.draught_m * 10)),
            destination=encode.six_bit([_plain(known.destination)] * n, 20),
        )  # fmt: skip
        group = 1 + (sent_us // 1000 + number) % 9999
        lines = [*encode.two_part(payload, fill=2, station=station, heard_at_s=heard_at_s,
                                  channel=channel, group=group)]  # fmt: skip
    return [(at, number, 1 + part, line) for at, pair in zip(sent_us.tolist(), lines, strict=True)
            for part, line in enumerate(pair)]  # fmt: skip


def _steps(values: Floats, scale: int, unknown: int, most: int) -> Ints:
    steps = np.rint(np.nan_to_num(values) * scale).astype(np.int64)
    limited = np.minimum(steps, most) if unknown != 3600 else steps % 3600
    return np.where(np.isfinite(values), limited, unknown)


def _stations(source: npt.NDArray[np.object_]) -> list[bytes]:
    return [_plain(str(name))[:15].encode() or b"X" for name in source.tolist()]


def _plain(text: str) -> str:
    """Capital letters, digits and spaces: what the six-bit set and a tag block both hold."""
    return "".join(c if c.isascii() and (c.isalnum() or c in " -.") else " "
                   for c in text.upper()).strip()  # fmt: skip
