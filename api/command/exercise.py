"""``safepassage exercise``: synthetic traffic into a file, and the truth of it into another."""

import argparse
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from ingest.exercise import NAMES, Exercise
from sea.errors import BadInputError, UnavailableError
from sea.instants import parse_utc
from sea.units import HOUR_US

_START = "2026-01-15T00:00:00Z"
_WEAVE = "weave"
_Written = tuple[Iterable[bytes], Callable[[], list[dict[str, Any]]]]


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command to the command line."""
    command = commands.add_parser(
        "exercise",
        help="write synthetic traffic as AIVDM, and what is planted in it",
        description="Writes an exercise and its truth. 'weave' plants into real tracks instead: "
        "their vessels keep their reporting, some are moved, others added.",
    )
    command.add_argument(
        "name", metavar="NAME", help=f"one of: {', '.join(NAMES)}; a scenario file; or: {_WEAVE}"
    )
    command.add_argument("--hours", type=float, metavar="H",
                         help="default 24; with weave as long as the background")  # fmt: skip
    command.add_argument(
        "--vessels",
        type=int,
        metavar="N",
        help="default 300; with weave at most so many of the background, 150",
    )
    command.add_argument("--seed", type=int, default=0, metavar="S", help="default 0")
    command.add_argument("--start", default=_START, metavar="T",
                         help=f"default {_START}; with weave of NMEA without any time")  # fmt: skip
    command.add_argument("--background", type=Path, nargs="+", metavar="F",
                         help="real archives to weave into")  # fmt: skip
    command.add_argument(
        "--plants",
        type=int,
        default=30,
        metavar="N",
        help="to weave, default 30; those that find no room are left out",
    )
    command.add_argument("--out", type=Path, required=True, metavar="feed.nmea")
    command.add_argument("--truth", type=Path, required=True, metavar="truth.jsonl")
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Writes both files; 0 when done."""
    lines, truth = _woven(args) if args.name == _WEAVE else _exercised(args)
    try:
        with args.out.open("wb") as feed:
            feed.writelines(lines)
        encoder = msgspec.json.Encoder(order="deterministic")
        with args.truth.open("wb") as file:
            file.writelines(encoder.encode(row) + b"\n" for row in truth())
    except OSError as error:
        raise UnavailableError(f"cannot write {error.filename}: {error.strerror}") from error
    return 0


def _exercised(args: argparse.Namespace) -> _Written:
    if args.background:
        raise BadInputError("--background belongs to weave", field="--background")
    exercise = Exercise(
        args.name,
        start_us=parse_utc(args.start, field="--start"),
        hours=24.0 if args.hours is None else args.hours,
        vessels=300 if args.vessels is None else args.vessels,
        seed=args.seed,
    )
    return _hourly(exercise), exercise.truth


def _woven(args: argparse.Namespace) -> _Written:
    from ingest.archive import open_archive
    from ingest.exercise.background import Background
    from ingest.exercise.weave import woven

    if not args.background:
        raise BadInputError("weave needs --background FILES", field="--background")
    start_us = parse_utc(args.start, field="--start")
    background = Background.read(open_archive(path, start_us=start_us) for path in args.background)
    most = 150 if args.vessels is None else args.vessels
    rows, truth = woven(background, seed=args.seed, hours=args.hours, plants=args.plants, most=most)
    return (line for _, line in rows), lambda: truth


def _hourly(exercise: Exercise) -> Iterator[bytes]:
    for hour in _shown(exercise):
        begin_us = exercise.start_us + hour * HOUR_US
        yield from (line for _, line in exercise.lines(begin_us, begin_us + HOUR_US))


def _shown(exercise: Exercise) -> Iterator[int]:
    """The hours of the exercise, with a progress bar on stderr where that is a terminal."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    hours = range(-(-(exercise.end_us - exercise.start_us) // HOUR_US))
    yield from track(hours, description="hours", console=console, disable=not console.is_terminal)
