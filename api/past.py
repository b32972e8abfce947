"""The picture of an instant that is over: stored rows -> a frame as the live stream sends it.

Positions are as they were stored; bands are those of the newest assessment of then that the
principal may see, without what reports of partners added; events are those known of then.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Final

import asyncpg
import numpy as np
import numpy.typing as npt

from api.policy import Principal, allowed, release_of
from api.ranking import BAND_INDEX
from api.store_past import last_positions, past_bands, past_events
from api.view import FRAME, HAS_OPEN_EVENT, UNKNOWN_U2
from ingest.batch import NAV_STATUS_UNKNOWN
from sea.instants import from_us, to_us
from sea.units import MINUTE_US, Microseconds

SILENCE_US: Final = 30 * MINUTE_US
"""A ship not heard for longer is left out. Chosen by us: ten reports of a ship that lies moored."""

Rows = npt.NDArray[np.void]


async def past_frame(
    database: asyncpg.Pool, principal: Principal, at: Microseconds, after: Microseconds | None
) -> Rows:
    """Rows of `FRAME`: every ship heard within `SILENCE_US` up to an instant, or since another.

    The ships' types are left to the caller: 0.
    """
    since = at - SILENCE_US if after is None else after
    instant = from_us(at)
    positions = await last_positions(database, from_us(since), instant)
    mmsis = [row["mmsi"] for row in positions]
    bands, events = await asyncio.gather(
        past_bands(database, mmsis, instant), past_events(database, mmsis, instant)
    )
    rows = await asyncio.to_thread(_placed, positions)
    _band(rows, (row for row in bands if allowed(principal, release_of("assessment", row))))
    seen = (row for row in events if allowed(principal, release_of("event", row)))
    rows["flags"][np.isin(rows["mmsi"], [m for row in seen for m in row["mmsis"]])] = HAS_OPEN_EVENT
    return rows


def _placed(positions: list[Any]) -> Rows:
    rows = np.zeros(len(positions), FRAME)
    for name in ("mmsi", "lon", "lat"):
        rows[name] = [row[name] for row in positions]
    rows["reported_at"] = [to_us(row["t"]) // 1_000_000 for row in positions]
    for name, unknown in (("sog", UNKNOWN_U2), ("cog", UNKNOWN_U2), ("heading", UNKNOWN_U2),
                          ("nav_status", NAV_STATUS_UNKNOWN)):  # fmt: skip
        rows[name] = [unknown if row[name] is None else row[name] for row in positions]
    return rows


def _band(rows: Rows, bands: Iterable[Mapping[str, Any]]) -> None:
    """Gives each ship the bands of her newest assessment."""
    newest: dict[int, Mapping[str, Any]] = {}
    for row in bands:
        known = newest.get(row["mmsi"])
        if known is None or row["assessed_at"] > known["assessed_at"]:
            newest[row["mmsi"]] = row
    for i, mmsi in enumerate(rows["mmsi"].tolist()):
        if told := newest.get(mmsi):
            rows["coercion_band"][i] = BAND_INDEX.get(told["coercion"], 0)
            rows["smuggling_band"][i] = BAND_INDEX.get(told["smuggling"], 0)
