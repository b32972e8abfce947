"""Receives alerts by webhook: checks each signature, drops what it has had, prints the rest.

    pip install standardwebhooks
    SECRET=whsec_… python webhook_receiver.py 9000

Put TLS in front of it. Answer 2xx only when the alert is kept: anything else is sent again.
"""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

HOOK = Webhook(os.environ["SECRET"])
SEEN: set[str] = set()  # keep it where it outlives the process


class Receiver(BaseHTTPRequestHandler):
    """Takes POSTs."""

    def do_POST(self) -> None:
        """One alert, or the withdrawal of one."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            HOOK.verify(body, dict(self.headers), json_parse=False)
        except WebhookVerificationError:
            self.send_response(401)
            self.end_headers()
            return
        if self.headers["webhook-id"] not in SEEN:
            print(body.decode(), flush=True)
            SEEN.add(self.headers["webhook-id"])
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing; the alerts are what is printed."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver)
    print(f"listening on {server.server_address[1]}", flush=True)
    server.serve_forever()
