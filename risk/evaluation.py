"""Evaluation: events and what truly happened -> precision, recall, F1, latency by kind.

An event is right when a truth of its kind and vessels overlaps it enough, one to one. An event
without vessels must lie where the truth is. Retracted events do not count. Intervals come from
resampling vessels, since events of one vessel are not independent (Efron and Tibshirani 1993,
chapter 8).
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
from sea.units import HOUR_US, MINUTE_US, SECOND_US, Microseconds

MET_AFTER_US: Final[Mapping[str, int]] = {
    "gap": int(GapParams().hours_a * HOUR_US),
    "coverage_lost": int(CoverageParams().minutes * MINUTE_US),
    "rendezvous": int(RendezvousParams().minutes * MINUTE_US),
    "loitering": int(LoiteringParams().hours * HOUR_US),
    "stop": int(StopParams().hours * HOUR_US),
}
"""How long after its start the definition of a kind is met, by default parameters."""

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
    """A kind's behaviour of some vessels over some time; `detected_at` None for a truth."""

    kind: str
    mmsis: tuple[str, ...]
    started_at: Microseconds
    ended_at: Microseconds | None
    detected_at: Microseconds | None = None
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KindScore:
    """How well one kind was found; intervals are 95% (low, high), None where undefined."""

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
        own = [truth for truth in truths if truth.kind == kind]
        found = [_closed(event, horizon) for event in events if event.kind == kind]
        planted = [_closed(truth, horizon) for truth in own]
        pairs = match(found, planted, rules)
        due = horizon - MET_AFTER_US.get(kind, 0)
        met = {j for _, j in pairs}
        missed = [
            truth.mmsis
            for j, truth in enumerate(own)
            if j not in met and (truth.ended_at is not None or truth.started_at <= due)
        ]
        scores.append(_score(kind, found, planted, pairs, missed, seed))
    return scores


def match(
    events: Sequence[Spell], truths: Sequence[Spell], rules: MatchParams
) -> list[tuple[int, int]]:
    """Pairs (event, truth) one to one, the best overlap first; spells of one kind, ended."""
    of_vessels: dict[tuple[str, ...], list[int]] = {}
    for j, truth in enumerate(truths):
        of_vessels.setdefault(truth.mmsis, []).append(j)
    possible = [
        (-_overlap(event, truths[j]), i, j)
        for i, event in enumerate(events)
        for j in of_vessels.get(event.mmsis, [])
        if _agree(event, truths[j], rules)
    ]
    pairs: dict[int, int] = {}
    for _, i, j in sorted(possible):
        if i not in pairs and j not in pairs.values():
            pairs[i] = j
    return sorted(pairs.items())


def _score(
    kind: str,
    events: Sequence[Spell],
    truths: Sequence[Spell],
    pairs: Sequence[tuple[int, int]],
    missed_vessels: Sequence[tuple[str, ...]],
    seed: int,
) -> KindScore:
    hit = {i for i, _ in pairs}
    rows = [(event.mmsis, i in hit, i not in hit, False) for i, event in enumerate(events)]
    rows += [(vessels, False, False, True) for vessels in missed_vessels]
    table = pd.DataFrame(rows, columns=["vessels", "right", "wrong", "missed"])
    by_vessel = table.groupby(table["vessels"].str[0].fillna(""))[["right", "wrong", "missed"]]
    counts = by_vessel.sum().to_numpy(np.float64)
    right, wrong, missed = (int(total) for total in counts.sum(axis=0))
    rates = _rates(counts.sum(axis=0)[None])[0]
    intervals = _intervals(counts, seed)
    late = [_latency_s(events[i], truths[j]) for i, j in pairs]
    p50, p90 = np.quantile(late, (0.5, 0.9)).tolist() if late else (None, None)
    precision, recall, f1 = (float(r) if np.isfinite(r) else None for r in rates)
    return KindScore(
        kind=kind, right=right, wrong=wrong, missed=missed, precision=precision, recall=recall,
        f1=f1, precision_interval=intervals[0], recall_interval=intervals[1],
        f1_interval=intervals[2], latency_p50_s=p50, latency_p90_s=p90,
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


def _latency_s(event: Spell, truth: Spell) -> float:
    met = truth.started_at + MET_AFTER_US.get(truth.kind, 0)
    detected = event.detected_at if event.detected_at is not None else event.started_at
    return (detected - met) / SECOND_US


def _agree(event: Spell, truth: Spell, rules: MatchParams) -> bool:
    if not truth.mmsis and not _near(event, truth, rules.place_nm):
        return False
    if _overlap(event, truth) >= rules.overlap:
        return True
    length = _end(truth) - truth.started_at
    allowed = max(rules.end_minutes * MINUTE_US, rules.end_share * length)
    ends = (event.started_at - truth.started_at, _end(event) - _end(truth))
    return max(abs(off) for off in ends) <= allowed


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
    return Spell(
        kind=row["kind"],
        mmsis=tuple(sorted(row["mmsis"])),
        started_at=parse_utc(row["started_at"], field="started_at"),
        ended_at=None if ended is None else parse_utc(ended, field="ended_at"),
        detected_at=None if detected is None else parse_utc(detected, field="detected_at"),
        lon=row.get("lon"),
        lat=row.get("lat"),
    )
