"""The bell: wakes whoever waits for new alerts when the database says that there are some.

PostgreSQL's NOTIFY rings it; where that is lost, waiting ends by itself and the waiter looks.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Final

import asyncpg

from api.store_alerts import CHANNEL

_log = logging.getLogger(__name__)

RETRY_S: Final = 1.0
CHECK_S: Final = 30.0


class Bell:
    """Rings for everybody who waits.

    Attributes:
        over: the service stops; nobody need wait any more.
        listening: the database's word is heard, so looking without it is seldom needed.
        rung: how often.
    """

    def __init__(self) -> None:
        self.over = False
        self.listening = False
        self.rung = 0
        self._next = asyncio.Event()

    def ring(self) -> None:
        """Wakes everybody who waits now."""
        self.rung += 1
        self._next.set()
        self._next = asyncio.Event()

    def end(self) -> None:
        """Rings for the last time."""
        self.over = True
        self.ring()

    async def wait(self, seconds: float, since: int) -> None:
        """Returns once the bell has rung more often than `since`, or after so many seconds."""
        if self.rung != since:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._next.wait()
        except TimeoutError:
            return

    async def listen(self, database_url: str) -> None:
        """Rings as the database notifies, for ever; a lost connection is made again."""
        while True:
            try:
                await self._listen(database_url)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("waiting for alerts without the database's word: %r", error)
            self.ring()
            await asyncio.sleep(RETRY_S)

    async def _listen(self, database_url: str) -> None:
        connection = await asyncpg.connect(database_url, timeout=10, command_timeout=10)
        try:
            await connection.add_listener(CHANNEL, lambda *_: self.ring())
            self.listening = True
            self.ring()  # what came before
            gone = asyncio.Event()
            connection.add_termination_listener(lambda _: gone.set())
            while not connection.is_closed():
                with suppress(TimeoutError):
                    async with asyncio.timeout(CHECK_S):
                        await gone.wait()
                await connection.execute("SELECT 1")
        finally:
            self.listening = False
            await connection.close(timeout=5)
