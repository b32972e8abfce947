"""What is remembered of pairs of vessels: the last instant of something; sorted, for many."""

from typing import Any

import numba
import numpy as np

from ingest.batch import UNKNOWN_TIME
from risk.detect.memory import Array


def pair_keys(first: Array, second: Array) -> Array:
    """A number for each pair of slots, in this order."""
    return np.asarray(first.astype(np.int64) << 32 | second)


class PairTimes:
    """Instants by pair, kept sorted."""

    def __init__(self) -> None:
        self._keys = self._times = np.zeros(0, np.int64)

    def note(self, keys: Array, times: Array) -> None:
        """Adds instants; a pair may have several until `forget`."""
        if len(keys):
            keys, times = np.append(self._keys, keys), np.append(self._times, times)
            order = np.lexsort((times, keys))
            self._keys, self._times = keys[order], times[order]

    def latest(self, keys: Array, until: Array) -> Array:
        """The last instant of each pair that is no later than the one beside it, or unknown."""
        return np.asarray(_latest(self._keys, self._times, keys, until))

    def forget(self, before: int) -> None:
        """Drops instants of before then, and of each pair all but the last."""
        last = np.append(self._keys[1:] != self._keys[:-1], True)[: len(self._keys)]
        kept = last & (self._times >= before)
        self._keys, self._times = self._keys[kept], self._times[kept]

    def state(self) -> dict[str, Any]:
        """Everything, as arrays."""
        return {"keys": self._keys.copy(), "times": self._times.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        self._keys = np.array(state["keys"], np.int64)
        self._times = np.array(state["times"], np.int64)


@numba.njit(cache=True, nogil=True)
def _latest(keys: Array, times: Array, asked: Array, until: Array) -> Array:
    found = np.full(len(asked), UNKNOWN_TIME, np.int64)
    for i in range(len(asked)):
        row = np.searchsorted(keys, asked[i])
        while row < len(keys) and keys[row] == asked[i] and times[row] <= until[i]:
            found[i] = times[row]
            row += 1
    return found
