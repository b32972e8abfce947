"""Arrivals and vessel checks, as port authorities ask for them."""

import csv
import io
from datetime import timedelta

import pytest

from api.arriving import changes, estimate
from api.http.auditing import AUDIT
from ingest.batch import StaticBatch
from sea.instants import iso_z
from sea.ports import port
from sea.units import HOUR_US

BALBOA = port("PABLB")
NEAR = dict(lon=-79.9, lat=7.0)
"""At sea, some 120 nm south of Balboa."""


def bound(world, make, mmsi, destination="PABLB", *, at=None, **columns):
    """A ship heard at the instant, bound for the port."""
    at = make.noon_us if at is None else at
    said = StaticBatch.concat([make.static(mmsi, at=at, name=f"SHIP {mmsi % 10}",
                                           destination=destination)])  # fmt: skip
    world.view.apply(make.reports(mmsi, at=at, **(NEAR | columns)), said)


async def store_static(world, make, mmsi, destination, hours_ago):
    row = dict(t=make.noon - timedelta(hours=hours_ago), mmsi=mmsi, msg_type=5,
               destination=destination)  # fmt: skip
    await world.store("statics", row)


async def arrivals(world, headers, query="", unlocode="PABLB", status=200):
    response = await world.get(f"/v1/ports/{unlocode}/arrivals{query}", headers)
    body = await response.json()
    assert response.status == status, body
    return body


def test_the_estimate_spreads_with_the_time_to_go_and_a_ship_that_lies_has_none():
    far = estimate(240.0, 12.0, 0)
    assert (far.status, far.likely) == ("under_way", 20 * HOUR_US)
    assert far.latest - far.likely == far.likely - far.earliest
    near = estimate(24.0, 12.0, 0)
    assert near.latest - near.earliest < (far.latest - far.earliest) / 5
    assert (estimate(100.0, 0.2, 0).status, estimate(100.0, 0.2, 0).likely) == ("stopped", None)
    assert estimate(100.0, float("nan"), 0).status == "stopped"
    assert estimate(2.0, 0.1, 0).status == "arrived"
    assert estimate(float("inf"), 10.0, 0).likely is None


def test_changes_name_what_was_known_and_is_otherwise():
    now = {"bound_for": "PABLB", "coercion": "high", "smuggling": "low", "likely": 9 * HOUR_US}
    assert changes(now, now) == []
    assert changes(now, dict.fromkeys(now)) == []
    told = changes(now, {**now, "bound_for": "PECLL", "coercion": "low", "likely": 5 * HOUR_US})
    assert [(c["what"], c["was"]) for c in told] == [
        ("bound_for", "PECLL"), ("coercion", "low"), ("likely", iso_z(5 * HOUR_US)),
    ]  # fmt: skip
    assert changes(now, {**now, "likely": 8 * HOUR_US}) == []


async def test_ships_bound_for_the_port_are_listed_first_expected_first(world, make):
    bound(world, make, 200000001, sog=8.0)
    bound(world, make, 200000002, sog=16.0)
    bound(world, make, 200000003, sog=0.1)
    bound(world, make, 200000004, sog=0.0, lon=BALBOA.lon, lat=BALBOA.lat)
    bound(world, make, 200000005, "PECLL")
    bound(world, make, 200000006, at=make.noon_us - 30 * HOUR_US)
    headers = await world.sign(role="port_authority", nation="PA", ports=("PABLB",))
    found = await arrivals(world, headers)
    assert [(a["mmsi"][-1], a["status"]) for a in found["arrivals"]] == [
        ("2", "under_way"), ("1", "under_way"), ("3", "stopped"), ("4", "arrived"),
    ]  # fmt: skip
    first = found["arrivals"][0]
    assert found["port"]["name"] == BALBOA.name
    assert first["expected"]["earliest"] < first["expected"]["likely"] < first["expected"]["latest"]
    assert 100 < first["distance_nm"] < 200
    soon = await arrivals(world, headers, "?within_h=9")
    assert [a["mmsi"][-1] for a in soon["arrivals"]] == ["2", "3", "4"]
    part = await arrivals(world, headers, "?limit=3")
    rest = await arrivals(world, headers, f"?limit=3&cursor={part['next']}")
    assert [a["mmsi"][-1] for a in part["arrivals"] + rest["arrivals"]] == ["2", "1", "3", "4"]
    assert rest["next"] is None


async def test_an_authority_sees_its_own_ports_alone_and_others_all(world, make):
    headers = await world.sign(role="port_authority", nation="PA", ports=("PAONX",))
    await arrivals(world, headers, status=403)
    await arrivals(world, await world.sign(), status=200)
    await arrivals(world, await world.sign(), unlocode="ZZZZZ", status=404)


async def test_an_arrival_tells_bands_last_ports_and_what_changed_in_a_day(world, make):
    bound(world, make, 200000001, sog=10.0)
    await store_static(world, make, 200000001, "PECLL", 40)
    high = make.assessment(200000001, band="high")
    await world.store_assessment(high)
    await world.store_assessment(make.assessment(200000001, at="2026-02-28T11:00:00Z", band="low"))
    call = {"port": "PECLL", "port_name": "Callao"}
    ended = make.noon - timedelta(days=3)
    times = dict(started_at=ended, ended_at=ended)
    event = make.event("c1", 200000001, kind="port_call", status="ended", evidence=call, **times)
    await world.store("events", event)
    await world.live.round()
    headers = await world.sign(role="port_authority", nation="PA", ports=("PABLB",))
    found = (await arrivals(world, headers))["arrivals"][0]
    assert found["coercion"]["band"] == "high"
    assert found["last_ports"] == ["PECLL"]
    assert found["changes"] == [
        {"what": "bound_for", "was": "PECLL", "now": "PABLB"},
        {"what": "coercion", "was": "low", "now": "high"},
    ]


async def test_an_estimate_that_shifted_since_yesterday_is_told(world, make):
    bound(world, make, 200000001, sog=10.0)
    await store_static(world, make, 200000001, "BALBOA", 30)
    was = make.noon - timedelta(hours=25)
    row = dict(t=was, mmsi=200000001, lon=-805000000, lat=10000000, sog=200, cog=None, heading=None,
               nav_status=0, msg_type=1, received_at=was)  # fmt: skip
    await world.store("positions", row)
    headers = await world.sign()
    told = (await arrivals(world, headers))["arrivals"][0]["changes"]
    assert [c["what"] for c in told] == ["likely"]
    assert told[0]["was"] < told[0]["now"]


async def test_what_is_withheld_is_neither_in_bands_nor_in_calls_nor_in_changes(world, make):
    bound(world, make, 200000001, sog=10.0)
    headers = await world.sign(role="port_authority", nation="PA", ports=("PABLB",))
    before = await arrivals(world, headers)
    secret = dict(originator="US", releasable_to=["US"])
    await world.store_assessment(make.assessment(200000001, band="severe"), **secret)
    early = make.assessment(200000001, at="2026-02-28T11:00:00Z", band="low")
    await world.store_assessment(early, **secret)
    call = {"port": "PECLL", "port_name": "Callao"}
    await world.store("events", make.event("c1", 200000001, kind="port_call", status="ended",
                                           evidence=call, **secret))  # fmt: skip
    await world.live.round()
    assert await arrivals(world, headers) == before
    assert await arrivals(world, await world.sign(nation="US")) != before


async def check(world, headers, query="", status=200, **options):
    response = await world.client.post(f"/v1/vessels/check{query}", headers=headers, **options)
    assert response.status == status, await response.text()
    return response


@pytest.fixture
async def port_of_call(world, make):
    """A world with two ships, one assessed by us and told of by police work."""
    world.hear(200000001, name="ESPERANZA")
    world.hear(200000002, name="=cmd|evil")
    world.view.assessed(
        [{"document": make.assessment(200000001), "originator": "XC", "releasable_to": ["*"]}]
    )
    return world


async def test_a_list_gives_one_row_for_each_with_bands_and_no_figures(port_of_call):
    headers = await port_of_call.sign(role="port_authority", nation="PA", ports=("PABLB",))
    asked = [{"mmsi": "200000001"}, {"name": "Esperanca"}, {"imo": 9074720}, {"name": "nobody"}]
    response = await check(port_of_call, headers, json={"vessels": asked})
    answer = await response.json()
    assert answer["matched"] == 2
    first, like, wrong, nobody = answer["rows"]
    assert (first["matched_by"], first["vessel"]["name"]) == ("mmsi", "ESPERANZA")
    assert first["vessel"]["coercion"]["band"] == "elevated"
    assert set(first["vessel"]["coercion"]) == {"band", "reasons"}
    assert "contribution" not in first["vessel"]["coercion"]["reasons"][0]
    assert like["quality"] < 1
    assert wrong["problems"] == ["imo: its check digit is wrong"]
    assert nobody["vessel"] is None


async def test_a_csv_gives_a_csv_that_no_spreadsheet_runs(port_of_call):
    headers = await port_of_call.sign() | {"Content-Type": "text/csv"}
    response = await check(port_of_call, headers, "?format=csv", data="mmsi\n200000002\n1\n")
    rows = list(csv.DictReader(io.StringIO(await response.text())))
    assert len(rows) == 2
    assert rows[0]["name"] == "'=cmd|evil"
    assert rows[1]["problems"] == "mmsi: has nine digits"


async def test_a_check_is_recorded_with_the_ships_that_it_showed(port_of_call):
    headers = await port_of_call.sign()
    await check(port_of_call, headers, json={"vessels": [{"mmsi": "200000001"}, {"name": "x"}]})
    await port_of_call.application[AUDIT].flush()
    row = await port_of_call.database.fetchrow("SELECT * FROM audit ORDER BY number DESC LIMIT 1")
    assert row["action"] == "read"
    assert row["detail"] == '{"rows":2,"vessels":["200000001"]}'


async def test_too_many_rows_and_other_fields_are_refused_by_name(port_of_call):
    headers = await port_of_call.sign()
    many = {"vessels": [{"mmsi": "1"}] * 1001}
    await check(port_of_call, headers, status=422, json=many)
    await check(port_of_call, headers, status=422, json={"vessels": [{"colour": "red"}]})
    text = headers | {"Content-Type": "text/csv"}
    await check(port_of_call, text, status=422, data="name\n" + 1001 * "x\n")


async def test_a_port_authority_reads_no_reason_of_police_work_nor_who_told(world, make):
    document = make.assessment(200000001)
    for code in ("watch_list", "intelligence_waters"):
        document["smuggling"]["reasons"].append(
            dict(document["smuggling"]["reasons"][0], code=code)
        )
    world.hear(200000001)
    world.view.assessed([{"document": document, "originator": "XC", "releasable_to": ["*"]}])
    mexican = await world.sign()
    ports = await world.sign(role="port_authority", nation="PA")
    body = {"kind": "boarding", "at": "2026-03-01T06:30:00Z", "position": [-77.2, -12.05],
            "source": "informant 7", "reference": "case 12", "releasable_to": ["*"]}  # fmt: skip
    assert (await world.client.post("/v1/incidents", headers=mexican, json=body)).status == 201
    for headers, codes, source in ((mexican, 3, "informant 7"), (ports, 1, "")):
        checked = await check(world, headers, json={"vessels": [{"mmsi": "200000001"}]})
        row = (await checked.json())["rows"][0]
        assert len(row["vessel"]["smuggling"]["reasons"]) == codes
        told = (await (await world.get("/v1/incidents", headers)).json())["incidents"][0]
        assert told["reports"][0]["source"] == source
