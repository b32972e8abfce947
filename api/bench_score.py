"""Measures the scores: how long both of all ships take, and the assessments that are news.

The ships are those of the exercise `world`, ten minutes of it, without static data older than six;
a fifth of them get one to four synthetic events, spread over ten days. All is made up.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from api.news import News
from ingest.decode import Decoder
from ingest.exercise.world import World
from ingest.picture import Picture
from risk.assess import Assessed, Assessor
from risk.assessment import assessment_document
from risk.event import Event
from risk.evidence import KINDS, Evidence
from sea.instants import parse_utc
from sea.units import DAY_US, MINUTE_US

_START: Final = parse_utc("2026-01-15T00:00:00Z")
_WARM_MINUTES: Final = 7
_TICK_MINUTES: Final = 5
_WITH_EVENTS: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """CPU seconds, medians; `news` and `told_s` are of the tick after the first."""

    ships: int
    events: int
    merchants_under_way: int
    first_s: float
    score_s: float
    news: int
    told_s: float


def measure(vessels: int, rounds: int, seed: int = 0) -> Measured:
    """Scores so many ships, moves them on by a tick and scores them again, `rounds` times."""
    picture, evidence = Picture(), Evidence(_events(vessels, seed))
    world, decoder = World(start_us=_START, vessels=vessels, seed=seed), Decoder()
    now_us = _play(world, decoder, picture, _START, _WARM_MINUTES)
    assessor, news = Assessor(), News()
    assessor.assess(picture, evidence, now_us, np.arange(1))
    first_s, before = _timed(lambda: assessor.assess(picture, evidence, now_us))
    news.take(before, picture.slots(before.ships.mmsi))
    taken, told, found = [], [], 0
    for _ in range(rounds):
        now_us = _play(world, decoder, picture, now_us, _TICK_MINUTES)
        seconds, assessed = _timed(lambda: assessor.assess(picture, evidence, now_us))  # noqa: B023
        taken.append(seconds)
        seconds, found = _timed(lambda: _told(assessed, news, picture))  # noqa: B023
        told.append(seconds)
    sailing = assessed.coercion.sailing.sog >= 1.0
    return Measured(
        ships=len(assessed), events=len(assessed.smuggling.rows.ship), first_s=first_s,
        merchants_under_way=int(np.count_nonzero(sailing)), score_s=statistics.median(taken),
        news=found, told_s=statistics.median(told),
    )  # fmt: skip


def _told(assessed: Assessed, news: News, picture: Picture) -> int:
    """How many are news, after their documents were made."""
    fresh = news.take(assessed, picture.slots(assessed.ships.mmsi))
    return len([assessment_document(assessed.assessment(i)) for i in fresh.tolist()])


def _timed(run: Callable[[], Any]) -> tuple[float, Any]:
    began = time.process_time()
    found = run()
    return time.process_time() - began, found


def _play(world: World, decoder: Decoder, picture: Picture, from_us: int, minutes: int) -> int:
    until = from_us + minutes * MINUTE_US
    for data in world.played(from_us, until):
        block = decoder.feed(data)
        picture.apply(block.reports)
        picture.apply_static(block.statics)
    return until


def _events(vessels: int, seed: int) -> list[Event]:
    random = np.random.default_rng(seed)
    mmsis = _mmsis(vessels, seed)
    who = random.choice(mmsis, int(_WITH_EVENTS * vessels), replace=False)
    found = []
    for mmsi, number in zip(who.tolist(), random.integers(1, 5, len(who)).tolist(), strict=True):
        for _ in range(number):
            started = _START - int(random.integers(0, 10 * DAY_US))
            found.append(
                Event(
                    kind=str(random.choice(KINDS)), mmsis=(mmsi,), started_at=started,
                    ended_at=started + 60 * MINUTE_US, detected_at=started + 60 * MINUTE_US,
                    lon=-81.0, lat=1.0, status="ended", confidence=float(random.uniform(0.3, 1)),
                    evidence={"slack_h": float(random.uniform(0, 6))},
                )
            )  # fmt: skip
    return found


def _mmsis(vessels: int, seed: int) -> np.ndarray[Any, Any]:
    """The ships of the world, as they say in its first minutes."""
    picture = Picture()
    _play(World(start_us=_START, vessels=vessels, seed=seed), Decoder(), picture, _START, 3)
    return picture.mmsi[: len(picture)]
