"""Coverage from hearings to cells on the chart, on a real database."""

import h3.api.numpy_int as h3i
import numpy as np
import pytest
import shapely

from api.writing import Findings, Sharing, write
from ingest.batch import ReportBatch
from ingest.coverage import RESOLUTION, coverage

pytestmark = pytest.mark.service
SHARING = Sharing(originator="XC", releasable_to=("*",))


def heard(make, *hearings):
    """Coverage of (source, mmsi, lon, minute) at 10 N."""
    return coverage(ReportBatch.concat(
        make.reports(mmsi, at=make.noon_us + minute * 60_000_000, lon=lon, source=source)
        for source, mmsi, lon, minute in hearings
    ))  # fmt: skip


async def stored(database, *parts, timeline="live"):
    async with database.acquire() as connection, connection.transaction():
        await write(connection, Findings(coverage={timeline: list(parts)}), SHARING)


async def asked(world, query="", **who):
    response = await world.get(f"/v1/coverage{query}", await world.sign(**who))
    assert response.status == 200, await response.text()
    assert response.content_type == "application/geo+json"
    return await response.json(content_type=None)


async def test_cells_say_who_heard_how_many_in_the_newest_ten_minutes(world, make):
    await stored(world.database, heard(
        make, ("north", 1, -90.0, 0), ("north", 1, -90.0, 11), ("north", 1, -90.0, 12),
        ("north", 2, -90.0, 13), (None, 2, -90.0, 14), ("south", 3, -70.0, 19),
    ))  # fmt: skip
    answer = await asked(world)
    assert (answer["began_at"], answer["ended_at"]) == (
        "2026-03-01T12:10:00Z", "2026-03-01T12:20:00Z"
    )  # fmt: skip
    by_cell = {f["id"]: f["properties"]["sources"] for f in answer["features"]}
    west, east = (h3i.int_to_str(h3i.latlng_to_cell(10.0, lon, RESOLUTION)) for lon in (-90, -70))
    assert by_cell == {
        west: [{"source": None, "hearings": 1, "vessels": 1},
               {"source": "north", "hearings": 3, "vessels": 2}],
        east: [{"source": "south", "hearings": 1, "vessels": 1}],
    }  # fmt: skip
    before = await asked(world, "?at=2026-03-01T12:09:59Z")
    assert [f["properties"]["hearings"] for f in before["features"]] == [1]
    assert before["began_at"] == "2026-03-01T12:00:00Z"


async def test_a_box_chooses_by_the_middle_of_cells_also_across_180(world, make):
    places = (-90.0, 179.9, -179.9)
    await stored(world.database, heard(make, *(("n", 1, lon, 0) for lon in places)))
    assert len((await asked(world))["features"]) == 3
    assert len((await asked(world, "?bbox=-91,9,-89,11"))["features"]) == 1
    assert len((await asked(world, "?bbox=179,9,-179,11"))["features"]) == 2


async def test_outlines_lie_within_180_degrees_and_hold_their_cell(world, make):
    places = np.arange(-180, 180.1, 0.25)
    await stored(world.database, heard(make, *(("n", 1, lon, 0) for lon in places)))
    features = (await asked(world))["features"]
    kinds = {feature["geometry"]["type"] for feature in features}
    assert kinds == {"Polygon", "MultiPolygon"}
    for feature in features:
        shape = shapely.geometry.shape(feature["geometry"])
        west, _, east, _ = shape.bounds
        assert shape.is_valid
        assert -180 <= west < east <= 180
        assert shape.area < 1
        lat, lon = h3i.cell_to_latlng(h3i.str_to_int(feature["id"]))
        assert shape.buffer(1e-5).contains(shapely.Point(lon, lat))


async def test_what_is_told_in_parts_adds_up_and_timelines_do_not_mix(world, make):
    first = heard(make, ("north", 1, -90.0, 0), ("north", 2, -90.0, 0))
    late = heard(make, ("north", 2, -90.0, 5), ("north", 2, -90.0, 6))
    await stored(world.database, first, late)
    await stored(world.database, late)
    await stored(world.database, first, timeline="replay")
    rows = await world.database.fetch("SELECT timeline, hearings, vessels FROM coverage ORDER BY 1")
    assert [tuple(row) for row in rows] == [("live", 6, 2), ("replay", 2, 2)]
    (feature,) = (await asked(world))["features"]
    assert feature["properties"]["sources"] == [{"source": "north", "hearings": 8, "vessels": 2}]


async def test_coverage_is_seen_by_whom_the_nodes_records_are_releasable_to(world, make):
    await stored(world.database, heard(make, ("north", 1, -90.0, 0)))
    releasable = "*" in world.settings.releasable_to
    assert len((await asked(world, nation="MX"))["features"]) == releasable
    hidden = await asked(world, role="port_authority", nation=world.settings.nation)
    assert (hidden["features"], hidden["began_at"]) == ([], None)


async def test_before_anything_is_heard_there_is_nothing(world):
    assert (await asked(world))["features"] == []
    at = (await asked(world, "?at=2026-03-01T12:00:00Z"))["features"]
    assert at == []
    response = await world.get("/v1/coverage?at=never", await world.sign())
    assert response.status == 422
