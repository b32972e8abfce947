"""Follows /v1/alerts/stream; goes on where it was when the connection is lost.

KEY=sp_… python stream_reader.py https://watch.example.org
"""

import json
import os
import sys
import time
import urllib.request

RETRY_S = 3
"""Waited before each new connection: a service that restarts is not asked without end."""


def follow(url: str, last: str | None) -> str | None:
    """Prints alerts until the stream ends; gives the id of the last."""
    headers = {"Authorization": f"Bearer {os.environ['KEY']}"}
    if last is not None:
        headers["Last-Event-ID"] = last
    request = urllib.request.Request(f"{url}/v1/alerts/stream", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        print("listening", flush=True)
        event = ""
        for raw in answer:
            name, _, value = raw.decode().rstrip("\n").partition(": ")
            if name == "id":
                last = value
            elif name == "event":
                event = value
            elif name == "data":
                print(event, json.loads(value)["text"], flush=True)
    return last


if __name__ == "__main__":
    seen: str | None = None
    while True:
        try:
            seen = follow(sys.argv[1].rstrip("/"), seen)
        except OSError as error:
            print(f"trying again: {error}", file=sys.stderr)
        time.sleep(RETRY_S)
