"""Matching: events and what truly happened -> which is which, one to one.

An event is right when a truth of its kind and vessels overlaps it enough; of a kind that is an
instant, when it starts there. An event without vessels must lie where the truth is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from sea.errors import BadInputError
from sea.geodesy import distance_nm
from sea.instants import parse_utc
from sea.units import MINUTE_US, Microseconds

INSTANT: Final = frozenset(
    {"identity_change", "bad_identity", "draught_change", "sudden_stop", "approach", "jump",
     "zone_entry", "zone_exit"}
)  # fmt: skip
"""Kinds that happen at one moment: only their start is compared, with all of the truth."""

_ANY_VESSEL: Final = frozenset({"identity_change"})
"""Kinds whose vessels may be named by the old number, the new one, or both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchParams:
    """When an event counts as a truth; all chosen by us.

    Attributes:
        overlap: intersection over union of their times, at least; or both ends agree within
            end_minutes or end_share of the truth's length, whichever is more.
        place_nm: for events without vessels, apart at most.
    """

    overlap: float = 0.3
    end_minutes: float = 10
    end_share: float = 0.1
    place_nm: float = 50

    def __post_init__(self) -> None:
        if not 0 < self.overlap <= 1:
            raise BadInputError("overlap must be above 0 and at most 1", field="overlap")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """A kind's behaviour of some vessels over some time; `detected_at` None for a truth.

    Attributes:
        met_at, seen_at: when its definition was met, and when reports first showed that; None
            where the truth does not say.
        over: a truth that meets its definition. judged: one that counts.
    """

    kind: str
    mmsis: tuple[str, ...]
    started_at: Microseconds
    ended_at: Microseconds | None
    detected_at: Microseconds | None = None
    lon: float | None = None
    lat: float | None = None
    met_at: Microseconds | None = None
    seen_at: Microseconds | None = None
    over: bool = True
    judged: bool = True


def read_spells(lines: Iterable[bytes], *, file: str = "") -> list[Spell]:
    """Spells of event or truth lines; retracted events are left out.

    Raises:
        BadInputError: a line is not JSON or lacks a field, with its number.
    """
    spells = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = msgspec.json.decode(line)
            if row.get("status") != "retracted":
                spells.append(_spell(row))
        except (msgspec.DecodeError, KeyError, TypeError, AttributeError) as error:
            raise BadInputError(f"{file} line {number} is no event: {error!r}") from error
    return spells


def match(
    events: Sequence[Spell], truths: Sequence[Spell], rules: MatchParams
) -> list[tuple[int, int]]:
    """Pairs (event, truth) one to one, the best overlap first; spells of one kind, ended."""
    of_vessels: dict[tuple[str, ...], list[int]] = {}
    for j, truth in enumerate(truths):
        for vessels in _names(truth):
            of_vessels.setdefault(vessels, []).append(j)
    possible = [
        (-_overlap(event, truths[j]), i, j)
        for i, event in enumerate(events)
        for j in sorted({j for vessels in _names(event) for j in of_vessels.get(vessels, [])})
        if _agree(event, truths[j], rules)
    ]
    pairs: dict[int, int] = {}
    for _, i, j in sorted(possible):
        if i not in pairs and j not in pairs.values():
            pairs[i] = j
    return sorted(pairs.items())


def at_any(event: Spell, truths: Sequence[Spell], rules: MatchParams) -> bool:
    """Whether an event of some of the vessels of a truth starts in, or shares, its time."""
    return any(
        (set(event.mmsis) & set(truth.mmsis) or not (event.mmsis or truth.mmsis))
        and (_starts_within(event, truth, rules) or _overlap(event, truth) >= rules.overlap)
        for truth in truths
    )


def closed(spell: Spell, horizon: Microseconds) -> Spell:
    """The spell, one that is still open ended at the horizon."""
    return spell if spell.ended_at is not None else replace(spell, ended_at=horizon)


def instants(spell: Spell) -> list[Microseconds]:
    """Every instant that it names."""
    return [t for t in (spell.started_at, spell.ended_at, spell.detected_at) if t is not None]


def _agree(event: Spell, truth: Spell, rules: MatchParams) -> bool:
    if not truth.mmsis and not _near(event, truth, rules.place_nm):
        return False
    if truth.kind in INSTANT:
        return _starts_within(event, truth, rules)
    if _overlap(event, truth) >= rules.overlap:
        return True
    length = end_of(truth) - truth.started_at
    allowed = max(rules.end_minutes * MINUTE_US, rules.end_share * length)
    ends = (event.started_at - truth.started_at, end_of(event) - end_of(truth))
    return max(abs(off) for off in ends) <= allowed


def _names(spell: Spell) -> list[tuple[str, ...]]:
    """The vessels under which a spell is looked up."""
    return [(one,) for one in spell.mmsis] if spell.kind in _ANY_VESSEL else [spell.mmsis]


def _starts_within(event: Spell, truth: Spell, rules: MatchParams) -> bool:
    """Whether an event starts in a truth's time, give or take."""
    allowed = rules.end_minutes * MINUTE_US
    return truth.started_at - allowed <= event.started_at <= end_of(truth) + allowed


def _near(event: Spell, truth: Spell, place_nm: float) -> bool:
    places = (event.lon, event.lat, truth.lon, truth.lat)
    if event.lon is None or event.lat is None or truth.lon is None or truth.lat is None:
        return None in places
    return bool(distance_nm(event.lon, event.lat, truth.lon, truth.lat) <= place_nm)


def _overlap(event: Spell, truth: Spell) -> float:
    shared = min(end_of(event), end_of(truth)) - max(event.started_at, truth.started_at)
    whole = max(end_of(event), end_of(truth)) - min(event.started_at, truth.started_at)
    return max(shared, 0) / whole if whole else 1.0


def end_of(spell: Spell) -> Microseconds:
    """When it ends; its start where that is open."""
    return spell.started_at if spell.ended_at is None else spell.ended_at


def _spell(row: Mapping[str, Any]) -> Spell:
    ended, detected = row["ended_at"], row.get("detected_at")
    met, seen = row.get("met_at"), row.get("seen_at")
    over = row.get("over_threshold", True)
    return Spell(
        kind=row["kind"],
        mmsis=tuple(sorted(row["mmsis"])),
        started_at=parse_utc(row["started_at"], field="started_at"),
        ended_at=None if ended is None else parse_utc(ended, field="ended_at"),
        detected_at=None if detected is None else parse_utc(detected, field="detected_at"),
        lon=row.get("lon"),
        lat=row.get("lat"),
        met_at=None if met is None else parse_utc(met, field="met_at"),
        seen_at=None if seen is None else parse_utc(seen, field="seen_at"),
        over=over,
        judged=row.get("judged", True) and not (over and "seen_at" in row and seen is None),
    )
