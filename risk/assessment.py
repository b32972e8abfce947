"""Assessments: the two scores of a vessel, with reasons that add up to them.

These are values only; `risk.assess` makes them. A score is a priority with evidence.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from sea.instants import iso_z
from sea.units import Microseconds

Band = Literal["insufficient_data", "low", "elevated", "high", "severe"]
BANDS: tuple[Band, ...] = ("insufficient_data", "low", "elevated", "high", "severe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One part of a score: what was seen, how much it adds, and what else could explain it."""

    code: str
    text: str
    contribution: float
    event_ids: tuple[str, ...] = ()
    innocent_explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coercion:
    """Probability of becoming a victim within `horizon_h`; contributions sum to it.

    Attributes:
        low, high: bounds of the 90% credible interval.
    """

    probability: float
    low: float
    high: float
    band: Band
    horizon_h: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Smuggling:
    """Points of evidence, 0..100; contributions sum to `priority`."""

    priority: float
    band: Band
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Both scores of one vessel at one instant, and the model and table they come from."""

    mmsi: int
    assessed_at: Microseconds
    coercion: Coercion
    smuggling: Smuggling
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageRisk:
    """A vessel's predicted passage with the risk of every step, what escorts are cut from.

    Attributes (arrays of one length, one step each, in time order):
        eta: us UTC at the step's point. spread_s: one standard deviation of the ETA.
        lon, lat: deg. sog: kn made good into the step.
        risk: expected incidents on this vessel during the step (hazard x vulnerability x hours).
    """

    mmsi: int
    eta: npt.NDArray[np.int64]
    spread_s: npt.NDArray[np.float64]
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    sog: npt.NDArray[np.float64]
    risk: npt.NDArray[np.float64]


def assessment_document(assessment: Assessment) -> dict[str, Any]:
    """The assessment as users read it."""
    coercion, smuggling = assessment.coercion, assessment.smuggling
    return {
        "mmsi": f"{assessment.mmsi:09d}",
        "assessed_at": iso_z(assessment.assessed_at),
        "model": assessment.model,
        "coercion": {
            "probability": coercion.probability,
            "low": coercion.low,
            "high": coercion.high,
            "band": coercion.band,
            "horizon_h": coercion.horizon_h,
            "reasons": [_reason(r) for r in coercion.reasons],
        },
        "smuggling": {
            "priority": smuggling.priority,
            "band": smuggling.band,
            "reasons": [_reason(r) for r in smuggling.reasons],
        },
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "code": reason.code,
        "text": reason.text,
        "contribution": reason.contribution,
        "event_ids": list(reason.event_ids),
        "innocent_explanation": reason.innocent_explanation,
    }
