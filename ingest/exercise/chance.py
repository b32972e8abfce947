"""Chance that does not depend on the order of asking: keys -> uniform numbers.

A message's luck hangs on who and when only, so any stretch of an exercise can be made by itself.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

_GOLDEN: Final = 0x9E3779B97F4A7C15


def uniform(seed: int, salt: str, *keys: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Numbers in [0, 1), one for each combination of whole-number keys (broadcast).

    The finaliser is SplitMix64's (Steele, Lea and Flood 2014, "Fast splittable pseudorandom
    number generators").
    """
    start = (seed * _GOLDEN + int.from_bytes(salt.encode()[:8], "big")) % 2**64
    mixed = _mix(np.asarray([start], np.uint64))
    for key in keys:
        mixed = _mix(mixed + np.asarray(key).astype(np.int64).view(np.uint64) * np.uint64(_GOLDEN))
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def generator(seed: int, salt: str, *keys: int) -> np.random.Generator:
    """A generator of its own for each (seed, salt, keys), for what is drawn once, in order."""
    return np.random.default_rng([seed % 2**63, int.from_bytes(salt.encode()[:8], "big"), *keys])


def _mix(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
