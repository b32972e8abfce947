"""The second opinion by HTTP: apart from the scores, for whom assessments are."""

from datetime import timedelta

import numpy as np


async def a_lane(world, make, ships=12):
    """Ships that sail north in line for two hours before noon; the last at 4 kn."""
    chance = np.random.default_rng(1)
    for n in range(ships):
        mmsi = 200000001 + n
        world.view.apply(make.reports(mmsi), make.static(mmsi, name=f"SHIP {n}", ship_type=70))
        for half_hours in range(4):
            t = make.noon - timedelta(minutes=30 * half_hours)
            await world.store("positions", dict(
                t=t, mmsi=mmsi, lon=round((-90 + chance.normal(0, 0.01)) * 1e7),
                lat=round((10 + chance.normal(0, 0.01)) * 1e7),
                sog=40 if n == ships - 1 else 125 + round(chance.normal(0, 8)), cog=20,
                heading=None, nav_status=0, msg_type=1, received_at=t,
            ))  # fmt: skip


async def test_a_slow_ship_of_a_fast_lane_is_the_most_unusual_and_her_scores_stay(world, make):
    await a_lane(world, make)
    headers = await world.sign()
    before = await (await world.get("/v1/vessels/200000012", headers)).json()
    said = await (await world.get("/v1/vessels/200000012/unusual", headers)).json()
    assert (said["rank"], said["ships"], said["fixes"]) == (1.0, 12, 4)
    assert said["reasons"][0]["what"] == "sog"
    assert said["reasons"][0]["hers"] == 4.0
    assert "nothing adds it to a score" in said["note"]
    assert await (await world.get("/v1/vessels/200000012", headers)).json() == before


async def test_where_there_is_too_little_to_compare_it_says_so(world, make):
    await a_lane(world, make, ships=3)
    said = await (await world.get("/v1/vessels/200000001/unusual", await world.sign())).json()
    assert said["rank"] is None
    assert "too few" in said["note"]


async def test_it_is_for_whom_assessments_are_and_nobody_else_learns_of_it(world, make):
    await a_lane(world, make)
    own = await world.sign(nation=world.settings.nation)
    stranger = await world.sign(nation="ZZ")
    world.settings.__dict__["releasable_to"] = ()
    assert (await world.get("/v1/vessels/200000012/unusual", own)).status == 200
    assert (await world.get("/v1/vessels/200000012/unusual", stranger)).status == 404
    assert (await world.get("/v1/vessels/200000099/unusual", own)).status == 404
