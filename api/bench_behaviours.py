"""Measures the detectors on traffic that nobody tuned them on: scenarios and seeds -> outcomes.

An exercise is made, decoded and watched by the service's own code, whole and with half of its
reports left out, and by others' definitions of a meeting. What can be seen in the half is judged
by a truth of its own; how much of all there is was found is told beside it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from api.bench import SAMPLE
from api.command.detect import detect, timeline
from ingest.archive import open_archive
from ingest.decode import Decoded, Decoder
from ingest.exercise import Exercise
from ingest.exercise.background import Background
from ingest.exercise.weave import woven
from risk.detectors import load_params, presets, standard_detectors
from risk.engine import Engine
from risk.evaluation import RANKLESS, Outcome, outcomes
from risk.event import event_line
from risk.matching import Spell, read_spells
from sea.instants import parse_utc
from sea.units import HOUR_US

BASE_SEED: Final = 740_000
"""Seeds from here on are for this measurement alone."""

SCENARIOS: Final = ("pacific", "caribbean", "gulf", "atlantic-brazil", "storm", "spoofing")
QUIET: Final = "quiet"
SAMPLES: Final = ("denmark_pghp.nmea", "drift_duplicates.nmea", "us_puget.nmea", "uscg_suffix.ais",
                  "satellite_tagblock.nm4", "bahamas_mixed.nmea")  # fmt: skip
WOVEN: Final = "denmark_pghp.nmea"
WOVEN_HOURS: Final = 12.0
WOVEN_PLANTS: Final = 60
WOVEN_VESSELS: Final = 120

F1_AT_LEAST: Final = {
    **dict.fromkeys(("gap", "rendezvous", "loitering", "jump", "clone", "spoof_circle"), 0.95),
    **dict.fromkeys(("approach", "deviation", "stop", "port_call", "identity_change"), 0.90),
    **dict.fromkeys(("slowdown", "destination_mismatch", "sudden_stop"), 0.80),
}
"""Targets by kind; the others below are for all kinds together."""

_SHARE: Final = 0.5
"""Of the reports that are left in."""

_START: Final = parse_utc("2026-03-10T11:00:00Z")
"""Before noon, so that 00 UTC lies in the middle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What came of one exercise.

    Attributes:
        thinned: of the half, by the truth of what is left of it (woven: of the whole).
        of_all: of the half, by the truth of the whole.
        alerts: events of alert rank. others: rendezvous by others' definitions, by preset.
    """

    name: str
    vessel_hours: float
    whole: Mapping[str, Outcome]
    thinned: Mapping[str, Outcome] = field(default_factory=dict)
    of_all: Mapping[str, Outcome] = field(default_factory=dict)
    others: Mapping[str, Outcome] = field(default_factory=dict)
    alerts: Mapping[str, int] = field(default_factory=dict)


def measured(base_seed: int, *, seeds: int, hours: float, vessels: int, workers: int) -> list[Run]:
    """Every run, spread over processes; what has no real file is left out."""
    woven_file = SAMPLE.parent / WOVEN
    jobs: list[tuple[Callable[..., Run], tuple[Any, ...]]] = [
        (exercised, (name, base_seed + turn, hours, vessels))
        for turn in range(seeds)
        for name in (*SCENARIOS, QUIET)
    ]
    if woven_file.exists():
        jobs += [(woven_in, (woven_file, base_seed + turn, WOVEN_HOURS, WOVEN_PLANTS))
                 for turn in range(seeds)]  # fmt: skip
    jobs += [(sampled, (path,)) for path in samples()]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return [job.result() for job in [pool.submit(work, *given) for work, given in jobs]]


def exercised(scenario: str, seed: int, hours: float, vessels: int) -> Run:
    """A scenario with a seed, watched."""
    exercise = Exercise(scenario, start_us=_START, hours=hours, vessels=vessels, seed=seed)
    half = exercise.thinned(_SHARE)
    return _watched(f"{scenario} {seed}", _feed(exercise), _feed(half), hours * vessels,
                    known=tuple(F1_AT_LEAST))  # fmt: skip


def woven_in(path: Path, seed: int, hours: float, plants: int) -> Run:
    """Plants woven into a real file, watched; only planted kinds are judged."""
    background = Background.read([open_archive(path, start_us=_START)])
    lines, truth = woven(background, seed=seed, hours=hours, plants=plants, most=WOVEN_VESSELS)
    blocks, truths = _decoded(line for _, line in lines), _truths(truth)
    chance = np.random.default_rng(seed)
    half = [_thinned(block, chance) for block in blocks]
    vessels = min(len(background.vessels), WOVEN_VESSELS)
    return _watched(f"woven {path.name} {seed}", (blocks, truths), (half, truths), hours * vessels)


def sampled(path: Path) -> Run:
    """A real file as it is; nothing is known of what is in it, so only alerts are counted."""
    blocks = list(open_archive(path, start_us=_START))
    events = _found(blocks, standard_detectors())
    return Run(name=path.name, vessel_hours=_vessel_hours(blocks), whole={}, alerts=_alerts(events))


def samples() -> list[Path]:
    """The real files that are here."""
    return [path for name in SAMPLES if (path := SAMPLE.parent / name).exists()]


def _decoded(lines: Iterable[bytes]) -> list[Decoded]:
    decoder = Decoder(start_us=_START)
    blocks, chunk = [], []
    for line in lines:
        chunk.append(line)
        if len(chunk) == 20_000:
            blocks.append(decoder.feed(b"".join(chunk)))
            chunk = []
    return [*blocks, decoder.feed(b"".join(chunk)), decoder.finish()]


_Feed = tuple[Sequence[Decoded], Sequence[Spell]]
"""Blocks, and the truth of what is in them."""


def _feed(exercise: Exercise) -> _Feed:
    lines = exercise.lines(exercise.start_us, exercise.end_us)
    return _decoded(line for _, line in lines), _truths(exercise.truth())


def _watched(
    name: str, whole: _Feed, half: _Feed, vessel_hours: float, *, known: tuple[str, ...] = ()
) -> Run:
    """The run; without `known` kinds only what vessels of the truth do is judged."""
    blocks, truths = whole
    planted = {mmsi for truth in truths for mmsi in truth.mmsis}

    def judged(detectors: Sequence[Any], blocks: Sequence[Decoded]) -> list[Spell]:
        found = _found(blocks, detectors)
        return found if known else [e for e in found if planted.intersection(e.mmsis)]

    events = judged(standard_detectors(), blocks)
    fewer = judged(standard_detectors(), half[0])
    others = {}
    for preset in presets():
        detectors = [d for d in standard_detectors(load_params(preset)) if "rendezvous" in d.kinds]
        met = outcomes(judged(detectors, blocks), truths, known=known)
        others[preset] = met.get("rendezvous", Outcome())
    return Run(
        name=name, vessel_hours=vessel_hours, whole=outcomes(events, truths, known=known),
        thinned=outcomes(fewer, half[1], known=known), of_all=outcomes(fewer, truths, known=known),
        others=others, alerts=_alerts(events),
    )  # fmt: skip


def _found(blocks: Sequence[Decoded], detectors: Sequence[Any]) -> list[Spell]:
    engine = Engine(list(detectors))
    return read_spells(event_line(e) for e in detect(engine, timeline([blocks], engine.params)))


def _thinned(block: Decoded, chance: np.random.Generator) -> Decoded:
    """The block with every second report left out, on the average."""
    reports = block.reports.take(chance.random(len(block.reports)) < _SHARE)
    statics = block.statics.take(chance.random(len(block.statics)) < _SHARE)
    return Decoded(reports=reports, statics=statics)


def _truths(documents: Iterable[Mapping[str, Any]]) -> list[Spell]:
    return read_spells(msgspec.json.encode(row) for row in documents)


def _alerts(events: Iterable[Spell]) -> dict[str, int]:
    kinds: dict[str, int] = {}
    for event in events:
        if event.kind not in RANKLESS:
            kinds[event.kind] = kinds.get(event.kind, 0) + 1
    return kinds


def _vessel_hours(blocks: Sequence[Decoded]) -> float:
    """Hours between the first and the last report of each vessel, added up."""
    mmsi = np.concatenate([block.reports.mmsi for block in blocks])
    at_us = np.concatenate([block.reports.reported_at for block in blocks])
    order = np.lexsort((at_us, mmsi))
    mmsi, at_us = mmsi[order], at_us[order]
    first = np.flatnonzero(np.diff(mmsi, prepend=-1))
    last = np.append(first[1:], len(mmsi)) - 1
    return float((at_us[last] - at_us[first]).sum() / HOUR_US)
