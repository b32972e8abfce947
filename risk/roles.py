"""Roles: what a craft's work is, from its AIS ship type and its name.

Craft whose work is to lie alongside others, or to run at them, do so without meaning anything.
Names are read in the languages of the region: English, Spanish, Portuguese, French.
"""

import re
from typing import Final

import numpy as np
import numpy.typing as npt

WORKING_TYPES: Final = np.array([31, 32, 33, 34, 50, 51, 52, 53, 54, 55], np.int16)
"""Towing, dredging, diving, pilot, SAR, tug, tender, anti-pollution, law enforcement
(ITU-R M.1371-5 table 53)."""

MERCHANT_TYPES: Final = np.arange(60, 90, dtype=np.int16)
"""Passenger, cargo and tank ships (ITU-R M.1371-5 table 53)."""

_WORKING_NAME: Final = re.compile(
    r"\b(PILOT|PILOTS|PILOTO|PILOTAGE|PRACTICO|PRATICO|PRATICAGEM|PILOTE|TUG|REMOLCADOR|REBOCADOR|"
    r"REMORQUEUR|SAR|RESCUE|RESCATE|SALVAMENTO|SAUVETAGE|COAST ?GUARD|GUARDACOSTAS?|"
    r"GUARDA ?COSTEIRA|PATROL|PATRULLERA?|PATRULHA|POLICE|POLICIA|NAVY|ARMADA|MARINHA|"
    r"DRAGA|DREDGER|BUNKER(S|ING)?|BUNQUER|ABASTECEDORA?)\b"
)


def works(
    ship_types: npt.NDArray[np.int16], names: npt.NDArray[np.object_]
) -> npt.NDArray[np.bool_]:
    """Whether each is a craft at work, shape (n,)."""
    by_name = [bool(name and _WORKING_NAME.search(name)) for name in names.tolist()]
    return np.isin(ship_types, WORKING_TYPES) | np.array(by_name, np.bool_)
