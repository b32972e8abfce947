"""Tables of the searoute package (Apache-2.0), read without importing the package itself.

Importing searoute builds its graph classes and takes about a second; its data modules are plain
literals and take 0.1 s together.
"""

from importlib.machinery import SourceFileLoader
from importlib.util import find_spec, module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

from sea.errors import UnavailableError

Position = tuple[float, float]


def port_rows() -> list[dict[str, Any]]:
    """Rows of the ports gazetteer: ``port`` (UN/LOCODE), ``name``, ``cty``, ``x``, ``y``."""
    return list(_table("ports_dict").node_list.values())


def lane_edges() -> dict[Position, dict[Position, dict[str, Any]]]:
    """The world lane graph: (lon, lat) -> neighbours -> ``passage`` where it has a name."""
    edges: dict[Position, dict[Position, dict[str, Any]]] = _table("marnet_dict").edge_list
    return edges


def _table(name: str) -> ModuleType:
    package = find_spec("searoute")
    if package is None or package.origin is None:
        raise UnavailableError("the package searoute is not installed; run make setup")
    path = Path(package.origin).parent / "data" / f"{name}.py"
    loader = SourceFileLoader(f"_searoute_{name}", str(path))
    spec = spec_from_loader(loader.name, loader)
    if spec is None:
        raise UnavailableError(f"searoute has no table {name}")
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module
