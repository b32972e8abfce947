import asyncio

import numpy as np
import pytest

from ingest import store
from ingest.batch import ReportBatch, StaticBatch
from sea.instants import parse_utc
from sea.units import DAY_US

pytestmark = pytest.mark.service
T = parse_utc("2026-03-01T12:00:00Z")


def some_reports(**columns):
    n = max(len(c) for c in columns.values())
    known = {
        "mmsi": [7] * n, "reported_at": [T] * n, "received_at": [T] * n, "lon": [-80.0] * n,
        "lat": [-2.0] * n, "sog": [10.1] * n, "cog": [359.9] * n, "heading": [511 - 300] * n,
        "rot": [0.0] * n, "nav_status": [0] * n, "msg_type": [1] * n, "source": [None] * n,
    }  # fmt: skip
    return ReportBatch.of(**{**known, **columns})


async def test_positions_come_back_as_they_were_unknowns_as_null(database):
    reports = some_reports(
        mmsi=[8, 7, 7], reported_at=[T, T + 1, T], lon=[1.5, -80.1234567, np.nan],
        sog=[np.nan, 10.1, 1.0], cog=[np.nan, 359.9, 1.0], heading=[np.nan, 211.0, 1.0],
        nav_status=[15, 5, 0],
    )  # fmt: skip
    async with database.acquire() as connection:
        assert await store.insert_positions(connection, reports) == 2
    rows = await database.fetch(
        "SELECT mmsi, lon, lat, sog, cog, heading, nav_status FROM positions ORDER BY mmsi"
    )
    assert [tuple(r) for r in rows] == [
        (7, -801234567, -20000000, 101, 3599, 211, 5),
        (8, 15000000, -20000000, None, None, None, None),
    ]
    assert await database.fetchval("SELECT max(t) = timestamptz '2026-03-01T12:00:00.000001Z' "
                                   "FROM positions")  # fmt: skip


async def test_static_messages_keep_what_they_say_and_no_more(database):
    unknown = np.nan
    statics = StaticBatch.of(
        mmsi=[7], reported_at=[T], received_at=[T], msg_type=[5], source=[None], imo=[0],
        callsign=[None], name=["ANA"], ship_type=[70], to_bow=[100.0], to_stern=[80.0],
        to_port=[unknown], to_starboard=[unknown], draught=[unknown], destination=["ECGYE"],
        eta=[None],
    )  # fmt: skip
    async with database.acquire() as connection:
        await store.insert_statics(connection, statics)
    row = await database.fetchrow("SELECT * FROM statics")
    assert (row["imo"], row["name"], row["length_m"], row["width_m"]) == (None, "ANA", 180.0, None)


async def test_texts_of_any_alphabet_come_back_between_unknown_ones(database):
    n = 4
    statics = StaticBatch.of(
        mmsi=range(1, n + 1), reported_at=[T] * n, received_at=[T] * n, msg_type=[5] * n,
        source=[None] * n, imo=[9500001] * n, callsign=[None] * n, ship_type=[0] * n,
        name=["ÆGIR", None, "", "岩手"], to_bow=[np.nan] * n, to_stern=[np.nan] * n,
        to_port=[3.5] * n, to_starboard=[4.0] * n, draught=[0.0] * n,
        destination=[None, "A", "BC", None], eta=["01-15T24:60", None, None, ""],
    )  # fmt: skip
    async with database.acquire() as connection:
        await store.insert_statics(connection, statics)
    rows = await database.fetch(
        "SELECT name, destination, eta, callsign, width_m, length_m, draught_m, ship_type, imo "
        "FROM statics ORDER BY mmsi"
    )
    assert [tuple(row)[:4] for row in rows] == [
        ("ÆGIR", None, "01-15T24:60", None), (None, "A", None, None), ("", "BC", None, None),
        ("岩手", None, "", None),
    ]  # fmt: skip
    assert {tuple(row)[4:] for row in rows} == {(7.5, None, None, None, 9500001)}


async def test_positions_are_sorted_by_vessel_and_time_however_far_apart(database):
    times = [T + 400 * DAY_US, T, T + 1]
    async with database.acquire() as connection:
        await store.insert_positions(
            connection, some_reports(mmsi=[9, 9, 8], reported_at=times, received_at=times)
        )
    rows = await database.fetch("SELECT mmsi, t FROM positions_default ORDER BY ctid")
    assert [row["mmsi"] for row in rows] == [8, 9, 9]
    assert rows[1]["t"] < rows[2]["t"]


async def test_a_failed_transaction_leaves_neither_rows_nor_offset(database):
    async def rows(connection):
        await store.insert_positions(connection, some_reports(mmsi=[7]))
        raise RuntimeError("power cut")

    async with store.own(database, "tracker") as owned:
        with pytest.raises(RuntimeError, match="power cut"):
            await store.commit(database, owned, offset=9, snapshot=b"s", rows=rows)
    assert await database.fetchval("SELECT count(*) FROM positions") == 0
    assert await store.offsets(database) == {"tracker": 0}


async def test_a_stage_has_one_owner_and_a_former_owner_cannot_commit(database):
    async def nothing(connection):
        pass

    async with store.own(database, "watch") as first:
        await store.commit(database, first, offset=5, snapshot=b"five", rows=nothing)
        waiting = asyncio.ensure_future(store.own(database, "watch").__aenter__())
        done, _ = await asyncio.wait([waiting], timeout=0.5)
        assert not done
    second = await asyncio.wait_for(waiting, 10)
    assert (second.offset, second.snapshot) == (5, b"five")
    assert second.epoch == first.epoch + 1
    with pytest.raises(store.LostOwnershipError):
        await store.commit(database, first, offset=6, snapshot=b"six", rows=nothing)


async def test_a_commit_without_a_snapshot_leaves_a_note_until_the_next_one(database):
    async def nothing(connection):
        pass

    async with store.own(database, "watch") as owned:
        await store.commit(database, owned, offset=5, snapshot=b"five", rows=nothing)
        await store.commit(database, owned, offset=7, note=b"a", rows=nothing)
        await store.commit(database, owned, offset=8, note=b"b", rows=nothing)
    async with store.own(database, "watch") as owned:
        assert (owned.offset, owned.snapshot, owned.snapshot_offset) == (8, b"five", 5)
        assert owned.notes == [(7, b"a"), (8, b"b")]
        assert await store.needed(database) == {"watch": 5}
        assert await store.offsets(database) == {"watch": 8}
        assert await store.last_snapshot(database, "watch") == (5, b"five")
        await store.commit(database, owned, offset=9, snapshot=b"nine", rows=nothing)
    async with store.own(database, "watch") as owned:
        assert (owned.snapshot_offset, owned.notes) == (9, [])
    assert await store.needed(database) == {"watch": 9}


async def test_a_day_gets_its_own_partition_unless_its_rows_lie_elsewhere_already(database):
    from sea.instants import from_us

    async with database.acquire() as connection:
        await store.insert_positions(connection, some_reports(mmsi=[7]))
    await store.ensure_day(database, from_us(T).date())
    await store.ensure_day(database, from_us(T + DAY_US).date())
    await store.ensure_day(database, from_us(T + DAY_US).date())
    names = await database.fetch("SELECT relname FROM pg_class WHERE relname LIKE 'positions_2%'"
                                 " AND relkind = 'r'")  # fmt: skip
    assert [row["relname"] for row in names] == ["positions_20260302"]
