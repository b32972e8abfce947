"""``safepassage up``: runs the service."""

import argparse
import sys
from pathlib import Path
from typing import Any


def register(commands: Any) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "up",
        help="run the service",
        description="Runs the service until Ctrl-C. Without a source it plays an exercise.",
    )
    parser.add_argument(
        "--source", action="append", default=[], metavar="URL",
        help="a feed: tcp://host:port, tcp-listen://:port, udp://:port, http(s)://…, ws(s)://…, "
        "mqtt(s)://host/topic, serial:DEVICE?baud=38400, folder:PATH, file:PATH or -; "
        "may be given again",
    )  # fmt: skip
    parser.add_argument(
        "--rebroadcast", action="append", default=[], metavar="URL",
        help="send live feeds and the exercise on as tagged NMEA: tcp://[host]:port listens, "
        "udp://host:port sends; may be given again",
    )  # fmt: skip
    parser.add_argument(
        "--exercise", metavar="NAME", help="synthetic traffic (default: pacific, without a source)"
    )
    parser.add_argument("--no-exercise", action="store_true", help="wait for feeds and replays")
    parser.add_argument("--seed", type=int, default=0, help="of the exercise (default 0)")
    parser.add_argument(
        "--role", choices=("all", "gateway", "tracker", "watch", "api"), default="all",
        help="which part to run (default all); parts share SAFEPASSAGE_DATABASE_URL and _NATS_URL",
    )  # fmt: skip
    parser.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on (default 8080)")
    parser.add_argument("--data-dir", type=Path, help="the node's folder")
    parser.add_argument(
        "--with-parent", action="store_true", help="stop when the program that started this ends"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Runs the service."""
    import logging
    import os
    import signal

    from api.lifeline import die_with_parent
    from api.service import Orders
    from api.service import run as run_service
    from api.settings import load_settings

    if args.with_parent:
        die_with_parent(os.getppid(), signal.SIGTERM)
    settings = load_settings(host=args.host, port=args.port, data_dir=args.data_dir)
    logging.basicConfig(
        level=settings.log_level, stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s", datefmt="%H:%M:%S",
    )  # fmt: skip
    exercise = args.exercise or (None if args.source or args.no_exercise else "pacific")
    orders = Orders(
        sources=tuple(args.source), rebroadcast=tuple(args.rebroadcast), exercise=exercise,
        role=args.role, seed=args.seed, say=lambda line: print(line, flush=True),
    )  # fmt: skip
    run_service(settings, orders)
    return 0
