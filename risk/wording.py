"""What reasons say: a key, values and a language -> a sentence, by `risk/data/wording.toml`.

A sentence's ``{name:form}`` is filled by the form: ``time``, ``hours``, ``place`` (a pair of
degrees), ``name``, ``names``, ``vessels`` (MMSIs), ``word`` (a key ``word.*``), ``seen``
(``CODE.seen`` of a code), ``number``, ``tenths``, ``percent``, and ``flag``, which says nothing
but that its part is said. A part in ``[ ]`` is left out where a value in it is None or lacks.
"""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final, Literal, TypeAlias, get_args

import numpy as np

from sea.instants import from_us
from sea.ports import nearest_port, ports
from sea.units import DegreesEast, DegreesNorth, Microseconds

Language = Literal["en", "es", "pt", "fr"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

AT_PORT_NM: Final = 3.0
NEAR_PORT_NM: Final = 250.0
"""Farther than this a port's name does not help; chosen by us."""

_PART: Final = re.compile(r"\[([^\]]*)\]")
_SLOT: Final = re.compile(r"\{(\w+):(\w+)\}")


@cache
def sentences() -> dict[str, dict[str, str]]:
    """The whole table: key -> language -> sentence."""
    return tomllib.loads((files("risk") / "data" / "wording.toml").read_text("utf-8"))


def say(key: str, values: Mapping[str, Any], lang: Language = "en") -> str:
    """The sentence of a key, filled, its first letter a capital."""
    said: list[str] = []
    for optional, text, slots in _parts(key, lang):
        if optional and any(values.get(name) is None for name, _, _ in slots):
            continue
        said.append(text)
        for name, form, after in slots:
            said += (_FORMS[form](values[name], lang), after)
    text = "".join(said)
    return text[:1].upper() + text[1:]


_Part: TypeAlias = tuple[bool, str, tuple[tuple[str, str, str], ...]]
"""Whether a part may be left out, its text up to the first slot, and its slots: name, form, and
the text up to the next."""


@cache
def _parts(key: str, lang: Language) -> tuple[_Part, ...]:
    found = []
    for i, part in enumerate(_PART.split(sentences()[key][lang])):
        first, *rest = _SLOT.split(part)
        found.append(
            (i % 2 == 1, first, tuple(zip(rest[::3], rest[1::3], rest[2::3], strict=True)))
        )
    return tuple(found)


def innocent(code: str, lang: Language = "en") -> str:
    """What else explains a reason of this code; empty where it needs none."""
    return sentences().get(f"{code}.innocent", {}).get(lang, "")


def instant(at_us: Microseconds, lang: Language = "en") -> str:
    """``1 Mar 2026 02:10 UTC``."""
    at = from_us(at_us)
    month = sentences()["form.months"][lang].split()[at.month - 1]
    return f"{at.day} {month} {at:%Y %H:%M} UTC"


def duration(hours: float, lang: Language = "en") -> str:
    """``42 min``, ``3.5 h`` or ``5 days``."""
    if hours < 2:
        return f"{hours * 60:.0f} min"
    if hours < 72:
        return f"{_decimal(hours, lang).removesuffix('.0').removesuffix(',0')} h"
    return f"{hours / 24:.0f} {sentences()['form.days'][lang]}"


@lru_cache(maxsize=1 << 14)
def whereabouts(lon: DegreesEast, lat: DegreesNorth, lang: Language = "en") -> str:
    """``35 nm off Manta``, ``at Callao``, or the position where no port is near."""
    index, distance = nearest_port(np.array([lon]), np.array([lat]))
    if distance[0] > NEAR_PORT_NM:
        return position(lon, lat, lang)
    name = ports()[int(index[0])].name
    form = "form.at" if distance[0] <= AT_PORT_NM else "form.off"
    return sentences()[form][lang].format(nm=f"{distance[0]:.0f}", name=name)


def position(lon: DegreesEast, lat: DegreesNorth, lang: Language = "en") -> str:
    """``12°30.5'N 078°04.1'W``, degrees and minutes as on a chart."""
    east, west = sentences()["form.east"][lang], sentences()["form.west"][lang]
    return f"{_angle(lat, 'N', 'S', 2)} {_angle(lon, east, west, 3)}"


def _angle(degrees: float, positive: str, negative: str, width: int) -> str:
    tenths = round(abs(degrees) * 600)
    side = positive if degrees >= 0 else negative
    return f"{tenths // 600:0{width}d}°{tenths % 600 / 10:04.1f}'{side}"


def _decimal(value: float, lang: Language) -> str:
    text = f"{value:.1f}"
    return text if lang == "en" else text.replace(".", ",")


def _listed(words: Sequence[str], lang: Language) -> str:
    return f" {sentences()['form.and'][lang]} ".join(words)


_FORMS: Final[dict[str, Callable[[Any, Language], str]]] = {
    "time": instant,
    "hours": duration,
    "place": lambda at, lang: whereabouts(at[0], at[1], lang),
    "name": lambda value, lang: str(value),
    "names": _listed,
    "vessels": lambda mmsis, lang: _listed([f"{mmsi:09d}" for mmsi in mmsis], lang),
    "word": lambda word, lang: sentences()[f"word.{word}"][lang],
    "seen": lambda code, lang: sentences()[f"{code}.seen"][lang],
    "number": lambda value, lang: f"{value:.0f}",
    "tenths": _decimal,
    "percent": lambda value, lang: f"{value:.0%}".replace("%", "%" if lang == "en" else " %"),
    "flag": lambda value, lang: "",
}
