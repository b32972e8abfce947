"""The standard set of detectors, and their parameters out of TOML.

A parameter file has a table a behaviour, named as its module in `risk.detect`, and in it fields
of that behaviour's ``Params``: ``[rendezvous]`` with ``minutes = 30``. What is not named keeps
its default.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from risk.detect import Detector
from risk.detect.approach import Approach, ApproachParams
from risk.detect.bad_identity import BadIdentity, BadIdentityParams
from risk.detect.clone import Clone, CloneParams
from risk.detect.coverage import Coverage, CoverageParams
from risk.detect.destination_mismatch import DestinationMismatch, DestinationMismatchParams
from risk.detect.deviation import Deviation, DeviationParams
from risk.detect.draught_change import DraughtChange, DraughtChangeParams
from risk.detect.gap import Gap, GapParams
from risk.detect.identity_change import IdentityChange, IdentityChangeParams
from risk.detect.jump import Jump, JumpParams
from risk.detect.loitering import Loitering, LoiteringParams
from risk.detect.port_call import PortCall, PortCallParams
from risk.detect.rendezvous import Rendezvous, RendezvousParams
from risk.detect.slowdown import Slowdown, SlowdownParams
from risk.detect.spoof_circle import SpoofCircle, SpoofCircleParams
from risk.detect.stop import Stop, StopParams
from risk.detect.sudden_stop import SuddenStop, SuddenStopParams
from risk.detect.zones import Zones, ZonesParams
from sea.errors import BadInputError, UnavailableError

_PRESETS: Final = files("risk") / "data" / "presets"

Params = Mapping[str, Mapping[str, Any]]

_STANDARD: Final[Mapping[str, tuple[Callable[[Any], Detector], type[Any]]]] = {
    "gap": (Gap, GapParams),
    "coverage": (Coverage, CoverageParams),
    "rendezvous": (Rendezvous, RendezvousParams),
    "loitering": (Loitering, LoiteringParams),
    "stop": (Stop, StopParams),
    "zones": (Zones, ZonesParams),
    "spoof_circle": (SpoofCircle, SpoofCircleParams),
    "jump": (Jump, JumpParams),
    "clone": (Clone, CloneParams),
    "bad_identity": (BadIdentity, BadIdentityParams),
    "identity_change": (IdentityChange, IdentityChangeParams),
    "approach": (Approach, ApproachParams),
    "sudden_stop": (SuddenStop, SuddenStopParams),
    "slowdown": (Slowdown, SlowdownParams),
    "port_call": (PortCall, PortCallParams),
    "draught_change": (DraughtChange, DraughtChangeParams),
    "deviation": (Deviation, DeviationParams),
    "destination_mismatch": (DestinationMismatch, DestinationMismatchParams),
}


def standard_detectors(params: Params | None = None) -> list[Detector]:
    """One detector of every behaviour there is, always in the same order.

    Args and raises as `named_detectors`.
    """
    return list(named_detectors(params).values())


def named_detectors(params: Params | None = None) -> dict[str, Detector]:
    """One detector of every behaviour there is, by its name, always in the same order.

    Args:
        params: fields that differ from the defaults, by behaviour; see `load_params`.

    Raises:
        BadInputError: a behaviour or field that does not exist, or a value that cannot be.
    """
    given = params or {}
    for kind in given:
        if kind not in _STANDARD:
            raise _unknown("behaviour", kind, _STANDARD)
    detectors = {
        kind: detector(_params_of(kind, params_type, given.get(kind, {})))
        for kind, (detector, params_type) in _STANDARD.items()
    }
    stop = next(detector for detector in detectors.values() if isinstance(detector, Stop))
    for detector in detectors.values():
        if isinstance(detector, Loitering | Rendezvous):
            detector.anchorages = stop.anchorages
    return detectors


def presets() -> tuple[str, ...]:
    """Names of packaged parameter files: others' definitions."""
    return tuple(sorted(path.name.removesuffix(".toml") for path in _PRESETS.iterdir()))


def load_params(path: Path | str) -> Params:
    """The tables of a TOML parameter file, or of one of `presets` by name, checked.

    Raises:
        BadInputError: not TOML, or names or values that `standard_detectors` refuses.
        UnavailableError: the file cannot be read.
    """
    try:
        preset = str(path) in presets()
        file = _PRESETS / f"{path}.toml" if preset else Path(path)
        tables = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise UnavailableError(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} is not TOML: {error}") from error
    for kind, table in tables.items():
        if not isinstance(table, dict):
            raise BadInputError(f"{kind} is no table", field=kind, mend="write [behaviour] first")
    standard_detectors(tables)
    return tables


def _params_of(kind: str, params_type: type[Any], table: Mapping[str, Any]) -> Any:
    known = {field.name for field in fields(params_type)}
    for name, value in table.items():
        where = f"{kind}.{name}"
        if name not in known:
            raise _unknown("parameter", where, sorted(f"{kind}.{field}" for field in known))
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadInputError(f"{where} is no number: {value!r}", field=where)
    return params_type(**table)


def _unknown(what: str, name: str, known: Any) -> BadInputError:
    return BadInputError(f"unknown {what} {name}", field=name, mend=f"there is {', '.join(known)}")
