"""The view: what people see, in memory; all timelines merged, the newest report wins.

log -> `apply`; database -> `assessed`, `happened`, `planned`; reads of HTTP and the live stream
ask for what one principal may see. Everything but broadcast positions passes `policy.allowed`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from math import isfinite
from typing import Any, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from api.policy import COALITION, Principal, Release, allowed, may_be_told, release_of
from api.ranking import BAND_INDEX, Key, Ranking, Scores, rank
from ingest.batch import NAV_STATUS_UNKNOWN, UNKNOWN_TIME, ReportBatch, StaticBatch
from ingest.picture import Picture
from risk.supplement import Score, joined
from sea.identity import flag_of
from sea.instants import iso_z, parse_utc
from sea.units import DegreesEast, DegreesNorth, Microseconds

BBox = tuple[DegreesEast, DegreesNorth, DegreesEast, DegreesNorth]
"""West, south, east, north; west > east crosses the antimeridian."""

EventKey = tuple[str, str]
"""Timeline and id."""

Built = TypeVar("Built")

FRAME = np.dtype(
    [
        ("mmsi", "<i4"), ("lon", "<i4"), ("lat", "<i4"), ("reported_at", "<u4"), ("sog", "<u2"),
        ("cog", "<u2"), ("heading", "<u2"), ("ship_type", "u1"), ("nav_status", "u1"),
        ("coercion_band", "u1"), ("smuggling_band", "u1"), ("flags", "u1"),
    ]
)  # fmt: skip
"""A vessel in a live frame: degrees in 1e-7, unix s, 0.1 kn, 0.1 degree, degrees, indices."""

UNKNOWN_U2 = 65535
HAS_OPEN_EVENT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Part of a list: the items, how many there are in all, and where the next part begins."""

    items: list[dict[str, Any]]
    count: int
    next: Key | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    document: dict[str, Any]
    release: Release


class View:
    """The merged picture with scores, open events and current plans.

    Attributes:
        picture: last known state of every vessel.
        latest_us: newest `reported_at` of all, None before the first report.
        revision: grows with every change of any kind.
    """

    def __init__(self) -> None:
        self.picture = Picture()
        self.latest_us: Microseconds | None = None
        self.revision = 0
        self._scores: dict[Release, Scores] = {}
        self._open: dict[EventKey, _Seen] = {}
        self._open_of: dict[int, dict[EventKey, _Seen]] = {}
        self._plans: dict[Release, dict[str, Any]] = {}
        self._supplements: dict[int, dict[tuple[str, str], Mapping[str, Any]]] = {}
        self._joined: dict[tuple[object, int], tuple[object, object, dict[str, Any]]] = {}
        self._search: list[str] = []
        self._scored = 0
        self._cache: dict[tuple[str, object], tuple[object, Any]] = {}

    # ---------------------------------------------------------------- what comes in

    def apply(self, reports: ReportBatch, statics: StaticBatch) -> None:
        """Moves vessels to newer reports and takes in what ships say of themselves."""
        self.revision += 1
        if len(reports):
            self.picture.apply(reports)
            newest = int(reports.reported_at.max())
            self.latest_us = newest if self.latest_us is None else max(self.latest_us, newest)
        changed = np.arange(0)
        if len(statics):
            changed = np.unique(self.picture.apply_static(statics))
        self._index(changed)

    def assessed(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Takes in assessments: ``document``, ``originator``, ``releasable_to`` of each."""
        for row in rows:
            document = dict(row["document"])
            release = release_of("assessment", row)
            slot = self._slot(int(document["mmsi"]))
            scores = self._scores.get(release, Scores(0)).grown(self.picture.capacity)
            scores.put(slot, parse_utc(document["assessed_at"]), document | _released(release))
            self._scores[release] = scores
            self._scored += 1
        self._index(np.arange(0))
        self.revision += 1

    def supplemented(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Takes in what reports add: ``mmsi``, ``score``, ``audience``, ``document`` of each."""
        for row in rows:
            slot = self._slot(row["mmsi"])
            told = self._supplements.get(slot, {})
            self._supplements[slot] = {**told, (row["score"], row["audience"]): row["document"]}
            self._scored += 1
        self._index(np.arange(0))
        self.revision += 1

    def happened(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Takes in events: ``timeline``, ``document``, ``originator``, ``releasable_to``."""
        for row in rows:
            document = row["document"]
            key = (row["timeline"], document["id"])
            self._forget(key)
            if document["status"] == "open":
                release = release_of("event", row)
                seen = _Seen(document=document | _released(release), release=release)
                self._open[key] = seen
                for mmsi in document["mmsis"]:
                    self._open_of.setdefault(int(mmsi), {})[key] = seen
        self.revision += 1

    def planned(self, row: Mapping[str, Any]) -> None:
        """Takes in a plan: a row of table plans with its JSON decoded; the newest one counts."""
        release = release_of("plan", row)
        known = self._plans.get(release)
        if known is None or row["made_at"] >= known["made_at"]:
            self._plans[release] = dict(row)
        self.revision += 1

    # ---------------------------------------------------------------- what people see

    def vessel(self, mmsi: int, principal: Principal) -> dict[str, Any] | None:
        """All that the principal may know of the vessel now; None if it was never heard."""
        slot = self.picture.slot_of(mmsi)
        if slot is None or not self._heard()[slot]:
            return None
        return self._vessel(slot, self.ranking(principal), principal)

    def vessels(
        self,
        principal: Principal,
        *,
        bbox: BBox | None = None,
        min_band: str = "insufficient_data",
        q: str = "",
        limit: int = 100,
        cursor: Key | None = None,
    ) -> Page:
        """The vessels that match, most in need of attention first."""
        ranking = self.ranking(principal)
        matches = self._matches(ranking, bbox=bbox, band=BAND_INDEX[min_band], q=q)
        start = 0 if cursor is None else ranking.start_after(cursor)
        rest = ranking.order[start:]
        slots = rest[matches[rest]][: limit + 1]
        page = slots[:limit].tolist()
        return Page(
            items=[self._vessel(slot, ranking, principal) for slot in page],
            count=int(np.count_nonzero(matches)),
            next=ranking.key(page[-1]) if len(slots) > limit else None,
        )

    def counts(self, principal: Principal) -> dict[str, int]:
        """How many vessels and open events the principal may see, and vessels of the top bands."""
        heard, highest = self._heard(), self.ranking(principal).highest
        return {
            "vessels": int(np.count_nonzero(heard)),
            "open_events": len(self.open_events(principal)),
            "high_or_severe": int(np.count_nonzero(heard & (highest >= BAND_INDEX["high"]))),
        }

    def open_events(self, principal: Principal) -> list[dict[str, Any]]:
        """The open events the principal may see, newest first."""
        seen = [e.document for e in self._open.values() if allowed(principal, e.release)]
        return sorted(seen, key=lambda e: (e["started_at"], e["id"]), reverse=True)

    def plan(self, principal: Principal) -> dict[str, Any] | None:
        """The newest plan the principal may see, as its row; None before the first."""
        seen = [row for release, row in self._plans.items() if allowed(principal, release)]
        return max(seen, key=lambda row: row["made_at"], default=None)

    def plan_revision(self, principal: Principal) -> int:
        """A number that changes whenever `plan` does; 0 while there is none.

        It is a hash, so that it tells nothing of plans the principal may not see; nor of decisions,
        whose number could be found out by trying.
        """
        row = self.plan(principal)
        if row is None:
            return 0
        document = {k: v for k, v in row["document"].items() if k != "decisions"}
        body = msgspec.json.encode([row["timeline"], row["made_at"], document])
        return int.from_bytes(blake2b(body, digest_size=4).digest())

    def frame(self, principal: Principal) -> npt.NDArray[np.void]:
        """Every slot as a row of `FRAME`, by slot; one without a position has lat 91 degrees."""
        picture, n = self.picture, len(self.picture)
        scores = self.ranking(principal).scores
        rows = np.zeros(n, FRAME)
        located = picture.reported_at[:n] != UNKNOWN_TIME
        rows["mmsi"] = picture.mmsi[:n]
        rows["lon"] = np.rint(np.where(located, picture.lon[:n], 181.0) * 1e7)
        rows["lat"] = np.rint(np.where(located, picture.lat[:n], 91.0) * 1e7)
        rows["reported_at"] = np.where(located, picture.reported_at[:n] // 1_000_000, 0)
        for name, factor in (("sog", 10), ("cog", 10), ("heading", 1)):
            values = np.rint(getattr(picture, name)[:n].astype(np.float64) * factor)
            rows[name] = np.where(np.isfinite(values), values, UNKNOWN_U2)
        rows["ship_type"] = np.clip(picture.ship_type[:n], 0, 255)
        rows["nav_status"] = picture.nav_status[:n]
        rows["coercion_band"] = scores.coercion_band[:n]
        rows["smuggling_band"] = scores.smuggling_band[:n]
        rows["flags"][self._with_open_event(principal)] |= HAS_OPEN_EVENT
        return rows

    def brief(self, slot: int, principal: Principal) -> dict[str, Any]:
        """A vessel without its reasons, as the live stream sends it in JSON."""
        ranking = self.ranking(principal)
        vessel = self._vessel(slot, ranking, principal)
        for score in ("coercion", "smuggling"):
            if vessel[score] is not None:
                vessel[score] = {k: v for k, v in vessel[score].items() if k != "reasons"}
        return vessel

    def ranking(self, principal: Principal) -> Ranking:
        """All vessels in the principal's order of attention."""
        n = len(self.picture)

        def build() -> Ranking:
            seen = [s for release, s in self._scores.items() if allowed(principal, release)]
            scores = Scores.newest(seen, n)
            for slot, told in self._supplements.items():
                if slot < n and scores.document[slot] is not None:
                    scores.amend(
                        slot, self._joined_once(slot, scores.document[slot], told, principal)
                    )
            return rank(scores, self.picture.mmsi[:n].copy())

        return self._cached("ranking", principal, (self._scored, n), build)

    # ---------------------------------------------------------------- how

    def _joined_once(
        self, slot: int, document: dict[str, Any],
        told: Mapping[tuple[str, str], Mapping[str, Any]], principal: Principal,
    ) -> dict[str, Any]:  # fmt: skip
        """The supplemented document, the one made before where neither part has changed."""
        key = (principal.audience, slot)
        known = self._joined.get(key)
        if known is None or known[0] is not document or known[1] is not told:
            known = document, told, supplemented(document, told, principal)
            self._joined[key] = known
        return known[2]

    def _vessel(self, slot: int, ranking: Ranking, principal: Principal) -> dict[str, Any]:
        p = self.picture
        mmsi, reported_at = p.mmsi.item(slot), p.reported_at.item(slot)
        heard = reported_at != UNKNOWN_TIME
        status = p.nav_status.item(slot)
        assessment = ranking.scores.document[slot] or _UNASSESSED
        return {
            "mmsi": f"{mmsi:09d}",
            "name": p.name[slot],
            "callsign": p.callsign[slot],
            "imo": p.imo.item(slot) or None,
            "flag": flag_of(mmsi),
            "ship_type": p.ship_type.item(slot) or None,
            "length_m": _number(p.length.item(slot), 1),
            "width_m": _number(p.beam.item(slot), 1),
            "draught_m": _number(p.draught.item(slot), 1),
            "destination": p.destination[slot],
            "eta": p.eta[slot],
            "reported_at": iso_z(reported_at) if heard else None,
            "position": [round(p.lon.item(slot), 6), round(p.lat.item(slot), 6)] if heard else None,
            "sog_kn": _number(p.sog.item(slot), 1),
            "cog_deg": _number(p.cog.item(slot), 1),
            "heading_deg": _number(p.heading.item(slot), 0),
            "nav_status": None if status == NAV_STATUS_UNKNOWN else status,
            "open_events": self._open_ids(mmsi, principal),
            **{name: assessment[name] for name in _UNASSESSED},
        }

    def _matches(
        self, ranking: Ranking, *, bbox: BBox | None, band: int, q: str
    ) -> npt.NDArray[np.bool_]:
        n = len(ranking.order)
        matches = self._heard() & (ranking.highest >= band)
        if bbox is not None:
            matches &= within(self.picture.lon[:n], self.picture.lat[:n], bbox)
        if q:
            needle = q.casefold()
            matches &= np.fromiter((needle in text for text in self._search), bool, n)
        return matches

    def _slot(self, mmsi: int) -> int:
        slot = self.picture.slot_of(mmsi)
        return int(self.picture.slots(np.array([mmsi], np.int32))[0]) if slot is None else slot

    def heard_slots(self) -> npt.NDArray[np.int64]:
        """Slots of the vessels that are seen by everybody."""
        return np.flatnonzero(self._heard())

    def _heard(self) -> npt.NDArray[np.bool_]:
        """Slots of vessels that sent anything; an assessment alone makes no vessel appear."""
        p, n = self.picture, len(self.picture)
        heard: npt.NDArray[np.bool_] = np.maximum(p.reported_at[:n], p.static_at[:n]) > UNKNOWN_TIME
        return heard

    def _index(self, changed: npt.NDArray[np.integer[Any]]) -> None:
        p, known = self.picture, len(self._search)
        self._search.extend(_words(p, slot) for slot in range(known, len(p)))
        for slot in changed[changed < known].tolist():
            self._search[slot] = _words(p, slot)

    def _forget(self, key: EventKey) -> None:
        former = self._open.pop(key, None)
        for mmsi in former.document["mmsis"] if former else ():
            del self._open_of[int(mmsi)][key]

    def _open_ids(self, mmsi: int, principal: Principal) -> list[str]:
        events = self._open_of.get(mmsi, {})
        return sorted(key[1] for key, e in events.items() if allowed(principal, e.release))

    def _with_open_event(self, principal: Principal) -> npt.NDArray[np.int64]:
        slots = (self.picture.slot_of(m) for m in self._open_of if self._open_ids(m, principal))
        return np.fromiter((s for s in slots if s is not None), np.int64)

    def _cached(
        self, what: str, principal: Principal, state: object, build: Callable[[], Built]
    ) -> Built:
        key = (what, principal.audience)
        known = self._cache.get(key)
        if known is None or known[0] != state:
            known = (state, build())
            self._cache[key] = known
        built: Built = known[1]
        return built


_UNASSESSED: dict[str, Any] = {
    "coercion": None,
    "smuggling": None,
    "model": None,
    "assessed_at": None,
    "originator": None,
    "releasable_to": None,
}


def supplemented(
    document: Mapping[str, Any],
    told: Mapping[tuple[str, str], Mapping[str, Any]],
    principal: Principal,
) -> dict[str, Any]:
    """The assessment with what the reports add to it that the principal may see.

    `told` is by score and audience: of the principal's nation if it was told apart, else of all.
    """

    def seen(score: Score) -> Mapping[str, Any] | None:
        audience = principal.nation if (score, principal.nation) in told else COALITION
        return told.get((score, audience)) if may_be_told(principal, score) else None

    return joined(document, seen("coercion"), seen("smuggling"))


def _released(release: Release) -> dict[str, Any]:
    return {"originator": release.originator, "releasable_to": list(release.releasable_to)}


def within(
    lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64], bbox: BBox
) -> npt.NDArray[np.bool_]:
    """Which positions lie in the box, edges included; an unknown position does not."""
    west, south, east, north = bbox
    columns = (lon >= west) & (lon <= east) if west <= east else (lon >= west) | (lon <= east)
    inside: npt.NDArray[np.bool_] = columns & (lat >= south) & (lat <= north)
    return inside


def _words(picture: Picture, slot: int) -> str:
    """What a search of the vessel looks in."""
    imo = f"IMO{picture.imo[slot]}" if picture.imo[slot] else None
    words = (f"{picture.mmsi[slot]:09d}", picture.name[slot], picture.callsign[slot], imo)
    return "\n".join(word for word in words if word).casefold()


def _number(value: float, digits: int) -> float | None:
    return round(value, digits) if isfinite(value) else None
