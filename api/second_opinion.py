"""The second opinion in the service: stored fixes of a day -> how unusual a ship's passage is."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import asyncpg
import numpy as np

from api import store_fixes
from api.view import View
from risk.hotspots import MERCHANT_TENS
from risk.unusual import NOTE, UNITS, WHAT, Fixes, Opinion, UnusualParams, opinions, waters_of
from sea.instants import from_us, to_us
from sea.units import HOUR_US, MINUTE_US, Microseconds

EVERY_US = 30 * MINUTE_US
"""Between fixes: at 12 kn four in a cell."""

BACK_US = 24 * HOUR_US
"""A day of traffic, day and night, tells what is usual; chosen by us."""

WITHIN = timedelta(minutes=10)
LEAST_SOG_KN = 1.0
"""Slower is no passage."""

KEPT = 256


class SecondOpinion:
    """Keeps a day of fixes, half an hour apart, and reads only those that are new."""

    def __init__(
        self, database: asyncpg.Pool, view: View, params: UnusualParams | None = None
    ) -> None:
        self._database = database
        self._view = view
        self._params = params or UnusualParams()
        self._parts: dict[Microseconds, Fixes] = {}
        self._known: dict[tuple[int, Microseconds], Opinion | None] = {}
        self._one_at_a_time = asyncio.Lock()

    async def on(self, mmsi: int) -> dict[str, Any]:
        """The opinion as people read it; `rank` is null where there is too little to compare."""
        if self._view.latest_us is None:
            return document(mmsi, None)
        now_us = self._view.latest_us // EVERY_US * EVERY_US
        async with self._one_at_a_time:
            await self._read(now_us)
            if (mmsi, now_us) not in self._known:
                if len(self._known) >= KEPT:
                    self._known.clear()
                parts = [*self._parts.values()]
                self._known[mmsi, now_us] = await asyncio.to_thread(
                    lambda: judged(_joined(parts), mmsi, now_us, self._params)
                )
            return document(mmsi, self._known[mmsi, now_us])

    async def _read(self, now_us: Microseconds) -> None:
        wanted = range(now_us, now_us - BACK_US, -EVERY_US)
        self._parts = {at: part for at, part in self._parts.items() if at in wanted}
        new = [at for at in wanted if at not in self._parts]
        if not new:
            return
        rows = await store_fixes.fixes(
            self._database, [from_us(at) for at in new], WITHIN, LEAST_SOG_KN
        )
        of_instant: dict[Microseconds, list[Any]] = {at: [] for at in new}
        for row in rows:
            of_instant[-(-to_us(row["t"]) // EVERY_US) * EVERY_US].append(row)
        merchants = {mmsi for mmsi in {row["mmsi"] for row in rows} if self._is_merchant(mmsi)}
        for at, part in of_instant.items():
            hers = [row for row in part if row["mmsi"] in merchants]
            self._parts[at] = await asyncio.to_thread(_fixes, hers)

    def _is_merchant(self, mmsi: int) -> bool:
        picture = self._view.picture
        slot = picture.slot_of(mmsi)
        return slot is not None and int(picture.ship_type[slot]) // 10 in MERCHANT_TENS


def judged(day: Fixes, mmsi: int, now_us: Microseconds, params: UnusualParams) -> Opinion | None:
    """The opinion on one ship among those of her waters."""
    return opinions(waters_of(day, mmsi, now_us, params), now_us, params).get(mmsi)


def document(mmsi: int, opinion: Opinion | None) -> dict[str, Any]:
    """An opinion as people read it."""
    reasons = [] if opinion is None else [
        {"what": what, "unit": UNITS[WHAT.index(what)], "hers": round(hers, 1),
         "usual": [round(low, 1), round(high, 1)]}
        for what, hers, low, high in opinion.reasons
    ]  # fmt: skip
    return {
        "mmsi": f"{mmsi:09d}",
        "rank": None if opinion is None else round(opinion.rank, 3),
        "ships": 0 if opinion is None else opinion.ships,
        "fixes": 0 if opinion is None else opinion.fixes,
        "reasons": reasons,
        "note": NOTE if opinion else "too few ships sailed her waters, or she none, to compare",
    }


def _joined(parts: Iterable[Fixes]) -> Fixes:
    names = Fixes.__dataclass_fields__
    held = list(parts)
    return Fixes(**{n: np.concatenate([getattr(part, n) for part in held]) for n in names})


def _fixes(rows: list[Any]) -> Fixes:
    def column(name: str, scale: float) -> Any:
        return np.array([row[name] for row in rows], np.float64) / scale

    return Fixes(
        mmsi=np.array([row["mmsi"] for row in rows], np.int64),
        at=np.array([to_us(row["t"]) for row in rows], np.int64),
        lon=column("lon", 1e7), lat=column("lat", 1e7), sog=column("sog", 10),
        cog=column("cog", 10),
    )  # fmt: skip
