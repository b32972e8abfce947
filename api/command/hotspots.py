"""``safepassage hotspots``: where ships are x what the hazard field tells, as a report."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from api.command.detect import timeline
from sea.errors import BadInputError, UnavailableError
from sea.instants import iso_z, parse_utc
from sea.units import DAY_US, MINUTE_US, Microseconds

if TYPE_CHECKING:
    import pandas as pd

    from ingest.decode import Decoded
    from risk.hotspots import Presence

WITHIN_US = 15 * MINUTE_US


def register(commands: Any) -> None:
    """Adds the command's parser."""
    parser = commands.add_parser(
        "hotspots",
        help="places ranked by risk x traffic, as a report",
        description="Ranks ports, anchorages and stretches of lanes by the incidents to be "
        "expected on the ships there, with the trend and where one more patrol averts most. Of "
        "the running service's positions, or of archives without any server.",
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", type=Path, help="archives of AIS")
    parser.add_argument("--at", metavar="T", help="of the ships at this time (default: newest)")
    parser.add_argument("--out", metavar="F.html", type=Path, required=True)
    parser.add_argument("--geojson", metavar="F", type=Path, help="the places as GeoJSON too")
    parser.add_argument("--data-dir", type=Path, help="the node's folder")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Ranks and writes; 0, or 1 where an archive could not be read."""
    from api.hotspot_report import report
    from api.places import features

    at = parse_utc(args.at, field="at") if args.at else None
    failed = False
    if args.paths:
        places, at_us, failed = _of_archives(args.paths, at)
        source = f"Ships of {', '.join(p.name for p in args.paths)}"
    else:
        places, at_us = asyncio.run(_of_service(args.data_dir, at))
        source = "Ships of this node's stored positions"
    if at_us is None:
        raise BadInputError("no position is stored yet", field="positions")
    source += "; hazard of published figures (risk/data), without partners' reports."
    _write(args.out, report(places, at_us, source))
    if args.geojson:
        document = {"type": "FeatureCollection", "at": iso_z(at_us), "features": features(places)}
        _write(args.geojson, json.dumps(document))
    print(f"at={iso_z(at_us)} places={len(places)} ships={int(places['ships'].sum())}",
          file=sys.stderr)  # fmt: skip
    return int(failed)


async def _of_service(
    folder: Path | None, at: Microseconds | None
) -> "tuple[pd.DataFrame, Microseconds | None]":
    from api.places import Places
    from api.running import database_url
    from api.settings import load_settings
    from api.store import open_database

    database = await open_database(database_url(load_settings(data_dir=folder)), connections=1)
    try:
        return await Places(database).at(at)
    finally:
        await database.close()


def _of_archives(
    paths: list[Path], at: Microseconds | None
) -> "tuple[pd.DataFrame, Microseconds | None, bool]":
    from api.archives import Reading, files_of
    from api.places import DAYS_BEFORE
    from risk.engine import EngineParams
    from risk.hazard import HazardField
    from risk.hotspots import hotspots

    reading = Reading("hotspots", files_of(paths))
    with reading:
        blocks = [reading.blocks(n) for n in range(len(reading.archives))]
        heard = Heard.of(decoded for decoded, _ in timeline(blocks, EngineParams()))
    if not len(heard.at):
        return hotspots(HazardField.fit(), heard.presence(0)), None, True
    at_us = int(heard.at.max()) if at is None else at
    now, *before = (heard.presence(at_us - day * DAY_US) for day in range(DAYS_BEFORE + 1))
    return hotspots(HazardField.fit(), now, before), at_us, bool(reading.failed)


class Heard:
    """Positions of archives and the type of each vessel."""

    def __init__(self, columns: dict[str, Any], types: dict[int, int]) -> None:
        order = np.argsort(columns["reported_at"], kind="stable")
        self.columns = {name: column[order] for name, column in columns.items()}
        self.at = self.columns["reported_at"]
        self.types = types

    @classmethod
    def of(cls, blocks: "Iterable[Decoded]") -> "Heard":
        """All that the blocks hold."""
        from ingest.batch import ReportBatch

        types: dict[int, int] = {}
        parts = [ReportBatch.empty()]
        for decoded in blocks:
            parts.append(decoded.reports)
            statics = decoded.statics
            known = statics.ship_type > 0
            pairs = zip(statics.mmsi[known].tolist(), statics.ship_type[known].tolist(),
                        strict=True)  # fmt: skip
            types.update(pairs)
        reports = ReportBatch.concat(parts)
        names = ("mmsi", "reported_at", "lon", "lat", "sog", "nav_status", "msg_type")
        return cls({name: getattr(reports, name) for name in names}, types)

    def presence(self, at_us: Microseconds) -> "Presence":
        """The merchant ships heard in the quarter of an hour up to a time."""
        from risk.hotspots import Presence

        first, last = np.searchsorted(self.at, [at_us - WITHIN_US, at_us], side="right")
        mmsi = self.columns["mmsi"][first:last]
        _, newest = np.unique(mmsi[::-1], return_index=True)
        rows = last - 1 - newest
        chosen = {name: column[rows] for name, column in self.columns.items()}
        types = [self.types.get(m, 0) for m in chosen["mmsi"].tolist()]
        return Presence.of(
            lon=chosen["lon"], lat=chosen["lat"], sog=chosen["sog"].astype(np.float64),
            nav_status=chosen["nav_status"], ship_type=np.array(types, np.int64),
            msg_type=chosen["msg_type"],
        )  # fmt: skip


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise UnavailableError(f"cannot write {path}: {error.strerror}") from error
