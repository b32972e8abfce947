"""Incident reports: what a partner tells of one incident, and which reports mean the same one.

reports in order of receipt -> `MergedIncident`s -> `risk.incident.Incident`s that the hazard field
counts. Merging is a pure function of the reports given: whoever may see fewer reports gets the
incidents that those few make, and nothing tells of the rest.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import cos, floor, prod, radians
from typing import Final, Literal, get_args

from risk.grade import Grade
from risk.incident import Activity, Incident
from sea.errors import BadInputError
from sea.geodesy import distance_nm
from sea.units import DAY_US, HOUR_US, DegreesEast, DegreesNorth, Microseconds

IncidentKind = Literal[
    "hijacking", "kidnapping", "boarding", "robbery", "extortion", "contraband_placed",
    "shots_fired", "attempted_boarding", "suspicious_approach", "other",
]  # fmt: skip
"""From the gravest to the least."""

KINDS: Final[tuple[IncidentKind, ...]] = get_args(IncidentKind)

ABOARD: Final[frozenset[IncidentKind]] = frozenset(
    {"hijacking", "kidnapping", "boarding", "robbery", "extortion", "contraband_placed"}
)
ALONGSIDE: Final[frozenset[IncidentKind]] = frozenset({"attempted_boarding", "suspicious_approach"})

COUNT: Final[dict[IncidentKind, float]] = {"suspicious_approach": 0.25, "other": 0.5}
"""What a kind counts as, 1 where it is not named: the figures that the field rests on hold few
mere approaches. Chosen by us."""

REACH_NM: Final = 5.0
WINDOW_H: Final = 3.0
"""Two reports of one event differ by so much beside what they admit themselves: the place of the
attack or of its report, the time of it or of its discovery. Chosen by us."""

EXACT_H: Final = 1.0
"""A time that is known so well says the hour of day; chosen by us."""

MAX_WITHIN_NM: Final = 60.0
MAX_WITHIN_H: Final = 72.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedShip:
    """What a report says of the ship; 0 and "" are unknown."""

    mmsi: int = 0
    imo: int = 0
    name: str = ""

    def contradicts(self, other: "ReportedShip") -> bool:
        """Whether they are two ships: by hull where both say it, else by number, else by name."""
        for one, two in ((self.imo, other.imo), (self.mmsi, other.mmsi),
                         (plain_name(self.name), plain_name(other.name))):  # fmt: skip
            if one and two:
                return one != two
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReport:
    """One report of one incident.

    Attributes:
        at: UTC us. within_h: the incident was at most so far from `at`, 12 where only its day is
            reported. within_nm: likewise from the position.
        activity: what the ship was doing, None where it is not said.
        reference: the source's own number for it.
        originator: nation that reports it, with `source` what makes reports independent.
    """

    id: str
    kind: IncidentKind
    at: Microseconds
    lon: DegreesEast
    lat: DegreesNorth
    within_h: float = 0.0
    within_nm: float = 1.0
    activity: Activity | None = None
    ship: ReportedShip = field(default_factory=ReportedShip)
    grade: Grade = field(default_factory=Grade)
    source: str = ""
    reference: str = ""
    originator: str = ""
    narrative: str = ""
    retracted: bool = False

    def __post_init__(self) -> None:
        if not (-180 <= self.lon <= 180 and -90 <= self.lat <= 90):
            raise BadInputError("longitude or latitude out of range", field="position")
        if not 0 <= self.within_nm <= MAX_WITHIN_NM:
            raise BadInputError(f"0 to {MAX_WITHIN_NM:.0f} nm", field="position_uncertainty_nm")
        if not 0 <= self.within_h <= MAX_WITHIN_H:
            raise BadInputError(f"0 to {MAX_WITHIN_H:.0f} h", field="at_uncertainty_h")


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedIncident:
    """The reports that mean one event, in order of receipt."""

    reports: tuple[IncidentReport, ...]

    @property
    def id(self) -> str:
        """That of the first report, also where it was retracted since."""
        return self.reports[0].id

    @property
    def standing(self) -> tuple[IncidentReport, ...]:
        """The reports not retracted."""
        return tuple(r for r in self.reports if not r.retracted)

    @property
    def retracted(self) -> bool:
        """Whether every report was."""
        return not self.standing

    @property
    def best(self) -> IncidentReport:
        """The report that says best where and when: least uncertain, then best graded."""
        return min(self.standing or self.reports,
                   key=lambda r: (r.within_nm, r.within_h, -r.grade.weight))  # fmt: skip

    @property
    def kind(self) -> IncidentKind:
        """The gravest that is reported."""
        kinds = {r.kind for r in self.standing or self.reports}
        return next(k for k in KINDS if k in kinds)

    @property
    def weight(self) -> float:
        """0..1: that at least one independent source is right, of each its best report."""
        best: dict[tuple[str, str], float] = {}
        for report in self.standing:
            key = report.originator, report.source
            best[key] = max(best.get(key, 0.0), report.grade.weight)
        return 1.0 - prod(1.0 - weight for weight in best.values())

    @property
    def count(self) -> float:
        """What the hazard field counts it as: weight x that of its kind, 0 where retracted."""
        return self.weight * COUNT.get(self.kind, 1.0)

    @property
    def ship(self) -> ReportedShip:
        """What the standing reports say of her together, the first to say it."""
        ships = [r.ship for r in self.standing or self.reports]
        return ReportedShip(
            mmsi=next((s.mmsi for s in ships if s.mmsi), 0),
            imo=next((s.imo for s in ships if s.imo), 0),
            name=next((s.name for s in ships if s.name), ""),
        )

    @property
    def activity(self) -> Activity | None:
        """What she was doing, by the best report that says it."""
        known = (self.best, *self.standing)
        return next((r.activity for r in known if r.activity is not None), None)

    def counted(self) -> Incident:
        """As the hazard field takes it."""
        best = self.best
        return Incident(
            at_us=best.at, time_known=best.within_h <= EXACT_H, lon=best.lon, lat=best.lat,
            activity=self.activity, weight=self.count, within_nm=best.within_nm,
        )  # fmt: skip


Judgements = Mapping[frozenset[str], bool]
"""What people decided of two reports' ids: the same event or not; the last word counts."""


Bucket = tuple[int, int, int]
"""A day, and a whole degree of latitude and of longitude."""


class Merger:
    """Takes reports in order of receipt and puts those together that mean one incident.

    A report joins the first incident with all whose reports it agrees (`agree`), else it begins a
    new one; so two ships never become one by way of a third report that names none. A person's
    judgement goes before the rule.
    """

    def __init__(self, judged: Judgements | None = None) -> None:
        self.judged = judged or {}
        self.reports: list[IncidentReport] = []
        self._merged: list[MergedIncident] = []
        self._near: dict[Bucket, list[int]] = {}

    @property
    def incidents(self) -> tuple[MergedIncident, ...]:
        """What the reports so far mean; one that no further report joined stays the same object."""
        return tuple(self._merged)

    def add(self, report: IncidentReport) -> None:
        """Takes the next report."""
        self.reports.append(report)
        home = _home(report, self._merged, self._near, self.judged)
        if home == len(self._merged):
            self._merged.append(MergedIncident(reports=(report,)))
        else:
            joined = (*self._merged[home].reports, report)
            self._merged[home] = MergedIncident(reports=joined)
        for bucket in _buckets(report):
            self._near.setdefault(bucket, []).append(home)


def merge(
    reports: Iterable[IncidentReport], judged: Judgements | None = None
) -> tuple[MergedIncident, ...]:
    """The incidents that the reports, given in order of receipt, mean; see `Merger`."""
    merger = Merger(judged)
    for report in reports:
        merger.add(report)
    return merger.incidents


def agree(one: IncidentReport, two: IncidentReport) -> bool:
    """Whether two reports may mean one event: kind, time, place and ship do not speak against it.

    Times and places may differ by both uncertainties together and `WINDOW_H`, `REACH_NM`.
    """
    if not compatible(one.kind, two.kind) or one.ship.contradicts(two.ship):
        return False
    if abs(one.at - two.at) > (one.within_h + two.within_h + WINDOW_H) * HOUR_US:
        return False
    apart = float(distance_nm(one.lon, one.lat, two.lon, two.lat))
    return apart <= one.within_nm + two.within_nm + REACH_NM


def compatible(one: IncidentKind, two: IncidentKind) -> bool:
    """Whether one event may be told as both: not where one got aboard and the other did not."""
    return not ({one, two} & ABOARD and {one, two} & ALONGSIDE)


@lru_cache(maxsize=1 << 17)
def plain_name(name: str) -> str:
    """A ship's name for comparing: capitals, single spaces, without MV, MT and the like."""
    words = "".join(c if c.isalnum() else " " for c in name.upper()).split()
    while words and words[0] in _PREFIXES:
        del words[0]
    if len(words) > 2 and words[0] == "M" and words[1] in ("V", "T", "S"):
        del words[:2]  # M/V
    return " ".join(words)


_PREFIXES: Final = frozenset({"MV", "MT", "MS", "SS", "FV"})


def _home(
    report: IncidentReport, merged: Sequence[MergedIncident],
    near: Mapping[Bucket, Sequence[int]], judged: Judgements,
) -> int:  # fmt: skip
    """The incident that the report joins; one past the last for a new one."""
    told = {i for pair, same in judged.items() if same and report.id in pair for i in pair}
    if told:
        for i, incident in enumerate(merged):
            if any(other.id in told for other in incident.reports):
                return i
    candidates = sorted({i for bucket in _buckets(report) for i in near.get(bucket, ())})
    return next((i for i in candidates if _joins(report, merged[i].reports, judged)), len(merged))


def _joins(report: IncidentReport, group: Sequence[IncidentReport], judged: Judgements) -> bool:
    return all(
        judged.get(frozenset((report.id, other.id)), agree(report, other)) for other in group
    )


def _buckets(report: IncidentReport) -> Iterator[Bucket]:
    """Days and whole degrees that the report may be of; two that agree have one in common."""
    reach_us = round((report.within_h + WINDOW_H) * HOUR_US)
    up = (report.within_nm + REACH_NM) / 60
    across = min(180.0, up / max(0.01, cos(radians(min(90.0, abs(report.lat) + up)))))
    rows = range(floor(report.lat - up), floor(report.lat + up) + 1)
    columns = range(floor(report.lon - across), floor(report.lon + across) + 1)
    days = range((report.at - reach_us) // DAY_US, (report.at + reach_us) // DAY_US + 1)
    return ((day, row, column % 360) for day in days for row in rows for column in columns)
