"""Messages that wait for a busy reader, where the sender cannot be paused."""

import asyncio
from collections import Counter, deque

from ingest.json_forms import Message
from ingest.source.feed import SourceParams, now_us


class Inbox:
    """The newest messages; beyond its room the oldest go and are counted as ``dropped``."""

    def __init__(self, params: SourceParams, counts: Counter[str]) -> None:
        self._params, self._counts = params, counts
        self._messages = deque[Message]()
        self._bytes = 0
        self._filled = asyncio.Event()
        self._over = False
        self._error: BaseException | None = None

    def put(self, data: bytes, topic: str = "") -> None:
        """Adds a message; never waits."""
        self._messages.append(Message(now_us(), data, topic))
        self._bytes += len(data)
        while len(self._messages) > self._params.queue or self._bytes > self._params.queue_bytes:
            self._take()
            self._counts["dropped"] += 1
        self._filled.set()

    def close(self, error: BaseException | None = None) -> None:
        """Nothing more will come; the error is raised to the reader once the rest is taken."""
        self._over, self._error = True, error
        self._filled.set()

    async def get(self, most: int = 1, linger_s: float = 0.0) -> list[Message]:
        """The oldest messages; none once the inbox is closed.

        Waits for the first, then lets others come for a while: reading many costs little more.
        """
        while not self._messages:
            if self._error is not None:
                raise self._error
            if self._over:
                return []
            self._filled.clear()
            await self._filled.wait()
            await asyncio.sleep(linger_s)
        return [self._take() for _ in range(min(most, len(self._messages)))]

    def _take(self) -> Message:
        message = self._messages.popleft()
        self._bytes -= len(message.data)
        return message
