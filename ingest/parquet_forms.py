"""Foreign (Geo)Parquet of AIS archives -> the text columns that `ingest.csv_forms` reads.

MarineCadastre publishes days from 2024 on as GeoParquet: the columns of its CSV, with the position
as a point instead of two columns. A geometry column is well-known binary and named by the ``geo``
key of the file's metadata (GeoParquet specification 1.1, "File metadata").
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import pandas as pd
import pyarrow as pa
import shapely

from ingest.csv_forms import CsvForm, csv_form


@dataclass(frozen=True, slots=True, kw_only=True)
class ParquetForm:
    """How to read such a file.

    Attributes:
        form: what its columns mean. columns: those to read. geometry: the one with points, or
            None where longitude and latitude are columns.
    """

    form: CsvForm
    columns: Sequence[str]
    geometry: str | None

    def frame(self, batch: pa.RecordBatch) -> pd.DataFrame:
        """The batch as text columns, "" where there is no value."""
        texts = {
            name: pd.Series(
                batch.column(name).cast(pa.string()).fill_null("").to_pylist(), dtype=str
            )
            for name in self.columns
            if name != self.geometry
        }
        if self.geometry is not None:
            points = shapely.from_wkb(
                batch.column(self.geometry).to_numpy(zero_copy_only=False), on_invalid="ignore"
            )
            texts["longitude"] = pd.Series(shapely.get_x(points))
            texts["latitude"] = pd.Series(shapely.get_y(points))
        return pd.DataFrame(texts)


def parquet_form(schema: pa.Schema) -> ParquetForm | None:
    """How to read a file of this schema, None if it is no archive we know."""
    plain = [f.name for f in schema if not pa.types.is_nested(f.type) and not _binary(f.type)]
    form = csv_form(",".join(plain))
    if form is not None:
        return ParquetForm(form=form, columns=list(form.columns), geometry=None)
    geometry = _geometry(schema)
    form = csv_form(",".join([*plain, "longitude", "latitude"]))
    if form is None or geometry is None:
        return None
    told = [name for name in form.columns if name in plain]
    return ParquetForm(form=form, columns=[*told, geometry], geometry=geometry)


def _geometry(schema: pa.Schema) -> str | None:
    try:
        name = msgspec.json.decode((schema.metadata or {})[b"geo"])["primary_column"]
    except (KeyError, TypeError, msgspec.DecodeError):
        name = "geometry"
    known = name in schema.names and _binary(schema.field(name).type)
    return str(name) if known else None


def _binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))
