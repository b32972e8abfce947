"""A ship's calls and identities as the API tells them."""

from datetime import UTC, datetime

IMO = 9_074_729


def a_call(make, event_id, mmsi, port, day, **more):
    at = datetime(2026, 1, day, tzinfo=UTC)
    return make.event(event_id, mmsi, kind="port_call", status="ended", started_at=at, ended_at=at,
                      evidence={"port": port, "port_name": port.title()}, **more)  # fmt: skip


def a_change(make, event_id, before, after, day, **more):
    at = datetime(2026, 1, day, tzinfo=UTC)
    evidence = {
        "changed": ["mmsi", "flag", "name"], "mmsi_before": before, "mmsi_after": after,
        "imo_before": IMO, "imo_after": IMO, "name_before": "ALPHA", "name_after": "BRAVO",
        "callsign_before": None, "callsign_after": None,
    }  # fmt: skip
    return make.event(event_id, *sorted((before, after)), kind="identity_change", status="ended",
                      started_at=at, ended_at=at, evidence=evidence, **more)  # fmt: skip


async def test_calls_are_told_under_every_number_of_the_ship(world, make):
    world.hear(351000001, 636000002)
    await world.store(
        "events", a_call(make, "c1", 351000001, "ECGYE", 2),
        a_change(make, "i1", 351000001, 636000002, 5), a_call(make, "c2", 636000002, "PABLB", 9),
    )  # fmt: skip
    headers = await world.sign()
    for mmsi in ("636000002", "351000001"):
        told = await (await world.get(f"/v1/vessels/{mmsi}/voyages", headers)).json()
        assert told["mmsis"] == ["351000001", "636000002"]
        assert [(c["port"], c["mmsi"], c["on_route"]) for c in told["calls"]] == [
            ("PABLB", "636000002", False), ("ECGYE", "351000001", True)]  # fmt: skip
        assert told["last_ports"] == ["PABLB", "ECGYE"]
        assert [(i["mmsi"], i["name"], i["flag"]) for i in told["identities"]] == [
            ("636000002", "BRAVO", "LR"), ("351000001", "ALPHA", "PA")]  # fmt: skip


async def test_what_a_nation_may_not_see_links_nothing_for_it(world, make):
    world.hear(351000001, 636000002)
    secret = {"originator": "PE", "releasable_to": ["PE"]}
    await world.store(
        "events", a_call(make, "c1", 351000001, "ECGYE", 2),
        a_change(make, "i1", 351000001, 636000002, 5, **secret),
        a_call(make, "c2", 636000002, "PABLB", 9),
    )  # fmt: skip
    told = await (await world.get("/v1/vessels/636000002/voyages", await world.sign())).json()
    assert told["mmsis"] == ["636000002"]
    assert [c["port"] for c in told["calls"]] == ["PABLB"]
    assert [i["since"] for i in told["identities"]] == [None]


async def test_a_ship_never_heard_has_no_voyages(world):
    response = await world.get("/v1/vessels/636000002/voyages", await world.sign())
    assert response.status == 404
