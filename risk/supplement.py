"""Supplements: what partners' reports add to a ship's scores, for one audience.

An assessment rests on AIS and published figures alone and is the same for everybody who may see
it. What reports add is reckoned apart for each audience, out of the reports that audience may
see, and joined to the assessment when it is read (`joined`): the score a reader sees is the sum of
the reasons he sees, and is what it would be if the other reports did not exist.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from risk.assessment import band_of
from risk.coercion import CoercionParams
from risk.smuggling import BAND_FROM, FULL_SCORE
from risk.wording import innocent, say
from sea.units import HOUR_US

Score = Literal["coercion", "smuggling"]

LEAD_US = HOUR_US
"""A live picture lags behind the clock: a report so little ahead of it counts as just made."""

MAX_REPORT_IDS = 10
"""Ids named in one reason; the text says how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One reason out of reports: `amount` is expected incidents, or points.

    Attributes:
        values: what the sentence of `code` in `risk.wording` is filled with, JSON values.
    """

    code: str
    amount: float
    values: Mapping[str, Any]
    report_ids: tuple[str, ...]

    @property
    def text(self) -> str:
        """The sentence in English."""
        return say(self.code, self.values)

    @property
    def innocent_explanation(self) -> str:
        """What else explains it, in English."""
        return innocent(self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplement:
    """What reports add to one score of one ship.

    Attributes:
        low, high: bounds of the 90% interval of what is added; points have none, so 0.
    """

    mmsi: int
    score: Score
    told: tuple[Told, ...]
    low: float = 0.0
    high: float = 0.0

    @property
    def amount(self) -> float:
        """All that is added: expected incidents, or points."""
        return math.fsum(told.amount for told in self.told)


def supplement_document(supplement: Supplement) -> dict[str, Any]:
    """The supplement as it is stored, and read by `joined`."""
    return {
        "low": supplement.low,
        "high": supplement.high,
        "told": [
            {
                "code": told.code,
                "amount": told.amount,
                "values": dict(told.values),
                "report_ids": list(told.report_ids),
            }
            for told in supplement.told
        ],
    }


def joined(
    assessment: Mapping[str, Any],
    coercion: Mapping[str, Any] | None,
    smuggling: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The assessment's document with what reports add to each score; None adds nothing."""
    document = dict(assessment)
    if coercion is not None and coercion["told"]:
        document["coercion"] = _more_coercion(assessment["coercion"], coercion)
    if smuggling is not None and smuggling["told"]:
        document["smuggling"] = _more_smuggling(assessment["smuggling"], smuggling)
    return document


def _more_coercion(score: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Expected incidents add up; probabilities are of at least one."""
    added = math.fsum(told["amount"] for told in more["told"])
    probability = _either(score["probability"], added)
    scale = (probability - score["probability"]) / added if added > 0 else 0.0
    band = score["band"]
    if band != "insufficient_data":
        band = band_of(probability, CoercionParams().bands)
    return {
        **score,
        "probability": probability,
        "low": _either(score["low"], more["low"]),
        "high": _either(score["high"], more["high"]),
        "band": band,
        "reasons": [*score["reasons"], *(_reason(told, scale) for told in more["told"])],
    }


def _either(probability: float, expected: float) -> float:
    """Probability of the one, or of an incident where so many more are expected."""
    return -math.expm1(math.log1p(-probability) - expected) if probability < 1 else 1.0


def _more_smuggling(score: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Points add up to the end of the scale."""
    total = score["priority"] + math.fsum(told["amount"] for told in more["told"])
    priority = min(FULL_SCORE, total)
    band = band_of(priority, BAND_FROM)
    reasons = [*score["reasons"], *(_reason(told, 1.0) for told in more["told"])]
    if band == "low":
        band = score["band"]
    else:
        reasons = [r for r in reasons if r["code"] not in ("plain", "insufficient_data")]
    if total > FULL_SCORE:
        ceiling = {"code": "ceiling", "amount": FULL_SCORE - total, "values": {"full": FULL_SCORE}}
        reasons.append(_reason(ceiling, 1.0))
    reasons.sort(key=lambda r: -r["contribution"])
    return {**score, "priority": priority, "band": band, "reasons": reasons}


def _reason(told: Mapping[str, Any], scale: float) -> dict[str, Any]:
    return {
        "code": told["code"],
        "text": say(told["code"], told["values"]),
        "contribution": told["amount"] * scale,
        "event_ids": [],
        "report_ids": list(told.get("report_ids", ())),
        "innocent_explanation": innocent(told["code"]),
        "sentence": told["code"],
        "values": dict(told["values"]),
    }
