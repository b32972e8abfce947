"""Where the exercise plays: harbours, receivers, waters nobody hears.

Positions of harbours are drawn from nautical charts by eye, good to a mile or so, and serve an
exercise only. UN/LOCODEs as in UNECE's list.
"""

from dataclasses import dataclass
from typing import Final

from sea.units import DegreesEast, DegreesNorth

Point = tuple[DegreesEast, DegreesNorth]


@dataclass(frozen=True, slots=True, kw_only=True)
class Harbour:
    """A port with the anchorage off it and the fairway between.

    Attributes:
        fairway: from the anchorage to the berth, both included.
        wait_h: median wait at anchor. Chosen by us: longer where ships are known to queue.
    """

    locode: str
    fairway: tuple[Point, ...]
    wait_h: float

    @property
    def anchorage(self) -> Point:
        """Where ships wait."""
        return self.fairway[0]

    @property
    def berth(self) -> Point:
        """Where ships work cargo."""
        return self.fairway[-1]


_HARBOURS: Final[tuple[tuple[str, float, tuple[Point, ...]], ...]] = (
    ("ECGYE", 34, ((-80.42, -2.80), (-80.24, -2.73), (-80.15, -2.62), (-80.05, -2.45),
                   (-79.98, -2.36), (-79.91, -2.28))),
    ("PECLL", 36, ((-77.20, -12.02), (-77.15, -12.05))),
    ("COBUN", 30, ((-77.33, 3.80), (-77.20, 3.83), (-77.10, 3.86), (-77.05, 3.89))),
    ("COCTG", 22, ((-75.62, 10.34), (-75.58, 10.318), (-75.545, 10.34), (-75.53, 10.40))),
    ("COMAM", 30, ((-75.65, 10.29), (-75.58, 10.316), (-75.54, 10.315), (-75.515, 10.305))),
    ("COSMR", 10, ((-74.25, 11.27), (-74.22, 11.245))),
    ("VEGUT", 38, ((-64.72, 10.26), (-64.66, 10.22))),
    ("HTPAP", 34, ((-72.41, 18.575), (-72.36, 18.56))),
    ("MXZLO", 18, ((-104.36, 19.02), (-104.31, 19.065))),
    ("MXLZC", 12, ((-102.18, 17.87), (-102.17, 17.93))),
    ("GTPRQ", 14, ((-90.80, 13.87), (-90.785, 13.92))),
    ("SVAQJ", 8, ((-89.87, 13.54), (-89.84, 13.575))),
    ("NICIO", 8, ((-87.23, 12.44), (-87.18, 12.48))),
    ("CRCAL", 10, ((-84.75, 9.89), (-84.72, 9.915))),
    ("PABLB", 12, ((-79.50, 8.84), (-79.56, 8.94))),
    ("PAMIT", 10, ((-79.93, 9.43), (-79.88, 9.36))),
    ("CRLIO", 10, ((-82.99, 10.03), (-83.03, 9.995))),
    ("HNPCR", 8, ((-87.99, 15.89), (-87.955, 15.845))),
    ("ECMEC", 8, ((-80.70, -0.90), (-80.72, -0.94))),
    ("ECESM", 14, ((-79.67, 1.03), (-79.645, 0.995))),
    ("PEPAI", 8, ((-81.15, -5.05), (-81.11, -5.08))),
    ("PETYL", 14, ((-81.33, -4.55), (-81.28, -4.575))),
    ("CLIQQ", 8, ((-70.19, -20.19), (-70.155, -20.205))),
    ("CLANF", 8, ((-70.43, -23.62), (-70.405, -23.65))),
    ("CLSAI", 10, ((-71.67, -33.56), (-71.62, -33.585))),
    ("USLAX", 8, ((-118.17, 33.65), (-118.22, 33.70), (-118.25, 33.73))),
    ("USHNL", 4, ((-157.89, 21.26), (-157.87, 21.30))),
    ("USHOU", 14, ((-94.58, 29.24), (-94.70, 29.33), (-94.77, 29.36), (-94.85, 29.46),
                   (-94.95, 29.63))),
    ("USMIA", 4, ((-80.05, 25.77), (-80.15, 25.77))),
    ("USPEF", 4, ((-80.06, 26.09), (-80.115, 26.09))),
    ("MXVER", 12, ((-96.08, 19.22), (-96.125, 19.21))),
    ("MXATM", 10, ((-97.79, 22.48), (-97.86, 22.485))),
    ("JMKIN", 8, ((-76.80, 17.89), (-76.84, 17.93), (-76.82, 17.97))),
    ("DOCAU", 8, ((-69.62, 18.38), (-69.63, 18.425))),
    ("PRSJU", 4, ((-66.13, 18.50), (-66.12, 18.465))),
    ("CWWIL", 6, ((-68.96, 12.07), (-68.935, 12.105))),
    ("TTPTS", 10, ((-61.54, 10.42), (-61.49, 10.40))),
    ("GYGEO", 16, ((-58.10, 6.98), (-58.16, 6.87), (-58.175, 6.81))),
    ("BRPEC", 8, ((-38.78, -3.49), (-38.80, -3.54))),
    ("BRSSZ", 36, ((-46.29, -24.09), (-46.33, -24.01), (-46.31, -23.97))),
    ("BRPNG", 18, ((-48.22, -25.66), (-48.33, -25.55), (-48.50, -25.50))),
    ("BRITJ", 8, ((-48.57, -26.90), (-48.64, -26.905))),
    ("UYMVD", 10, ((-56.20, -35.00), (-56.21, -34.905))),
)  # fmt: skip

HARBOURS: Final = {
    locode: Harbour(locode=locode, fairway=fairway, wait_h=wait_h)
    for locode, wait_h, fairway in _HARBOURS
}

LOOKOUTS: Final[tuple[tuple[str, Point], ...]] = (
    ("GALAPAGOS", (-89.6, -0.9)), ("GALAPAGOSW", (-91.3, -0.8)), ("MALPELO", (-81.6, 4.0)),
    ("COCO", (-87.05, 5.53)), ("CLIPPERTON", (-109.2, 10.3)), ("SOCORRO", (-110.97, 18.77)),
    ("SANLUCAS", (-109.9, 22.9)), ("GUADALUPE", (-118.28, 29.05)), ("SANBENITO", (-115.6, 28.3)),
    ("MAGDALENA", (-112.2, 24.6)), ("CORRIENTES", (-105.7, 20.4)), ("ACAPULCO", (-99.9, 16.85)),
    ("PTOANGEL", (-96.5, 15.65)), ("SALINACRUZ", (-95.2, 16.15)), ("MALA", (-80.0, 7.47)),
    ("COIBA", (-81.8, 7.4)), ("BURICA", (-82.88, 8.03)), ("SANTAELENA", (-81.0, -2.2)),
    ("LAPLATA", (-81.08, -1.27)), ("SOLANO", (-77.4, 6.25)), ("GORGONA", (-78.2, 2.97)),
    ("AGUJA", (-81.15, -5.8)), ("CHICAMA", (-79.45, -7.7)), ("CHIMBOTE", (-78.6, -9.1)),
    ("HUACHO", (-77.65, -11.1)), ("PARACAS", (-76.4, -13.85)), ("MARCONA", (-75.2, -15.37)),
    ("MATARANI", (-72.1, -17.0)), ("ARICA", (-70.35, -18.47)), ("TALTAL", (-70.5, -25.4)),
    ("CALDERA", (-70.85, -27.05)), ("COQUIMBO", (-71.4, -29.95)), ("SANANDRES", (-81.7, 12.55)),
    ("PROVIDENCIA", (-81.4, 13.35)), ("SERRANA", (-80.3, 14.3)), ("SWAN", (-83.9, 17.4)),
    ("CAYMAN", (-81.2, 19.3)), ("PEDRO", (-77.8, 17.0)), ("NAVASSA", (-75.0, 18.4)),
    ("TIBURON", (-74.4, 18.35)), ("MAISI", (-74.15, 20.25)), ("INAGUA", (-73.5, 21.0)),
    ("ACKLINS", (-74.0, 22.3)), ("ABACO", (-77.2, 25.9)), ("GUAJIRA", (-71.7, 12.4)),
    ("ARUBA", (-70.0, 12.5)), ("BONAIRE", (-68.3, 12.2)), ("ORCHILA", (-66.2, 11.8)),
    ("MARGARITA", (-63.9, 11.1)), ("GALERA", (-60.9, 10.83)), ("MONA", (-67.9, 18.1)),
    ("BEATA", (-71.5, 17.6)), ("SANANTONIO", (-84.95, 21.87)), ("CATOCHE", (-87.1, 21.6)),
    ("COZUMEL", (-86.9, 20.4)), ("DRYTORTUGAS", (-82.9, 24.6)), ("KEYWEST", (-81.8, 24.55)),
    ("ARCAS", (-91.97, 20.2)), ("GREENCANYON", (-90.6, 27.3)), ("FLOWERGARDEN", (-93.6, 27.9)),
    ("CABOFRIO", (-42.0, -23.0)), ("ABROLHOS", (-38.7, -17.96)), ("CALCANHAR", (-35.5, -5.15)),
    ("SALVADOR", (-38.5, -13.0)), ("RECIFE", (-34.9, -8.05)), ("OIAPOQUE", (-51.2, 4.3)),
    ("PARAMARIBO", (-55.2, 6.0)), ("SANTAMARTAG", (-48.8, -28.6)), ("TRAMANDAI", (-50.1, -30.0)),
    ("ALBARDAO", (-52.7, -33.2)), ("MAUI", (-156.0, 20.75)),
)  # fmt: skip
"""Islands, capes and platforms with a coastal receiver, beside one in every harbour."""

DEAF_WATERS: Final[tuple[tuple[float, float, float, float], ...]] = ((-140.0, 17.0, -135.0, 23.5),)
"""West, south, east, north of waters from which no satellite brings anything: a day's sail."""
