"""Ship-hours: the picture, once an hour of event time -> `Exposure`.

At the first tick of each hour the merchant ships heard within a quarter of an hour are counted by
cell, local hour and activity, each for an hour; and the cells in which any vessel was heard. So it
is a function of the log, like events. What was counted fades by half in a year.
"""

from typing import Any, Final

import h3.api.numpy_int as h3i
import numpy as np
import numpy.typing as npt

from ingest.batch import UNKNOWN_TIME
from ingest.picture import Picture
from risk.exposure import CELL_RESOLUTION, HOURS, LISTENING_RESOLUTION, Cells, Exposure
from risk.hotspots import Presence
from risk.incident import Activity, local_hour
from sea.units import DAY_US, HOUR_US, MINUTE_US, Microseconds

FRESH_US: Final = 15 * MINUTE_US
"""As of hot spots."""

HALF_LIFE_DAYS: Final = 365.0
"""Traffic changes over years; chosen by us."""

MOST_CELLS: Final = 20_000
"""Kept, the busiest, of cells and of listening alike; some ten times the cells near all packaged
places. Chosen by us: 6 MB before compression."""

Counts = npt.NDArray[np.float32]


class ShipHours:
    """Gathers exposure; of more than `most` cells it keeps the busiest."""

    def __init__(self, most: int = MOST_CELLS) -> None:
        self._most = most
        self._at: Microseconds = UNKNOWN_TIME
        self._cells, self._heard = np.zeros(0, np.uint64), np.zeros(0, np.uint64)
        self._ship_hours: Counts = np.zeros((0, HOURS, len(Activity)), np.float32)
        self._listened: Counts = np.zeros((0, HOURS), np.float32)

    @property
    def exposure(self) -> Exposure:
        """What was seen so far."""
        return Exposure(
            cells=self._cells, ship_hours=self._ship_hours.astype(np.float64),
            heard=self._heard, listened=self._listened.astype(np.float64),
        )  # fmt: skip

    def tick(self, picture: Picture, now_us: Microseconds) -> None:
        """Counts, where an hour has begun since the last count."""
        if now_us // HOUR_US <= self._at // HOUR_US:
            return
        if self._at != UNKNOWN_TIME:
            fading = np.float32(0.5 ** ((now_us - self._at) / DAY_US / HALF_LIFE_DAYS))
            self._ship_hours, self._listened = self._ship_hours * fading, self._listened * fading
        self._at = now_us
        n = len(picture)
        fresh = (picture.reported_at[:n] > now_us - FRESH_US) & (picture.reported_at[:n] <= now_us)
        rows = np.flatnonzero(fresh & np.isfinite(picture.lon[:n]))
        if len(rows):
            self._count(picture, rows, now_us)

    def state(self) -> dict[str, Any]:
        """All that was counted."""
        return {"at": self._at, "cells": self._cells, "ship_hours": self._ship_hours,
                "heard": self._heard, "listened": self._listened}  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        self._at = int(state["at"])
        self._cells, self._heard = (np.array(state[n], np.uint64) for n in ("cells", "heard"))
        self._ship_hours, self._listened = (
            np.array(state[n], np.float32) for n in ("ship_hours", "listened")
        )

    def _count(self, picture: Picture, rows: npt.NDArray[np.intp], now_us: Microseconds) -> None:
        lon, lat = picture.lon[rows], picture.lat[rows]
        hour = local_hour(now_us, lon).astype(np.int64) % HOURS
        areas, first = np.unique(_cells_of(lon, lat, LISTENING_RESOLUTION), return_index=True)
        self._heard, self._listened = _added(
            self._heard, self._listened, areas, (hour[first],), self._most
        )
        ships = Presence.of(
            lon=lon, lat=lat, sog=picture.sog[rows].astype(np.float64),
            nav_status=picture.nav_status[rows], ship_type=picture.ship_type[rows],
            msg_type=picture.msg_type[rows],
        )  # fmt: skip
        if len(ships):
            hours = local_hour(now_us, ships.lon).astype(np.int64) % HOURS
            self._cells, self._ship_hours = _added(
                self._cells, self._ship_hours, _cells_of(ships.lon, ships.lat, CELL_RESOLUTION),
                (hours, ships.activity), self._most,
            )  # fmt: skip


def _cells_of(lon: Any, lat: Any, resolution: int) -> Cells:
    places = zip(lat.tolist(), lon.tolist(), strict=True)
    return np.array([h3i.latlng_to_cell(y, x, resolution) for y, x in places], np.uint64)


def _added(
    cells: Cells,
    counts: Counts,
    more: Cells,
    where: tuple[npt.NDArray[np.integer[Any]], ...],
    most: int,
) -> tuple[Cells, Counts]:
    """The table with an hour more at each place; of more than `most` cells the busiest stay."""
    every = np.union1d(cells, more)
    grown = np.zeros((len(every), *counts.shape[1:]), np.float32)
    grown[np.searchsorted(every, cells)] = counts
    np.add.at(grown, (np.searchsorted(every, more), *where), np.float32(1.0))
    if len(every) <= most:
        return every, grown
    busy = grown.reshape(len(every), -1).sum(axis=1)
    kept = np.sort(np.lexsort((every, -busy))[:most])
    return every[kept], grown[kept]
