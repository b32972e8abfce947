"""Assessments: the picture and the evidence -> both scores of every vessel, and her passage's risk.

A pure function of the picture, the evidence, the instant, the hazard field and the parameters.
Scores come as columns; sentences are made for the vessels somebody wants to read of.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from ingest.batch import Float64, Int64
from ingest.picture import Picture
from risk.along import Track
from risk.assessment import Assessment, PassageRisk
from risk.coercion import (
    COERCION_VERSION,
    CoercionParams,
    CoercionScores,
    coercion_of,
    passage_of,
    score_coercion,
    tracks_of,
)
from risk.event import Event
from risk.evidence import Evidence, event_input
from risk.hazard import HAZARD_VERSION, HazardField
from risk.hazard_raster import Raster, raster_of
from risk.ships import Ships, ship_input, ships_of
from risk.smuggling import TABLE_VERSION, SmugglingScores, score_smuggling, smuggling_of
from sea.errors import BadInputError
from sea.identity import MmsiClass, mmsi_class
from sea.units import DAY_US, HOUR_US, Microseconds

MODEL = f"{HAZARD_VERSION} {COERCION_VERSION} {TABLE_VERSION}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessParams:
    """Who is assessed and how.

    Attributes:
        recent_h: vessels heard within this; a silent one keeps her scores so long; chosen by us.
        fresh_h: positions young enough to say who is near whom; chosen by us.
        evidence_days: events that started longer ago count nothing; chosen by us, a half-life of
            the slowest fading indicator.
    """

    coercion: CoercionParams = field(default_factory=CoercionParams)
    recent_h: float = 24.0
    fresh_h: float = 1.0
    evidence_days: float = 30.0

    def __post_init__(self) -> None:
        if min(self.recent_h, self.fresh_h, self.evidence_days) <= 0:
            raise BadInputError("assessment times must be positive", field="assess")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """Both scores of some ships at one instant, as columns; an assessment is made when asked for.

    Attributes:
        since_us: events that started earlier counted nothing.
        coercion, smuggling: the scores, a row a ship. hazard_id: hash of the field's rates.
    """

    now_us: Microseconds
    since_us: Microseconds
    ships: Ships
    evidence: Evidence
    coercion: CoercionScores
    smuggling: SmugglingScores
    raster: Raster
    hazard_id: str
    params: AssessParams

    def __len__(self) -> int:
        return len(self.ships.mmsi)

    def __iter__(self) -> Iterator[Assessment]:
        return (self.assessment(i) for i in range(len(self)))

    def assessment(self, i: int) -> Assessment:
        """Both scores of one ship, with reasons."""
        warnings = self.evidence.events(self.coercion.warnings.get(i, []))
        return Assessment(
            mmsi=int(self.ships.mmsi[i]), assessed_at=self.now_us, model=MODEL,
            coercion=coercion_of(self.coercion, self.ships, i, warnings, self.params.coercion),
            smuggling=smuggling_of(self.smuggling, self.ships, i, self.evidence),
        )  # fmt: skip

    def events(self, i: int) -> list[Event]:
        """The events that one ship's scores rest on."""
        own = slice(int(self.smuggling.first[i]), int(self.smuggling.first[i + 1]))
        events = self.evidence.events(self.smuggling.rows.event[own].tolist())
        if i in self.smuggling.places:
            events += self.evidence.context(int(self.ships.mmsi[i]), self.since_us, self.now_us)
        return list({event.id: event for event in events}.values())

    def inputs(self, i: int) -> dict[str, Any]:
        """What one ship's scores were made of, as JSON values; see `risk.recompute`."""
        return {
            "ship": ship_input(self.ships, i),
            "events": [event_input(event) for event in self.events(i)],
            "hazard": self.hazard_id,
        }

    def passage(self, i: int, more: Float64 | float = 0.0) -> PassageRisk:
        """The passage behind one ship's coercion score; `more` as of `passage_of`."""
        return passage_of(self.coercion, self.ships, i, self.raster, self.params.coercion, more)

    def tracks(self) -> tuple[Int64, Track]:
        """The ships (rows) that coercion is assessed for, and their passages, a row each.

        Their risk is that of the hazard, without what warnings add.
        """
        ships = np.flatnonzero(self.coercion.row >= 0)
        return ships, tracks_of(self.coercion, self.raster, self.params.coercion)

    def passages(self, least: float = 0.0) -> list[PassageRisk]:
        """Passages of the ships whose probability is at least this."""
        worth = np.flatnonzero((self.coercion.probability >= least) & (self.coercion.row >= 0))
        return [self.passage(i) for i in worth.tolist()]


class Assessor:
    """Assesses vessels against one hazard field (None: the packaged figures)."""

    def __init__(
        self, hazard: HazardField | None = None, params: AssessParams | None = None
    ) -> None:
        self.hazard = hazard or HazardField.fit()
        self.params = params or AssessParams()
        self.raster = raster_of(self.hazard)
        self.hazard_id = fingerprint(self.raster)

    def assess(
        self,
        picture: Picture,
        evidence: Evidence,
        now_us: Microseconds,
        slots: npt.NDArray[np.integer] | None = None,
    ) -> Assessed:
        """Scores of each ship of `slots` (None: all) heard recently, in order of slot.

        Stations, aircraft and numbers that no ship may have are left out. Coercion is for merchant
        ships: others get probability 0, a reason that says so, and an empty passage.
        """
        chosen = self._chosen(picture, now_us, slots)
        ships = ships_of(
            picture, chosen, now_us, alone_nm=self.params.coercion.alone_nm,
            fresh_h=self.params.fresh_h,
        )  # fmt: skip
        return self.score(ships, evidence, now_us)

    def score(self, ships: Ships, evidence: Evidence, now_us: Microseconds) -> Assessed:
        """Scores of these ships; each is the same whoever else is among them."""
        since_us = now_us - round(self.params.evidence_days * DAY_US)
        rows = evidence.of(ships.mmsi, since_us, now_us)
        return Assessed(
            now_us=now_us, since_us=since_us, ships=ships, evidence=evidence, raster=self.raster,
            hazard_id=self.hazard_id, params=self.params,
            coercion=score_coercion(ships, rows, self.raster, now_us, self.params.coercion),
            smuggling=score_smuggling(ships, rows, evidence, since_us, now_us),
        )  # fmt: skip

    def _chosen(
        self, picture: Picture, now_us: Microseconds, slots: npt.NDArray[np.integer] | None
    ) -> Int64:
        candidates = np.arange(len(picture)) if slots is None else np.unique(slots).astype(np.int64)
        recent = picture.reported_at[candidates] >= now_us - self.params.recent_h * HOUR_US
        ship = mmsi_class(picture.mmsi[candidates]) == MmsiClass.SHIP
        return np.asarray(candidates[recent & ship & np.isfinite(picture.lon[candidates])])


def fingerprint(raster: Raster) -> str:
    """A hash of the field's rates, to tell whether two scores rest on the same."""
    digest = blake2b(digest_size=8)
    for column in (raster.tiles, raster.rows, raster.places, raster.mean, raster.low, raster.high,
                   raster.hours):  # fmt: skip
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()
