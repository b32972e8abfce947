"""Evaluation: events and what truly happened -> precision, recall, F1, latency by kind.

An event is right when a truth of its kind and vessels overlaps it enough, one to one; of a kind
that is an instant, when it starts there. An event without vessels must lie where the truth is.
Retracted events do not count. A truth may say that it is below its definition's threshold: an
event there is wrong. It may say that it is not judged (too near the threshold to tell, or nobody
could see it): then an event there is neither right nor wrong, and none is missed.

Intervals come from resampling vessels, since events of one vessel are not independent (Efron and
Tibshirani 1993, chapter 8).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
import numpy as np
import pandas as pd

from risk.detect.coverage import CoverageParams
from risk.detect.gap import GapParams
from risk.detect.loitering import LoiteringParams
from risk.detect.rendezvous import RendezvousParams
from risk.detect.stop import StopParams
from sea.errors import BadInputError
from sea.geodesy import distance_nm
from sea.instants import parse_utc
from sea.units import DAY_US, HOUR_US, MINUTE_US, SECOND_US, Microseconds

MET_AFTER_US: Final[Mapping[str, int]] = {
    "gap": int(GapParams().hours_a * HOUR_US),
    "coverage_lost": int(CoverageParams().minutes * MINUTE_US),
    "rendezvous": int(RendezvousParams().minutes * MINUTE_US),
    "loitering": int(LoiteringParams().hours * HOUR_US),
    "stop": int(StopParams().hours * HOUR_US),
}
"""How long after its start the definition of a kind is met, by default parameters."""

INSTANT: Final = frozenset(
    {"identity_change", "bad_identity", "draught_change", "sudden_stop", "approach", "jump",
     "zone_entry", "zone_exit"}
)  # fmt: skip
"""Kinds that happen at one moment: only their start is compared, with all of the truth."""

RANKLESS: Final = frozenset({"stop", "port_call", "zone_entry", "zone_exit", "coverage_lost"})
"""Kinds that are no alert by themselves."""

_ANY_VESSEL: Final = frozenset({"identity_change"})
"""Kinds whose vessels may be named by the old number, the new one, or both."""

_RESAMPLES: Final = 2000


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


@dataclass(frozen=True, slots=True, kw_only=True)
class KindScore:
    """How well one kind was found; intervals are 95% (low, high), None where undefined.

    Attributes:
        latency_p50_s, latency_p90_s: from when the definition was met; seen_p90_s: from when
            reports first showed that.
        lured: wrong events at truths below their threshold. excused: events at truths that are
            not judged.
        midnight_recall, daytime_recall: of truths that last across 00 UTC, and of the others.
    """

    kind: str
    right: int
    wrong: int
    missed: int
    precision: float | None
    recall: float | None
    f1: float | None
    precision_interval: tuple[float, float] | None
    recall_interval: tuple[float, float] | None
    f1_interval: tuple[float, float] | None
    latency_p50_s: float | None
    latency_p90_s: float | None
    seen_p90_s: float | None
    lured: int
    excused: int
    midnight_recall: float | None
    daytime_recall: float | None


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


def evaluate(
    events: Sequence[Spell],
    truths: Sequence[Spell],
    params: MatchParams | None = None,
    seed: int = 0,
) -> list[KindScore]:
    """Scores of every kind that the truth has, by name; kinds it lacks cannot be judged.

    A truth that goes on when everything ends, before its definition is met, asks for no event:
    where none was given out it is left out, not missed. Everything ends at the last instant
    that an event or a truth names.
    """
    rules = params or MatchParams()
    horizon = max((t for s in (*events, *truths) for t in _instants(s)), default=0)
    scores = []
    for kind in sorted({truth.kind for truth in truths}):
        found = [_closed(event, horizon) for event in events if event.kind == kind]
        own = [truth for truth in truths if truth.kind == kind]
        asked = [truth for truth in own if truth.over and truth.judged]
        others = [_closed(truth, horizon) for truth in own if not (truth.over and truth.judged)]
        scores.append(_judged(kind, found, asked, others, horizon, rules, seed))
    return scores


def alerts_per_1000_vessel_hours(events: Iterable[Spell], vessel_hours: float) -> float:
    """Events of alert rank, right or wrong, for each 1,000 hours of one vessel watched."""
    return 1000 * sum(event.kind not in RANKLESS for event in events) / vessel_hours


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


def _judged(
    kind: str, events: Sequence[Spell], asked: Sequence[Spell], others: Sequence[Spell],
    horizon: Microseconds, rules: MatchParams, seed: int,
) -> KindScore:  # fmt: skip
    """The score of one kind; `asked` may be open, `others` are below threshold or not judged."""
    truths = [_closed(truth, horizon) for truth in asked]
    pairs = match(events, truths, rules)
    hit = {i for i, _ in pairs}
    excuses = [truth for truth in others if not truth.judged]
    decoys = [truth for truth in others if truth.judged]
    excused = {i for i, e in enumerate(events) if i not in hit and _at_any(e, excuses, rules)}
    lured = sum(i not in hit | excused and _at_any(e, decoys, rules) for i, e in enumerate(events))
    met = {j for _, j in pairs}
    missed = [j for j, truth in enumerate(asked) if j not in met and _due(truth, horizon)]
    vessels = [(events[i].mmsis, i in hit) for i in range(len(events)) if i not in excused]
    return _score(
        kind, vessels, [truths[j].mmsis for j in missed],
        [_latency_s(events[i], truths[j]) for i, j in pairs], seed,
        seen_p90_s=_p90([_latency_s(events[i], truths[j], seen=True) for i, j in pairs]),
        lured=lured, excused=len(excused),
        midnight_recall=_recall([j in met for j in {*met, *missed} if _at_midnight(truths[j])]),
        daytime_recall=_recall([j in met for j in {*met, *missed} if not _at_midnight(truths[j])]),
    )  # fmt: skip


def _score(
    kind: str,
    found: Sequence[tuple[tuple[str, ...], bool]],
    missed_vessels: Sequence[tuple[str, ...]],
    late: Sequence[float],
    seed: int,
    **others: Any,
) -> KindScore:
    rows = [(vessels, right, not right, False) for vessels, right in found]
    rows += [(vessels, False, False, True) for vessels in missed_vessels]
    table = pd.DataFrame(rows, columns=["vessels", "right", "wrong", "missed"])
    by_vessel = table.groupby(table["vessels"].str[0].fillna(""))[["right", "wrong", "missed"]]
    counts = by_vessel.sum().to_numpy(np.float64)
    right, wrong, missed = (int(total) for total in counts.sum(axis=0))
    rates = _rates(counts.sum(axis=0)[None])[0]
    intervals = _intervals(counts, seed)
    p50, p90 = np.quantile(late, (0.5, 0.9)).tolist() if late else (None, None)
    precision, recall, f1 = (float(r) if np.isfinite(r) else None for r in rates)
    return KindScore(
        kind=kind, right=right, wrong=wrong, missed=missed, precision=precision, recall=recall,
        f1=f1, precision_interval=intervals[0], recall_interval=intervals[1],
        f1_interval=intervals[2], latency_p50_s=p50, latency_p90_s=p90, **others,
    )  # fmt: skip


def _rates(counts: Any) -> Any:
    """Precision, recall and F1 of rows (right, wrong, missed), NaN where undefined."""
    right, wrong, missed = counts.T
    with np.errstate(invalid="ignore"):
        columns = (right / (right + wrong), right / (right + missed),
                   2 * right / (2 * right + wrong + missed))  # fmt: skip
    return np.column_stack(columns)


def _intervals(counts: Any, seed: int) -> list[tuple[float, float] | None]:
    """95% percentile intervals of the three rates over resampled vessels."""
    vessels = len(counts)
    weights = np.random.default_rng(seed).multinomial(
        vessels, np.full(vessels, 1 / vessels), size=_RESAMPLES
    )
    rates = _rates(weights @ counts)
    intervals: list[tuple[float, float] | None] = []
    for column in rates.T:
        known = column[np.isfinite(column)]
        low, high = np.quantile(known, (0.025, 0.975)).tolist() if len(known) else (0.0, 0.0)
        intervals.append((low, high) if len(known) else None)
    return intervals


def _latency_s(event: Spell, truth: Spell, *, seen: bool = False) -> float:
    met = (
        (truth.seen_at if seen else None)
        or truth.met_at
        or truth.started_at + MET_AFTER_US.get(truth.kind, 0)
    )
    detected = event.detected_at if event.detected_at is not None else event.started_at
    return (detected - met) / SECOND_US


def _agree(event: Spell, truth: Spell, rules: MatchParams) -> bool:
    if not truth.mmsis and not _near(event, truth, rules.place_nm):
        return False
    if truth.kind in INSTANT:
        return _starts_within(event, truth, rules)
    if _overlap(event, truth) >= rules.overlap:
        return True
    length = _end(truth) - truth.started_at
    allowed = max(rules.end_minutes * MINUTE_US, rules.end_share * length)
    ends = (event.started_at - truth.started_at, _end(event) - _end(truth))
    return max(abs(off) for off in ends) <= allowed


def _names(spell: Spell) -> list[tuple[str, ...]]:
    """The vessels under which a spell is looked up."""
    return [(one,) for one in spell.mmsis] if spell.kind in _ANY_VESSEL else [spell.mmsis]


def _starts_within(event: Spell, truth: Spell, rules: MatchParams) -> bool:
    """Whether an event starts in a truth's time, give or take."""
    allowed = rules.end_minutes * MINUTE_US
    return truth.started_at - allowed <= event.started_at <= _end(truth) + allowed


def _at_any(event: Spell, truths: Sequence[Spell], rules: MatchParams) -> bool:
    """Whether an event of some of the vessels of a truth starts in, or shares, its time."""
    return any(
        (set(event.mmsis) & set(truth.mmsis) or not (event.mmsis or truth.mmsis))
        and (_starts_within(event, truth, rules) or _overlap(event, truth) >= rules.overlap)
        for truth in truths
    )


def _due(truth: Spell, horizon: Microseconds) -> bool:
    """Whether a truth's definition is met before everything ends."""
    if truth.met_at is not None:
        return True
    return truth.ended_at is not None or (
        truth.started_at <= horizon - MET_AFTER_US.get(truth.kind, 0)
    )


def _at_midnight(truth: Spell) -> bool:
    return truth.started_at // DAY_US != _end(truth) // DAY_US


def _p90(values: Sequence[float]) -> float | None:
    return float(np.quantile(values, 0.9)) if values else None


def _recall(found: Sequence[bool]) -> float | None:
    return sum(found) / len(found) if found else None


def _near(event: Spell, truth: Spell, place_nm: float) -> bool:
    places = (event.lon, event.lat, truth.lon, truth.lat)
    if event.lon is None or event.lat is None or truth.lon is None or truth.lat is None:
        return None in places
    return bool(distance_nm(event.lon, event.lat, truth.lon, truth.lat) <= place_nm)


def _overlap(event: Spell, truth: Spell) -> float:
    shared = min(_end(event), _end(truth)) - max(event.started_at, truth.started_at)
    whole = max(_end(event), _end(truth)) - min(event.started_at, truth.started_at)
    return max(shared, 0) / whole if whole else 1.0


def _end(spell: Spell) -> Microseconds:
    return spell.started_at if spell.ended_at is None else spell.ended_at


def _closed(spell: Spell, horizon: Microseconds) -> Spell:
    """The spell, one that is still open ended at the horizon."""
    return spell if spell.ended_at is not None else replace(spell, ended_at=horizon)


def _instants(spell: Spell) -> list[Microseconds]:
    return [t for t in (spell.started_at, spell.ended_at, spell.detected_at) if t is not None]


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
