"""What people decide about escorts, one decision after another -> what still holds of it.

Decisions are only ever added. Whoever folds the same ones in order stands where we stand.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from escort.reading import read_request
from escort.scenario import EscortRequest
from sea.units import Microseconds

TaskingKind = Literal["approval", "rejection", "lock", "unlock", "break_off"]
RequestKind = Literal["request", "withdrawal", "refusal", "reconsideration"]
Kind = TaskingKind | RequestKind | Literal["asset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who decided what, when and why.

    Attributes:
        id: grows with every decision. by, nation: the officer's name and nation.
        tasking, asset, requests: what a decision on a tasking is about.
        mmsis: ships of a refusal. document: the request filed, or the fields of an asset.
    """

    id: int
    decided_at: Microseconds
    kind: Kind
    by: str
    nation: str
    reason: str
    tasking: str = ""
    asset: str = ""
    requests: tuple[str, ...] = ()
    mmsis: tuple[int, ...] = ()
    document: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """An officer's word on one asset escorting one request."""

    kind: Literal["approval", "rejection", "lock", "break_off"]
    tasking: str
    by: str
    nation: str
    reason: str
    decided_at: Microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What holds of all decisions so far.

    Attributes:
        seen: id of the last decision.
        words: request -> asset -> the last word on the pair.
        refused: MMSI (nine digits) -> why the ship will not be escorted.
        filed: requests by hand. assets: asset -> its fields as given since.
        placed_at: asset -> when its position was last reported.
    """

    seen: int = 0
    words: Mapping[str, Mapping[str, Word]] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    filed: Mapping[str, EscortRequest] = field(default_factory=dict)
    assets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    placed_at: Mapping[str, Microseconds] = field(default_factory=dict)

    def word(self, asset: str, request: str) -> Word | None:
        """The last word on the pair, None where nobody said anything."""
        return self.words.get(request, {}).get(asset)

    def after(self, decisions: Iterable[Decision]) -> "Standing":
        """What holds after these too; one seen before changes nothing."""
        standing = self
        for decision in decisions:
            if decision.id > standing.seen:
                standing = replace(_take(standing, decision), seen=decision.id)
        return standing

    def keeping(self, requests: Iterable[str], now: Microseconds) -> "Standing":
        """The same without words on other requests, and filed ones that are over."""
        kept = set(requests)
        return replace(
            self,
            words={r: words for r, words in self.words.items() if r in kept},
            filed={r: q for r, q in self.filed.items() if q.latest >= now or r in kept},
        )


def _take(standing: Standing, decision: Decision) -> Standing:
    if decision.kind == "asset":
        return _asset(standing, decision)
    if decision.kind == "request":
        request = read_request(decision.document)
        return replace(standing, filed={**standing.filed, request.id: request})
    if decision.kind == "withdrawal":
        left = {r: q for r, q in standing.filed.items() if r not in decision.requests}
        return replace(standing, filed=left)
    if decision.kind == "refusal":
        ships = {f"{mmsi:09d}": decision.reason for mmsi in decision.mmsis}
        return replace(standing, refused={**standing.refused, **ships})
    if decision.kind == "reconsideration":
        return _reconsidered(standing, decision)
    return _tasking(standing, decision)


def _asset(standing: Standing, decision: Decision) -> Standing:
    fields = {**standing.assets.get(decision.asset, {}), **decision.document}
    placed = dict(standing.placed_at)
    if "position" in decision.document:
        placed[decision.asset] = decision.decided_at
    return replace(standing, assets={**standing.assets, decision.asset: fields}, placed_at=placed)


def _reconsidered(standing: Standing, decision: Decision) -> Standing:
    ships = {f"{mmsi:09d}" for mmsi in decision.mmsis}
    words = {
        request: {
            asset: word
            for asset, word in by_asset.items()
            if request not in decision.requests or word.kind != "rejection"
        }
        for request, by_asset in standing.words.items()
    }
    refused = {mmsi: why for mmsi, why in standing.refused.items() if mmsi not in ships}
    return replace(standing, words=words, refused=refused)


def _tasking(standing: Standing, decision: Decision) -> Standing:
    words = {request: dict(by_asset) for request, by_asset in standing.words.items()}
    for request in decision.requests:
        by_asset = words.setdefault(request, {})
        if decision.kind == "unlock":
            by_asset.pop(decision.asset, None)
            continue
        by_asset[decision.asset] = Word(
            kind=decision.kind,  # type: ignore[arg-type]  # the other kinds are dealt with
            tasking=decision.tasking, by=decision.by, nation=decision.nation,
            reason=decision.reason, decided_at=decision.decided_at,
        )  # fmt: skip
    return replace(standing, words=words)
