"""Hot spots by HTTP and as a report."""

import json
from datetime import timedelta

import pytest

from api.cli import main
from ingest.exercise import Exercise
from sea.instants import parse_utc

GUANTA = (-64.718, 10.246)


async def anchored(world, make, mmsi, at, place=GUANTA):
    await world.store("positions", dict(
        t=at, mmsi=mmsi, lon=round(place[0] * 1e7), lat=round(place[1] * 1e7), sog=0, cog=None,
        heading=None, nav_status=1, msg_type=1, received_at=at,
    ))  # fmt: skip


async def test_places_are_ranked_by_the_ships_that_are_there_at_a_time(world, make):
    for mmsi in (200000001, 200000002):
        await anchored(world, make, mmsi, make.noon)
    await anchored(world, make, 200000001, make.noon - timedelta(days=1))
    headers = await world.sign()
    answer = await (await world.get("/v1/hotspots", headers)).json()
    (place,) = [f for f in answer["features"] if f["properties"]["kind"] != "cell"]
    told = place["properties"]
    assert (told["name"], told["ships"], told["rank"]) == ("anchorage off Guanta", 2, 1)
    assert (told["days_before"], told["ships_before"], told["trend"]) == (1, 1.0, "steady")
    assert 0 < told["low"] < told["expected_per_day"] < told["high"]
    assert told["patrol"] == 1
    assert place["geometry"]["coordinates"][0][0] == place["geometry"]["coordinates"][0][-1]
    day_before = (make.noon - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    url = f"/v1/hotspots?at={day_before}&what=places&format=geojson"
    earlier = await (await world.get(url, headers)).json()
    assert earlier["at"] == day_before
    assert [f["properties"]["ships"] for f in earlier["features"]] == [1]


async def test_places_are_the_same_for_everybody_whatever_is_withheld(world, make):
    await anchored(world, make, 200000001, make.noon)
    own = await world.sign(nation="XC")
    before = await (await world.get("/v1/hotspots", own)).read()
    await world.store("events", make.event("e1", 200000001, releasable_to=()))
    await world.store_assessment(make.assessment(200000001), releasable_to=())
    for principal in (own, await world.sign(nation="US"), await world.sign(role="port_authority")):
        assert await (await world.get("/v1/hotspots", principal)).read() == before


async def test_without_stored_positions_there_are_no_places(world):
    answer = await (await world.get("/v1/hotspots?what=places", await world.sign())).json()
    assert (answer["at"], answer["features"]) == (None, [])


@pytest.fixture(scope="module")
def feed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hotspots")
    start = parse_utc("2026-03-01T18:00:00Z")
    played = Exercise("pacific", start_us=start, hours=2, vessels=80, seed=5)
    (folder / "feed.nmea").write_bytes(b"".join(x for _, x in played.lines(start, played.end_us)))
    return folder


def test_a_report_of_archives_needs_no_server_and_is_the_same_when_repeated(feed, capsys):
    wanted = [str(feed / "feed.nmea"), "--geojson", str(feed / "places.json")]
    assert main(["hotspots", *wanted, "--out", str(feed / "one.html")]) == 0
    assert main(["hotspots", *wanted, "--out", str(feed / "two.html")]) == 0
    page = (feed / "one.html").read_text()
    assert page == (feed / "two.html").read_text()
    assert page.count("<svg") == 3
    places = json.loads((feed / "places.json").read_text())["features"]
    assert [p["properties"]["rank"] for p in places] == list(range(1, len(places) + 1))
    assert places[0]["properties"]["name"] in page


def test_a_time_without_ships_says_so(feed):
    late = ["--at", "2026-04-01T00:00:00Z", "--out", str(feed / "late.html")]
    assert main(["hotspots", str(feed / "feed.nmea"), *late]) == 0
    assert "No merchant ship was heard then." in (feed / "late.html").read_text()


def test_the_service_is_asked_where_no_archive_is_given(feed, capsys):
    assert main(["hotspots", "--out", str(feed / "x.html"), "--data-dir", str(feed)]) == 1
    assert "no service is running" in capsys.readouterr().err
