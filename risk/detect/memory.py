"""What a detector remembers of vessels: named arrays by the picture's slots."""

from typing import Any

import numpy as np
import numpy.typing as npt

from ingest.picture import Picture

Array = npt.NDArray[Any]


class Memory:
    """Arrays by vessel slot that grow with the picture; `memory["last_at"]` is the whole array.

    Columns are given as name=(dtype code, value of a vessel never seen).
    """

    def __init__(self, **columns: tuple[str, float | None]) -> None:
        self._columns = columns
        self._arrays = {name: np.full(0, fill, code) for name, (code, fill) in columns.items()}
        self._length = 0

    def __getitem__(self, name: str) -> Array:
        return self._arrays[name]

    def __len__(self) -> int:
        return self._length

    def reach(self, picture: Picture) -> None:
        """Makes room for every slot of the picture; arrays taken before may be stale after."""
        self._length = len(picture)
        if all(len(array) >= picture.capacity for array in self._arrays.values()):
            return
        for name, (code, fill) in self._columns.items():
            grown = np.full(picture.capacity, fill, code)
            grown[: len(self._arrays[name])] = self._arrays[name]
            self._arrays[name] = grown

    def forget(self, slots: Array) -> None:
        """Sets every column of the slots back to that of a vessel never seen."""
        for name, (_, fill) in self._columns.items():
            self._arrays[name][slots] = fill

    def state(self) -> dict[str, Any]:
        """Copies of the columns, trimmed to the slots in use."""
        return {name: array[: self._length].copy() for name, array in self._arrays.items()}

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state` of the same columns."""
        for name, (code, _) in self._columns.items():
            self._arrays[name] = np.array(state[name], code)
            self._length = len(self._arrays[name])
