"""``safepassage exercise``: synthetic traffic into a file, and the truth of it into another."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec

from ingest.exercise import NAMES, Exercise
from sea.errors import UnavailableError
from sea.instants import parse_utc
from sea.units import HOUR_US

_START = "2026-01-15T00:00:00Z"


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command to the command line."""
    command = commands.add_parser(
        "exercise", help="write synthetic traffic as AIVDM, and what is planted in it"
    )
    command.add_argument("name", metavar="NAME", help=f"one of: {', '.join(NAMES)}")
    command.add_argument("--hours", type=float, default=24.0, metavar="H", help="default 24")
    command.add_argument("--vessels", type=int, default=300, metavar="N", help="default 300")
    command.add_argument("--seed", type=int, default=0, metavar="S", help="default 0")
    command.add_argument("--start", default=_START, metavar="T", help=f"default {_START}")
    command.add_argument("--out", type=Path, required=True, metavar="feed.nmea")
    command.add_argument("--truth", type=Path, required=True, metavar="truth.jsonl")
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Writes both files; 0 when done."""
    exercise = Exercise(
        args.name,
        start_us=parse_utc(args.start, field="--start"),
        hours=args.hours,
        vessels=args.vessels,
        seed=args.seed,
    )
    try:
        with args.out.open("wb") as feed:
            for hour in _shown(exercise):
                _write_hour(exercise, hour, feed)
        encoder = msgspec.json.Encoder(order="deterministic")
        with args.truth.open("wb") as truth:
            truth.writelines(encoder.encode(row) + b"\n" for row in exercise.truth())
    except OSError as error:
        raise UnavailableError(f"cannot write {error.filename}: {error.strerror}") from error
    return 0


def _write_hour(exercise: Exercise, hour: int, feed: IO[bytes]) -> None:
    begin_us = exercise.start_us + hour * HOUR_US
    feed.writelines(line for _, line in exercise.lines(begin_us, begin_us + HOUR_US))


def _shown(exercise: Exercise) -> Iterator[int]:
    """The hours of the exercise, with a progress bar on stderr where that is a terminal."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    hours = range(-(-(exercise.end_us - exercise.start_us) // HOUR_US))
    yield from track(hours, description="hours", console=console, disable=not console.is_terminal)
