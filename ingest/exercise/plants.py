"""What is hidden in the traffic, and when: a cast of honest parts -> the plot of the exercise.

Plants recur in every 24 hours, evenly spread with some chance, so that a service that starts the
exercise half a day ago has something to find.
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from ingest.exercise import plant_false, plant_meeting, plant_motion, plant_voyage
from ingest.exercise.cast import Cast
from ingest.exercise.chance import generator
from ingest.exercise.planting import HOUR_S, Planting, Plot
from ingest.exercise.reception import Reception
from ingest.exercise.scenario import DECOYS, PLANTS

_USUAL_FLEET: Final = 300

_PLANT: Final[Mapping[str, Callable[[Planting, float, int], None]]] = {
    name: getattr(module, name)
    for module in (plant_meeting, plant_motion, plant_voyage, plant_false)
    for name in (*PLANTS, *DECOYS)
    if hasattr(module, name)
}


def plotted(cast: Cast, reception: Reception) -> Plot:
    """The cast with everything planted that finds ships and waters fit for it."""
    planting = Planting(cast, reception)
    for number, (at_s, name) in enumerate(_schedule(cast)):
        _PLANT[name](planting, at_s, number)
    return planting.plot()


def _schedule(cast: Cast) -> list[tuple[float, str]]:
    """(instant, name) of every plant and decoy wanted, in order of time."""
    share = len(cast.parts) / _USUAL_FLEET
    wanted = []
    for day in range(int(np.ceil(cast.hours / 24))):
        for name, rate in (*cast.scenario.plants.items(), *cast.scenario.decoys.items()):
            draw = generator(cast.seed, name[:8], day, len(name))
            count = max(1, round(rate * share)) if rate else 0
            begin = (np.arange(count) + draw.random(count)) / max(count, 1)
            wanted += [((day + part) * 24 * HOUR_S, name) for part in begin.tolist()]
    last_s = cast.hours * HOUR_S - 1800
    return [(at_s, name) for at_s, name in sorted(wanted) if 0 < at_s < last_s]
