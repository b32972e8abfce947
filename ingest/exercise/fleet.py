"""Who sails: invented ships with true check digits, real flags and names of no language.

seed -> `Ship` values, one for each place in the exercise.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ingest.exercise.chance import generator
from sea.units import Knots, Metres


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A sort of vessel: what she declares and how she is built; ranges are (least, greatest).

    Dimensions and speeds are the usual ones of such ships, chosen by us.
    """

    ship_types: tuple[int, ...]
    length_m: tuple[float, float]
    slimness: float
    cruise_kn: tuple[float, float]
    bridge_aft: float
    class_b: bool = False


KINDS: Final = {
    "container": Kind(ship_types=(70, 71, 72, 74, 79), length_m=(170, 335), slimness=7.3,
                      cruise_kn=(15, 20), bridge_aft=0.62),
    "reefer": Kind(ship_types=(70, 79), length_m=(120, 165), slimness=6.3, cruise_kn=(16, 19.5),
                   bridge_aft=0.78),
    "bulker": Kind(ship_types=(70,), length_m=(170, 229), slimness=6.4, cruise_kn=(11, 13.8),
                   bridge_aft=0.85),
    "tanker": Kind(ship_types=(80, 81, 82, 84, 89), length_m=(140, 250), slimness=6.0,
                   cruise_kn=(11, 13.9), bridge_aft=0.83),
    "roro": Kind(ship_types=(70, 79), length_m=(110, 200), slimness=6.4, cruise_kn=(14.2, 18),
                 bridge_aft=0.3),
    "coaster": Kind(ship_types=(70, 79), length_m=(62, 110), slimness=6.0, cruise_kn=(9, 12),
                    bridge_aft=0.82),
    "passenger": Kind(ship_types=(60, 69), length_m=(180, 330), slimness=8.0, cruise_kn=(17, 21),
                      bridge_aft=0.2),
    "fishing": Kind(ship_types=(30,), length_m=(16, 65), slimness=4.4, cruise_kn=(8, 10.5),
                    bridge_aft=0.4),
    "skiff": Kind(ship_types=(30, 36, 37), length_m=(9, 22), slimness=3.6, cruise_kn=(9, 12),
                  bridge_aft=0.6, class_b=True),
    "tug": Kind(ship_types=(52, 31), length_m=(24, 34), slimness=2.7, cruise_kn=(8, 10),
                bridge_aft=0.4),
    "pilot": Kind(ship_types=(50,), length_m=(12, 19), slimness=3.4, cruise_kn=(12, 16),
                  bridge_aft=0.4),
    "launch": Kind(ship_types=(30, 36, 37), length_m=(7, 14), slimness=3.8, cruise_kn=(20, 32),
                   bridge_aft=0.6, class_b=True),
    "ferry": Kind(ship_types=(60, 69), length_m=(62, 140), slimness=5.5, cruise_kn=(15, 22),
                  bridge_aft=0.3),
    "bunker": Kind(ship_types=(80, 89), length_m=(62, 90), slimness=5.8, cruise_kn=(8, 10),
                   bridge_aft=0.85),
    "yacht": Kind(ship_types=(36, 37), length_m=(9, 24), slimness=3.5, cruise_kn=(5, 8),
                  bridge_aft=0.7, class_b=True),
}  # fmt: skip

_MERCHANT_FLAGS: Final = (
    (351, "3E"), (352, "H3"), (353, "H8"), (370, "H9"), (371, "HO"), (372, "HP"), (374, "3F"),
    (636, "A8"), (636, "D5"), (538, "V7"), (538, "V7"), (477, "VR"), (563, "9V"), (249, "9H"),
    (256, "9H"), (311, "C6"), (309, "C6"), (241, "SV"), (210, "5B"), (257, "LA"), (219, "OX"),
    (255, "CQ"), (304, "V2"), (305, "V2"), (725, "CB"), (710, "PP"), (338, "WD"), (367, "WD"),
)  # fmt: skip
_LOCAL_FLAGS: Final = (
    (735, "HC"), (735, "HC"), (760, "OA"), (760, "OA"), (730, "HK"), (730, "HK"), (345, "XC"),
    (345, "XC"), (321, "TI"), (332, "TG"), (359, "YS"), (350, "YN"), (334, "HR"), (725, "CA"),
    (775, "YV"), (339, "6Y"), (327, "HI"), (710, "PU"), (367, "WD"), (351, "3E"),
)  # fmt: skip
"""Maritime identification digits with a call sign prefix of the same state (ITU)."""

_ONSETS: Final = (
    "B",
    "D",
    "F",
    "G",
    "K",
    "L",
    "M",
    "N",
    "R",
    "S",
    "T",
    "V",
    "Z",
    "BR",
    "DR",
    "KL",
    "TR",
)
_VOWELS: Final = ("A", "E", "I", "O", "U", "AI", "EO", "UA")
_CODAS: Final = ("", "", "", "L", "N", "R", "S", "X")
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ship:
    """One invented vessel; `cruise_kn` is her own usual speed, `full_draught_m` laden."""

    kind: str
    mmsi: int
    imo: int
    name: str
    callsign: str
    ship_type: int
    class_b: bool
    to_bow: int
    to_stern: int
    to_port: int
    to_starboard: int
    full_draught_m: Metres
    cruise_kn: Knots

    @property
    def length_m(self) -> int:
        """Overall length as declared."""
        return self.to_bow + self.to_stern


def a_ship(kind: str, index: int, seed: int) -> Ship:
    """The vessel of a place in the exercise; MMSI and IMO number differ for every index."""
    draw = generator(seed, "ship", index)
    build = KINDS[kind]
    merchant = build.length_m[0] >= 60
    flags = _MERCHANT_FLAGS if merchant else _LOCAL_FLAGS
    mid, prefix = flags[draw.integers(len(flags))]
    length = float(draw.uniform(*build.length_m))
    beam = max(3, round(length / build.slimness))
    to_bow = round(length * build.bridge_aft)
    serial = (seed * 104_729 + index * 7919 + 123_457) % 1_000_000
    return Ship(
        kind=kind,
        mmsi=mid * 1_000_000 + serial,
        imo=_imo(950_000 + (seed * 613 + index * 37) % 40_000) if length > 40 else 0,
        name=_name(draw),
        callsign=_callsign(draw, prefix),
        ship_type=int(draw.choice(build.ship_types)),
        class_b=build.class_b,
        to_bow=to_bow,
        to_stern=max(1, round(length) - to_bow),
        to_port=beam // 2,
        to_starboard=beam - beam // 2,
        full_draught_m=round(min(length / 17 + 1.5, 15.5), 1),
        cruise_kn=float(draw.uniform(*build.cruise_kn)),
    )


def _imo(six_digits: int) -> int:
    """IMO number of six digits: the check digit weighs them 7 to 2 (IMO A.1117(30))."""
    total = sum(int(d) * w for d, w in zip(str(six_digits), range(7, 1, -1), strict=True))
    return six_digits * 10 + total % 10


def _name(draw: np.random.Generator) -> str:
    words = [
        "".join(
            str(draw.choice(_ONSETS)) + str(draw.choice(_VOWELS)) + str(draw.choice(_CODAS))
            for _ in range(draw.integers(2, 4))
        )
        for _ in range(draw.integers(1, 3))
    ]
    return " ".join(words)[:20].strip()


def _callsign(draw: np.random.Generator, prefix: str) -> str:
    letters = "".join(_LETTERS[i] for i in draw.integers(0, 26, 2))
    return f"{prefix}{letters}{draw.integers(2, 10)}"
