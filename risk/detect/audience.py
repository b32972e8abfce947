"""Who was heard by which receiver, and when last: one table for all receivers, kept as arrays.

Receivers are numbered in the order they were first heard. Hearings are laid aside as they come
and settled when somebody asks, for sorting them once costs less than looking each one up.
"""

from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_NUMBER_BITS: Final = 32


class Audience:
    """The last hearing of each vessel by each receiver."""

    def __init__(self) -> None:
        self._key = np.zeros(0, np.int64)
        self._at = np.zeros(0, np.int64)
        self._aside: list[tuple[Ints, Ints]] = []

    def add(self, receiver: Ints, mmsi: npt.NDArray[np.integer[Any]], at: Ints) -> None:
        """Takes hearings; none is older than one taken before."""
        self._aside.append((receiver << _NUMBER_BITS | mmsi, at))

    def settle(self) -> None:
        """Leaves the last hearing of each vessel by each receiver."""
        key = np.concatenate([self._key, *(key for key, _ in self._aside)])
        at = np.concatenate([self._at, *(at for _, at in self._aside)])
        order = np.argsort(key, kind="stable")
        last = np.flatnonzero(np.diff(key[order], append=-1))
        self._key, self._at = key[order[last]], at[order[last]]
        self._aside.clear()

    def missing(self, receiver: int, since_us: int, oldest: Ints, reaches: Bools) -> Ints:
        """MMSI, ascending, of a receiver's audience that no other has heard since an instant.

        Args:
            receiver: its number.
            since_us: what other receivers heard later counts.
            oldest: by receiver, from when on a hearing makes a vessel part of its audience; for
                those after `receiver` hearings count that are to be forgotten next.
            reaches: by receiver, whether its hearings count.
        """
        begin, end = np.searchsorted(self._key, np.array([receiver, receiver + 1]) << _NUMBER_BITS)
        own = self._key[begin:end][self._at[begin:end] >= oldest[receiver]]
        others = np.flatnonzero(self._at > since_us)
        by = self._key[others] >> _NUMBER_BITS
        counts = reaches[by] & (by != receiver)
        counts &= (by > receiver) | (self._at[others] >= oldest[by])
        mmsi = np.int64((1 << _NUMBER_BITS) - 1)
        return np.setdiff1d(own & mmsi, self._key[others[counts]] & mmsi)

    def forget(self, oldest: Ints) -> None:
        """Drops hearings before an instant of each receiver's; settled ones only."""
        kept = self._at >= oldest[self._key >> _NUMBER_BITS]
        self._key, self._at = self._key[kept], self._at[kept]

    def state(self) -> dict[str, Any]:
        """Arrays from which `restored` continues."""
        return {
            "key": np.concatenate([self._key, *(key for key, _ in self._aside)]),
            "at": np.concatenate([self._at, *(at for _, at in self._aside)]),
        }

    @classmethod
    def restored(cls, state: dict[str, Any]) -> Self:
        """The audience whose `state` this is; nobody, of a state that is kept otherwise."""
        audience = cls()
        if "key" not in state:
            return audience
        audience._aside = [(np.asarray(state["key"]), np.asarray(state["at"]))]
        return audience
