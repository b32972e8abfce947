from datetime import timedelta

import numpy as np
import pytest

from api.view import FRAME

HERE, THERE = (-90.0, 10.0), (-90.5, 10.5)


def at(make, minutes):
    return f"{make.noon + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"


async def frame(world, headers, query):
    """Kind and rows of the frame that the API answers with."""
    response = await world.get(f"/v1/past?{query}", headers)
    assert response.status == 200, await response.text()
    body = await response.read()
    assert body[:4] == b"SPL1"
    count = int.from_bytes(body[8:12], "little")
    rows, begin = np.zeros(count, FRAME), 16
    for name in FRAME.names:
        column = np.frombuffer(body, FRAME[name], count, begin)
        rows[name], begin = column, begin + column.nbytes
    assert begin == len(body)
    return body[5], rows


@pytest.fixture
async def filled(world, make):
    """Ship 1 at two places from noon on, ship 2 at one, both assessed twice, one of it withheld."""
    await world.store_positions(200000001, HERE, THERE, THERE)
    await world.store_positions(200000002, THERE)
    for mmsi, when, band in (
        (200000001, 1, "elevated"), (200000001, 20, "high"), (200000002, 1, "low"),
    ):  # fmt: skip
        await world.store_assessment(make.assessment(mmsi, at=at(make, when), band=band))
    secret = make.assessment(200000002, at=at(make, 5), band="severe")
    await world.store_assessment(secret, originator="US", releasable_to=["US"])
    ended = make.noon + timedelta(minutes=10)
    await world.store("events", make.event("e", 200000001, ended_at=ended, status="ended"))
    secret = make.event("s", 200000002, originator="US", releasable_to=("US",))
    await world.store("events", secret)
    return world


async def test_ships_are_where_they_were_last_heard_then(filled, make):
    headers = await filled.sign()
    kind, rows = await frame(filled, headers, f"at={at(make, 0.5)}")
    assert kind == 0
    assert rows[["mmsi", "lon", "lat"]].tolist() == [
        (200000001, -900000000, 100000000), (200000002, -905000000, 105000000),
    ]  # fmt: skip
    kind, rows = await frame(filled, headers, f"at={at(make, 31)}")
    assert rows["mmsi"].tolist() == [200000001], "the other was silent for half an hour"
    kind, rows = await frame(filled, headers, f"at={at(make, 1.5)}&after={at(make, 0)}")
    assert kind == 1
    assert rows[["mmsi", "lon"]].tolist() == [(200000001, -905000000)]
    _, rows = await frame(filled, headers, f"at={at(make, 1)}&bbox=-91,10.2,-90.2,11")
    assert rows["mmsi"].tolist() == [200000001, 200000002]
    assert (await frame(filled, headers, f"at={at(make, -1)}"))[1].tolist() == []


async def test_bands_and_open_events_are_those_of_then(filled, make):
    headers = await filled.sign()
    seen = {}
    for minutes in (0.5, 2, 8, 12, 21):
        _, rows = await frame(filled, headers, f"at={at(make, minutes)}")
        seen[minutes] = rows[["coercion_band", "flags"]][rows["mmsi"] == 200000001].tolist()
    assert seen == {0.5: [(0, 0)], 2: [(2, 0)], 8: [(2, 1)], 12: [(2, 0)], 21: [(3, 0)]}


async def test_what_is_withheld_changes_no_byte_of_the_past(filled, make):
    query = f"/v1/past?at={at(make, 8)}"
    stranger, friend = await filled.sign(nation="MX"), await filled.sign(nation="US")
    with_secrets = await (await filled.get(query, stranger)).read()
    of_friend = await (await filled.get(query, friend)).read()
    await filled.database.execute("DELETE FROM assessments WHERE originator = 'US'")
    await filled.database.execute("DELETE FROM events WHERE originator = 'US'")
    assert await (await filled.get(query, stranger)).read() == with_secrets
    assert of_friend != with_secrets


async def test_a_span_that_ends_before_it_begins_is_refused(world, make):
    headers = await world.sign()
    response = await world.get(f"/v1/past?at={at(make, 0)}&after={at(make, 1)}", headers)
    assert response.status == 422
    assert "after" in await response.text()
