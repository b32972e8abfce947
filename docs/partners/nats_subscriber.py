"""Receives the alerts of a nation from NATS and prints them.

pip install nats-py
python nats_subscriber.py nats://host:4222 US
"""

import asyncio
import sys

import nats


async def main(url: str, nation: str) -> None:
    """Prints alerts until interrupted."""
    client = await nats.connect(url)
    subscription = await client.subscribe(f"alert.{nation}.>")
    await client.flush()
    print("listening", flush=True)
    async for message in subscription.messages:
        print((message.headers or {}).get("Nats-Msg-Id"), message.data.decode(), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
