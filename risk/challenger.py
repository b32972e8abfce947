"""Challenger: indicators of a vessel -> log odds of a find when boarded, and a probability.

A sum of one step function an indicator, each of which only rises, so that more evidence never
lowers the score and every part of it can be shown. It is a JSON document: exact, readable, and
safe to load from anywhere. `risk.training` makes it; it never replaces the table.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from ingest.batch import Float64
from risk.labels import CODES, points_of
from risk.smuggling import TABLE_VERSION
from sea.errors import BadInputError

FORMAT = "safepassage-challenger-1"
EXERCISE = "trained on exercises, not on real boardings"
ABOUT = "of a find if boarded, among ships like those that were boarded; not among all ships"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One indicator's step function: 0 below the first of `points`, then `log_odds` from each."""

    code: str
    points: tuple[float, ...]
    log_odds: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Log odds -> probability.

    Attributes:
        method: Platt's logistic curve of `slope` and `intercept`, or the isotonic line through
            (`log_odds`, `probability`), flat beyond its ends; none, and `why`, where there were
            too few labels.
    """

    method: Literal["none", "platt", "isotonic"]
    why: str
    slope: float = 1.0
    intercept: float = 0.0
    log_odds: tuple[float, ...] = ()
    probability: tuple[float, ...] = ()

    def of(self, log_odds: npt.ArrayLike) -> Float64 | None:
        """Probabilities; None where there is no calibration."""
        values = np.asarray(log_odds, np.float64)
        if self.method == "platt":
            return np.asarray(0.5 * (1 + np.tanh(0.5 * (self.slope * values + self.intercept))))
        if self.method == "isotonic":
            return np.interp(values, self.log_odds, self.probability)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenger:
    """A trained model.

    Attributes:
        table: version of the indicators it was trained on. rows, synthetic_rows: labels it and
            its evaluation rest on. evaluation: `risk.comparison`, on held-out labels.
    """

    table: str
    rows: int
    synthetic_rows: int
    baseline: float
    terms: tuple[Term, ...]
    calibration: Calibration
    evaluation: dict[str, Any] = field(default_factory=dict)
    format: str = FORMAT

    def __post_init__(self) -> None:
        for term in self.terms:
            rising = all(a <= b for a, b in zip((0.0, *term.log_odds), term.log_odds, strict=False))
            ordered = all(a < b for a, b in zip(term.points, term.points[1:], strict=False))
            finite = all(map(math.isfinite, (*term.points, *term.log_odds)))
            if not (rising and ordered and finite) or len(term.points) != len(term.log_odds):
                raise BadInputError(f"the term of {term.code} does not rise", field="terms")
        if tuple(term.code for term in self.terms) != CODES:
            raise BadInputError(f"the terms are not those of {', '.join(CODES)}", field="terms")
        if self.format != FORMAT:
            raise BadInputError(f"unknown form {self.format!r}", field="format")

    @property
    def exercise(self) -> bool:
        """Whether any of its labels are of exercises."""
        return self.synthetic_rows > 0

    @property
    def name(self) -> str:
        """Of its content, marked where it was trained on exercises."""
        digest = hashlib.sha256(_plain(self)).hexdigest()[:12]
        return f"challenger-{digest}{'-exercise' if self.exercise else ''}"

    def parts(self, points: Float64) -> Float64:
        """Log odds that each indicator adds, of the shape (n, 12) of `points`."""
        found = np.zeros(points.shape)
        for column, term in enumerate(self.terms):
            steps = np.array([0.0, *term.log_odds])
            found[:, column] = steps[np.searchsorted(term.points, points[:, column], side="right")]
        return found

    def log_odds(self, points: Float64) -> Float64:
        """Of rows of indicator points, shape (n,)."""
        return np.asarray(self.baseline + self.parts(points).sum(axis=1))


def opinion(model: Challenger, assessment: Mapping[str, Any]) -> dict[str, Any]:
    """What the model says of an assessment document, beside its table score and apart from it.

    Raises:
        BadInputError: the assessment is of another table than the model.
    """
    if model.table not in str(assessment["model"]).split():
        raise BadInputError(
            f"the challenger is for {model.table}, the assessment of {assessment['model']}",
            field="model", mend="train it anew",
        )  # fmt: skip
    points = np.array([points_of(assessment)])
    parts = model.parts(points)[0]
    log_odds = float(model.baseline + parts.sum())
    probability = model.calibration.of(log_odds)
    return {
        "model": model.name,
        "exercise": model.exercise,
        "note": f"{EXERCISE}; {ABOUT}" if model.exercise else ABOUT,
        "probability": None if probability is None else float(probability),
        "calibration": model.calibration.why,
        "log_odds": log_odds,
        "baseline": model.baseline,
        "parts": [{"code": code, "log_odds": float(part)}
                  for code, part in zip(CODES, parts, strict=True) if part],
    }  # fmt: skip


def challenger_document(model: Challenger) -> bytes:
    """The model as JSON."""
    return json.dumps({"name": model.name, **asdict(model)}, indent=1).encode() + b"\n"


def read_challenger(document: bytes | str) -> Challenger:
    """The model of a document, fit for use.

    Raises:
        BadInputError: it is none, was changed after it was made, or is for another table.
    """
    model = challenger_of(document)
    if model.table != TABLE_VERSION:
        raise BadInputError(f"it was trained on {model.table}, the table is {TABLE_VERSION}",
                            field="table", mend="train it anew")  # fmt: skip
    return model


def challenger_of(document: bytes | str) -> Challenger:
    """The model of a document, whatever table it is for.

    Raises:
        BadInputError: it is none, or was changed after it was made.
    """
    try:
        told = json.loads(document)
        name = told.pop("name")
        if told.keys() != {f.name for f in fields(Challenger)}:
            raise ValueError("its fields are others")
        model = msgspec.convert(told, Challenger, strict=True)
    except (
        ValueError,
        KeyError,
        AttributeError,
        TypeError,
        RecursionError,
        msgspec.ValidationError,
    ) as error:
        raise BadInputError(f"not a challenger: {error}", field="model") from None
    if model.name != name:
        raise BadInputError(f"it calls itself {name} and is {model.name}", field="name",
                            mend="it was changed after training; train it anew")  # fmt: skip
    return model


def _plain(model: Challenger) -> bytes:
    return json.dumps(asdict(model), sort_keys=True).encode()
