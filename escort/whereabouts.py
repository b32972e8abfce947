"""Where an asset is that has escorts under way or behind it, and what it has left.

Nobody reports where patrol vessels are, unless an officer does: an asset under way is taken to
keep to its times, and one that is done to sail home.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from escort.feasibility import REFUEL_US
from escort.scenario import Asset, EscortRequest, Place
from escort.travel import travel_us
from sea.geodesy import distance_nm
from sea.lanes import sea_route
from sea.units import HOUR_US, Microseconds, NauticalMiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """An approved escort whose asset has left for it.

    Attributes:
        tasking: id of the tasking that was approved.
        origin: where the asset left from. refuelled_at: when it left its base on the way.
        ended_at, why: when and why it was done or broken off.
    """

    tasking: str
    asset: str
    requests: tuple[EscortRequest, ...]
    origin: Place
    depart_at: Microseconds
    rendezvous_at: Microseconds
    release_at: Microseconds
    transit_nm: NauticalMiles
    leg_nm: NauticalMiles
    refuelled_at: Microseconds | None = None
    status: Literal["under_way", "done", "broken_off"] = "under_way"
    ended_at: Microseconds | None = None
    why: str = ""


def position_at(commitment: Commitment, now: Microseconds) -> Place:
    """Where the escorting asset is, by its times."""
    lead = commitment.requests[0]
    if now < commitment.rendezvous_at:
        share = _share(now, commitment.depart_at, commitment.rendezvous_at)
        return along(commitment.origin, lead.rendezvous, share)
    share = _share(now, commitment.rendezvous_at, commitment.release_at)
    return along(lead.rendezvous, lead.release, share)


def sailed_nm(commitment: Commitment, now: Microseconds) -> NauticalMiles:
    """How far the asset has sailed for it."""
    transit = _share(now, commitment.depart_at, commitment.rendezvous_at)
    leg = _share(now, commitment.rendezvous_at, commitment.release_at)
    return commitment.transit_nm * transit + commitment.leg_nm * leg


def along(origin: Place, goal: Place, share: float) -> Place:
    """The place so far along the way at sea, 0 the origin and 1 the goal."""
    if share <= 0.0 or share >= 1.0 or (origin.lon, origin.lat) == (goal.lon, goal.lat):
        return origin if share < 0.5 else goal
    route = sea_route(origin.lon, origin.lat, goal.lon, goal.lat)
    steps = distance_nm(route.lon[:-1], route.lat[:-1], route.lon[1:], route.lat[1:])
    sailed = np.concatenate([[0.0], np.cumsum(steps)])
    at = share * sailed[-1]
    return Place(
        lon=round(float(np.interp(at, sailed, route.lon)), 5),
        lat=round(float(np.interp(at, sailed, route.lat)), 5),
    )


def as_it_is(asset: Asset, chain: Sequence[Commitment], now: Microseconds) -> Asset:
    """The asset as a plan of now may count on it, after these commitments in order.

    It is free where and when the last one ends, with the fuel and time at sea that it then has
    left. Range and endurance are less by what is spent, also after its next refuelling: a plan
    never asks more of it than it can do.
    """
    if not chain:
        return asset
    spent_nm, sea_since = 0.0, None
    for commitment in chain:
        if commitment.refuelled_at is not None:
            spent_nm, sea_since = 0.0, commitment.refuelled_at
        sea_since = commitment.depart_at if sea_since is None else sea_since
        end = commitment.ended_at or commitment.release_at
        spent_nm += sailed_nm(commitment, end)
    last = chain[-1]
    free_at = last.ended_at or last.release_at
    place = position_at(last, free_at)
    if free_at < now:
        moved_nm, place = _on_the_way_home(asset, place, now - free_at)
        spent_nm += moved_nm
        free_at = now
    hours = (free_at - (sea_since or free_at)) / HOUR_US
    return replace(
        asset,
        position=place,
        available_from=max(asset.available_from, free_at),
        range_nm=max(asset.range_nm - spent_nm, 0.0),
        endurance_h=max(asset.endurance_h - hours, 0.0),
    )


def home_at(asset: Asset, chain: Sequence[Commitment]) -> Microseconds | None:
    """When an asset whose commitments have all ended is home and ready again; None while not."""
    if not chain or any(c.ended_at is None for c in chain):
        return None
    last = chain[-1]
    ended_at = last.ended_at or last.release_at
    if asset.base_place is None or not asset.must_return:
        return None
    nm = _way_nm(position_at(last, ended_at), asset.base_place)
    return ended_at + travel_us(nm, asset.max_speed_kn) + REFUEL_US


def _on_the_way_home(
    asset: Asset, place: Place, since_us: Microseconds
) -> tuple[NauticalMiles, Place]:
    if asset.base_place is None or not asset.must_return:
        return 0.0, place
    whole_nm = _way_nm(place, asset.base_place)
    moved_nm = min(asset.max_speed_kn * since_us / HOUR_US, whole_nm)
    return moved_nm, along(place, asset.base_place, moved_nm / whole_nm if whole_nm else 1.0)


def _way_nm(origin: Place, goal: Place) -> NauticalMiles:
    if (origin.lon, origin.lat) == (goal.lon, goal.lat):
        return 0.0
    return float(sea_route(origin.lon, origin.lat, goal.lon, goal.lat).length_nm)


def _share(now: Microseconds, start: Microseconds, end: Microseconds) -> float:
    if end <= start:
        return 1.0 if now >= end else 0.0
    return min(max((now - start) / (end - start), 0.0), 1.0)
