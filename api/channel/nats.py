"""NATS: alerts on a subject of the subscription, `alert.<nation>.<name>`.

Core NATS keeps nothing: who does not listen misses it, unless a JetStream stream captures the
subject. The parcel's id goes along as `Nats-Msg-Id`, by which such a stream drops repetitions.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import nats
import nats.errors
from nats.aio.client import Client

from api.channel.parcel import AwayError, Parcel
from api.form.forms import written
from api.routing import subject_of

_log = logging.getLogger(__name__)

FLUSH_S: Final = 5.0


class NatsSender:
    """Publishes by one connection."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def send(self, parcel: Parcel) -> None:
        """Returns when the server has it."""
        if not self._client.is_connected:
            raise AwayError("NATS does not answer")
        body, media_type = written(parcel)
        try:
            await self._client.publish(
                subject_of(parcel.nation, parcel.name), body,
                headers={"Nats-Msg-Id": parcel.id, "Content-Type": media_type},
            )  # fmt: skip
            await self._client.flush(timeout=int(FLUSH_S))
        except (OSError, TimeoutError, nats.errors.Error) as error:
            raise AwayError(f"{type(error).__name__}: {error}") from None


@asynccontextmanager
async def nats_sender(url: str) -> AsyncIterator[NatsSender]:
    """A sender with its connection, which is made again for ever when it is lost."""
    client = await nats.connect(
        url, connect_timeout=int(FLUSH_S), max_reconnect_attempts=-1, error_cb=_note,
        allow_reconnect=True,
    )  # fmt: skip
    try:
        yield NatsSender(client)
    finally:
        with suppress(OSError, nats.errors.Error):
            await client.close()


async def _note(error: Exception) -> None:
    _log.debug("NATS: %s", error or type(error).__name__)
