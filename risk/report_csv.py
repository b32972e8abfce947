"""Incident reports out of CSV: the columns of IMB, ASAM, "Crime at Sea" and our own by name.

text -> drafts of `IncidentReport` (id and originator still empty) and the lines refused, with the
field and what is wrong with it. Case and order of columns do not matter.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from typing import Final, get_args

from risk.grade import CREDIBILITY, RELIABILITY, Credibility, Grade, Reliability
from risk.incident import STATUS
from risk.report import IncidentKind, IncidentReport, ReportedShip
from sea.errors import BadInputError
from sea.identity import imo_is_valid
from sea.instants import parse_utc, to_us
from sea.units import DAY_US, Microseconds

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "at": ("at", "occurred_at", "date", "incident date", "date of incident", "date of occurrence",
           "dateofocc"),
    "time": ("time", "local time"),
    "lon": ("lon", "longitude", "lng"),
    "lat": ("lat", "latitude"),
    "position": ("position", "posn"),
    "kind": ("kind", "attack_type", "attack type", "type of attack", "hostility", "aggressor"),
    "activity": ("activity", "vessel_status", "vessel status", "ship status", "status"),
    "ship": ("ship", "ship_name", "vessel_name", "vessel name", "name of ship"),
    "imo": ("imo", "imo number"),
    "mmsi": ("mmsi",),
    "grade": ("grade", "admiralty"),
    "reliability": ("reliability",),
    "credibility": ("credibility",),
    "source": ("source",),
    "reference": ("reference", "attack number", "incident number"),
    "narrative": ("narrative", "narration", "narrations", "description", "descript", "sitrep"),
    "within_nm": ("position_uncertainty_nm",),
    "within_h": ("at_uncertainty_h",),
}  # fmt: skip
"""Field -> names its column may have."""

_KIND_WORDS: Final[tuple[tuple[str, IncidentKind], ...]] = (
    ("attempt", "attempted_boarding"), ("suspicious", "suspicious_approach"),
    ("approach", "suspicious_approach"), ("hijack", "hijacking"), ("kidnap", "kidnapping"),
    ("extort", "extortion"), ("fired", "shots_fired"), ("shot", "shots_fired"),
    ("board", "boarding"), ("robb", "robbery"), ("theft", "robbery"), ("thie", "robbery"),
)  # fmt: skip
"""Part of a word -> kind, the first that occurs: "attempted boarding" is no boarding."""

_DAY_FORMS: Final = ("%d.%m.%Y", "%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%Y/%m/%d")
"""Days that can be read in one way only; 03/04/2026 cannot."""

_ANGLE: Final = (
    r"""(\d{1,3})[:°º -]\s*(\d{1,2}(?:\.\d+)?)(?:['’:]\s*(\d{1,2}(?:\.\d+)?)["”]?)?['’]?\s*"""
)
_POSITION: Final = re.compile(_ANGLE + r"([NS])[\s,;/–-]*" + _ANGLE + r"([EW])", re.IGNORECASE)
_UTC_CLOCK: Final = re.compile(r"\b(\d{2}):?(\d{2})\s*(?:UTC|Z)\b", re.IGNORECASE)

DAY_WITHIN_H: Final = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedLine:
    """A line that gave no report."""

    line: int
    field: str
    detail: str


def read_reports(
    text: str, *, source: str = "", grade: Grade | None = None, latest: Microseconds = 2**62
) -> tuple[list[IncidentReport], list[RefusedLine]]:
    """Drafts of the reports in order of line; `source` and `grade` where a line has none.

    A line later than `latest` is refused.

    Raises:
        BadInputError: not a CSV, or no column tells when or where.
    """
    drafts: list[IncidentReport] = []
    refused: list[RefusedLine] = []
    for line, row in _rows(text):
        try:
            drafts.append(_draft(row, source, grade or Grade(), latest))
        except BadInputError as error:
            refused.append(RefusedLine(line=line, field=error.field, detail=str(error)))
    return drafts, refused


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(StringIO(text.removeprefix("\ufeff")))
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        place = {
            field: next((header.index(name) for name in names if name in header), None)
            for field, names in COLUMNS.items()
        }
        _check(place, header)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield (
                    reader.line_num,
                    {
                        field: cells[i].strip() if i is not None and i < len(cells) else ""
                        for field, i in place.items()
                    },
                )
    except csv.Error as error:
        raise BadInputError(f"not a CSV: {error}", field="body") from error


def _check(place: Mapping[str, int | None], header: list[str]) -> None:
    known = {field for field, i in place.items() if i is not None}
    named = ", ".join(header) or "nothing"
    if "at" not in known:
        raise BadInputError(f"no column tells when, among {named}", field="at",
                            mend="name it 'at' or 'date'")  # fmt: skip
    if not ({"lon", "lat"} <= known or known & {"position", "narrative"}):
        raise BadInputError(f"no column tells where, among {named}", field="position",
                            mend="name them 'lon' and 'lat', or 'position'")  # fmt: skip


def _draft(
    row: Mapping[str, str], source: str, grade: Grade, latest: Microseconds
) -> IncidentReport:
    at, within_h = _when(row)
    if at > latest:
        raise BadInputError("is still to come", field="at")
    lon, lat = _where(row)
    status = row["activity"].lower().replace("_", " ")
    return IncidentReport(
        id="", kind=_kind(row["kind"], row["narrative"]), at=at, lon=lon, lat=lat,
        within_h=_number(row, "within_h", within_h), within_nm=_number(row, "within_nm", 1.0),
        activity=STATUS.get(status), ship=_ship(row), grade=_grade(row, grade),
        source=row["source"] or source, reference=row["reference"],
        narrative=row["narrative"][:4000],
    )  # fmt: skip


def _when(row: Mapping[str, str]) -> tuple[Microseconds, float]:
    """The instant and how far it may be off; noon of the day where no UTC time is told."""
    told = row["at"]
    clock = _UTC_CLOCK.search(row["time"]) or _UTC_CLOCK.search(told) \
        or _UTC_CLOCK.search(row["narrative"][:60])  # fmt: skip
    day = _day(re.split(r":\s", told)[0].strip())
    if day is None:
        instant = parse_utc(told, field="at")
        midnight = instant % DAY_US == 0
        if "T" in told.upper() or (" " in told and not midnight):
            return instant, 0.0
        day = datetime.fromisoformat(told[:10])
    if clock is None:
        return to_us(day.replace(hour=12, tzinfo=UTC)), DAY_WITHIN_H
    hour, minute = int(clock[1]), int(clock[2])
    if hour > 23 or minute > 59:
        raise BadInputError(f"no such time: {clock[0]!r}", field="at")
    return to_us(day.replace(hour=hour, minute=minute, tzinfo=UTC)), 0.0


def _day(text: str) -> datetime | None:
    for form in _DAY_FORMS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - a day has no zone yet
        except ValueError:
            continue
    return None


def _where(row: Mapping[str, str]) -> tuple[float, float]:
    if row["lon"] or row["lat"]:
        try:
            return float(row["lon"]), float(row["lat"])
        except ValueError:
            raise BadInputError("longitude and latitude are not decimal degrees",
                                field="position") from None  # fmt: skip
    found = _POSITION.search(row["position"]) or _POSITION.search(row["narrative"])
    if found is None:
        raise BadInputError(
            "no position", field="position", mend="write it like 05:31.2S-105:18.1W"
        )
    return _degrees(found.groups()[4:]), _degrees(found.groups()[:4])


def _degrees(parts: tuple[str | None, ...]) -> float:
    degrees, minutes, seconds, side = parts
    value = float(degrees or 0) + float(minutes or 0) / 60 + float(seconds or 0) / 3600
    if float(minutes or 0) >= 60 or float(seconds or 0) >= 60:
        raise BadInputError("minutes of the position are 60 or more", field="position")
    return -value if (side or "").upper() in ("S", "W") else value


def _kind(told: str, narrative: str) -> IncidentKind:
    plain = told.lower().replace(" ", "_")
    for kind in get_args(IncidentKind):
        if plain == kind:
            return kind  # type: ignore[no-any-return]
    for text in (told.lower(), narrative.lower()):
        for word, found in _KIND_WORDS:
            if word in text:
                return found
    return "other"


def _ship(row: Mapping[str, str]) -> ReportedShip:
    imo = _digits(row["imo"].upper().removeprefix("IMO").strip(), "imo", 7)
    if imo and not imo_is_valid(imo):
        raise BadInputError(f"{imo} is no IMO number: its check digit is wrong", field="imo")
    return ReportedShip(mmsi=_digits(row["mmsi"], "mmsi", 9), imo=imo, name=row["ship"][:100])


def _digits(text: str, field: str, length: int) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) == length):
        raise BadInputError(f"{text!r} has not {length} digits", field=field)
    return int(text)


def _grade(row: Mapping[str, str], default: Grade) -> Grade:
    letter = row["reliability"].upper() or row["grade"][:1].upper()
    figure = row["credibility"] or row["grade"][1:]
    reliability: Reliability | None = next((r for r in RELIABILITY if r == letter), None)
    credibility: Credibility | None = next((c for c in CREDIBILITY if str(c) == figure), None)
    if (letter and reliability is None) or (figure and credibility is None):
        raise BadInputError(f"{letter}{figure} is no grade A to F, 1 to 6", field="grade")
    return Grade(
        reliability=reliability or default.reliability,
        credibility=credibility or default.credibility,
    )


def _number(row: Mapping[str, str], field: str, default: float) -> float:
    try:
        return float(row[field]) if row[field] else default
    except ValueError:
        raise BadInputError(f"{row[field]!r} is no number", field=COLUMNS[field][0]) from None
