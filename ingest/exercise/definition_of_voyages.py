"""Leading away by the book: true motion and what ships declare -> spells that meet the definition.

As `definition`, of which this is a part: the published rule, written down a second time.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from ingest.exercise.definition import MINUTE_S, Bools, Motion, Spell
from ingest.exercise.voyage import Note
from sea.geodesy import distance_nm
from sea.lanes import sea_distance_nm
from sea.ports import Port, resolve_destination

STEP_MIN: Final = 5
"""How often she is looked at."""

_HOURS, _SHARE, _NEAR_NM, _UNDER_WAY_KN, _BACK_H = 6, 0.1, 50, 3, 2


def leading_away(motion: Motion, said: Sequence[Sequence[Note]], ease: float) -> Iterator[Spell]:
    """Ships that sail away from the port they declare, by all their notes; see `definition`."""
    for ship, notes in enumerate(said):
        if not motion.ships[ship].class_b:
            for text, from_s, until_s in declared(notes):
                port = resolve_destination(text)
                if port is not None:
                    yield from _leading(motion, ship, port, from_s, until_s, ease)


def declared(notes: Sequence[Note]) -> list[tuple[str, float, float]]:
    """(destination, from, until) of each destination that the notes give in turn."""
    turns = [note for i, note in enumerate(notes)
             if i == 0 or note.destination != notes[i - 1].destination]  # fmt: skip
    ends = [*(note.from_s for note in turns[1:]), np.inf]
    return [(note.destination, note.from_s, end) for note, end in zip(turns, ends, strict=True)]


def _leading(
    motion: Motion, ship: int, port: Port, from_s: float, until_s: float, ease: float
) -> Iterator[Spell]:
    minutes = np.arange(0, motion.lon.shape[1], STEP_MIN)
    said = (minutes * MINUTE_S >= from_s) & (minutes * MINUTE_S < until_s)
    minutes = minutes[said & motion.there[ship, minutes]]
    if len(minutes) * STEP_MIN < _HOURS * 60 * ease:
        return
    lon, lat = motion.lon[ship, minutes], motion.lat[ship, minutes]
    away = distance_nm(lon, lat, port.lon, port.lat)
    made = distance_nm(lon[:-1], lat[:-1], lon[1:], lat[1:])
    far = away[1:] > _NEAR_NM * ease
    grown = np.diff(away)
    leads = (grown > _SHARE * ease * made) & far & (motion.sog[ship, minutes[1:]] > _UNDER_WAY_KN)
    back = (grown < -_SHARE / ease * made) | ~far
    for first, met, last in _stretches(leads, back, int(_HOURS * 60 * ease / STEP_MIN)):
        ends = np.array([first, met])
        way = sea_distance_nm(np.column_stack([lon[ends], lat[ends]]), [(port.lon, port.lat)])
        sailed = made[first:met][leads[first:met]].sum()
        if way[1, 0] - way[0, 0] >= _SHARE * ease * sailed:
            begin_s, met_s, end_s = (minutes[[first, met, last]] * MINUTE_S).tolist()
            goes_on = last == len(leads) and minutes[-1] + STEP_MIN >= motion.lon.shape[1]
            yield Spell(kind="destination_mismatch", ships=(ship,), from_s=begin_s,
                        to_s=np.inf if goes_on else end_s, met_s=met_s)  # fmt: skip


def _stretches(leads: Bools, back: Bools, least: int) -> Iterator[tuple[int, int, int]]:
    """(first, met, last) instants of every stretch of leading away that is long enough.

    Coming nearer ends it; once it is long enough, only if it goes on for two hours.
    """
    begin = turned = met = -1
    for step in range(len(leads)):
        if leads[step]:
            begin, turned = (step if begin < 0 else begin), -1
            if met < 0 and step + 1 - begin >= least:
                met = step + 1
        elif back[step] and begin >= 0:
            turned = step if turned < 0 else turned
            if met < 0:
                begin = turned = -1
            elif step + 1 - turned >= _BACK_H * 60 / STEP_MIN:
                yield begin, met, turned
                begin = turned = met = -1
    if met >= 0:
        yield begin, met, len(leads)
