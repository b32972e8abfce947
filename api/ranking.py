"""Scores by vessel slot, merged for one audience, and the order of attention they give.

assessments by release -> the newest one that the audience may see of every vessel -> priority.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ingest.batch import UNKNOWN_TIME
from risk.assessment import BANDS
from sea.units import Microseconds

BAND_INDEX: dict[str, int] = {band: i for i, band in enumerate(BANDS)}

Key = tuple[int, int, float, float, int]
"""A vessel's place: higher band, lower band, coercion, smuggling, -mmsi; greater comes first."""

_COLUMNS: dict[str, tuple[str, float]] = {
    "assessed_at": ("i8", UNKNOWN_TIME),
    "coercion_band": ("u1", 0),
    "coercion": ("f8", -1.0),
    "smuggling_band": ("u1", 0),
    "smuggling": ("f8", -1.0),
}


class Scores:
    """The newest assessment of each slot; a slot without one has band 0 and scores of -1.

    Attributes (arrays of one length): assessed_at (us), coercion_band, coercion (probability),
        smuggling_band, smuggling (points), document (object, None without).
    """

    assessed_at: npt.NDArray[np.int64]
    coercion_band: npt.NDArray[np.uint8]
    coercion: npt.NDArray[np.float64]
    smuggling_band: npt.NDArray[np.uint8]
    smuggling: npt.NDArray[np.float64]
    document: npt.NDArray[np.object_]

    def __init__(self, slots: int) -> None:
        for name, (dtype, fill) in _COLUMNS.items():
            setattr(self, name, np.full(slots, fill, dtype))
        self.document = np.full(slots, None, object)

    def __len__(self) -> int:
        return len(self.assessed_at)

    def grown(self, slots: int) -> "Scores":
        """These scores with room for at least so many slots."""
        if slots <= len(self):
            return self
        larger = Scores(max(slots, 2 * len(self)))
        larger.merge(self)
        return larger

    def put(self, slot: int, at: Microseconds, document: Mapping[str, Any]) -> bool:
        """Whether the assessment is not older than the slot's, which it then replaces."""
        if at < self.assessed_at[slot]:
            return False
        self.assessed_at[slot] = at
        self.amend(slot, document)
        return True

    def amend(self, slot: int, document: Mapping[str, Any]) -> None:
        """Puts the document in place of the slot's, which is of the same instant."""
        coercion, smuggling = document["coercion"], document["smuggling"]
        self.coercion_band[slot] = BAND_INDEX[coercion["band"]]
        self.coercion[slot] = coercion["probability"]
        self.smuggling_band[slot] = BAND_INDEX[smuggling["band"]]
        self.smuggling[slot] = smuggling["priority"]
        self.document[slot] = document

    def merge(self, other: "Scores") -> None:
        """Takes over every slot of which the other has a newer assessment."""
        n = min(len(self), len(other))
        newer = np.flatnonzero(other.assessed_at[:n] > self.assessed_at[:n])
        for name in (*_COLUMNS, "document"):
            getattr(self, name)[newer] = getattr(other, name)[newer]

    @classmethod
    def newest(cls, parts: Iterable["Scores"], slots: int) -> "Scores":
        """The newest assessment of each slot among the parts."""
        scores = cls(slots)
        for part in parts:
            scores.merge(part)
        return scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """All vessels in order of attention, for one audience.

    Attributes:
        scores: by slot. order: slots, first the one to look at first. highest, lowest: the
            higher and lower of the two bands, by slot.
    """

    scores: Scores
    mmsi: npt.NDArray[np.int32]
    order: npt.NDArray[np.int64]
    highest: npt.NDArray[np.uint8]
    lowest: npt.NDArray[np.uint8]

    def key(self, slot: int) -> Key:
        """The slot's place, comparable between rankings of different moments."""
        return (
            int(self.highest[slot]),
            int(self.lowest[slot]),
            float(self.scores.coercion[slot]),
            float(self.scores.smuggling[slot]),
            -int(self.mmsi[slot]),
        )

    def start_after(self, key: Key) -> int:
        """Index into `order` of the first vessel behind the key."""
        low, high = 0, len(self.order)
        while low < high:
            middle = (low + high) // 2
            if self.key(int(self.order[middle])) >= key:
                low = middle + 1
            else:
                high = middle
        return low


def rank(scores: Scores, mmsi: npt.NDArray[np.int32]) -> Ranking:
    """Vessels by the higher of their two bands, the lower, coercion, smuggling, then MMSI."""
    n = len(mmsi)
    highest = np.maximum(scores.coercion_band[:n], scores.smuggling_band[:n])
    lowest = np.minimum(scores.coercion_band[:n], scores.smuggling_band[:n])
    order = np.lexsort(
        (
            mmsi,
            -scores.smuggling[:n],
            -scores.coercion[:n],
            -lowest.astype(np.int16),
            -highest.astype(np.int16),
        )
    )
    return Ranking(scores=scores, mmsi=mmsi, order=order, highest=highest, lowest=lowest)
