"""Assessments: the two scores of a vessel, with reasons that add up to them.

These are values only; `risk.assess` makes them. A score is a priority with evidence.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ingest.batch import Float64
from risk.wording import Language, innocent, say
from sea.instants import iso_z
from sea.units import Microseconds

Band = Literal["insufficient_data", "low", "elevated", "high", "severe"]
BANDS: tuple[Band, ...] = ("insufficient_data", "low", "elevated", "high", "severe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One part of a score: what was seen, how much it adds, and what else could explain it.

    Attributes:
        values: what the sentence of `code` in `risk.wording` is filled with, JSON values.
        sentence: key of the sentence, where it is not the code.
    """

    code: str
    contribution: float
    values: Mapping[str, Any] = field(default_factory=dict)
    event_ids: tuple[str, ...] = ()
    sentence: str = ""

    @property
    def text(self) -> str:
        """The sentence in English."""
        return self.said("en")

    @property
    def innocent_explanation(self) -> str:
        """What else explains it, in English."""
        return innocent(self.code)

    def said(self, lang: Language) -> str:
        """The sentence in a language."""
        return say(self.sentence or self.code, self.values, lang)


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


def bands_of(score: Float64, band_from: Sequence[tuple[Band, float]]) -> npt.NDArray[np.uint8]:
    """Index in `BANDS` of the first band whose least score is reached; "low" below all."""
    band = np.full(len(score), BANDS.index("low"), np.uint8)
    for name, least in reversed(band_from):
        band[score >= least] = BANDS.index(name)
    return band


def band_of(score: float, band_from: Sequence[tuple[Band, float]]) -> Band:
    """The first band whose least score is reached, in the order given; "low" below all."""
    return next((band for band, least in band_from if score >= least), "low")


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
        "sentence": reason.sentence or reason.code,
        "values": dict(reason.values),
    }


def translated(reasons: Iterable[Mapping[str, Any]], lang: Language) -> list[dict[str, Any]]:
    """Reasons of a document in a language; one kept before they had values stays as it is."""
    return [
        {**reason, "text": say(reason["sentence"], reason["values"], lang),
         "innocent_explanation": innocent(reason["code"], lang)}
        if "values" in reason else dict(reason)
        for reason in reasons
    ]  # fmt: skip
