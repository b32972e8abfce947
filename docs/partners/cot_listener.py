"""Receives alerts as Cursor on Target by TCP and prints who, where, how grave.

    python cot_listener.py 8087

A TAK server does the same: point the subscription at its streaming port.
"""

import socketserver
import sys
import xml.etree.ElementTree as ET


class Stream(socketserver.StreamRequestHandler):
    """Events one after the other until the sender closes."""

    def handle(self) -> None:
        """Prints each event."""
        kept = b""
        while part := self.connection.recv(65536):
            kept += part
            while b"</event>" in kept:
                document, _, kept = kept.partition(b"</event>")
                show(document + b"</event>")


def show(document: bytes) -> None:
    """Prints one event; its uid is the same when the alert is withdrawn."""
    event = ET.fromstring(document.strip())
    point, risk = event.find("point"), event.find("detail/__risk")
    assert point is not None
    assert risk is not None
    told = [event.get("uid"), point.get("lat"), point.get("lon")]
    told += [risk.get(name) for name in ("severity", "rule", "phase", "mmsis")]
    sys.stdout.write(" ".join(text or "-" for text in told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with socketserver.ThreadingTCPServer(("127.0.0.1", int(sys.argv[1])), Stream) as server:
        print(f"listening on {server.server_address[1]}", flush=True)
        server.serve_forever()
