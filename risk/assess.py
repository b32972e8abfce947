"""Assessments: the picture and its events -> both scores of every vessel, and her passage's risk.

A pure function of the picture, the events, the instant, the hazard field and the parameters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ingest.batch import Float64, Int64
from ingest.picture import Picture
from risk.assessment import Assessment, Coercion, PassageRisk, Reason
from risk.coercion import (
    COERCION_VERSION,
    CoercionParams,
    Legs,
    Ship,
    Steps,
    assess_coercion,
    steps_of,
)
from risk.event import Event
from risk.hazard import HAZARD_VERSION, HazardField, Rate
from risk.smuggling import TABLE_VERSION, Heard, prioritise
from sea.errors import BadInputError
from sea.identity import MmsiClass, mmsi_class
from sea.lanes import predict_passage
from sea.ports import nearest_port, ports, resolve_destination
from sea.units import EARTH_RADIUS_M, HOUR_US, M_PER_NM, Microseconds

MODEL = f"{HAZARD_VERSION} {COERCION_VERSION} {TABLE_VERSION}"
CLASS_B = (18, 19)
LARGE_M = 60.0
AT_PORT_NM = 30.0
"""Within this a vessel is held to be at the port, for the context of smuggling; chosen by us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessParams:
    """Who is assessed and how.

    Attributes:
        recent_h: vessels heard within this; a silent one keeps her scores so long; chosen by us.
        fresh_h: positions young enough to say who is near whom; chosen by us.
    """

    coercion: CoercionParams = field(default_factory=CoercionParams)
    recent_h: float = 24.0
    fresh_h: float = 1.0

    def __post_init__(self) -> None:
        if min(self.recent_h, self.fresh_h) <= 0:
            raise BadInputError("assessment hours must be positive", field="assess")


class Assessor:
    """Assesses vessels against one hazard field (None: the packaged figures)."""

    def __init__(
        self, hazard: HazardField | None = None, params: AssessParams | None = None
    ) -> None:
        self.hazard = hazard or HazardField.fit()
        self.params = params or AssessParams()

    def assess(
        self,
        picture: Picture,
        events: Mapping[int, Sequence[Event]],
        now_us: Microseconds,
        slots: npt.NDArray[np.integer] | None = None,
    ) -> list[tuple[Assessment, PassageRisk]]:
        """Assessment and passage risk of each ship of `slots` (None: all) heard recently.

        In order of slot. `events` are by MMSI, a vessel without any may lack. Stations, aircraft
        and numbers that no ship may have are left out. Coercion is for merchant ships: others
        get probability 0, a reason that says so, and an empty passage.
        """
        ships = self._assessed(picture, now_us, slots)
        alone = self._alone(picture, now_us, ships)
        steps = [self._steps(picture, s, now_us) for s in ships.tolist()]
        legs, rates = self._along(steps)
        heard = heard_of(picture, ships)
        assessed = []
        for i, slot in enumerate(ships.tolist()):
            about = events.get(heard[i].mmsi, ())
            ship = ship_of(picture, slot, alone[i])
            coercion, passage = self._coercion(ship, steps[i], legs[i], rates[i], about, now_us)
            smuggling = prioritise(heard[i], about, now_us)
            assessment = Assessment(mmsi=ship.mmsi, assessed_at=now_us, coercion=coercion,
                                    smuggling=smuggling, model=MODEL)  # fmt: skip
            assessed.append((assessment, passage))
        return assessed

    def _assessed(
        self, picture: Picture, now_us: Microseconds, slots: npt.NDArray[np.integer] | None
    ) -> Int64:
        candidates = np.arange(len(picture)) if slots is None else np.unique(slots).astype(np.int64)
        recent = picture.reported_at[candidates] >= now_us - self.params.recent_h * HOUR_US
        ship = mmsi_class(picture.mmsi[candidates]) == MmsiClass.SHIP
        return np.asarray(candidates[recent & ship & np.isfinite(picture.lon[candidates])])

    def _alone(self, picture: Picture, now_us: Microseconds, ships: Int64) -> list[bool | None]:
        """Whether no other large ship is near each; None where her position is not fresh."""
        everyone = np.arange(len(picture))
        fresh = picture.reported_at[: len(picture)] >= now_us - self.params.fresh_h * HOUR_US
        kind = picture.ship_type[: len(picture)] // 10
        large = fresh & ((picture.length[: len(picture)] >= LARGE_M) | np.isin(kind, (6, 7, 8)))
        if not large.any():
            return [None] * len(ships)
        others = everyone[large]
        reach = self.params.coercion.alone_nm * M_PER_NM / EARTH_RADIUS_M
        near = cKDTree(_on_sphere(picture, others)).query_ball_point(
            _on_sphere(picture, ships), reach
        )
        return [
            all(int(others[j]) == slot for j in hits) if fresh[slot] else None
            for slot, hits in zip(ships.tolist(), near, strict=True)
        ]

    def _steps(self, picture: Picture, slot: int, now_us: Microseconds) -> Steps | None:
        """Her predicted steps; None for a vessel that is no merchant ship or has no speed."""
        sog, params = float(picture.sog[slot]), self.params.coercion
        merchant = is_merchant(int(picture.ship_type[slot]), int(picture.msg_type[slot]))
        if not merchant or np.isnan(sog):
            return None
        lon, lat = float(picture.lon[slot]), float(picture.lat[slot])
        heard_us, status = int(picture.reported_at[slot]), int(picture.nav_status[slot])
        if sog < params.stopped_kn:
            return steps_of(np.array([heard_us]), np.zeros(1), np.array([lon]), np.array([lat]),
                            np.zeros(1), status, now_us, params)  # fmt: skip
        text = picture.destination[slot]
        passage = predict_passage(
            lon, lat, sog, float(picture.cog[slot]), resolve_destination(text) if text else None,
            heard_us, horizon_h=params.horizon_h + (now_us - heard_us) / HOUR_US,
            step_h=params.step_h,
        )  # fmt: skip
        return steps_of(passage.eta, passage.spread_s, passage.lon, passage.lat, passage.sog,
                        status, now_us, params)  # fmt: skip

    def _along(self, steps: Sequence[Steps | None]) -> tuple[list[Legs], list[Rate]]:
        """Places and hazard along all passages, looked up at once."""
        known = [s if s is not None else _NO_STEPS for s in steps]
        if not known:
            return [], []
        joined = Steps(*(np.concatenate(column) for column in zip(*known, strict=True)))
        rows = self.hazard.rows(joined.lon, joined.lat)
        rate = self.hazard.rate_of(rows, joined.hour, joined.activity)
        place = np.full(len(joined.eta), -1, np.int64)
        hot = np.flatnonzero(self.hazard.near_place(rows))
        if len(hot):
            place[hot] = nearest_port(joined.lon[hot], joined.lat[hot])[0]
        names = {int(i): ports()[int(i)].name for i in np.unique(place[hot])}
        ends = np.cumsum([len(s.eta) for s in known])[:-1]
        bounds = zip(*(np.split(c, ends) for c in (rate.mean, rate.low, rate.high)), strict=True)
        return (
            [Legs(place=p, names=names) for p in np.split(place, ends)],
            [Rate(mean=m, low=low, high=high) for m, low, high in bounds],
        )

    def _coercion(
        self, ship: Ship, steps: Steps | None, legs: Legs, rate: Rate,
        events: Sequence[Event], now_us: Microseconds,
    ) -> tuple[Coercion, PassageRisk]:  # fmt: skip
        params = self.params.coercion
        if steps is None:
            coercion, steps, risk = _not_assessed(ship, params), _NO_STEPS, np.zeros(0)
        else:
            coercion, risk = assess_coercion(ship, steps, rate, legs, events, now_us, params)
        passage = PassageRisk(
            mmsi=ship.mmsi, eta=steps.eta, spread_s=steps.spread_s, lon=steps.lon, lat=steps.lat,
            sog=steps.sog, risk=risk,
        )  # fmt: skip
        return coercion, passage


def is_merchant(ship_type: int, msg_type: int) -> bool:
    """Whether coercion is assessed: passenger, cargo, tank and other ships, class A of no type."""
    if ship_type == 0:
        return msg_type not in CLASS_B
    return ship_type // 10 in (4, 6, 7, 8, 9)


def ship_of(picture: Picture, slot: int, alone: bool | None) -> Ship:
    """What the picture knows of her vulnerability."""
    return Ship(
        mmsi=int(picture.mmsi[slot]), ship_type=int(picture.ship_type[slot]),
        nav_status=int(picture.nav_status[slot]), sog=float(picture.sog[slot]),
        length=float(picture.length[slot]), draught=float(picture.draught[slot]),
        max_draught=float(picture.max_draught[slot]), alone=alone,
    )  # fmt: skip


def heard_of(picture: Picture, slots: Int64) -> list[Heard]:
    """What the picture knows of each vessel for the smuggling priority."""
    index, away = nearest_port(picture.lon[slots], picture.lat[slots])
    hours = (picture.reported_at[slots] - picture.first_at[slots]) / HOUR_US
    heard = []
    for i, slot in enumerate(slots.tolist()):
        text = picture.destination[slot]
        bound = resolve_destination(text) if text else None
        at = ports()[int(index[i])] if away[i] <= AT_PORT_NM else None
        heard.append(
            Heard(
                mmsi=int(picture.mmsi[slot]), ship_type=int(picture.ship_type[slot]),
                hours=float(hours[i]), sog=float(picture.sog[slot]),
                near=frozenset(port.unlocode for port in (bound, at) if port is not None),
            )
        )  # fmt: skip
    return heard


_NO_STEPS = Steps(
    eta=np.zeros(0, np.int64), spread_s=np.zeros(0), lon=np.zeros(0), lat=np.zeros(0),
    sog=np.zeros(0), hours=np.zeros(0), activity=np.zeros(0, np.int8), hour=np.zeros(0),
)  # fmt: skip


def _not_assessed(ship: Ship, params: CoercionParams) -> Coercion:
    merchant = np.isnan(ship.sog) and is_merchant(ship.ship_type, 0)
    text = (
        "Her speed is not known, so no passage can be predicted."
        if merchant
        else "Not a merchant ship: coercion is assessed for passenger, cargo and tank ships."
    )
    return Coercion(
        probability=0.0, low=0.0, high=0.0, band="insufficient_data" if merchant else "low",
        horizon_h=params.horizon_h,
        reasons=(Reason(code="not_assessed", text=text, contribution=0.0),),
    )  # fmt: skip


def _on_sphere(picture: Picture, slots: Int64) -> Float64:
    x, y = np.radians(picture.lon[slots]), np.radians(picture.lat[slots])
    return np.column_stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)])
