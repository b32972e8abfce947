"""A scenario document -> `Scenario`, or the JSON path of what is wrong and its mend."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from escort.bases import base_position
from escort.fields import Fields, checked_number, checked_text, parse_json
from escort.scenario import (
    DEFAULT_HORIZON_H,
    Asset,
    Burden,
    Distances,
    EscortRequest,
    Exclusion,
    Lock,
    Place,
    Scenario,
    Zone,
)
from sea.errors import BadInputError
from sea.geodesy import distance_nm

MOST_ASSETS, MOST_REQUESTS, MOST_ZONES, MOST_POINTS, MOST_CORNERS = 1000, 10_000, 1000, 2500, 10_000
MAX_KN, MAX_NM, MAX_H = 100.0, 100_000.0, 10_000.0

SNAP_NM = 10.0
"""A base named by UN/LOCODE is the nearest listed point of the scenario's own distances within
this; chosen by us: gazetteers differ by a few miles on where a port is."""


class _Listed:
    """The points of a scenario's own distances, and the row of each."""

    def __init__(self, distances: Distances | None) -> None:
        self.points = () if distances is None else distances.points
        self.row = {point: i for i, point in reversed(list(enumerate(self.points)))}


def read_scenario(document: bytes | str | Mapping[str, Any]) -> Scenario:
    """The scenario of a JSON document of `docs/escort.md`.

    Raises:
        BadInputError: the document cannot be used; `field` is the JSON path of the place.
    """
    value = parse_json(document) if isinstance(document, bytes | str) else document
    top = Fields(value, "")
    distances = _distances(top)
    listed = _Listed(distances)
    zones = tuple(_zone(Fields(v, p)) for p, v in top.items("zones", MOST_ZONES, ()))
    assets = tuple(
        _asset(Fields(v, p), listed, {zone.id for zone in zones})
        for p, v in top.items("assets", MOST_ASSETS)
    )
    requests = tuple(
        _request(Fields(v, p), listed) for p, v in top.items("requests", MOST_REQUESTS)
    )
    _refuse_duplicates("zones", [zone.id for zone in zones])
    _refuse_duplicates("assets", [asset.id for asset in assets])
    _refuse_duplicates("requests", [request.id for request in requests])
    known = {"asset": {a.id for a in assets}, "request": {r.id for r in requests}}
    return Scenario(
        now=top.instant("now"),
        horizon_h=top.number("horizon_h", 0.1, MAX_H, DEFAULT_HORIZON_H),
        zones=zones,
        assets=assets,
        requests=requests,
        burden=_burden(top),
        locked=_locks(top, known),
        excluded=tuple(
            _exclusion(Fields(v, p), known) for p, v in top.items("excluded", MOST_REQUESTS, ())
        ),
        distances=distances,
    )


def read_asset(document: Mapping[str, Any], path: str = "") -> Asset:
    """The asset of one document; the zones it may enter need not be known.

    Raises:
        BadInputError: it cannot be used; `field` is the JSON path below `path`.
    """
    return _asset(Fields(document, path), _Listed(None), None)


def read_request(document: Mapping[str, Any], path: str = "") -> EscortRequest:
    """The request of one document.

    Raises:
        BadInputError: it cannot be used; `field` is the JSON path below `path`.
    """
    return _request(Fields(document, path), _Listed(None))


def read_zone(document: Mapping[str, Any], path: str = "") -> Zone:
    """The zone of one document.

    Raises:
        BadInputError: it cannot be used; `field` is the JSON path below `path`.
    """
    return _zone(Fields(document, path))


def _asset(fields: Fields, listed: _Listed, zones: set[str] | None) -> Asset:
    must_return = fields.flag("must_return", True)
    base, base_place = _base(fields, listed, must_return)
    available_from, available_until = _ordered(fields, "available_from", "available_until")
    return Asset(
        id=fields.text("id"),
        name=fields.text("name", "") or fields.text("id"),
        nation=fields.text("nation"),
        class_name=fields.text("class", ""),
        position=_place(fields.raw("position"), fields.path("position"), listed),
        base=base,
        base_place=base_place,
        max_speed_kn=fields.number("max_speed_kn", 0.1, MAX_KN),
        range_nm=fields.number("range_nm", 0.0, MAX_NM),
        endurance_h=fields.number("endurance_h", 0.0, MAX_H),
        available_from=available_from,
        available_until=available_until,
        must_return=must_return,
        may_enter=_entry(fields, zones),
        capacity_ships=fields.whole("capacity_ships", 1, 100, 1),
        down=fields.text("down", None),
    )


def _request(fields: Fields, listed: _Listed) -> EscortRequest:
    earliest, latest = _ordered(fields, "earliest", "latest")
    leg_h = fields.number("leg_h", 0.0, MAX_H, None)
    nations = fields.raw("releasable_to", None)
    return EscortRequest(
        id=fields.text("id"),
        mmsis=_mmsis(fields),
        rendezvous=_place(fields.raw("rendezvous"), fields.path("rendezvous"), listed),
        earliest=earliest,
        latest=latest,
        release=_place(fields.raw("release"), fields.path("release"), listed),
        speed_kn=fields.number("speed_kn", 0.1 if leg_h is None else 0.0, MAX_KN),
        leg_h=leg_h,
        risk_value=fields.number("risk_value", 0.0, 1e6),
        releasable_to=None
        if nations is None
        else tuple(checked_text(v, p) for p, v in fields.items("releasable_to", 250)),
        refused=fields.text("refused", None),
    )


def _zone(fields: Fields) -> Zone:
    ring = tuple(_lon_lat(v, p) for p, v in fields.items("polygon", MOST_CORNERS))
    where = fields.path("polygon")
    if len(set(ring)) < 3:
        raise BadInputError(
            f"{where} has {len(set(ring))} corners", field=where, mend="give three or more"
        )
    if any(abs(a[0] - b[0]) > 180.0 for a, b in zip(ring, ring[1:] + ring[:1], strict=True)):
        raise BadInputError(
            f"{where} crosses 180 degrees", field=where, mend="split the zone in two there"
        )
    return Zone(
        id=fields.text("id"), nation=fields.text("nation"), kind=fields.text("kind"), polygon=ring
    )


def _base(fields: Fields, listed: _Listed, must_return: bool) -> tuple[str, Place | None]:
    value = fields.raw("base") if must_return else fields.raw("base", None)
    where = fields.path("base")
    if value is None and not must_return:
        return "", None
    if not isinstance(value, str):
        return "", _place(value, where, listed)
    position = base_position(value)
    if position is None:
        raise BadInputError(
            f"{where} is {value[:40]!r}, which is no known base",
            field=where,
            mend="give a UN/LOCODE of a port, or [lon, lat]",
        )
    lon, lat = position
    if not listed.points:
        return value, Place(lon=lon, lat=lat)
    points = np.asarray(listed.points)
    apart = distance_nm(lon, lat, points[:, 0], points[:, 1])
    nearest = int(np.argmin(apart))
    return value, Place(lon=lon, lat=lat, point=nearest if apart[nearest] <= SNAP_NM else None)


def _place(value: Any, where: str, listed: _Listed) -> Place:
    points = listed.points
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value < len(points):
            raise BadInputError(
                f"{where} is point {str(value)[:20]}",
                field=where,
                mend=f"distances.points has {len(points)}; give [lon, lat] or a row of it",
            )
        return Place(lon=points[value][0], lat=points[value][1], point=value)
    lon, lat = _lon_lat(value, where)
    return Place(lon=lon, lat=lat, point=listed.row.get((lon, lat)))


def _lon_lat(value: Any, where: str) -> tuple[float, float]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise BadInputError(f"{where} is not a position", field=where, mend="give [lon, lat]")
    lon = checked_number(value[0], f"{where}[0]", -180.0, 180.0)
    return lon, checked_number(value[1], f"{where}[1]", -90.0, 90.0)


def _ordered(fields: Fields, first: str, last: str) -> tuple[int, int]:
    start, end = fields.instant(first), fields.instant(last)
    if end < start:
        where = fields.path(last)
        raise BadInputError(
            f"{where} is before {first}", field=where, mend=f"give a time at or after {first}"
        )
    return start, end


def _mmsis(fields: Fields) -> tuple[int, ...]:
    mmsis = []
    for where, value in fields.items("mmsis", 100):
        if not isinstance(value, str) or not re.fullmatch("[0-9]{9}", value):
            raise BadInputError(
                f"{where} is not an MMSI", field=where, mend='give nine digits, as "366999001"'
            )
        mmsis.append(int(value))
    if not mmsis or len(set(mmsis)) < len(mmsis):
        where = fields.path("mmsis")
        raise BadInputError(
            f"{where} is empty or repeats a ship", field=where, mend="list each once"
        )
    return tuple(mmsis)


def _entry(fields: Fields, zones: set[str] | None) -> tuple[str, ...]:
    granted = []
    for where, value in fields.items("may_enter", MOST_ZONES, ()):
        zone = checked_text(value, where)
        if zones is not None and zone not in zones:
            raise BadInputError(
                f"{where} is {zone!r}, which is no zone here", field=where, mend="add it to zones"
            )
        granted.append(zone)
    return tuple(granted)


def _burden(top: Fields) -> Burden | None:
    value = top.raw("burden", None)
    if value is None:
        return None
    fields = Fields(value, "burden")
    raw = fields.raw("shares")
    shares = Fields(raw, "burden.shares")
    read = {str(nation): shares.number(str(nation), 0.0, 1.0) for nation in raw}
    if sum(read.values()) > 1.01:
        raise BadInputError(
            f"burden.shares add up to {sum(read.values()):.3f}",
            field="burden.shares",
            mend="shares are parts of 1",
        )
    return Burden(shares=read, tolerance=fields.number("tolerance", 0.0, 10.0, 0.25))


def _locks(top: Fields, known: Mapping[str, set[str]]) -> tuple[Lock, ...]:
    locks: dict[str, Lock] = {}
    for where, value in top.items("locked", MOST_REQUESTS, ()):
        asset, request = _pair(Fields(value, where), known)
        lock = Lock(asset=asset, request=request)
        if locks.setdefault(lock.request, lock).asset != lock.asset:
            raise BadInputError(
                f"{where} locks request {lock.request!r} to a second asset",
                field=where,
                mend="keep one of the two locks",
            )
    return tuple(locks.values())


def _exclusion(fields: Fields, known: Mapping[str, set[str]]) -> Exclusion:
    asset, request = _pair(fields, known)
    return Exclusion(asset=asset, request=request, reason=fields.text("reason", "no reason given"))


def _pair(fields: Fields, known: Mapping[str, set[str]]) -> tuple[str, str]:
    named = []
    for name, ids in known.items():
        value = fields.text(name)
        if value not in ids:
            path = fields.path(name)
            raise BadInputError(
                f"{path} is {value!r}, which is no {name} here",
                field=path,
                mend=f"add it to {name}s or remove it here",
            )
        named.append(value)
    return named[0], named[1]


def _distances(top: Fields) -> Distances | None:
    value = top.raw("distances", None)
    if value is None:
        return None
    fields = Fields(value, "distances")
    if fields.text("unit", "nm") != "nm":
        raise BadInputError("distances.unit is not nm", field="distances.unit", mend='give "nm"')
    points = tuple(_lon_lat(v, p) for p, v in fields.items("points", MOST_POINTS))
    rows = []
    for where, row in fields.items("matrix", MOST_POINTS):
        if not isinstance(row, list | tuple) or len(row) != len(points):
            raise BadInputError(
                f"{where} is no row of {len(points)}", field=where, mend="one number a point"
            )
        rows.append(
            [
                np.inf if d is None else checked_number(d, f"{where}[{j}]", 0.0, MAX_NM)
                for j, d in enumerate(row)
            ]
        )
    if len(rows) != len(points):
        raise BadInputError(
            f"distances.matrix has {len(rows)} rows for {len(points)} points",
            field="distances.matrix",
            mend="one row a point",
        )
    matrix = np.asarray(rows, np.float64).reshape(len(points), len(points))
    matrix.flags.writeable = False
    return Distances(points=points, matrix=matrix)


def _refuse_duplicates(name: str, ids: Iterable[str]) -> None:
    first: dict[str, int] = {}
    for i, identity in enumerate(ids):
        if first.setdefault(identity, i) != i:
            where = f"{name}[{i}].id"
            raise BadInputError(
                f"{where} is {identity!r}, as is {name}[{first[identity]}].id",
                field=where,
                mend="give each its own id",
            )
