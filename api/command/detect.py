"""``safepassage detect``: files of AIS to events and assessments, by the service's own code."""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from api.archives import Reading, files_of
from ingest.archive import Archive
from ingest.decode import Decoded
from risk.engine import Engine, EngineParams, watermark_of
from risk.event import Event, event_line
from sea.errors import BadInputError, UnavailableError
from sea.instants import iso_z, parse_utc
from sea.units import Microseconds

_TIMELINE = "archives"


def register(commands: Any) -> None:
    """Adds the command to the sub-parsers."""
    parser = commands.add_parser(
        "detect",
        help="files of AIS to events and assessments",
        description="Reads archives as one timeline and writes a final line for each event. "
        "Needs no server; the same files give the same bytes. A file that cannot be read is "
        "named, the others are read, and the status is 1.",
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", type=Path,
                        help="a file, a folder, or a pattern in quotes")  # fmt: skip
    parser.add_argument("--out", metavar="F", type=Path, required=True, help="events as JSON lines")
    parser.add_argument("--assessments", metavar="F", type=Path,
                        help="scores of every vessel at the end, as JSON lines")  # fmt: skip
    parser.add_argument("--params", metavar="F", type=Path,
                        help="TOML with a table of thresholds a behaviour, or a preset: "
                             "gfw-encounter, skylight-rendezvous")  # fmt: skip
    parser.add_argument("--start", metavar="T", type=_instant,
                        help="time of the first line of NMEA without any time")  # fmt: skip
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Detects in the files of the parsed arguments."""
    from risk.detectors import load_params, standard_detectors  # compiles kernels

    params = load_params(args.params) if args.params else None
    engine = Engine(standard_detectors(params))
    reading = Reading("detect", files_of(args.paths), start_us=args.start)
    if not reading.archives:
        return 1
    with reading:
        blocks = [reading.blocks(n) for n in range(len(reading.archives))]
        events = detect(engine, timeline(blocks, engine.params))
    _write(args.out, map(event_line, events))
    if args.assessments:
        _write(args.assessments, _assessed(engine, events))
    kinds = Counter(event.kind for event in events)
    totals = {"vessels": len(engine.picture), **engine.counts, "events": len(events), **kinds}
    for archive in reading.archives:
        for line in _remarks(archive):
            sys.stderr.write(f"{archive.path} {line}\n")
    sys.stderr.write(" ".join(f"{name}={count}" for name, count in totals.items()) + "\n")
    return 1 if reading.failed else 0


def _remarks(archive: Archive) -> Iterator[str]:
    """What a reader of the events should know of the file."""
    if archive.counts["untimed"]:
        yield f"tells no time: taken from {iso_z(archive.start_us)}"
    for reason, what in (("future_time", "lie in the future"), ("leap_time", "leap ahead")):
        if archive.counts[reason]:
            yield f"holds {archive.counts[reason]} messages whose times {what}: left out"


def detect(engine: Engine, blocks: Iterable[tuple[Decoded, Microseconds]]) -> list[Event]:
    """The last word on each event of a whole timeline, in order of (started_at, id)."""
    last: dict[str, Event] = {}
    for decoded, watermark_us in blocks:
        for event in engine.take(_TIMELINE, decoded.reports, decoded.statics, watermark_us):
            last[event.id] = event
    last |= {event.id: event for event in engine.finish()}
    return sorted(last.values(), key=lambda event: (event.started_at, event.id))


def timeline(
    archives: Sequence[Iterable[Decoded]], params: EngineParams
) -> Iterator[tuple[Decoded, Microseconds]]:
    """The blocks of all archives as one feed, each with the feed's watermark after it.

    The archive that is furthest behind goes on next, so files of the same hours mix and files of
    successive days follow each other in whatever order they were given.
    """
    waiting = [iter(_timed(archive)) for archive in archives]
    heads = {n: head for n, blocks in enumerate(waiting) if (head := next(blocks, None))}
    marks = {n: oldest for n, (_, oldest, _) in heads.items()}
    while heads:
        n = min(heads, key=lambda n: (marks[n], n))
        decoded, _, newest = heads.pop(n)
        marks[n] = max(marks[n], watermark_of(newest, params))
        following = next(waiting[n], None)
        if following:
            heads[n] = following
        yield decoded, min((marks[m] for m in heads), default=marks[n])


def _timed(archive: Iterable[Decoded]) -> Iterator[tuple[Decoded, Microseconds, Microseconds]]:
    """Blocks that hold anything, with the time of their oldest and newest row."""
    for decoded in archive:
        times = np.concatenate((decoded.reports.reported_at, decoded.statics.reported_at))
        if len(times):
            yield decoded, int(times.min()), int(times.max())


def _assessed(engine: Engine, events: Sequence[Event]) -> Iterator[bytes]:
    from risk.assess import Assessor  # loads the hazard field
    from risk.assessment import assessment_document
    from risk.evidence import Evidence

    assessed = Assessor().assess(engine.picture, Evidence(events), engine.now_us)
    documents = [assessment_document(assessment) for assessment in assessed]
    for document in sorted(documents, key=lambda document: document["mmsi"]):
        yield msgspec.json.encode(document, order="deterministic")


def _write(path: Path, lines: Iterable[bytes]) -> None:
    """Writes a file that appears when it is complete."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            file.writelines(line + b"\n" for line in lines)
        os.replace(part, path)
    except OSError as error:
        raise UnavailableError(f"cannot write {path}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def _instant(text: str) -> int:
    try:
        return parse_utc(text)
    except BadInputError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
