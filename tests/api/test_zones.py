"""Zones by HTTP on a real database: drawn, drawn anew, taken away, hidden from whom they are."""

import asyncpg
import pytest

from api.http.answers_zones import Zone, Zones
from api.policy import anybody
from api.zoning import Drawn, closing
from sea.units import DAY_US

RING = [[-80.5, -3.0], [-79.5, -3.0], [-79.5, -2.0], [-80.5, -2.0], [-80.5, -3.0]]
SQUARE = {"type": "Polygon", "coordinates": [RING]}
BODY = {"name": "Gulf", "kind": "closed", "geometry": SQUARE, "releasable_to": ["*"]}


async def ask(world, method, path, headers, status, body=None, **more):
    response = await world.client.request(method, path, json=body, headers={**headers, **more})
    told = None if response.status == 204 else await response.json()
    assert response.status == status, told
    return told, response.headers.get("ETag")


async def drawn(world, headers, **changes):
    return (await ask(world, "POST", "/v1/zones", headers, 201, BODY | changes))[0]


async def test_a_zone_is_drawn_listed_and_read(world):
    headers = await world.sign()
    zone = await drawn(world, headers)
    Zone.model_validate(zone)
    assert zone["geometry"] == SQUARE
    assert zone["properties"]["nation"] == zone["properties"]["originator"] == "MX"
    listed, _ = await ask(world, "GET", "/v1/zones", headers, 200)
    Zones.model_validate(listed)
    assert listed["features"] == [zone]
    assert await ask(world, "GET", f"/v1/zones/{zone['id']}", headers, 200) == (zone, '"1"')


async def test_a_zone_is_changed_only_by_who_has_read_its_newest_version(world):
    headers = await world.sign()
    path = f"/v1/zones/{(await drawn(world, headers))['id']}"
    other = BODY | {"name": "Gulf of Guayaquil"}
    await ask(world, "PUT", path, headers, 428, other)
    told, tag = await ask(world, "PUT", path, headers, 200, other, **{"If-Match": '"1"'})
    assert (told["properties"]["name"], tag) == ("Gulf of Guayaquil", '"2"')
    await ask(world, "PUT", path, headers, 412, BODY, **{"If-Match": '"1"'})
    await ask(world, "DELETE", path, headers, 412, **{"If-Match": '"1"'})
    await ask(world, "DELETE", path, headers, 428)
    await ask(world, "DELETE", path, headers, 204, **{"If-Match": '"2"'})
    await ask(world, "GET", path, headers, 404)
    assert (await ask(world, "GET", "/v1/zones", headers, 200))[0]["features"] == []


async def test_no_row_of_a_zone_can_be_changed_or_deleted(world):
    await drawn(world, await world.sign())
    for statement in ("UPDATE zones SET originator = 'US'", "DELETE FROM zones"):
        with pytest.raises(asyncpg.RaiseError, match="only ever added to"):
            await world.database.execute(statement)


async def test_a_zone_that_is_not_for_one_leaves_no_trace_for_him_and_is_not_his_to_change(world):
    mx, us = await world.sign(), await world.sign(nation="US")
    kept, shared = await drawn(world, mx, releasable_to=[]), await drawn(world, mx)
    assert (await ask(world, "GET", "/v1/zones", us, 200))[0]["features"] == [shared]
    any_version = {"If-Match": "*"}
    await ask(world, "PUT", f"/v1/zones/{kept['id']}", us, 404, BODY, **any_version)
    await ask(world, "PUT", f"/v1/zones/{shared['id']}", us, 403, BODY, **any_version)
    await ask(world, "DELETE", f"/v1/zones/{shared['id']}", us, 403, **any_version)


async def test_whose_work_it_is_not_may_draw_none(world):
    port = await world.sign(role="port_authority")
    await ask(world, "POST", "/v1/zones", port, 403, BODY)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"geometry": {"type": "Point", "coordinates": [0, 0]}}, "geometry"),
        ({"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 1], [1, 0],
                                                           [0, 0]]]}}, "geometry"),
        ({"geometry": {"type": "MultiPolygon", "coordinates": [[RING]]}}, "geometry"),
        ({"kind": "minefield"}, "kind"),
        ({"valid_from": "2026-03-01T00:00:00Z", "valid_until": "2026-02-01T00:00:00Z"},
         "valid_until"),
    ],
)  # fmt: skip
async def test_what_is_no_zone_is_refused_by_field(world, changes, field):
    told, _ = await ask(world, "POST", "/v1/zones", await world.sign(), 422, BODY | changes)
    assert [error["field"] for error in told["errors"]] == [field]


async def test_the_same_request_twice_is_one_zone_and_another_body_is_a_conflict(world):
    headers, key = await world.sign(), {"Idempotency-Key": "z1"}
    one, _ = await ask(world, "POST", "/v1/zones", headers, 201, BODY, **key)
    two, _ = await ask(world, "POST", "/v1/zones", headers, 201, BODY, **key)
    assert one == two
    await ask(world, "POST", "/v1/zones", headers, 409, BODY | {"name": "Other"}, **key)


async def test_events_and_plans_rest_on_the_zones_that_all_their_readers_may_see(world, make):
    headers = await world.sign()
    day = {"valid_from": "2026-03-01T00:00:00Z", "valid_until": "2026-03-02T00:00:00Z"}
    for nations in ([], ["US"], ["*"]):
        await drawn(world, headers, name=str(nations), releasable_to=nations, **day)
    everybody, two = Drawn([anybody()]), Drawn([anybody("MX"), anybody("US")])
    assert [z.name for z in await everybody.since(world.database)] == ["['*']"]
    assert await everybody.since(world.database) is None
    both = await two.since(world.database)
    assert sorted(z.name for z in both) == ["['*']", "['US']"]
    (first, _) = closing(both, make.noon_us)
    assert (first.kind, first.nation, first.polygon[0]) == ("closed", "MX", (-80.5, -3.0))
    assert closing(both, make.noon_us + DAY_US) == []
