"""The bell: heard from the database, never missed, and rung again when the connection is back."""

import asyncio

from api.bell import Bell


async def ringing(bell, since):
    async with asyncio.timeout(30):
        await bell.wait(60, since)


async def test_what_rang_before_somebody_waits_is_not_missed():
    bell = Bell()
    since = bell.rung
    bell.ring()
    await ringing(bell, since)
    await bell.wait(0.001, bell.rung)


async def test_the_database_rings_and_a_lost_connection_is_made_again(database, api_database_url):
    bell = Bell()
    listening = asyncio.create_task(bell.listen(api_database_url))
    try:
        await ringing(bell, 0)
        assert bell.listening
        since = bell.rung
        await database.execute("SELECT pg_notify('alerts', '')")
        await ringing(bell, since)
        since = bell.rung
        await database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        )
        while not (bell.rung > since and bell.listening):
            await ringing(bell, bell.rung)
        since = bell.rung
        await database.execute("SELECT pg_notify('alerts', '')")
        await ringing(bell, since)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
