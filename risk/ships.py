"""Ships: the picture -> columns of what scores know of each ship, and back from what was kept.

`SHIP_FIELDS` is the whole of a score's knowledge of a ship but for her events: what is kept with
an assessment, and enough to make it again.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ingest.batch import Float64, Int64
from ingest.picture import Picture
from sea.geodesy import unit_vectors
from sea.units import EARTH_RADIUS_M, HOUR_US, M_PER_NM, Microseconds, NauticalMiles

LARGE_M: Final = 60.0
UNKNOWN, NO, YES = -1, 0, 1
CLASS_B: Final = (18, 19)


class Ships(NamedTuple):
    """Columns of one length; NaN, 0 and None are unknown, as in the picture.

    Attributes:
        alone: whether no other large ship is near: `YES`, `NO`, or `UNKNOWN` where her own
            position is not fresh.
    """

    mmsi: npt.NDArray[np.int32]
    first_at: Int64
    reported_at: Int64
    lon: Float64
    lat: Float64
    sog: npt.NDArray[np.float32]
    cog: npt.NDArray[np.float32]
    nav_status: npt.NDArray[np.int8]
    msg_type: npt.NDArray[np.int8]
    ship_type: npt.NDArray[np.int16]
    length: npt.NDArray[np.float32]
    draught: npt.NDArray[np.float32]
    max_draught: npt.NDArray[np.float32]
    destination: npt.NDArray[np.object_]
    alone: npt.NDArray[np.int8]

    def take(self, rows: npt.NDArray[np.integer[Any]]) -> "Ships":
        """These rows alone."""
        return Ships(*(column[rows] for column in self))


SHIP_FIELDS: Final = Ships._fields
_FROM_PICTURE: Final = SHIP_FIELDS[:-1]
_DTYPES: Final = ("i4", "i8", "i8", "f8", "f8", "f4", "f4", "i1", "i1", "i2", "f4", "f4", "f4",
                  "O", "i1")  # fmt: skip


def ships_of(
    picture: Picture, slots: Int64, now_us: Microseconds, *, alone_nm: NauticalMiles, fresh_h: float
) -> Ships:
    """What the picture knows of the ships of these slots.

    Args:
        picture: everything heard.
        slots: whose.
        now_us: the instant.
        alone_nm: how near a ship is company.
        fresh_h: how old a position may be to tell who is near whom.
    """
    columns = [getattr(picture, name)[slots] for name in _FROM_PICTURE]
    return Ships._make([*columns, _alone(picture, slots, now_us, alone_nm, fresh_h)])


def _alone(
    picture: Picture, slots: Int64, now_us: Microseconds, alone_nm: float, fresh_h: float
) -> npt.NDArray[np.int8]:
    n = len(picture)
    fresh = picture.reported_at[:n] >= now_us - fresh_h * HOUR_US
    kind = picture.ship_type[:n] // 10
    large = np.flatnonzero(
        fresh & ((picture.length[:n] >= LARGE_M) | ((kind >= 6) & (kind <= 8)))
        & np.isfinite(picture.lon[:n])
    )  # fmt: skip
    alone = np.full(len(slots), UNKNOWN, np.int8)
    asked = np.flatnonzero(fresh[slots] & np.isfinite(picture.lon[slots]))
    if not len(large) or not len(asked):
        return alone
    tree = cKDTree(unit_vectors(picture.lon[large], picture.lat[large]))
    there = unit_vectors(picture.lon[slots[asked]], picture.lat[slots[asked]])
    reach = alone_nm * M_PER_NM / EARTH_RADIUS_M
    chord, near = tree.query(there, k=2, distance_upper_bound=reach)
    found = np.isfinite(chord)
    found[found] = large[near[found]] != np.repeat(slots[asked], 2).reshape(-1, 2)[found]
    alone[asked] = np.where(found.any(axis=1), NO, YES)
    return alone


def ship_input(ships: Ships, i: int) -> list[Any]:
    """What is known of a ship as JSON values, in the order of `SHIP_FIELDS`; null is unknown."""
    return [plain(column[i]) for column in ships]


def ships_from(kept: Sequence[Sequence[Any]]) -> Ships:
    """The ships of `ship_input`, to the bit."""
    columns = []
    for values, dtype in zip(zip(*kept, strict=True), _DTYPES, strict=True):
        unknown = np.nan if dtype[0] == "f" else None
        filled = [unknown if value is None else value for value in values]
        column = np.empty(len(filled), dtype)
        column[:] = filled
        columns.append(column)
    return Ships(*columns)


def plain(value: Any) -> Any:
    """As a JSON value; of a float the shortest decimal that reads back the same, None of NaN."""
    if isinstance(value, np.floating):
        return None if np.isnan(value) else float(str(value))
    return value.item() if isinstance(value, np.generic) else value


def merchant(ships: Ships) -> npt.NDArray[np.bool_]:
    """For whom coercion is assessed: passenger, cargo, tank and other, and class A of no type."""
    kind = ships.ship_type // 10
    known = (kind == 4) | ((kind >= 6) & (kind <= 9))
    class_b = (ships.msg_type == CLASS_B[0]) | (ships.msg_type == CLASS_B[1])
    return np.asarray(np.where(ships.ship_type == 0, ~class_b, known))
