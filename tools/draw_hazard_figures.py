"""Draws ``risk/data/hazard_prior.csv`` and ``hazard_hours.csv`` from a list of incidents.

    python tools/draw_hazard_figures.py incidents.csv risk/data

The list is "Crime at Sea: A Global Database of Maritime Pirate Attacks (1993-2020)", JOHD 2021,
doi 10.5334/johd.39, CC BY 4.0, of 130 W to 30 W. Only counts leave this script.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from risk.incident import (
    GROUP_RADIUS_NM,
    PACKAGED_FROM,
    PACKAGED_UNTIL,
    Activity,
    Incident,
    local_hour,
    read_incidents,
)
from sea.geodesy import distance_nm
from sea.instants import parse_utc
from sea.ports import nearest_port, ports


def draw(text: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Places and hours of the packaged years, from the list's CSV text."""
    first, last = parse_utc(PACKAGED_FROM), parse_utc(PACKAGED_UNTIL)
    chosen = [i for i in read_incidents(text)[0] if first <= i.at_us < last]
    return places(chosen), hours(chosen)


def places(incidents: list[Incident]) -> pd.DataFrame:
    """Groups of two or more, the densest first, at their median; and all others in one row."""
    lon, lat = np.array([i.lon for i in incidents]), np.array([i.lat for i in incidents])
    near = distance_nm(lon[:, None], lat[:, None], lon, lat) <= GROUP_RADIUS_NM
    np.fill_diagonal(near, True)
    left, alone = np.ones(len(lon), bool), np.zeros(len(lon), bool)
    rows = []
    while left.any():
        group = near[np.argmax(np.where(left, (near & left).sum(axis=1), 0))] & left
        left &= ~group
        if group.sum() < 2:
            alone |= group
            continue
        x, y = np.median(lon[group]).round(3), np.median(lat[group]).round(3)
        port = ports()[int(nearest_port(x, y)[0])]
        rows.append({"unlocode": port.unlocode, "place": port.name, "lon": x, "lat": y,
                     **_counts(incidents, group)})  # fmt: skip
    rows.append({"unlocode": "", "place": "elsewhere", **_counts(incidents, alone)})
    return pd.DataFrame(rows)


def hours(incidents: list[Incident]) -> pd.DataFrame:
    """Incidents by local hour, of those whose UTC time is reported."""
    known = [int(local_hour(i.at_us, i.lon)) for i in incidents if i.time_known]
    counts = np.bincount(known, minlength=24)
    return pd.DataFrame({"local_hour": range(24), "incidents": counts})


def _counts(incidents: list[Incident], rows: np.ndarray) -> dict[str, int]:
    done = [incidents[i].activity for i in np.flatnonzero(rows)]
    return {"incidents": len(done), **{a.name.lower(): done.count(a) for a in Activity}}


if __name__ == "__main__":
    by_place, by_hour = draw(Path(sys.argv[1]).read_text("utf-8"))
    by_place.to_csv(Path(sys.argv[2]) / "hazard_prior.csv", index=False, lineterminator="\n")
    by_hour.to_csv(Path(sys.argv[2]) / "hazard_hours.csv", index=False, lineterminator="\n")
