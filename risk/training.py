"""Training: labelled boardings -> a challenger, with how it does on labels it never saw.

scikit-learn's boosted trees, held to rise in every indicator and to mix none with another, are a
sum of step functions; `steps_of` reads these out, and the model is what was read.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from ingest.batch import Float64
from risk.challenger import Calibration, Challenger, Term
from risk.comparison import compare
from risk.labels import CODES, Labels
from risk.smuggling import TABLE_VERSION
from sea.errors import BadInputError


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainParams:
    """How a challenger is trained; all chosen by us where nothing else is said.

    Attributes:
        held_out: share of the labels, the latest, that only judge.
        rounds, rate, leaves, least_leaf, ridge: of the boosted trees; small, for labels are few.
        least_rows, least_each: labels for training, and of each outcome, without which there is
            no model.
        platt_rows, platt_each: labels, and of each outcome, from which Platt's curve is fitted.
        isotonic_rows: from here an isotonic line: with fewer than some 1,000 it overfits
            (Niculescu-Mizil and Caruana 2005).
        folds: parts for out-of-fold log odds, no vessel in two.
    """

    held_out: float = 0.3
    rounds: int = 80
    rate: float = 0.1
    leaves: int = 4
    least_leaf: int = 10
    ridge: float = 1.0
    least_rows: int = 20
    least_each: int = 3
    platt_rows: int = 200
    platt_each: int = 30
    isotonic_rows: int = 1000
    folds: int = 5

    def __post_init__(self) -> None:
        if not 0 < self.held_out < 1 or min(self.rounds, self.least_rows, self.folds - 1) < 1:
            raise BadInputError("training parameters must be positive", field="train")


def train(labels: Labels, seed: int = 0, params: TrainParams | None = None) -> Challenger:
    """The challenger of the earlier labels, judged on the latest.

    No vessel is in both: an early boarding of one that is boarded again among the latest is left
    out. The same labels and seed give the same model.

    Raises:
        BadInputError: too few labels for any model.
    """
    params = params or TrainParams()
    early, late = split(labels, params)
    finds = int(early.found.sum())
    if len(early) < params.least_rows or min(finds, len(early) - finds) < params.least_each:
        raise BadInputError(
            f"too few labels: {len(early)} to train on, {finds} of them finds; at least "
            f"{params.least_rows} and {params.least_each} of each outcome are needed",
            field="labels",
        )
    baseline, terms = _fitted(early, seed, params)
    model = Challenger(
        table=TABLE_VERSION, rows=len(labels), synthetic_rows=int(labels.synthetic.sum()),
        baseline=baseline, terms=terms, calibration=_calibrated(early, seed, params),
    )  # fmt: skip
    return replace(model, evaluation=compare(model, late, len(early), seed))


def split(labels: Labels, params: TrainParams) -> tuple[Labels, Labels]:
    """Labels to train on and, later, to judge by."""
    first = len(labels) - max(1, round(params.held_out * len(labels)))
    late = labels.take(np.arange(first, len(labels)))
    early = labels.take(np.arange(first))
    return early.take(~np.isin(early.mmsi, late.mmsi)), late


def boosted(labels: Labels, seed: int, params: TrainParams) -> Any:
    """The fitted scikit-learn model."""
    trees = HistGradientBoostingClassifier(
        max_iter=params.rounds, learning_rate=params.rate, max_leaf_nodes=params.leaves,
        min_samples_leaf=params.least_leaf, l2_regularization=params.ridge,
        monotonic_cst=[1] * len(CODES), interaction_cst="no_interactions", early_stopping=False,
        random_state=seed,
    )  # fmt: skip
    return trees.fit(labels.points, labels.found)


def steps_of(
    log_odds: Callable[[Float64], Float64], points: Float64
) -> tuple[float, tuple[Term, ...]]:
    """Baseline at no points and one step function an indicator, exact at every row of `points`.

    Between two values that were seen a step stands midway.
    """
    seen = [np.union1d([0.0], column) for column in points.T]
    rows = np.zeros((sum(map(len, seen)), len(CODES)))
    begins = np.cumsum([0, *map(len, seen)])
    for column, values in enumerate(seen):
        rows[begins[column] : begins[column + 1], column] = values
    told = log_odds(rows)
    baseline = float(told[0])
    terms = []
    for code, values, begin in zip(CODES, seen, begins, strict=False):
        heights = np.maximum.accumulate(told[begin : begin + len(values)] - baseline)
        rises = np.flatnonzero(np.diff(heights) > 1e-12)
        middles = (values[rises] + values[rises + 1]) / 2
        terms.append(Term(code=code, points=tuple(middles.tolist()),
                          log_odds=tuple(heights[rises + 1].tolist())))  # fmt: skip
    return baseline, tuple(terms)


def _fitted(labels: Labels, seed: int, params: TrainParams) -> tuple[float, tuple[Term, ...]]:
    """Baseline and terms; by one thread, since over so few rows more only wait for each other."""
    with threadpool_limits(limits=1, user_api="openmp"):
        return steps_of(boosted(labels, seed, params).decision_function, labels.points)


def _calibrated(labels: Labels, seed: int, params: TrainParams) -> Calibration:
    """Fitted to log odds that each label was given by models without it and its vessel."""
    finds = int(labels.found.sum())
    each = min(finds, len(labels) - finds)
    if len(labels) < params.platt_rows or each < params.platt_each:
        why = (
            f"not calibrated: {len(labels)} labels to fit to, {each} of the rarer outcome; at "
            f"least {params.platt_rows} and {params.platt_each} are needed. Its log odds put "
            "ships in order and are no probability"
        )
        return Calibration(method="none", why=why)
    log_odds = _out_of_fold(labels, seed, params)
    if len(labels) >= params.isotonic_rows:
        return _isotonic(log_odds, labels.found)
    curve = LogisticRegression(C=np.inf).fit(log_odds[:, None], labels.found)
    return Calibration(
        method="platt", why=f"Platt's curve through {len(labels)} labels, out of fold",
        slope=float(max(curve.coef_[0, 0], 0.0)), intercept=float(curve.intercept_[0]),
    )  # fmt: skip


def _isotonic(log_odds: Float64, found: npt.NDArray[np.bool_]) -> Calibration:
    """A rising line, kept off 0 and 1 by one outcome more of each kind at its ends."""
    ends = np.array([log_odds.min(), log_odds.max()] * 2)
    x, y = np.append(log_odds, ends), np.append(found, [0.0, 0.0, 1.0, 1.0])
    line = IsotonicRegression().fit(x, y)
    return Calibration(
        method="isotonic", why=f"isotonic line through {len(log_odds)} labels, out of fold",
        log_odds=tuple(line.X_thresholds_.tolist()),
        probability=tuple(line.y_thresholds_.tolist()),
    )  # fmt: skip


def _out_of_fold(labels: Labels, seed: int, params: TrainParams) -> Float64:
    log_odds = np.zeros(len(labels))
    folds = GroupKFold(n_splits=min(params.folds, len(np.unique(labels.mmsi))))
    for others, these in folds.split(labels.points, groups=labels.mmsi):
        baseline, terms = _fitted(labels.take(others), seed, params)
        log_odds[these] = baseline + sum(
            np.array([0.0, *term.log_odds])[
                np.searchsorted(term.points, labels.points[these, column], side="right")
            ]
            for column, term in enumerate(terms)
        )
    return log_odds
