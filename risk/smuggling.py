"""Smuggling priority: published points for evidence, additive, capped, fading.

ships and evidence -> `SmugglingScores`, columns, and the reasons of any one, which sum to her
priority. `INDICATORS` is the whole model: nothing that is not in it, and no flag, ever gives a
point.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

from ingest.batch import Float64, Int64
from risk.assessment import BANDS, Band, Reason, Smuggling, bands_of
from risk.event import Event
from risk.evidence import KINDS, STILL_OPEN, Evidence, Rows
from risk.routes import ROUTE_PORTS
from risk.ships import Ships
from risk.wording import innocent, sentences
from sea.ports import nearest_port, ports, resolve_destination
from sea.units import HOUR_US, Microseconds

TABLE_VERSION = "smuggling-table-3"
FULL_SCORE = 100.0
BAND_FROM: tuple[tuple[Band, float], ...] = (("severe", 70.0), ("high", 45.0), ("elevated", 20.0))
"""Least points of each band; chosen by us: a sure meeting at sea alone is elevated, with an
unexplained silence high."""

ENOUGH_HOURS = 2.0
"""Heard for less, or without a ship type, the state is insufficient data; chosen by us."""

STEADY_KN = 12.0
"""Too fast to go alongside; shown as speaking against a transfer now. Chosen by us."""

UNEXPLAINED_SLACK_H = 2.0
"""Time in a gap that the distance covered does not explain; a boat transfer takes about this."""

CONTEXT_FACTOR = 1.25
"""Chosen by us: context may raise evidence by a quarter and creates none."""

AT_PORT_NM = 30.0
"""Within this a vessel is held to be at the port, for the context; chosen by us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One row of the table.

    Attributes:
        weight: points of one event seen just now with confidence 1. cap: most the row gives.
        half_life_h: after an event's end its points halve every so many hours.
        source: why it is in the table.
    """

    code: str
    kind: str
    weight: float
    cap: float
    half_life_h: float
    source: str

    @property
    def text(self) -> str:
        """What was seen."""
        return sentences()[f"{self.code}.seen"]["en"]

    @property
    def innocent(self) -> str:
        """What else explains it."""
        return innocent(self.code)


def _row(
    code: str, kind: str, weight: float, cap: float, days: float, source: str
) -> Indicator:  # fmt: skip
    return Indicator(
        code=code, kind=kind, weight=weight, cap=cap, half_life_h=24.0 * days, source=source
    )


INDICATORS: tuple[Indicator, ...] = (
    _row("S1", "rendezvous", 35, 60, 10,
         "Global Fishing Watch encounter definition; Miller et al. 2018"),
    _row("S2", "loitering", 15, 25, 7,
         "Global Fishing Watch loitering definition"),
    _row("S3", "slowdown", 12, 24, 7,
         "chosen by us: a drop-off to small craft is slow, brief and away from ports"),
    _row("S4", "gap", 10, 20, 7,
         "Welch et al. 2022, Science Advances 8(44)"),
    _row("S5", "gap", 15, 30, 10,
         "Welch et al. 2022; slack after Ford et al. 2018"),
    _row("S6", "jump", 8, 16, 7,
         "Bergman 2021, Global Fishing Watch: false vessel tracks in AIS"),
    _row("S7", "clone", 12, 12, 14,
         "ITU-R M.585-9: a number belongs to one ship"),
    _row("S8", "spoof_circle", 4, 4, 3,
         "C4ADS 2019, Above Us Only Stars"),
    _row("S9", "identity_change", 20, 30, 30,
         "MV Matthew, seized 2023 soon after new owner and name"),
    _row("S10", "deviation", 8, 12, 7,
         "Pallotta et al. 2013, Entropy 15(6)"),
    _row("S11", "destination_mismatch", 3, 3, 3,
         "Steidel et al. 2019: about half of declared destinations are wrong"),
    _row("S12", "draught_change", 15, 20, 14,
         "cargo or ballast moved at sea changes draught by physics"),
)  # fmt: skip

AT_WORK = {31: "towing", 32: "towing", 33: "dredging", 34: "diving", 35: "military", 50: "pilot",
           51: "search_and_rescue", 52: "tug", 53: "port_tender", 54: "anti_pollution",
           55: "law_enforcement", 58: "medical_transport"}  # fmt: skip
"""Ship types whose work is to meet, wait and slow down beside other ships (M.1371-5 table 53)."""

FISHING = 30
QUIET = {**dict.fromkeys(AT_WORK, ("S1", "S2", "S3")), FISHING: ("S2",)}
"""Indicators that give no points for a ship type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmugglingScores:
    """Columns of one length, a row a ship.

    Attributes:
        priority: points. band: index in `BANDS`. enough: heard enough to call the low ones low.
        points: by row of `INDICATORS`, shape (n, 12). context, ceiling: what they add.
        places: ship -> what her context rests on, as `values` of its reason.
        rows: the evidence. first: of each ship's rows and their end, shape (n + 1,).
    """

    now_us: Microseconds
    priority: Float64
    band: npt.NDArray[np.uint8]
    enough: npt.NDArray[np.bool_]
    points: Float64
    context: Float64
    ceiling: Float64
    places: dict[int, dict[str, Any]]
    rows: Rows
    first: Int64


def score_smuggling(
    ships: Ships, rows: Rows, evidence: Evidence, since_us: Microseconds, now_us: Microseconds
) -> SmugglingScores:
    """The priorities of all ships at `now_us`, of `rows` and calls of `evidence` since then."""
    n = len(ships.mmsi)
    points = np.zeros((n, len(INDICATORS)))
    _tally(rows, now_us, *_TABLE, _quiet(ships.ship_type), points)
    some = np.flatnonzero(points.any(axis=1))
    places = _route_places(ships, some, evidence, since_us, now_us)
    known = np.zeros(n, np.bool_)
    known[[*places]] = True
    sums = np.zeros((3, n))
    _add_up(points, known, *sums)
    hours = (ships.reported_at - ships.first_at) / HOUR_US
    enough = (hours >= ENOUGH_HOURS) & (ships.ship_type > 0)
    band = bands_of(sums[0], BAND_FROM)
    band[(band == BANDS.index("low")) & ~enough] = BANDS.index("insufficient_data")
    return SmugglingScores(
        now_us=now_us, priority=sums[0], band=band, enough=enough, points=points, context=sums[1],
        ceiling=sums[2], places=places, rows=rows,
        first=np.searchsorted(rows.ship, np.arange(n + 1)).astype(np.int64),
    )  # fmt: skip


def smuggling_of(scores: SmugglingScores, ships: Ships, i: int, evidence: Evidence) -> Smuggling:
    """The priority of one ship with its reasons, the weightiest first."""
    own = slice(int(scores.first[i]), int(scores.first[i + 1]))
    events = evidence.events(scores.rows.event[own].tolist())
    reasons = [
        reason
        for row, points in zip(INDICATORS, scores.points[i].tolist(), strict=True)
        if (reason := _counted(row, points, ships, i, events))
    ]
    if scores.context[i] > 0:
        values = {**scores.places[i], "more": CONTEXT_FACTOR - 1}
        reasons.append(Reason(code="context", contribution=float(scores.context[i]), values=values))
    if scores.ceiling[i] < 0:
        reasons.append(Reason(code="ceiling", contribution=float(scores.ceiling[i]),
                              values={"full": FULL_SCORE}))  # fmt: skip
    reasons.sort(key=lambda reason: -reason.contribution)
    return Smuggling(priority=float(scores.priority[i]), band=BANDS[scores.band[i]],
                     reasons=(*reasons, *_remarks(scores, ships, i)))  # fmt: skip


def points(row: Indicator, event: Event, now_us: Microseconds) -> float:
    """What one event gives by one row: weight x confidence, halved every half-life after its end.

    An open event does not fade.
    """
    ended = STILL_OPEN if event.ended_at is None else event.ended_at
    return float(_points(row.weight, row.half_life_h, ended, event.confidence, now_us))


_TABLE: Final = (
    np.array([KINDS.index(row.kind) for row in INDICATORS]),
    np.array([row.weight for row in INDICATORS]),
    np.array([row.cap for row in INDICATORS]),
    np.array([row.half_life_h for row in INDICATORS]),
    np.array([UNEXPLAINED_SLACK_H if row.code == "S5" else -np.inf for row in INDICATORS]),
)


@numba.njit(cache=True, nogil=True)
def _points(weight, half_life_h, ended, confidence, now_us):  # type: ignore[no-untyped-def]
    age_h = 0.0 if ended == STILL_OPEN else max(0, now_us - ended) / HOUR_US
    return weight * confidence * 0.5 ** (age_h / half_life_h)


@numba.njit(cache=True, nogil=True)
def _tally(rows, now_us, kinds, weights, caps, half_lives, least_slack, quiet, points):  # type: ignore[no-untyped-def]
    """Adds the points of every row of evidence up, to the caps; quiet indicators get none."""
    for j in range(len(rows.ship)):
        ship = rows.ship[j]
        for r in range(len(kinds)):
            if rows.kind[j] != kinds[r] or quiet[ship, r]:
                continue
            if least_slack[r] > -np.inf and not rows.slack_h[j] >= least_slack[r]:
                continue
            more = _points(weights[r], half_lives[r], rows.ended[j], rows.confidence[j], now_us)
            points[ship, r] = min(points[ship, r] + more, caps[r])


@numba.njit(cache=True, nogil=True)
def _add_up(points, known, priority, context, ceiling):  # type: ignore[no-untyped-def]
    """Priority of each ship: her points, what context adds and what the scale cuts off."""
    for i in range(len(points)):
        total = 0.0
        for r in range(points.shape[1]):
            total += points[i, r]
        if known[i]:
            context[i] = total * (CONTEXT_FACTOR - 1.0)
        total += context[i]
        if total > FULL_SCORE:
            ceiling[i] = FULL_SCORE - total
            total = FULL_SCORE
        priority[i] = total


def _quiet(ship_type: npt.NDArray[np.int16]) -> npt.NDArray[np.bool_]:
    """Which indicators give no points for each ship, shape (n, 12)."""
    table = np.zeros((100, len(INDICATORS)), np.bool_)
    for kind, codes in QUIET.items():
        table[kind] = [row.code in codes for row in INDICATORS]
    return np.asarray(table[np.where((ship_type > 0) & (ship_type < 100), ship_type, 0)])


def _route_places(
    ships: Ships, some: Int64, evidence: Evidence, since_us: Microseconds, now_us: Microseconds
) -> dict[int, dict[str, Any]]:
    """Ports of known routes that these ships are at, bound for or were lately in; others lack."""
    index, away_nm = nearest_port(ships.lon[some], ships.lat[some])
    found: dict[int, dict[str, Any]] = {}
    for i, near, nm in zip(some.tolist(), index.tolist(), away_nm.tolist(), strict=True):
        text = ships.destination[i]
        bound = resolve_destination(text) if text else None
        at = ports()[near] if nm <= AT_PORT_NM else None
        now = {ROUTE_PORTS.get(port.unlocode) for port in (bound, at) if port is not None}
        calls = evidence.calls(int(ships.mmsi[i]), since_us, now_us)
        lately = {ROUTE_PORTS[call.evidence["port"]] for call in calls} - now
        places, called = sorted(name for name in now if name), sorted(lately)
        if places or called:
            found[i] = {"places": places or None, "also" if places else "called": called or None}
    return found


def _counted(
    row: Indicator, given: float, ships: Ships, i: int, events: Sequence[Event]
) -> Reason | None:
    of_row = [e for e in events if e.kind == row.kind and _applies(row, e)]
    if not of_row:
        return None
    newest = max(of_row, key=lambda e: (e.started_at, e.id))
    values = {"code": row.code, **_story(newest, int(ships.mmsi[i]))}
    if len(of_row) > 1:
        values["times"] = len(of_row)
    kind = int(ships.ship_type[i])
    if row.code in QUIET.get(kind, ()):
        values["role"] = AT_WORK.get(kind, "fishing")
    return Reason(code=row.code, sentence="event", contribution=given, values=values,
                  event_ids=tuple(sorted(e.id for e in of_row)))  # fmt: skip


def _applies(row: Indicator, event: Event) -> bool:
    if row.code != "S5":
        return True
    slack = event.evidence.get("slack_h")
    return isinstance(slack, int | float) and slack >= UNEXPLAINED_SLACK_H


def _story(event: Event, mmsi: int) -> dict[str, Any]:
    changed = event.kind == "identity_change"
    values: dict[str, Any] = {"at": [event.lon, event.lat], "start": event.started_at}
    others = [m for m in event.mmsis if m != mmsi]
    if others:
        values["alias" if changed else "others"] = others
    if event.ended_at is None:
        values["open"] = None if changed else True
    elif not changed:
        values["hours"] = (event.ended_at - event.started_at) / HOUR_US
    return values


def _remarks(scores: SmugglingScores, ships: Ships, i: int) -> list[Reason]:
    """What speaks against, or why the priority is low or not known; without points."""
    hours = max(int(ships.reported_at[i] - ships.first_at[i]) / HOUR_US, 0.0)
    sog = float(ships.sog[i])
    band = BANDS[scores.band[i]]
    if band == "insufficient_data":
        lacking = "no_type" if ships.ship_type[i] == 0 else "too_short"
        return [Reason(code=band, contribution=0.0, values={"hours": hours, "lacking": lacking})]
    if band == "low":
        values = {"hours": hours, "sog": None if math.isnan(sog) else round(sog, 1)}
        return [Reason(code="plain", contribution=0.0, values=values)]
    if sog >= STEADY_KN:
        return [Reason(code="contrary", contribution=0.0, values={"sog": round(sog, 1)})]
    return []
