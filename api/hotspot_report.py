"""The report of hot spots: ranked places -> one HTML page with a map and plots."""

from collections.abc import Iterator
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from api.challenger_report import STYLE, table
from api.places import records
from api.plot import COLOURS, Axis, Plot
from api.plot_map import Spot, map_svg
from risk.hotspots import HotspotParams
from sea.instants import iso_z
from sea.units import Microseconds

SHOWN = 25


def report(
    places: pd.DataFrame, at_us: Microseconds, source: str, params: HotspotParams | None = None
) -> str:
    """The page; `source` says where ships and figures are from."""
    body = "".join(_body(places, params or HotspotParams(), source))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Hot spots</title>'
        f"<style>{STYLE}</style><h1>Hot spots, {iso_z(at_us)}</h1>{body}</html>\n"
    )


def _body(places: pd.DataFrame, params: HotspotParams, source: str) -> Iterator[str]:
    yield f"<p>{escape(source)}</p>"
    if places.empty:
        yield "<p>No merchant ship was heard then.</p>"
        return
    yield (f"<p>{int(places['ships'].sum())} ships in the {len(places)} places below, with "
           f"{places['expected_per_day'].sum():.3g} incidents expected a day on all of them. "
           "Ship-hours behind the field are assumed: read the order of the places, not the "
           "height.</p>")  # fmt: skip
    yield map_svg([_spot(row) for row in records(places)])
    yield ("<p>Areas of circles: incidents expected a day. Ringed: where further patrols would "
           "avert most, one after the other.</p>")  # fmt: skip
    yield table(
        ("place", "ships", "expected a day", "90% interval", "before", "trend", "averts a day",
         "patrol"), [_row(row) for row in records(places.head(SHOWN))],
    )  # fmt: skip
    yield (f"<p>A patrol is held to avert {params.patrol_effect:.0%} of the incidents within "
           f"{params.patrol_nm:g} nm; chosen by us, unknown in truth. Patrols that are there "
           "already are not counted. Trend: against the same hour of the days before, "
           f"{int(places['days_before'].iloc[0])} of which are known; risen or fallen by "
           f"{params.changed:.0%}, and in ships by more than chance, else steady.</p>")  # fmt: skip
    yield by_rank(places) + concentration(places)
    yield ("<p>The field rests on reports: where nobody reports it sees nothing. Ships in AIS "
           "silence are not here.</p>")  # fmt: skip


def _spot(row: dict[str, Any]) -> Spot:
    return Spot(lon=row["lon"], lat=row["lat"], weight=row["expected_per_day"], label=row["name"],
                ring=not pd.isna(row["patrol"]))  # fmt: skip


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    def number(name: str) -> str:
        return "" if pd.isna(row[name]) else f"{row[name]:.2g}"

    patrol = "" if pd.isna(row["patrol"]) else f"{row['patrol']:.0f}"
    return (row["name"], f"{row['ships']}", number("expected_per_day"),
            f"{number('low')} to {number('high')}", number("before_per_day"),
            row["trend"] or "", number("averts_per_day"), patrol)  # fmt: skip


def by_rank(places: pd.DataFrame) -> str:
    """Incidents expected a day by rank, with intervals."""
    shown = places.head(SHOWN)
    high = float(shown["high"].max())
    top = 10.0 ** np.ceil(np.log10(high))
    plot = Plot(
        title="Incidents expected a day, by rank, with 90% interval",
        x=Axis(label="rank", low=0, high=len(shown) + 1, ticks=range(5, len(shown) + 1, 5)),
        y=Axis(label="a day (log)", low=top / 1e6, high=top, log=True,
               ticks=[top / 10**k for k in range(7)]),
    )  # fmt: skip
    ranks = list(range(1, len(shown) + 1))
    plot.intervals(ranks, shown["low"].tolist(), shown["high"].tolist(), COLOURS[0])
    plot.points(ranks, shown["expected_per_day"].tolist(), "", COLOURS[0])
    return plot.svg()


def concentration(places: pd.DataFrame) -> str:
    """How much of the risk is on how few of the ships."""
    ordered = places.assign(each=places["expected_per_day"] / places["ships"])
    ordered = ordered.sort_values("each", ascending=False)
    ships = np.concatenate([[0.0], np.cumsum(ordered["ships"]) / ordered["ships"].sum()])
    risk = ordered["expected_per_day"]
    told = np.concatenate([[0.0], np.cumsum(risk) / risk.sum()])
    shares = (0, 0.2, 0.4, 0.6, 0.8, 1)
    plot = Plot(
        title="Share of expected incidents by share of ships, those at most risk first",
        x=Axis(label="share of ships", low=0, high=1, ticks=shares),
        y=Axis(label="share of incidents", low=0, high=1, ticks=shares),
    )
    plot.line(ships.tolist(), told.tolist(), "places", COLOURS[0])
    plot.line([0, 1], [0, 1], "all alike", "#9db0ba", dash=True)
    return plot.svg()
