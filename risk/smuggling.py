"""Smuggling priority: published points for evidence, additive, capped, fading.

events of one vessel -> `Smuggling`, reasons that sum to the priority. `INDICATORS` is the whole
model: nothing that is not in it, and no flag, ever gives a point.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from risk.assessment import Band, Reason, Smuggling
from risk.event import Event
from risk.wording import duration, instant, whereabouts
from sea.units import HOUR_US, Microseconds

TABLE_VERSION = "smuggling-table-1"
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

COCAINE_PORTS = {
    "ECGYE": "Guayaquil",
    "ECPBO": "Puerto Bolivar",
    "PECLL": "Callao",
    "COBUN": "Buenaventura",
    "COSMR": "Santa Marta",
    "COCTG": "Cartagena",
    "COTRB": "Turbo",
    "BRSSZ": "Santos",
}
"""Ports of export by UN/LOCODE; chosen by us after UNODC, Global Report on Cocaine 2023."""

PRECURSOR_PORTS = {"MXZLO": "Manzanillo", "MXLZC": "Lazaro Cardenas"}
"""Pacific Mexican ports of precursor cargo from Asia (DEA National Drug Threat Assessment 2024)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One row of the table.

    Attributes:
        weight: points of one event seen just now with confidence 1. cap: most the row gives.
        half_life_h: after an event's end its points halve every so many hours.
        text: what was seen. source: why it is in the table. innocent: what else explains it.
    """

    code: str
    kind: str
    weight: float
    cap: float
    half_life_h: float
    text: str
    source: str
    innocent: str


def _row(
    code: str, kind: str, weight: float, cap: float, days: float, text: str, source: str,
    innocent: str,
) -> Indicator:  # fmt: skip
    return Indicator(
        code=code, kind=kind, weight=weight, cap=cap, half_life_h=24.0 * days, text=text,
        source=source, innocent=innocent,
    )  # fmt: skip


INDICATORS: tuple[Indicator, ...] = (
    _row("S1", "rendezvous", 35, 60, 10, "met another vessel at slow speed",
         "Global Fishing Watch encounter definition; Miller et al. 2018",
         "bunkering, stores, a crew change or help to a vessel in need"),
    _row("S2", "loitering", 15, 25, 7, "loitered off the coast",
         "Global Fishing Watch loitering definition",
         "waiting for orders, a berth or weather; repairs; fishing"),
    _row("S3", "slowdown", 12, 24, 7, "slowed down briefly at sea and went on",
         "chosen by us: a drop-off to small craft is slow, brief and away from ports",
         "engine trouble, traffic, whales, a drill or a pilot"),
    _row("S4", "gap", 10, 20, 7, "was silent where others were heard",
         "Welch et al. 2022, Science Advances 8(44)",
         "a weak receiver, a crowded channel or a broken transponder"),
    _row("S5", "gap", 15, 30, 10, "was silent for longer than the distance explains",
         "Welch et al. 2022; slack after Ford et al. 2018",
         "slow steaming, a detour for weather or drifting for repairs"),
    _row("S6", "jump", 8, 16, 7, "was reported in a place she could not have reached",
         "Bergman 2021, Global Fishing Watch: false vessel tracks in AIS",
         "faulty satellite positioning or another ship with the same number"),
    _row("S7", "clone", 12, 12, 14, "shares her number with another track",
         "ITU-R M.585-9: a number belongs to one ship",
         "a mistyped number; she may be the victim of the copy"),
    _row("S8", "spoof_circle", 4, 4, 3, "was reported going in circles not sailed",
         "C4ADS 2019, Above Us Only Stars",
         "jamming by others: ships are mostly the victims"),
    _row("S9", "identity_change", 20, 30, 30, "changed name, number or flag",
         "MV Matthew, seized 2023 soon after new owner and name",
         "an ordinary sale, a new charterer or a spelling corrected"),
    _row("S10", "deviation", 8, 12, 7, "left the lane that her traffic follows",
         "Pallotta et al. 2013, Entropy 15(6)",
         "weather, new orders, or the master's choice"),
    _row("S11", "destination_mismatch", 3, 3, 3, "does not steer for her declared destination",
         "Steidel et al. 2019: about half of declared destinations are wrong",
         "the field was not brought up to date"),
    _row("S12", "draught_change", 15, 20, 14, "changed draught without a port call",
         "cargo or ballast moved at sea changes draught by physics",
         "ballast exchange, or a late correction of the field"),
)  # fmt: skip

AT_WORK = {31: "towing", 32: "towing", 33: "dredging", 34: "diving", 35: "military", 50: "pilot",
           51: "search and rescue", 52: "tug", 53: "port tender", 54: "anti-pollution",
           55: "law enforcement", 58: "medical transport"}  # fmt: skip
"""Ship types whose work is to meet, wait and slow down beside other ships (M.1371-5 table 53)."""

FISHING = 30
QUIET = {**dict.fromkeys(AT_WORK, ("S1", "S2", "S3")), FISHING: ("S2",)}
"""Indicators that give no points for a ship type."""

INNOCENT = {row.code: row.innocent for row in INDICATORS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the priority needs to know of a vessel.

    Attributes:
        ship_type: 0 unknown. hours: first to last position. sog: kn, NaN unknown.
        near: UN/LOCODEs of the port she is bound for and of one she is at.
    """

    mmsi: int
    ship_type: int
    hours: float
    sog: float
    near: frozenset[str] = frozenset()


def prioritise(vessel: Heard, events: Sequence[Event], now_us: Microseconds) -> Smuggling:
    """The vessel's priority at `now_us` out of her events; a retracted one counts nothing."""
    seen = [e for e in events if e.status != "retracted" and e.detected_at <= now_us]
    reasons = [r for row in INDICATORS if (r := _counted(row, vessel, seen, now_us))]
    reasons += _context(vessel, math.fsum(r.contribution for r in reasons))
    reasons += _ceiling(math.fsum(r.contribution for r in reasons))
    reasons.sort(key=lambda r: -r.contribution)
    priority = math.fsum(r.contribution for r in reasons)
    enough = vessel.hours >= ENOUGH_HOURS and vessel.ship_type > 0
    band = band_of(priority, BAND_FROM)
    if band == "low":
        band = "low" if enough else "insufficient_data"
        reasons.append(_plain(vessel, enough))
    elif vessel.sog >= STEADY_KN:
        text = f"Now at {vessel.sog:.1f} kn, too fast for a transfer; it takes nothing off."
        reasons.append(Reason(code="contrary", text=text, contribution=0.0))
    return Smuggling(priority=priority, band=band, reasons=tuple(reasons))


def band_of(score: float, band_from: Sequence[tuple[Band, float]]) -> Band:
    """The first band whose least score is reached, in the order given; "low" below all."""
    return next((band for band, least in band_from if score >= least), "low")


def points(row: Indicator, event: Event, now_us: Microseconds) -> float:
    """What one event gives by one row: weight x confidence, halved every half-life after its end.

    An open event does not fade.
    """
    age_h = 0.0 if event.ended_at is None else max(0, now_us - event.ended_at) / HOUR_US
    return float(row.weight * event.confidence * 0.5 ** (age_h / row.half_life_h))


def _counted(
    row: Indicator, vessel: Heard, events: Sequence[Event], now_us: Microseconds
) -> Reason | None:
    of_row = [e for e in events if e.kind == row.kind and _applies(row, e)]
    if not of_row:
        return None
    quiet = row.code in QUIET.get(vessel.ship_type, ())
    total = math.fsum(points(row, e, now_us) for e in of_row)
    newest = max(of_row, key=lambda e: (e.started_at, e.id))
    text = row.text[0].upper() + row.text[1:] + ", " + _story(newest, vessel.mmsi)
    if len(of_row) > 1:
        text += f"; {len(of_row)} times in all"
    if quiet:
        role = AT_WORK.get(vessel.ship_type, "fishing")
        text += f". Not counted: her ship type is {role}, whose work this is"
    return Reason(
        code=row.code, text=text + ".", contribution=0.0 if quiet else min(row.cap, total),
        event_ids=tuple(sorted(e.id for e in of_row)), innocent_explanation=row.innocent,
    )  # fmt: skip


def _applies(row: Indicator, event: Event) -> bool:
    if row.code != "S5":
        return True
    slack = event.evidence.get("slack_h")
    return isinstance(slack, int | float) and slack >= UNEXPLAINED_SLACK_H


def _story(event: Event, mmsi: int) -> str:
    others = [f"{m:09d}" for m in event.mmsis if m != mmsi]
    word = "known too as" if event.kind == "identity_change" else "with"
    company = f"{word} {' and '.join(others)} " if others else ""
    when = f"{whereabouts(event.lon, event.lat)}, {instant(event.started_at)}"
    if event.kind == "identity_change":
        return f"{company}{when}"
    if event.ended_at is None:
        return f"{company}{when}, and still does"
    return f"{company}{when}, for {duration((event.ended_at - event.started_at) / HOUR_US)}"


def _context(vessel: Heard, evidence: float) -> list[Reason]:
    known = {**COCAINE_PORTS, **PRECURSOR_PORTS}
    places = sorted(known[p] for p in vessel.near if p in known)
    if not places or evidence <= 0:
        return []
    return [
        Reason(
            code="context",
            text=f"At or bound for {' and '.join(places)}, on a known route: the evidence above "
            f"counts {CONTEXT_FACTOR - 1:.0%} more.",
            contribution=evidence * (CONTEXT_FACTOR - 1),
            innocent_explanation="nearly all ships of these ports carry lawful cargo",
        )
    ]


def _ceiling(total: float) -> list[Reason]:
    if total <= FULL_SCORE:
        return []
    text = f"The scale ends at {FULL_SCORE:.0f}."
    return [Reason(code="ceiling", text=text, contribution=FULL_SCORE - total)]


def _plain(vessel: Heard, enough: bool) -> Reason:
    if not enough:
        lacking = "her ship type is not known" if vessel.ship_type == 0 else "too short to judge"
        text = f"Heard for {duration(max(vessel.hours, 0.0))}; {lacking}."
        return Reason(code="insufficient_data", text=text, contribution=0.0)
    pace = "" if math.isnan(vessel.sog) else f", now at {vessel.sog:.1f} kn"
    text = (
        f"Heard for {duration(vessel.hours)}{pace}: nothing above, or too little or too long ago "
        "to raise the priority. AIS cannot show a transfer made without slowing down."
    )
    return Reason(code="plain", text=text, contribution=0.0)
