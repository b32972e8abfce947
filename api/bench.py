"""Measures the decoder against its peers, in turn, in one process: bytes in memory -> ratios.

Peers are optional. pyais and marlin frame and check the lines themselves; libais is given whole
payloads cut by the fewest steps, without a checksum, so what is measured favours it.
"""

import importlib
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from pyais.exceptions import AISBaseException
from pyais.stream import IterMessages

from ingest.decode import Decoder
from ingest.exercise import Exercise
from sea.instants import parse_utc
from sea.units import HOUR_US

SAMPLE: Final = Path(__file__).parents[2] / "shared" / "data" / "nmea" / "aishub_sample.nmea"
BLOCKS: Final = (4 << 10, 64 << 10, 1 << 20)
MARLIN_BYTES: Final = 1 << 14
"""What its streaming buffer takes at once."""

TAKEN_BYTES: Final = 1 << 20
"""How many bytes a feed that is pushed gathers before its rows are taken. Chosen by us: about a
second of the whole world's AIS at the pace of the largest block."""

_START: Final = parse_utc("2026-01-15T00:00:00Z")


def feed(path: Path | None) -> tuple[str, bytes]:
    """A name and the bytes of the file, of the sample, or of a synthetic exercise."""
    found = path or (SAMPLE if SAMPLE.exists() else None)
    if found:
        return found.name, found.read_bytes()
    exercise = Exercise("pacific", start_us=_START, hours=6.0, vessels=200, seed=0)
    lines = [line for _, line in exercise.lines(_START, _START + 6 * HOUR_US)]
    return "synthetic exercise", b"".join(lines)


def measure(data: bytes, rounds: int) -> dict[str, float]:
    """Median CPU seconds that each contender takes for the data, all run in turn each round."""
    contenders = {**_ours(data), **_peers(data)}
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for run in contenders.values():
        run()
    for _ in range(rounds):
        for name, run in contenders.items():
            began = time.process_time()
            run()
            taken[name].append(time.process_time() - began)
    return {name: statistics.median(times) for name, times in taken.items()}


def _ours(data: bytes) -> dict[str, Callable[[], object]]:
    def fed(block: int) -> None:
        decoder = Decoder(start_us=_START)
        for at in range(0, len(data), block):
            decoder.feed(data[at : at + block])
        decoder.finish()

    def pushed(block: int) -> None:
        decoder = Decoder(start_us=_START)
        for at in range(0, len(data), block):
            decoder.push(data[at : at + block])
            if (at + block) % TAKEN_BYTES == 0:
                decoder.take()
        decoder.finish()

    runs: dict[str, Callable[[], object]] = {}
    for block in BLOCKS:
        name = f"{block >> 10:5d} KiB"
        runs[f"{name}, rows each MiB"] = lambda block=block: pushed(block)  # type: ignore[misc]
        runs[f"{name}, rows each block"] = lambda block=block: fed(block)  # type: ignore[misc]
    return runs


def _peers(data: bytes) -> dict[str, Callable[[], object]]:
    peers: dict[str, Callable[[], object]] = {"pyais": lambda: _by_pyais(data)}
    for name, module, run in (
        ("libais", "ais", _by_libais),
        ("marlin-py", "marlin.ais", _by_marlin),
    ):
        try:
            peer = importlib.import_module(module)
        except ImportError:
            continue
        peers[name] = lambda run=run, peer=peer: run(data, peer)  # type: ignore[misc]
    return peers


def _by_pyais(data: bytes) -> None:
    for sentence in IterMessages(data.split(b"\n")):
        try:
            sentence.decode()
        except AISBaseException:
            continue


def _by_libais(data: bytes, ais: Any) -> None:
    for payload, fill in _payloads(data):
        try:
            ais.decode(payload, fill)
        except ais.DecodeError:
            continue


def _payloads(data: bytes) -> Iterator[tuple[str, int]]:
    first: dict[str, list[str]] = {}
    for line in data.decode("latin-1").splitlines():
        fields = line[line.find("!") :].split(",")
        if len(fields) < 7:
            continue
        total, number, sequence, payload, fill = fields[1], fields[2], fields[3], *fields[5:7]
        if total != "1":
            parts = first.setdefault(sequence, [])
            if number == "1":
                parts.clear()
            parts.append(payload)
            if number != total:
                continue
            payload = "".join(parts)
        if fill[:1].isdigit():
            yield payload, int(fill[0])


def _by_marlin(data: bytes, marlin: Any) -> None:
    parser = marlin.AisParser.streaming(timeout_ms=None)
    for at in range(0, len(data), MARLIN_BYTES):
        parser.feed(data[at : at + MARLIN_BYTES])
        while True:
            try:
                if parser.next_message() is None:
                    break
            except marlin.AisError:
                continue
