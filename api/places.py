"""Places: stored positions and the hazard field -> hot spots ranked by risk x traffic, as GeoJSON.

They rest on what ships broadcast to everybody and on published figures, on no event, assessment,
plan or partner's report, so the same answer may go to every principal.
"""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import asyncpg
import h3.api.numpy_int as h3i
import numpy as np
import pandas as pd

from api import store_presence
from api.http.outline import outline
from risk.hazard import HazardField
from risk.hotspots import Presence, hotspots
from sea.instants import from_us, to_us
from sea.units import MINUTE_US, Microseconds

DAYS_BEFORE = 7
"""Days that the trend is against; a week evens out weekdays."""

WITHIN = timedelta(minutes=15)
"""A ship heard in this time is there: five reports of the slowest class A ship at anchor."""

SPAN_US = 10 * MINUTE_US
"""Answers are of the last whole ten minutes, and reckoned once for each."""

KEPT = 32


class Places:
    """Hot spots at any instant of which positions are stored; those asked for last are kept."""

    def __init__(self, database: asyncpg.Pool, hazard: HazardField | None = None) -> None:
        self._database = database
        self._hazard = hazard
        self._known: dict[Microseconds, pd.DataFrame] = {}
        self._one_at_a_time = asyncio.Lock()

    async def at(self, at_us: Microseconds | None) -> tuple[pd.DataFrame, Microseconds | None]:
        """The ranked places and their instant; None: the newest, if there is any."""
        if at_us is None:
            newest = await store_presence.newest_position(self._database)
            if newest is None:
                return hotspots(self._hazard or HazardField.fit(), nobody()), None
            at_us = to_us(newest) + SPAN_US - 1
        at_us = at_us // SPAN_US * SPAN_US
        async with self._one_at_a_time:
            if at_us not in self._known:
                if len(self._known) >= KEPT:
                    self._known.clear()
                self._known[at_us] = await self._ranked(at_us)
            return self._known[at_us], at_us

    async def _ranked(self, at_us: Microseconds) -> pd.DataFrame:
        rows = await store_presence.snapshots(self._database, from_us(at_us), DAYS_BEFORE, WITHIN)
        mmsis = sorted({row["mmsi"] for row in rows})
        types = await store_presence.ship_types(self._database, mmsis)

        def reckon() -> pd.DataFrame:
            if self._hazard is None:
                self._hazard = HazardField.fit()
            now, *before = presences(rows, types)
            return hotspots(self._hazard, now, before)

        return await asyncio.to_thread(reckon)


def presences(rows: Iterable[Any], types: dict[int, int]) -> list[Presence]:
    """The merchant ships of each day, the day asked for first."""
    by_day: list[list[Any]] = [[] for _ in range(DAYS_BEFORE + 1)]
    for row in rows:
        by_day[row["day"]].append(row)
    return [_presence(day, types) for day in by_day]


def nobody() -> Presence:
    """No ship at all."""
    return _presence([], {})


def _presence(rows: list[Any], types: dict[int, int]) -> Presence:
    def column(name: str, unknown: float) -> Any:
        return np.array([unknown if r[name] is None else r[name] for r in rows], np.float64)

    return Presence.of(
        lon=column("lon", np.nan) / 1e7, lat=column("lat", np.nan) / 1e7,
        sog=column("sog", np.nan) / 10, nav_status=column("nav_status", 15).astype(np.int64),
        ship_type=np.array([types.get(r["mmsi"], 0) for r in rows], np.int64),
        msg_type=column("msg_type", 0).astype(np.int64),
    )  # fmt: skip


def records(places: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as dictionaries of Python's own values."""
    columns = [places[name].tolist() for name in places.columns]
    return [dict(zip(places.columns, row, strict=True)) for row in zip(*columns, strict=True)]


def features(places: pd.DataFrame) -> list[dict[str, Any]]:
    """The places as GeoJSON features, in their order."""
    return [_feature(rank, row) for rank, row in enumerate(records(places), 1)]


def _feature(rank: int, row: dict[str, Any]) -> dict[str, Any]:
    known = row["days_before"] > 0
    return {
        "type": "Feature",
        "id": f"{row['kind']}:{row['id']}",
        "geometry": outline(h3i.str_to_int(row["cell"])),
        "properties": {
            "kind": row["kind"],
            "rank": rank,
            "name": row["name"],
            "cell": row["cell"],
            "ships": int(row["ships"]),
            "expected_per_day": _digits(row["expected_per_day"]),
            "low": _digits(row["low"]),
            "high": _digits(row["high"]),
            "ships_before": round(row["ships_before"], 1) if known else None,
            "before_per_day": _digits(row["before_per_day"]) if known else None,
            "days_before": int(row["days_before"]),
            "trend": row["trend"],
            "averts_per_day": _digits(row["averts_per_day"]),
            "patrol": None if pd.isna(row["patrol"]) else int(row["patrol"]),
        },
    }


def _digits(value: float) -> float:
    return float(f"{value:.4g}")
