"""Runs of the behaviours' measurement -> a table a kind, and the verdicts on the targets."""

from collections.abc import Iterable, Sequence
from typing import Final

from api.bench_behaviours import F1_AT_LEAST, QUIET, Run
from risk.evaluation import RANKLESS, KindScore, Outcome, scores

_PRECISION: Final = 0.90
_ALERTS: Final = 2.0
_LATENCY_MIN: Final = 5.0
_THINNED: Final = 0.10
_MIDNIGHT: Final = 0.02
_UNJUDGED: Final = ("bad_identity", "coverage_lost", "draught_change")
"""Kinds that no target names; their truths are shown, and count towards no verdict."""

_HEAD: Final = ("kind", "right", "wrong", "lured", "missed", "precision", "recall", "F1", "95%",
                "target", "late p90", "seen p90", "thinned", "of all", "midnight", "daytime",
                "")  # fmt: skip


def report(runs: Sequence[Run], base_seed: int) -> tuple[str, bool]:
    """The whole report, and whether every target is met."""
    made = [run for run in runs if run.whole]
    whole = scores([run.whole for run in made])
    halves = scores([run.thinned for run in made])
    thinned = {score.kind: score.recall for score in halves}
    of_all = {score.kind: score.recall for score in scores([run.of_all for run in made])}
    rows = [_HEAD, *(_row(s, thinned.get(s.kind), of_all.get(s.kind)) for s in whole)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    table = ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows]
    asked = {score.kind: score.right + score.missed for score in whole}
    in_half = {s.kind: s.recall if 2 * (s.right + s.missed) >= asked[s.kind] else
               of_all.get(s.kind) for s in halves}  # fmt: skip
    verdicts = list(_verdicts(whole, in_half, runs))
    judged = [f"{'met ' if met else 'MISSED'}  {text}" for met, text in verdicts]
    head = f"{len(made)} exercises, seeds from {base_seed} on; latencies in minutes"
    lines = [head, "", *table, "", *judged, "", *_presets(made), "", *_alerts(runs)]
    return "\n".join(lines) + "\n", all(met for met, _ in verdicts)


def _row(score: KindScore, thinned: float | None, of_all: float | None) -> tuple[str, ...]:
    interval = score.f1_interval
    target = F1_AT_LEAST.get(score.kind)
    reached = target is None or (score.f1 is not None and score.f1 >= target)
    return (
        score.kind, *(str(n) for n in (score.right, score.wrong, score.lured, score.missed)),
        _share(score.precision), _share(score.recall), _share(score.f1),
        f"{interval[0]:.2f}-{interval[1]:.2f}" if interval else "-",
        "-" if target is None else f"{target:.2f}", _minutes(score.latency_p90_s),
        _minutes(score.seen_p90_s), _share(thinned), _share(of_all), _share(score.midnight_recall),
        _share(score.daytime_recall), "" if reached else "below",
    )  # fmt: skip


def _verdicts(
    whole: Sequence[KindScore], thinned: dict[str, float | None], runs: Sequence[Run]
) -> Iterable[tuple[bool, str]]:
    kinds = {score.kind: score for score in whole}
    for kind, target in F1_AT_LEAST.items():
        f1 = kinds[kind].f1 if kind in kinds else None
        yield (f1 or 0) >= target, f"F1 of {kind}: {_share(f1)}, at least {target:.2f}"
    named = [score for score in whole if score.kind not in _UNJUDGED]
    for name, kinds_of in (
        ("all kinds", named),
        ("the kinds of alert rank", [s for s in named if s.kind not in RANKLESS]),
    ):
        right, wrong = sum(s.right for s in kinds_of), sum(s.wrong for s in kinds_of)
        precision = right / (right + wrong) if right else 0.0
        text = f"precision of {name}: {precision:.3f}, at least {_PRECISION:.2f}"
        yield precision >= _PRECISION, text
    for name, some in (
        ("quiet", [run for run in runs if run.name.startswith(QUIET)]),
        ("the real files", [run for run in runs if not run.whole]),
    ):
        hours = sum(run.vessel_hours for run in some)
        if hours:
            rate = 1000 * sum(sum(run.alerts.values()) for run in some) / hours
            text = f"alerts in {name}: {rate:.2f} per 1,000 vessel-hours ({hours:,.0f} of them)"
            yield rate <= _ALERTS, f"{text}, at most {_ALERTS:.0f}"
    late = [s.seen_p90_s for s in named if s.seen_p90_s is not None]
    yield (max(late, default=0) <= 60 * _LATENCY_MIN,
           f"latency p90 of the slowest kind, from when it could be seen: "
           f"{max(late, default=0) / 60:.1f} min, at most {_LATENCY_MIN:.0f}")  # fmt: skip
    both = [score for score in named if score.midnight_recall is not None
            and score.daytime_recall is not None]  # fmt: skip
    yield from _midnight(both, runs)
    losses = [(s.recall or 0) - (thinned.get(s.kind) or 0) for s in named if s.kind in F1_AT_LEAST]
    yield (max(losses, default=0) <= _THINNED,
           f"recall lost by leaving out half of the reports, of what is left to see, worst kind: "
           f"{100 * max(losses, default=0):.1f} points, at most {100 * _THINNED:.0f}")  # fmt: skip


def _midnight(both: Sequence[KindScore], runs: Sequence[Run]) -> Iterable[tuple[bool, str]]:
    """Over kinds that have both, each weighted by its truths across midnight."""
    night = [f for s in both for run in runs for f in run.whole.get(s.kind, Outcome()).midnight]
    if not night:
        return
    weights = [sum(len(run.whole.get(s.kind, Outcome()).midnight) for run in runs) for s in both]
    by_day = sum(w * (s.daytime_recall or 0) for w, s in zip(weights, both, strict=True))
    day = by_day / sum(weights)
    crossing = sum(night) / len(night)
    yield (
        abs(crossing - day) <= _MIDNIGHT or crossing >= day,
        f"recall across midnight: {crossing:.3f}, by day {day:.3f} (same mix of kinds)",
    )


def _presets(made: Sequence[Run]) -> list[str]:
    """Others' definitions of a meeting, judged by our truth."""
    names = sorted({name for run in made for name in run.others})
    ours = [("ours", [run.whole.get("rendezvous", Outcome()) for run in made])]
    others = [(name, [run.others.get(name, Outcome()) for run in made]) for name in names]
    lines = ["rendezvous on the same traffic, by whose definition:"]
    for name, outcomes in (*ours, *others):
        (score,) = scores([{"rendezvous": outcome} for outcome in outcomes])
        lines.append(
            f"  {name:<20} found {score.right + score.wrong:>4}  precision "
            f"{_share(score.precision)}  recall {_share(score.recall)}  across midnight "
            f"{_share(score.midnight_recall)}  late p90 {_minutes(score.latency_p90_s)}"
        )
    return lines


def _alerts(runs: Sequence[Run]) -> list[str]:
    """Alerts of each run without plants, by kind."""
    lines = ["alerts where nothing was planted:"]
    for run in runs:
        if run.name.startswith(QUIET) or not run.whole:
            kinds = " ".join(f"{kind}={n}" for kind, n in sorted(run.alerts.items())) or "none"
            lines.append(f"  {run.name:<28} {run.vessel_hours:>8,.1f} vessel-hours: {kinds}")
    return lines


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _minutes(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds / 60:.1f}"
