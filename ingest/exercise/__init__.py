"""Exercises: synthetic traffic as real AIVDM, and the truth of what is planted in it.

(name, seed, start, hours, vessels) -> lines in order of reception, and truth lines. Everything
here is invented; no line comes from a real ship.
"""

from collections.abc import Iterator
from copy import copy
from typing import Any, Final, Self

import numpy as np

from ingest.exercise.cast import cast_of
from ingest.exercise.plants import plotted
from ingest.exercise.reception import Reception
from ingest.exercise.scenario import load_scenario, names
from ingest.exercise.traffic import BLOCK_S, Block, Traffic
from ingest.exercise.truth import Truth
from ingest.exercise.world import World
from sea.errors import BadInputError
from sea.units import HOUR_US, SECOND_US, Microseconds

NAMES: Final = (*names(), "world")
"""The built-in scenarios, and the load of the whole world."""

_KEPT_BLOCKS: Final = 2


class Exercise:
    """Traffic that depends on its arguments only, whichever part of it is asked for.

    Attributes:
        name: of a built-in scenario, or the path of a TOML file that holds one.
        start_us, hours, vessels, seed: as given. end_us: start and hours together.

    Raises:
        BadInputError: no such scenario, or hours or vessels are not positive.
    """

    def __init__(
        self,
        name: str,
        *,
        start_us: Microseconds,
        hours: float = 24.0,
        vessels: int = 300,
        seed: int = 0,
    ) -> None:
        for field, value in (("hours", hours), ("vessels", vessels)):
            if not value > 0:
                raise BadInputError(f"{field} must be above 0, not {value}", field=field)
        self.name, self.start_us, self.hours = name, start_us, hours
        self.vessels, self.seed = vessels, seed
        self.end_us = start_us + round(hours * HOUR_US)
        self._world: World | None = None
        if name == "world":
            self._world = World(start_us=start_us, vessels=vessels, seed=seed)
            return
        scenario = load_scenario(name)
        cast = cast_of(scenario, start_us=start_us, hours=hours, vessels=vessels, seed=seed)
        self._plot = plotted(cast, Reception(seed, scenario.reception))
        self._traffic = self._made(1.0)
        self._blocks: dict[int, Block] = {}

    def lines(
        self, from_us: Microseconds, to_us: Microseconds
    ) -> Iterator[tuple[Microseconds, bytes]]:
        """(received_us, line with tag block and CRLF) of from_us <= received_us < to_us, in order.

        Any cutting of an interval gives the same lines; starting late costs nothing.
        """
        low, high = max(from_us, self.start_us), min(to_us, self.end_us)
        if self._world is not None:
            yield from self._world.lines(low, high)
            return
        block_us = BLOCK_S * SECOND_US
        for number in range(
            (low - self.start_us) // block_us, -((self.start_us - high) // block_us)
        ):
            block = self._block(number)
            first, last = np.searchsorted(block.received_us, [low, high]).tolist()
            yield from zip(
                block.received_us[first:last].tolist(), block.lines[first:last], strict=True
            )

    def truth(self) -> list[dict[str, Any]]:
        """Every event there is, planted or not, in order of start: `docs/exercises.md`.

        In `world` nothing is judged.
        """
        if self._world is not None:
            return []
        truth = Truth(self._plot, self._traffic, start_us=self.start_us, hours=self.hours)
        return truth.documents()

    def thinned(self, share: float) -> Self:
        """The same exercise, of which only such a share of what was heard is passed on.

        Its truth is judged by what is left.

        Raises:
            BadInputError: of `world`, or no share.
        """
        if self._world is not None or not 0 < share <= 1:
            raise BadInputError(f"{self.name} cannot be thinned to {share}", field="share")
        other = copy(self)
        other._traffic, other._blocks = self._made(share), {}
        return other

    def _made(self, share: float) -> Traffic:
        plot = self._plot
        return Traffic(
            plot.ships, plot.itineraries, plot.mutes, plot.reception, start_us=self.start_us,
            seed=self.seed, falsehoods=plot.falsehoods, passed_share=share,
        )  # fmt: skip

    def _block(self, number: int) -> Block:
        if number not in self._blocks:
            while len(self._blocks) >= _KEPT_BLOCKS:
                del self._blocks[next(iter(self._blocks))]
            self._blocks[number] = self._traffic.block(number)
        return self._blocks[number]
