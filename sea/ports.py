"""Ports: searoute's gazetteer, made right by the land mask -> positions, nearest, by destination.

Most of its positions with two decimals are degrees and minutes (of 817, 756 have both fractions
below 60, against 294 by chance) and are read so. What then still lies more than
`MISPLACED_NM` inland or at sea is left out, unless ``data/ports.txt`` keeps or mends it.
"""

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from sea.gazetteer import port_rows
from sea.geodesy import chord_nm, unit_vectors
from sea.land import inland_nm, shore_distance_nm
from sea.units import DegreesEast, DegreesNorth

MISPLACED_NM: Final = 10.0
"""Farther from the shore, on either side, no port is believed; chosen by us."""

_MINUTES_MARGIN_NM: Final = 3.0
"""A two-decimal position stays decimal if that is nearer to the shore by more than this."""

_CLOSE_NAME: Final = 0.88
"""Least similarity of a misspelt name: one letter in eight; chosen by us."""

Int64 = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A port; `country` is ISO 3166-1 alpha-2."""

    unlocode: str
    name: str
    country: str
    lon: DegreesEast
    lat: DegreesNorth


@cache
def ports() -> tuple[Port, ...]:
    """Every port that is believed, in the order of UN/LOCODE."""
    kept, mended = _amendments()
    rows = [row for row in port_rows() if len(row["port"]) == 5]
    lon, lat = _as_meant(
        np.array([row["x"] for row in rows], np.float64),
        np.array([row["y"] for row in rows], np.float64),
    )
    believed = _off_shore_nm(lon, lat) <= MISPLACED_NM
    found = dict(mended)
    for row, x, y, placed in zip(rows, lon.tolist(), lat.tolist(), believed, strict=True):
        code = row["port"]
        if placed or code in kept:
            name = row["name"].strip()
            found.setdefault(code, Port(unlocode=code, name=name, country=code[:2], lon=x, lat=y))
    return tuple(found[code] for code in sorted(found))


def port(unlocode: str) -> Port | None:
    """The port of a UN/LOCODE such as ``MXZLO``; None where there is none."""
    return _by_code().get(unlocode)


def nearest_port(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Int64, Floats]:
    """Index in `ports` of the port nearest to each position, and its distance in nm.

    Of the shape of the positions; -1 and NaN where a position is NaN.
    """
    lon, lat = np.broadcast_arrays(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
    known = np.isfinite(lon) & np.isfinite(lat)
    index = np.full(lon.shape, -1, np.int64)
    distance = np.full(lon.shape, np.nan)
    if known.any():
        chord, index[known] = _tree().query(unit_vectors(lon[known], lat[known]))
        distance[known] = chord_nm(chord)
    return index, distance


@lru_cache(maxsize=65_536)
def resolve_destination(text: str) -> Port | None:
    """The port that an AIS destination means, None if unsure.

    Understood are UN/LOCODEs (``MXZLO``, ``MX ZLO``, ``US>MXZLO``) and names, exact or misspelt
    by a letter in eight, with or without country. A name that several ports bear means the only
    container port among them, else it needs its country.
    """
    target = _plain(text.rpartition(">")[2])
    for word in (target, _FILLER.sub(" ", target).strip()):
        code = word.replace(" ", "")
        if _LOCODE.fullmatch(word) and code in _by_code():
            return _by_code()[code]
    return _named(_FILLER.sub(" ", target).strip())


_LOCODE: Final = re.compile(r"[A-Z]{2} ?[A-Z0-9]{3}")
_WRITTEN_OUT: Final = {"ST": "SAINT", "STA": "SANTA", "PTO": "PUERTO"}
_FILLER: Final = re.compile(r"\b(PORT OF|ANCH(ORAGE)?|OPL|PILOT( STATION)?|ROADS?|FOR ORDERS?)\b")


def _named(words: str) -> Port | None:
    words = " ".join(words.split())
    exact = _by_name().get(words, ())
    if exact or len(words) < 6:
        return _only(exact)
    matcher = SequenceMatcher(b=words, autojunk=False)
    closest, best = _CLOSE_NAME, set[Port]()
    for name in _by_initial().get(words[0], ()):
        matcher.set_seq1(name)
        if abs(len(name) - len(words)) > 2 or matcher.quick_ratio() < closest:
            continue
        likeness = matcher.ratio()
        if likeness > closest:
            closest, best = likeness, set()
        if likeness >= closest:
            best.update(_by_name()[name])
    return _only(tuple(best))


def _only(namesakes: tuple[Port, ...]) -> Port | None:
    if len(namesakes) > 1:
        namesakes = tuple(place for place in namesakes if place.unlocode in _container_ports())
    return namesakes[0] if len(namesakes) == 1 else None


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().upper()
    words = re.sub(r"[^A-Z0-9]+", " ", letters).split()
    return " ".join(_WRITTEN_OUT.get(word, word) for word in words)


@cache
def _by_code() -> dict[str, Port]:
    return {place.unlocode: place for place in ports()}


@cache
def _container_ports() -> frozenset[str]:
    return frozenset(row["port"] for row in port_rows() if row["t"])


@cache
def _by_name() -> dict[str, tuple[Port, ...]]:
    """Ports by plain name, alone and with code or name of the country behind it."""
    countries = {row["port"][:2]: _plain(row["cty"]) for row in reversed(port_rows())}
    names: dict[str, tuple[Port, ...]] = {}
    for place in ports():
        name = _plain(place.name)
        for form in {name, f"{name} {place.country}", f"{name} {countries[place.country]}"}:
            names[form] = (*names.get(form, ()), place)
    return names


@cache
def _by_initial() -> dict[str, tuple[str, ...]]:
    initials: dict[str, tuple[str, ...]] = {}
    for name in _by_name():
        initials[name[0]] = (*initials.get(name[0], ()), name)
    return initials


@cache
def _tree() -> cKDTree:
    lon, lat = np.array([(p.lon, p.lat) for p in ports()]).T
    return cKDTree(unit_vectors(lon, lat))


def _as_meant(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Positions with those turned to decimals that were degrees and minutes."""
    minutes_lon, minutes_lat = _from_minutes(lon), _from_minutes(lat)
    could = np.isfinite(minutes_lon) & np.isfinite(minutes_lat)
    nearer = _off_shore_nm(lon, lat) < _off_shore_nm(minutes_lon, minutes_lat) - _MINUTES_MARGIN_NM
    meant = could & ~nearer
    return np.where(meant, minutes_lon, lon), np.where(meant, minutes_lat, lat)


def _from_minutes(degrees: Floats) -> Floats:
    """Decimal degrees of D.MM, NaN where a number cannot be such."""
    whole, minutes = np.divmod(np.round(np.abs(degrees) * 100, 6), 100)
    possible = (minutes < 60) & (minutes == np.round(minutes))
    return np.where(possible, np.sign(degrees) * (whole + minutes / 60), np.nan)


def _off_shore_nm(lon: Floats, lat: Floats) -> Floats:
    """Distance from the shore line, inland or at sea."""
    return np.maximum(inland_nm(lon, lat), shore_distance_nm(lon, lat))


def _amendments() -> tuple[frozenset[str], dict[str, Port]]:
    kept: set[str] = set()
    mended: dict[str, Port] = {}
    for line in (files("sea") / "data" / "ports.txt").read_text("utf-8").splitlines():
        words = line.split()
        if line.startswith("#"):
            continue
        if not words[1][0].isalpha():
            code, lon, lat, *name = words
            mended[code] = Port(
                unlocode=code, name=" ".join(name), country=code[:2], lon=float(lon), lat=float(lat)
            )
        else:
            kept.update(words)
    return frozenset(kept), mended
