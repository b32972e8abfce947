"""Makes ``sea/data/land.npy.xz`` and ``sea/data/shore.npy.xz`` (see `sea.land`).

Run it as ``python tools/make_land.py``; it needs the dev dependency global-land-mask, 4 GB of
memory and some minutes. What it makes is kept in the repository.
"""

import lzma
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from sea.geodesy import chord_nm, unit_vectors
from sea.land import CELLS_PER_DEGREE, SHORE_CELLS_PER_DEGREE, encode_shore

DATA = Path(__file__).parents[1] / "sea" / "data"
SOURCE_CELLS_PER_DEGREE = 120

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def land_mask() -> Mask:
    """Land by cells of 1/CELLS_PER_DEGREE, rows from 90 N: half of the source's cells or more."""
    packed = np.load(str(files("global_land_mask") / "globe_combined_mask_compressed.npz"))
    k = SOURCE_CELLS_PER_DEGREE // CELLS_PER_DEGREE
    rows, columns = 180 * CELLS_PER_DEGREE, 360 * CELLS_PER_DEGREE
    sea_cells = packed["mask"].reshape(rows, k, columns, k).sum((1, 3), dtype=np.uint8)
    mask: Mask = sea_cells * 2 <= k * k
    return mask


def coast(land: Mask) -> Floats:
    """Middles of the edges between land and sea cells, as unit vectors."""
    h = 1 / CELLS_PER_DEGREE
    row, column = np.nonzero(land[1:] != land[:-1])
    level = (-180 + (column + 0.5) * h, 90 - (row + 1) * h)
    row, column = np.nonzero(land != np.roll(land, -1, axis=1))
    upright = (-180 + (column + 1) * h, 90 - (row + 0.5) * h)
    return np.r_[unit_vectors(*level), unit_vectors(*upright)]


def shore_codes(land: Mask) -> npt.NDArray[np.uint8]:
    """Coded distances to the coast at the middles of the shore grid's cells, negative on land."""
    tree = cKDTree(coast(land), leafsize=32)
    h = 1 / SHORE_CELLS_PER_DEGREE
    lats = 90 - h * (np.arange(180 * SHORE_CELLS_PER_DEGREE) + 0.5)
    lons = -180 + h * (np.arange(360 * SHORE_CELLS_PER_DEGREE) + 0.5)
    columns = ((lons + 180) * CELLS_PER_DEGREE).astype(int)
    codes = []
    for lat in lats:
        chord, _ = tree.query(unit_vectors(lons, np.full_like(lons, lat)), workers=-1)
        away = chord_nm(chord)
        on_land = land[int((90 - lat) * CELLS_PER_DEGREE), columns]
        codes.append(encode_shore(np.where(on_land, -away, away)))
    return np.stack(codes)


def write(name: str, array: npt.NDArray[np.generic]) -> None:
    """Writes an array into the packaged data."""
    with lzma.open(DATA / name, "wb", preset=9 | lzma.PRESET_EXTREME) as out:
        np.save(out, array)


def main() -> None:
    """Makes both files."""
    land = land_mask()
    turns = np.flatnonzero(np.diff(land.ravel(), prepend=False))
    write("land.npy.xz", np.diff(turns, prepend=0).astype(np.uint32))
    codes = shore_codes(land)
    write("shore.npy.xz", np.diff(codes, axis=1, prepend=np.uint8(0)))


if __name__ == "__main__":
    main()
