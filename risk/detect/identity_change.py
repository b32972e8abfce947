"""Identity change: a ship that goes on under another number, name or flag.

Definition, of what a ship says of herself in static messages, within 90 days:

* the IMO number of a ship (check digit right) comes under another MMSI, whose flag may differ,
  while the former MMSI is silent and the new one is where the ship can have sailed to at 40 kn;
* an MMSI has another IMO number; another name under the same IMO number; or another name and
  call sign together.

It is open when it has been said, and ended, its end the same instant, when it has been said again
half a minute or more later; retracted when the next message says the former identity. A vessel
that wavered so, and a new MMSI that was heard before the former one fell silent, must say it
twice before it is given out. It is an instant: the first message with the new identity. Names
that differ by spelling, padding, a prefix such as ``MV`` or two letters are the same; class B
units, which send name and call sign apart, must have changed both.

Retracted within 30 days when the former MMSI is heard again, or the former identity is back.
Of two ships that share a number (`risk.detect.clone`) nothing can be said.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, Self, TypeAlias

import numpy as np

from ingest.batch import UNKNOWN_TIME, Int32, ReportBatch, StaticBatch
from ingest.picture import Picture
from risk.detect.memory import Memory
from risk.detect.spelling import same_name
from risk.detect.tracks import HELD, Tracks
from risk.event import Event, Status
from sea.errors import BadInputError
from sea.geodesy import distance_nm
from sea.identity import MmsiClass, flag_of, imo_is_valid, mmsi_class
from sea.units import DAY_US, HOUR_US, MINUTE_US, SECOND_US, Microseconds

_FILLER_IMO: Final = 1_234_567
"""Its check digit happens to be right."""

_APART_US: Final = 30 * SECOND_US
_OVERLAP_US: Final = MINUTE_US
"""Clocks of receivers differ; chosen by us."""

_FASTEST_KN: Final = 40.0
_LEAST_STEP_NM: Final = 10.0
_BY_TURNS: Final = 3
_KNOWN_AFTER: Final = 3
"""Messages after which what is no identity change by itself is taken as known; chosen by us."""

_COLUMNS: Final = ("imo", "name", "callsign")
_Identity: TypeAlias = tuple[int, str | None, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityChangeParams:
    """Thresholds of an identity change.

    Attributes:
        days: between the last message with the former identity and the first with the new one,
            at most; 90, chosen by us (design figure): a sale takes weeks.
        times: the new identity is said until it is sure; 2, chosen by us: one may be garbled.
        watch_days: how long a contradiction retracts it; 30, chosen by us.
    """

    days: float = 90
    times: float = 2
    watch_days: float = 30

    def __post_init__(self) -> None:
        for field, value in asdict(self).items():
            if not value > 0:
                raise BadInputError(f"identity_change: {field} must be positive", field=field)


@dataclass(slots=True, kw_only=True)
class _Said:
    """What a vessel says now that is not what is known of her; `former` her former slot or -1."""

    imo: int
    name: str | None
    callsign: str | None
    first_at: int
    last_at: int
    times: int = 1
    former: int = -1
    told: bool = False

    @classmethod
    def of(cls, identity: _Identity, at: Microseconds, former: int = -1) -> Self:
        """Said for the first time."""
        imo, name, callsign = identity
        return cls(imo=imo, name=name, callsign=callsign, first_at=at, last_at=at, former=former)


@dataclass(slots=True, kw_only=True)
class _Change:
    """A change given out, watched for contradiction, `against`; times in us."""

    slot: int
    former: int
    at: int
    announced: int
    lon: float
    lat: float
    changed: list[str]
    before: list[Any]
    after: list[Any]
    against: str = ""


class IdentityChange:
    """Compares what each static message says with what is known of its sender."""

    kinds: tuple[str, ...] = ("identity_change",)

    def __init__(self, params: IdentityChangeParams | None = None) -> None:
        self.params = params or IdentityChangeParams()
        self.tracks = Tracks()
        self._memory = Memory(
            imo=("i4", 0), seen_at=("i8", UNKNOWN_TIME), told=("?", 0), fickle=("?", 0),
            name=("O", None), callsign=("O", None),
        )  # fmt: skip
        self._holders: dict[int, int] = {}
        self._said: dict[int, _Said] = {}
        self._changes: list[_Change] = []

    def observe(self, picture: Picture, slots: Int32, reports: ReportBatch) -> list[Event]:
        """Nothing: positions say nothing of who she is."""
        return []

    def observe_statics(self, picture: Picture, slots: Int32, statics: StaticBatch) -> list[Event]:
        """Takes in what ships say; what has changed is given out by the tick of the minute."""
        memory = self._memory
        memory.reach(picture)
        imo = np.where(imo_is_valid(statics.imo) & (statics.imo != _FILLER_IMO), statics.imo, 0)
        unlike = (imo != 0) & (imo != memory["imo"][slots])
        for column in ("name", "callsign"):
            said = getattr(statics, column)
            unlike |= (said != np.array(None)) & (said != memory[column][slots])
        unlike |= memory["told"][slots] | (memory["seen_at"][slots] == UNKNOWN_TIME)
        unlike &= mmsi_class(statics.mmsi) == MmsiClass.SHIP
        for row in np.flatnonzero(unlike).tolist():
            self._compare(int(slots[row]), int(imo[row]), statics.name[row], statics.callsign[row],
                          int(statics.reported_at[row]))  # fmt: skip
        memory["seen_at"][slots] = statics.reported_at
        return []

    def tick(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Changes newly said, those said again, and those contradicted."""
        events = list(self._contradicted(picture, now_us))
        for slot in list(self._said):
            events += self._judged(picture, slot, now_us)
        return events

    def finish(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Nothing: a change is given out when it is said the second time."""
        return []

    def state(self) -> dict[str, Any]:
        """What every ship last said of herself, and what is not sure yet."""
        memory = self._memory.state()
        return {
            "memory": {n: a.tolist() if a.dtype.hasobject else a for n, a in memory.items()},
            "holders": [[*pair] for pair in self._holders.items()],
            "said": [[slot, *asdict(said).values()] for slot, said in self._said.items()],
            "changes": [[*asdict(change).values()] for change in self._changes],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        self._memory.restore(state["memory"])
        self._holders = dict(state["holders"])
        said, change = list(_Said.__dataclass_fields__), list(_Change.__dataclass_fields__)
        self._said = {
            slot: _Said(**dict(zip(said, values, strict=True))) for slot, *values in state["said"]
        }
        self._changes = [
            _Change(**dict(zip(change, values, strict=True))) for values in state["changes"]
        ]

    def _compare(
        self, slot: int, imo: int, name: str | None, callsign: str | None, at: Microseconds
    ) -> None:
        """Takes in one message that does not just repeat what is known."""
        memory, said = self._memory, self._said.get(slot)
        known = self._known(slot)
        latest = (said.imo, said.name, said.callsign) if said else known
        now = (imo or latest[0], name or latest[1], callsign or latest[2])
        if said and now == latest:
            if at - said.last_at >= _APART_US:
                said.times, said.last_at = said.times + 1, at
            return
        if said and said.told:
            self._change_of(slot, said).against = "the next message said otherwise"
            memory["fickle"][slot] = True
        self._said.pop(slot, None)
        heard, long_us = int(memory["seen_at"][slot]), int(self.params.days * DAY_US)
        if heard != UNKNOWN_TIME and at - heard <= long_us and _changed(known, now):
            self._said[slot] = _Said.of(now, at)
        else:
            former = self._holders.get(now[0], slot) if now[0] != known[0] else slot
            if former != slot and at - int(memory["seen_at"][former]) <= long_us:
                self._said[slot] = _Said.of(now, at, former)
            elif former != slot:
                self._holders[now[0]] = slot
            self._know(slot, now)
        memory["told"][slot] = slot in self._said

    def _known(self, slot: int) -> _Identity:
        imo, name, callsign = (self._memory[column][slot] for column in _COLUMNS)
        return int(imo), name, callsign

    def _know(self, slot: int, identity: _Identity) -> None:
        for column, value in zip(_COLUMNS, identity, strict=True):
            self._memory[column][slot] = value
        if identity[0]:
            self._holders.setdefault(identity[0], slot)

    def _forget_said(self, slot: int) -> None:
        del self._said[slot]
        self._memory["told"][slot] = False

    def _judged(self, picture: Picture, slot: int, now_us: Microseconds) -> Iterator[Event]:
        """The events of what a vessel says now, if it is a change and she has a place."""
        said = self._said[slot]
        sure, now = said.times >= self.params.times, (said.imo, said.name, said.callsign)
        if said.told:
            if sure:
                self._know(slot, now)
                self._holders[said.imo] = slot
                self._forget_said(slot)
                yield _event(self._change_of(slot, said), "ended")
            return
        before, changed = self._against(picture, slot, said)
        if not _counts(changed, now):
            if said.times >= _KNOWN_AFTER:
                self._know(slot, now)
                self._forget_said(slot)
        elif np.isfinite(picture.lon[slot]):
            if self._memory["fickle"][slot] and not sure:
                return
            if not self._is_change(picture, slot, said, sure=sure):
                if sure:
                    self._forget_said(slot)
            elif not self._is_return(slot, now, sure=sure):
                said.told = True
                change = _Change(
                    slot=slot, former=said.former, at=said.first_at, announced=now_us,
                    lon=float(picture.lon[slot]), lat=float(picture.lat[slot]), changed=changed,
                    before=before, after=[int(picture.mmsi[slot]), *now],
                )  # fmt: skip
                self._changes.append(change)
                yield _event(change, "open")

    def _against(self, picture: Picture, slot: int, said: _Said) -> tuple[list[Any], list[str]]:
        """The identity that was known before, and what is different now."""
        other = slot if said.former < 0 else said.former
        known, mmsi = self._known(other), int(picture.mmsi[other])
        changed = ["mmsi"] if other != slot else []
        if other != slot and flag_of(mmsi) != flag_of(int(picture.mmsi[slot])):
            changed.append("flag")
        return [mmsi, *known], changed + _changed(known, (said.imo, said.name, said.callsign))

    def _is_return(self, slot: int, now: _Identity, *, sure: bool) -> bool:
        """Whether the vessel says an identity again that she had before a change given out."""
        back = [c for c in self._changes if c.slot == slot and c.before[1:] == list(now)]
        if back and sure:
            back[-1].against = "the former identity is back"
            self._know(slot, now)
            self._forget_said(slot)
        return bool(back)

    def _change_of(self, slot: int, said: _Said) -> _Change:
        return next(c for c in self._changes if c.slot == slot and c.at == said.first_at)

    def _contradicted(self, picture: Picture, now_us: Microseconds) -> Iterator[Event]:
        """Retractions of changes that something speaks against."""
        watched_from = now_us - int(self.params.watch_days * DAY_US)
        kept = []
        for change in self._changes:
            if change.former >= 0 and self._heard(picture, change.former, change.at):
                change.against = "both numbers are on the air"
            if change.against:
                said = self._said.get(change.slot)
                if said and said.told and said.first_at == change.at:
                    self._forget_said(change.slot)
                yield _event(change, "retracted", reason=change.against)
            elif change.at >= watched_from:
                kept.append(change)
        self._changes = kept

    def _is_change(self, picture: Picture, slot: int, said: _Said, *, sure: bool) -> bool:
        if said.former < 0:
            return not self._shared(slot)
        if not sure and self._heard(picture, said.former, int(picture.first_at[slot])):
            return False
        return self._is_she(picture, slot, said)

    def _heard(self, picture: Picture, slot: int, since: Microseconds) -> bool:
        newest = max(int(picture.reported_at[slot]), int(self._memory["seen_at"][slot]))
        return newest > since + _OVERLAP_US

    def _is_she(self, picture: Picture, slot: int, said: _Said) -> bool:
        """Whether the former number is silent and its ship can be here now."""
        if self._heard(picture, said.former, said.first_at):
            return False
        left, here = (int(picture.reported_at[s]) for s in (said.former, slot))
        if left == UNKNOWN_TIME:
            return True
        way_nm = distance_nm(picture.lon[said.former], picture.lat[said.former],
                             picture.lon[slot], picture.lat[slot])  # fmt: skip
        return bool(way_nm <= max(_LEAST_STEP_NM, _FASTEST_KN * (here - left) / HOUR_US))

    def _shared(self, slot: int) -> bool:
        """Whether the number is heard on two tracks by turns."""
        turns = self.tracks["turns"]
        return slot < len(turns) and bool(
            turns[slot] >= _BY_TURNS and self.tracks["fixes1"][slot] >= HELD
        )


def _changed(known: _Identity, now: _Identity) -> list[str]:
    """Which of IMO number, name and call sign are known and differ, names by more than spelling."""
    changed = ["imo"] if known[0] and now[0] and known[0] != now[0] else []
    if known[1] and now[1] and not same_name(known[1], now[1]):
        changed.append("name")
    if known[2] and now[2] and known[2].strip("@ ") != now[2].strip("@ "):
        changed.append("callsign")
    return changed


def _counts(changed: list[str], now: _Identity) -> bool:
    """Whether these fields together make an identity change of one MMSI."""
    named = "name" in changed
    return bool({"mmsi", "imo"} & {*changed}) or (named and (bool(now[0]) or "callsign" in changed))


def _event(change: _Change, status: Status, **facts: str) -> Event:
    vessels = {int(change.before[0]), int(change.after[0])}
    sides = {
        f"{column}_{when}": value
        for when, side in (("before", change.before), ("after", change.after))
        for column, value in zip(("mmsi", *_COLUMNS), side, strict=True)
    }
    flags = {f"flag_{when}": flag_of(int(side[0])) for when, side in
             (("before", change.before), ("after", change.after))}  # fmt: skip
    return Event(
        kind="identity_change",
        mmsis=tuple(sorted(vessels)),
        started_at=change.at,
        ended_at=None if status == "open" else change.at,
        detected_at=change.announced,
        lon=change.lon,
        lat=change.lat,
        status=status,
        confidence=0.5 if status == "open" else 0.9,
        evidence={"changed": change.changed, **sides, **flags, **facts},
    )
