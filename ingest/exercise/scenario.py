"""Scenarios: TOML -> who sails where, how they are heard, and how much of what is planted.

Built-in ones lie in `ingest/exercise/scenarios`; a path to a file of the same form serves as well.
`docs/exercises.md` tells how to write one.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from ingest.exercise.fleet import KINDS
from ingest.exercise.places import HARBOURS, Point
from ingest.exercise.reception import ReceptionParams
from sea.errors import BadInputError, UnavailableError
from sea.units import DegreesEast, DegreesNorth, NauticalMiles

ROLES: Final = ("convoy", "merchant", "tender", "fishing", "service", "yacht", "ferry", "fleet",
                "launch", "pilot", "tug", "bunker")  # fmt: skip
PLANTS: Final = (
    "rendezvous", "gap", "loitering", "slowdown", "sudden_stop", "approach", "deviation", "jump",
    "clone", "spoof_circle", "spoof_area", "identity_change", "destination_mismatch",
    "draught_change", "bad_identity",
)  # fmt: skip
DECOYS: Final = ("tug_assist", "pilotage", "bunkering", "engine_trouble", "bad_fix", "respelling",
                 "other_spelling")  # fmt: skip
"""Honest things that look like plants; low variants of plants come with the plants."""

_FOLDER: Final = "scenarios"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """Ships of a kind that go round the harbours, over and over."""

    ship: str
    ports: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """Weather that all ships go round, slower."""

    lon: DegreesEast
    lat: DegreesNorth
    radius_nm: NauticalMiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything about an exercise but its seed, start, length and number of vessels.

    Attributes:
        fleet: share of the vessels in each role; they add up to 1.
        plants, decoys: how many a day among 300 vessels.
        grounds: where those fish or sail that keep no lane.
        planted_low: share of the plants that are drawn to miss their definition.
    """

    name: str
    title: str
    fleet: Mapping[str, float]
    trades: tuple[Trade, ...]
    convoys: tuple[Trade, ...]
    ferries: tuple[tuple[str, str], ...]
    grounds: tuple[Point, ...]
    plants: Mapping[str, float] = field(default_factory=dict)
    decoys: Mapping[str, float] = field(default_factory=dict)
    planted_low: float = 0.3
    reception: ReceptionParams = field(default_factory=ReceptionParams)
    storms: tuple[Storm, ...] = ()

    @property
    def harbours(self) -> tuple[str, ...]:
        """Every harbour that its trades touch, in order."""
        return tuple(sorted({port for trade in self.trades for port in trade.ports}))


def names() -> tuple[str, ...]:
    """The built-in scenarios."""
    folder = files("ingest.exercise") / _FOLDER
    stems = sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".toml"))
    return tuple(stems)


def load_scenario(name: str) -> Scenario:
    """A built-in scenario by name, or one of a file by path.

    Raises:
        BadInputError: no such name, or a file that is no scenario; names the field.
        UnavailableError: the file cannot be read.
    """
    if name in names():
        text = (files("ingest.exercise") / _FOLDER / f"{name}.toml").read_text("utf-8")
        return read_scenario(text, name=name)
    if not name.endswith(".toml"):
        raise BadInputError(
            f"no exercise is called {name!r}",
            field="name",
            mend=f"known: {', '.join(names())}; or the path of a TOML file",
        )
    try:
        text = Path(name).read_text("utf-8")
    except OSError as error:
        raise UnavailableError(f"cannot read {name}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInputError(f"{name} is not UTF-8 text", field="name") from error
    return read_scenario(text, name=Path(name).stem)


def read_scenario(text: str, *, name: str) -> Scenario:
    """The scenario of a TOML text.

    Raises:
        BadInputError: not TOML, or a field that is unknown, missing or cannot be; names it.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInputError(f"scenario {name} is not TOML: {error}", field="scenario") from error
    known = {"title", "fleet", "trades", "convoys", "ferries", "grounds", "plants", "decoys",
             "planted_low", "reception", "storms"}  # fmt: skip
    _no_others("", table, known)
    for needed in ("title", "fleet", "trades", "grounds"):
        if needed not in table:
            raise BadInputError(f"scenario {name} has no {needed}", field=needed)
    fleet = _numbers("fleet", table["fleet"], ROLES)
    if abs(sum(fleet.values()) - 1) > 0.005:
        raise BadInputError(f"the shares of fleet add up to {sum(fleet.values()):g}, not 1",
                            field="fleet")  # fmt: skip
    trades = _trades("trades", table["trades"])
    return Scenario(
        name=name,
        title=str(table["title"]),
        fleet=fleet,
        trades=trades,
        convoys=_trades("convoys", table.get("convoys", [])) or trades,
        ferries=_ferries(table.get("ferries", []), fleet.get("ferry", 0)),
        grounds=_points("grounds", table["grounds"]),
        plants=_numbers("plants", table.get("plants", {}), PLANTS),
        decoys=_numbers("decoys", table.get("decoys", {}), DECOYS),
        planted_low=_share("planted_low", table.get("planted_low", 0.3)),
        reception=_reception(table.get("reception", {})),
        storms=tuple(_storm(i, row) for i, row in enumerate(table.get("storms", []))),
    )


def _no_others(where: str, table: Any, known: Any) -> None:
    if not isinstance(table, dict):
        raise BadInputError(f"{where} must be a table", field=where)
    for name in table:
        if name not in known:
            path = f"{where}.{name}" if where else name
            raise BadInputError(f"a scenario has no {path}", field=path,
                                mend=f"there is {', '.join(sorted(known))}")  # fmt: skip


def _number(where: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value == value:
        raise BadInputError(f"{where} is no number: {value!r}", field=where)
    return float(value)


def _share(where: str, value: Any) -> float:
    share = _number(where, value)
    if not 0 <= share <= 1:
        raise BadInputError(f"{where} must be from 0 to 1, not {share:g}", field=where)
    return share


def _numbers(where: str, table: Any, known: tuple[str, ...]) -> dict[str, float]:
    _no_others(where, table, known)
    numbers = {name: _number(f"{where}.{name}", table[name]) for name in known if name in table}
    for name, value in numbers.items():
        if not 0 <= value < 10_000:
            raise BadInputError(f"{where}.{name} cannot be {value:g}", field=f"{where}.{name}")
    return numbers


def _trades(where: str, rows: Any) -> tuple[Trade, ...]:
    trades = []
    for i, row in enumerate(rows):
        _no_others(f"{where}[{i}]", row, {"ship", "ports"})
        ship, ports = row.get("ship"), row.get("ports", [])
        if ship not in KINDS:
            raise BadInputError(f"{where}[{i}].ship is {ship!r}", field=f"{where}[{i}].ship",
                                mend=f"there is {', '.join(KINDS)}")  # fmt: skip
        for port in ports:
            _harbour(f"{where}[{i}].ports", port)
        if len(ports) < 2:
            raise BadInputError(f"{where}[{i}].ports must be two or more",
                                field=f"{where}[{i}].ports")  # fmt: skip
        trades.append(Trade(ship=ship, ports=tuple(ports)))
    return tuple(trades)


def _harbour(where: str, port: Any) -> None:
    if port not in HARBOURS:
        raise BadInputError(f"{where}: no harbour {port!r}", field=where,
                            mend=f"there is {', '.join(sorted(HARBOURS))}")  # fmt: skip


def _ferries(rows: Any, share: float) -> tuple[tuple[str, str], ...]:
    for i, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != 2:
            raise BadInputError(f"ferries[{i}] must be two harbours", field=f"ferries[{i}]")
        for port in row:
            _harbour(f"ferries[{i}]", port)
    if share and not rows:
        raise BadInputError("fleet.ferry needs ferries = [[from, to], ...]", field="ferries")
    return tuple((row[0], row[1]) for row in rows)


def _points(where: str, rows: Any) -> tuple[Point, ...]:
    points: list[Point] = []
    for i, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != 2:
            raise BadInputError(f"{where}[{i}] must be [lon, lat]", field=f"{where}[{i}]")
        lon, lat = (_number(f"{where}[{i}]", value) for value in row)
        if abs(lon) > 180 or abs(lat) > 90:
            raise BadInputError(f"{where}[{i}] is not on the globe", field=f"{where}[{i}]")
        points.append((lon, lat))
    if not points:
        raise BadInputError(f"{where} is empty", field=where)
    return tuple(points)


def _reception(table: Any) -> ReceptionParams:
    _no_others("reception", table, {f.name for f in fields(ReceptionParams)})
    for name, value in table.items():
        _number(f"reception.{name}", value)
    return ReceptionParams(**table)


def _storm(number: int, row: Any) -> Storm:
    where = f"storms[{number}]"
    _no_others(where, row, {"lon", "lat", "radius_nm"})
    values = {f.name: _number(f"{where}.{f.name}", row.get(f.name)) for f in fields(Storm)}
    return Storm(**values)
