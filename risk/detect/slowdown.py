"""Slowdown: a ship under way that slows down for a while at sea, and goes on: a drop-off's shape.

Definition: sog falls below 60% of the ship's own cruise for 10 to 60 minutes, having been at 85%
of it or more within the hour before, and returns to 85% or more within the hour after without
falling below 60% again more than 5 minutes later; more than 5 nm from any port throughout, and not
where three other ships lie at anchor within 5 nm: there ships come to anchor. A silence of more
than 15 minutes within it hides what happened, and is no slowdown.

Cruise is the mean sog of the last 6 h or so under way, slowdowns themselves left out, in which what
is faster counts twelve times: so a ship that has left a port is soon measured by her pace at sea.

It starts halfway between the last fix before and the first slow one, and ends likewise; it is
given out when the ship is back at 85%, so it is never open. Told of passenger, cargo and tank
ships and of ships of no known type: tugs, pilots, fishing and other craft have such a pace at work.
Units: nm, kn, minutes; the position is that of the first slow fix.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

import numba
import numpy as np

from ingest.batch import UNKNOWN_TIME, Int32, Int64, ReportBatch
from ingest.picture import Picture
from risk.detect.memory import Memory
from risk.detect.roads import lying_within
from risk.event import Event
from risk.roles import MERCHANT_TYPES
from sea.errors import BadInputError
from sea.ports import nearest_port
from sea.units import HOUR_US, MINUTE_US, Microseconds

_MEMORY_US: Final = 6 * HOUR_US
_FASTER: Final = 12
"""Weight of what is above the mean; chosen by us: after half an hour at sea the hours of a fairway
before it hide no fall by 40%."""

_BLINK_US: Final = 5 * MINUTE_US
"""Above the threshold for no longer, she never was; chosen by us: sog wavers as she slows down."""

_LEAST_CRUISE_KN: Final = 6.0
"""Below this a ship has no cruise to fall from. Chosen by us: the slowest laden tramps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowdownParams:
    """Thresholds of a slowdown.

    Attributes:
        slow_share, cruise_share: of the ship's own cruise; 0.6 and 0.85, chosen by us: below the
            spread of sog in a seaway, above a stop.
        least_minutes, most_minutes: 10 and 60, chosen by us: a boat alongside, not a drift.
        around_minutes: how long before and after she is seen at cruise; 60, chosen by us.
        silence_minutes: a silence that hides it; 15, chosen by us: its own order of length.
        port_nm: at least, from any port; 5, chosen by us: pilots board within.
        road_ships, road_nm: see `risk.detect.sudden_stop.SuddenStopParams`.
        known_hours: how long her cruise is known before; 0.5, chosen by us.
    """

    slow_share: float = 0.6
    cruise_share: float = 0.85
    least_minutes: float = 10
    most_minutes: float = 60
    around_minutes: float = 60
    silence_minutes: float = 15
    port_nm: float = 5
    road_ships: float = 3
    road_nm: float = 5
    known_hours: float = 0.5

    def __post_init__(self) -> None:
        for field, value in asdict(self).items():
            if not value > 0:
                raise BadInputError(f"slowdown: {field} must be positive", field=field)


class Slowdown:
    """Follows the pace of every ship that has a cruise."""

    kinds: tuple[str, ...] = ("slowdown",)

    def __init__(self, params: SlowdownParams | None = None) -> None:
        self.params = params or SlowdownParams()
        self._memory = Memory(
            at=("i8", UNKNOWN_TIME), cruise=("f8", 0), known=("i8", 0),
            fast_at=("i8", UNKNOWN_TIME), began=("i8", UNKNOWN_TIME), slow_at=("i8", UNKNOWN_TIME),
            ended=("i8", UNKNOWN_TIME), least=("f8", 0), lon=("f8", np.nan), lat=("f8", np.nan),
            end_lon=("f8", np.nan), end_lat=("f8", np.nan),
        )  # fmt: skip

    def observe(self, picture: Picture, slots: Int32, reports: ReportBatch) -> list[Event]:
        """Slowdowns that end with these reports."""
        memory, params = self._memory, self.params
        memory.reach(picture)
        kind = picture.ship_type[slots]
        paced = (kind != 0) & ~np.isin(kind, MERCHANT_TYPES)
        done = _follow(
            slots, reports.reported_at, reports.lon, reports.lat, reports.sog,
            reports.msg_type == 18, paced, params.slow_share, params.cruise_share,
            int(params.least_minutes * MINUTE_US), int(params.most_minutes * MINUTE_US),
            int(params.around_minutes * MINUTE_US), int(params.silence_minutes * MINUTE_US),
            int(params.known_hours * HOUR_US), memory["at"], memory["cruise"], memory["known"],
            memory["fast_at"], memory["began"], memory["slow_at"], memory["ended"],
            memory["least"], memory["lon"], memory["lat"], memory["end_lon"], memory["end_lat"],
        )  # fmt: skip
        rows = np.flatnonzero(done)
        return self._events(picture, slots[rows], reports.reported_at[rows]) if len(rows) else []

    def tick(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Nothing: a slowdown is over when a report says so."""
        return []

    def finish(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Nothing: one that is not over is none."""
        return []

    def state(self) -> dict[str, Any]:
        """What is known of every vessel."""
        return self._memory.state()

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        self._memory.restore(state)

    def _events(self, picture: Picture, slots: Int32, at: Int64) -> list[Event]:
        """Those away from ports; the slots are free for another one."""
        memory = self._memory
        ends = [memory[name][slots] for name in ("lon", "lat", "end_lon", "end_lat")]
        away = np.minimum(nearest_port(*ends[:2])[1], nearest_port(*ends[2:])[1])
        events = [
            self._event(picture, slot, float(port_nm), now)
            for slot, port_nm, now in zip(slots.tolist(), away, at.tolist(), strict=True)
            if port_nm > self.params.port_nm and not self._in_road(picture, slot)
        ]
        for name in ("began", "slow_at", "ended"):
            memory[name][slots] = UNKNOWN_TIME
        return events

    def _in_road(self, picture: Picture, slot: int) -> bool:
        lon, lat = float(self._memory["lon"][slot]), float(self._memory["lat"][slot])
        others = lying_within(picture, lon, lat, self.params.road_nm) - {slot}
        return len(others) >= self.params.road_ships

    def _event(self, picture: Picture, slot: int, port_nm: float, now_us: int) -> Event:
        row = {name: self._memory[name][slot].item() for name in
               ("began", "ended", "cruise", "least", "lon", "lat")}  # fmt: skip
        share = row["least"] / row["cruise"]
        return Event(
            kind="slowdown",
            mmsis=(int(picture.mmsi[slot]),),
            started_at=row["began"],
            ended_at=row["ended"],
            detected_at=(now_us // MINUTE_US + 1) * MINUTE_US,
            lon=row["lon"],
            lat=row["lat"],
            status="ended",
            confidence=0.7,
            evidence={
                "cruise_kn": round(row["cruise"], 1),
                "least_sog_kn": round(row["least"], 1),
                "share": round(share, 2),
                "minutes": round((row["ended"] - row["began"]) / MINUTE_US, 1),
                "port_nm": round(port_nm, 1),
            },
        )


@numba.njit(cache=True, nogil=True)
def _follow(  # type: ignore[no-untyped-def]
    slots, times, lon, lat, sog, class_b, paced, slow_share, cruise_share, least_us, most_us,
    around_us, silence_us, known_us, at, cruise, known, fast_at, began, slow_at, ended, least,
    first_lon, first_lat, end_lon, end_lat,
):  # fmt: skip
    """Which reports end a slowdown."""
    done = np.zeros(len(slots), np.bool_)
    for i in range(len(slots)):
        slot = slots[i]
        if class_b[i] or paced[i] or math.isnan(sog[i]) or math.isnan(lon[i]):
            continue
        before, now = at[slot], times[i]
        if before != UNKNOWN_TIME and now <= before:
            continue
        at[slot] = now
        passed = now - before if before != UNKNOWN_TIME else np.int64(0)
        own = cruise[slot] if known[slot] >= known_us and cruise[slot] > _LEAST_CRUISE_KN else 0.0
        slow = own > 0 and sog[i] < slow_share * own
        if began[slot] != UNKNOWN_TIME and passed > silence_us:
            began[slot] = slow_at[slot] = ended[slot] = UNKNOWN_TIME
            fast_at[slot] = UNKNOWN_TIME
        if slow:
            if began[slot] == UNKNOWN_TIME:
                if fast_at[slot] != UNKNOWN_TIME and now - fast_at[slot] <= around_us:
                    began[slot] = now - min(passed, silence_us) // 2
                    first_lon[slot], first_lat[slot] = lon[i], lat[i]
                    least[slot] = sog[i]
                    ended[slot] = UNKNOWN_TIME
            elif ended[slot] != UNKNOWN_TIME and now - slow_at[slot] <= _BLINK_US:
                ended[slot] = UNKNOWN_TIME
            elif ended[slot] != UNKNOWN_TIME:
                # It falls again before it was back at cruise: not one slowdown but a change.
                began[slot] = ended[slot] = UNKNOWN_TIME
                fast_at[slot] = UNKNOWN_TIME
            if began[slot] != UNKNOWN_TIME:
                slow_at[slot] = now
                least[slot] = min(least[slot], sog[i])
                end_lon[slot], end_lat[slot] = lon[i], lat[i]
                if now - began[slot] > most_us:
                    began[slot] = ended[slot] = UNKNOWN_TIME
                    fast_at[slot] = UNKNOWN_TIME
        elif own > 0:
            if began[slot] != UNKNOWN_TIME and ended[slot] == UNKNOWN_TIME:
                ended[slot] = slow_at[slot] + (now - slow_at[slot]) // 2
            if sog[i] >= cruise_share * own:
                if began[slot] != UNKNOWN_TIME:
                    lasted = ended[slot] - began[slot]
                    done[i] = least_us <= lasted <= most_us and now - ended[slot] <= around_us
                    if not done[i]:
                        began[slot] = ended[slot] = UNKNOWN_TIME
                fast_at[slot] = now
        if began[slot] == UNKNOWN_TIME and sog[i] > 3.0 and passed <= HOUR_US:
            weight = min(passed, 10 * MINUTE_US) * (_FASTER if sog[i] > cruise[slot] else 1)
            held = min(known[slot], _MEMORY_US)
            if held + weight > 0:
                cruise[slot] += (sog[i] - cruise[slot]) * weight / (held + weight)
            else:
                cruise[slot] = sog[i]
            known[slot] = held + weight
    return done
