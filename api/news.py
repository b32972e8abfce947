"""News: which of many scores are worth storing, since what was stored of each ship before."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ingest.batch import UNKNOWN_TIME
from risk.assess import Assessed
from risk.assessment import BANDS, Band
from sea.units import HOUR_US

WORTH_US: Final = HOUR_US
QUIET_US: Final = 6 * HOUR_US
"""How often an assessment that says the same is stored again: of a ship that is elevated or higher
by either score, and of the others. Chosen by us. Each slot has its turn, so that they do not come
all at once."""

MOVED: Final = 0.1
"""Share by which a score moves to be news; chosen by us."""

LEAST_PROBABILITY: Final = 1e-5
LEAST_PRIORITY: Final = 1.0
"""Changes between scores both below these are none; chosen by us, a thirtieth and a twentieth of
the first that is elevated."""

_TURNS: Final = 72
"""Of six hours: one for each five minutes."""

_ELEVATED: Final = BANDS.index("elevated")
_DTYPE: Final = np.dtype(
    [("at", "i8"), ("coercion_band", "u1"), ("probability", "f8"), ("smuggling_band", "u1"),
     ("priority", "f8")]
)  # fmt: skip


class News:
    """What the stored assessment of each slot of a picture said."""

    def __init__(self, state: dict[str, Any] | None = None) -> None:
        self._told = np.zeros(0, _DTYPE)
        if state is not None:
            self._told = np.zeros(len(state["at"]), _DTYPE)
            for name in _DTYPE.names or ():
                self._told[name] = state[name]

    def take(self, assessed: Assessed, slots: npt.NDArray[np.integer]) -> npt.NDArray[np.intp]:
        """Rows of the scores that are news; they are what was stored from now on."""
        self._grow(int(slots.max(initial=-1)) + 1)
        before, now = self._told[slots], _gist(assessed)
        fresh = np.flatnonzero(_is_news(before, now, slots))
        self._told[slots[fresh]] = now[fresh]
        return fresh

    def recall(self, slots: npt.NDArray[np.integer], gists: Sequence[Sequence[Any]]) -> None:
        """Takes up what was stored of these slots, as `api.writing.gist` puts it."""
        self._grow(int(slots.max(initial=-1)) + 1)
        for slot, gist in zip(slots.tolist(), gists, strict=True):
            self._told[slot] = tuple(gist)

    def is_rise(self, assessed: Assessed, slots: npt.NDArray[np.integer], band: Band) -> bool:
        """Whether the probability of coercion of one has come into the band or beyond."""
        self._grow(int(slots.max(initial=-1)) + 1)
        least = BANDS.index(band)
        risen = assessed.coercion.band >= least
        return bool((risen & (self._told["coercion_band"][slots] < least)).any())

    def state(self) -> dict[str, Any]:
        """Arrays from which another goes on."""
        return {name: self._told[name].copy() for name in _DTYPE.names or ()}

    def _grow(self, slots: int) -> None:
        more = slots - len(self._told)
        if more > 0:
            added = np.zeros(max(more, len(self._told)), _DTYPE)
            added["at"] = UNKNOWN_TIME
            self._told = np.concatenate([self._told, added])


def _gist(assessed: Assessed) -> npt.NDArray[np.void]:
    now = np.zeros(len(assessed), _DTYPE)
    now["at"] = assessed.now_us
    now["coercion_band"], now["smuggling_band"] = assessed.coercion.band, assessed.smuggling.band
    now["probability"] = assessed.coercion.probability
    now["priority"] = assessed.smuggling.priority
    return now


def _is_news(
    before: npt.NDArray[np.void], now: npt.NDArray[np.void], slots: npt.NDArray[np.integer]
) -> npt.NDArray[np.bool_]:
    worth = np.maximum(now["coercion_band"], now["smuggling_band"]) >= _ELEVATED
    every = np.where(worth, WORTH_US, QUIET_US)
    turn = slots.astype(np.int64) % _TURNS * (every // _TURNS)
    news = before["at"] == UNKNOWN_TIME
    news |= (now["at"] - turn) // every > (before["at"] - turn) // every
    news |= now["coercion_band"] != before["coercion_band"]
    news |= now["smuggling_band"] != before["smuggling_band"]
    for name, least in (("probability", LEAST_PROBABILITY), ("priority", LEAST_PRIORITY)):
        moved = np.abs(now[name] - before[name]) > MOVED * before[name]
        news |= moved & (np.maximum(now[name], before[name]) >= least)
    return np.asarray(news)
