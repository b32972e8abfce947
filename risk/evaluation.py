"""Evaluation: events and what truly happened -> precision, recall, F1, latency by kind.

An event is right when it matches a truth, one to one (`risk.matching`). Retracted events do not
count. A truth may say that it is below its definition's threshold: an event there is wrong. It
may say that it is not judged (too near the threshold to tell, or nobody could see it): then an
event there is neither right nor wrong, and none is missed.

Intervals come from resampling vessels, since events of one vessel are not independent (Efron and
Tibshirani 1993, chapter 8).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from risk.detect.coverage import CoverageParams
from risk.detect.gap import GapParams
from risk.detect.loitering import LoiteringParams
from risk.detect.rendezvous import RendezvousParams
from risk.detect.stop import StopParams
from risk.matching import MatchParams, Spell, at_any, closed, end_of, instants, match
from sea.units import DAY_US, HOUR_US, MINUTE_US, SECOND_US, Microseconds

MET_AFTER_US: Final[Mapping[str, int]] = {
    "gap": int(GapParams().hours_a * HOUR_US),
    "coverage_lost": int(CoverageParams().minutes * MINUTE_US),
    "rendezvous": int(RendezvousParams().minutes * MINUTE_US),
    "loitering": int(LoiteringParams().hours * HOUR_US),
    "stop": int(StopParams().hours * HOUR_US),
}
"""How long after its start the definition of a kind is met, by default parameters."""

RANKLESS: Final = frozenset(
    {"stop", "port_call", "zone_entry", "zone_exit", "coverage_lost", "bad_identity"}
)
"""Kinds that are no alert by themselves."""

_RESAMPLES: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the truths and events of one kind in one run.

    Attributes:
        found: vessels of each event that counts, and whether it is right. missed: of truths.
        late_s, seen_late_s: seconds from when the definition was met, and from when reports
            first showed that.
        midnight, daytime: whether each truth was found, by whether it lasts across 00 UTC.
        lured: wrong events at truths below their threshold. excused: events at truths that are
            not judged.
    """

    found: Sequence[tuple[tuple[str, ...], bool]] = ()
    missed: Sequence[tuple[str, ...]] = ()
    late_s: Sequence[float] = ()
    seen_late_s: Sequence[float] = ()
    midnight: Sequence[bool] = ()
    daytime: Sequence[bool] = ()
    lured: int = 0
    excused: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KindScore:
    """How well one kind was found; intervals are 95% (low, high), None where undefined.

    The rest as in `Outcome`: quantiles of its delays, shares found.
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


def evaluate(
    events: Sequence[Spell],
    truths: Sequence[Spell],
    params: MatchParams | None = None,
    seed: int = 0,
) -> list[KindScore]:
    """Scores of every kind that the truth has, by name; kinds it lacks cannot be judged."""
    return scores([outcomes(events, truths, params)], seed=seed)


def outcomes(
    events: Sequence[Spell],
    truths: Sequence[Spell],
    params: MatchParams | None = None,
    *,
    known: Iterable[str] = (),
) -> dict[str, Outcome]:
    """What became of every truth and event, by kind.

    Kinds that the truth lacks are left out, but those `known` to have been looked for.

    A truth that goes on when everything ends, before its definition is met, asks for no event:
    where none was given out it is left out, not missed. Everything ends at the last instant
    that an event or a truth names.
    """
    rules = params or MatchParams()
    horizon = max((t for s in (*events, *truths) for t in instants(s)), default=0)
    by_kind = {}
    for kind in sorted({*known, *(truth.kind for truth in truths)}):
        found = [closed(event, horizon) for event in events if event.kind == kind]
        own = [truth for truth in truths if truth.kind == kind]
        by_kind[kind] = _outcome(found, own, horizon, rules)
    return by_kind


def scores(runs: Sequence[Mapping[str, Outcome]], seed: int = 0) -> list[KindScore]:
    """Scores of every kind over several runs, by name; vessels of different runs are different."""
    kinds = sorted({kind for run in runs for kind in run})
    return [_score(kind, [run.get(kind, Outcome()) for run in runs], seed) for kind in kinds]


def alerts_per_1000_vessel_hours(events: Iterable[Spell], vessel_hours: float) -> float:
    """Events of alert rank, right or wrong, for each 1,000 hours of one vessel watched."""
    return 1000 * sum(event.kind not in RANKLESS for event in events) / vessel_hours


def _outcome(
    events: Sequence[Spell], truths: Sequence[Spell], horizon: Microseconds, rules: MatchParams
) -> Outcome:
    """Of one kind; events have ended, truths may be open."""
    asked = [truth for truth in truths if truth.over and truth.judged]
    excuses = [closed(truth, horizon) for truth in truths if not truth.judged]
    decoys = [closed(truth, horizon) for truth in truths if truth.judged and not truth.over]
    ended = [closed(truth, horizon) for truth in asked]
    pairs = match(events, ended, rules)
    hit, met = {i for i, _ in pairs}, {j for _, j in pairs}
    excused = {i for i, e in enumerate(events) if i not in hit and at_any(e, excuses, rules)}
    missed = [j for j, truth in enumerate(asked) if j not in met and _due(truth, horizon)]
    return Outcome(
        found=[(e.mmsis, i in hit) for i, e in enumerate(events) if i not in excused],
        missed=[ended[j].mmsis for j in missed],
        late_s=[_latency_s(events[i], ended[j]) for i, j in pairs],
        seen_late_s=[_latency_s(events[i], ended[j], seen=True) for i, j in pairs],
        midnight=[j in met for j in {*met, *missed} if _at_midnight(ended[j])],
        daytime=[j in met for j in {*met, *missed} if not _at_midnight(ended[j])],
        lured=sum(i not in hit | excused and at_any(e, decoys, rules)
                  for i, e in enumerate(events)),
        excused=len(excused),
    )  # fmt: skip


def _score(kind: str, runs: Sequence[Outcome], seed: int) -> KindScore:
    rows = []
    for number, run in enumerate(runs):
        rows += [((number, *v[:1]), right, not right, False) for v, right in run.found]
        rows += [((number, *vessels[:1]), False, False, True) for vessels in run.missed]
    table = pd.DataFrame(rows, columns=["vessel", "right", "wrong", "missed"])
    by_vessel = table.groupby("vessel", sort=True)[["right", "wrong", "missed"]]
    counts = by_vessel.sum().to_numpy(np.float64)
    right, wrong, missed = (int(total) for total in counts.sum(axis=0))
    precision, recall, f1 = (
        float(rate) if np.isfinite(rate) else None for rate in _rates(counts.sum(axis=0)[None])[0]
    )
    intervals = _intervals(counts, seed)
    late = [s for run in runs for s in run.late_s]
    return KindScore(
        kind=kind, right=right, wrong=wrong, missed=missed, precision=precision, recall=recall,
        f1=f1, precision_interval=intervals[0], recall_interval=intervals[1],
        f1_interval=intervals[2], latency_p50_s=_quantile(late, 0.5),
        latency_p90_s=_quantile(late, 0.9),
        seen_p90_s=_quantile([s for run in runs for s in run.seen_late_s], 0.9),
        lured=sum(run.lured for run in runs), excused=sum(run.excused for run in runs),
        midnight_recall=_share([found for run in runs for found in run.midnight]),
        daytime_recall=_share([found for run in runs for found in run.daytime]),
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
    if not vessels:
        return [None, None, None]
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


def _due(truth: Spell, horizon: Microseconds) -> bool:
    """Whether a truth's definition is met before everything ends."""
    if truth.met_at is not None:
        return True
    return truth.ended_at is not None or (
        truth.started_at <= horizon - MET_AFTER_US.get(truth.kind, 0)
    )


def _at_midnight(truth: Spell) -> bool:
    return truth.started_at // DAY_US != end_of(truth) // DAY_US


def _quantile(values: Sequence[float], share: float) -> float | None:
    return float(np.quantile(values, share)) if values else None


def _share(found: Sequence[bool]) -> float | None:
    return sum(found) / len(found) if found else None
