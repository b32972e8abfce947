"""What a new plan changes of the one before, and why: escort by escort, in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from escort.decision import Standing
from escort.lifecycle import OUT
from escort.scenario import Asset
from sea.instants import parse_utc
from sea.units import MINUTE_US

Document = Mapping[str, Any]

NEWS_US: Final = 15 * MINUTE_US
"""A rendezvous that moves by less is not worth telling; chosen by us, half the narrowest window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What explains changes: words of officers, assets as they are, requests new and gone."""

    standing: Standing
    assets: Mapping[str, Asset]
    asked_before: frozenset[str]
    gone: Mapping[str, str]
    unserved: Mapping[str, str]


def changes(
    before: Iterable[Document], after: Iterable[Document], grounds: Grounds
) -> list[dict[str, Any]]:
    """The changes from one plan's taskings to the next one's, by request.

    Escorts that have begun since the plan before belong to `after`.
    """
    was, now = _assignments(before), _assignments(after)
    found = []
    for request in sorted(was.keys() | now.keys()):
        old, new = was.get(request), now.get(request)
        kind = _kind(old, new)
        if kind is not None:
            found.append({
                "kind": kind, "request": request, "mmsis": (new or old or {})["mmsis"],
                "was": _side(old), "now": _side(new), "why": _why(kind, request, old, grounds),
            })  # fmt: skip
    return found


def _assignments(taskings: Iterable[Document]) -> dict[str, dict[str, Any]]:
    return {
        request: {**escort, "asset": tasking["asset"]}
        for tasking in taskings
        for escort in tasking["escorts"]
        for request in escort["requests"]
    }


def _kind(
    old: Document | None, new: Document | None
) -> Literal["added", "dropped", "moved", "retimed"] | None:
    if old is None:
        return "added"
    if new is None:
        return "dropped"
    if old["asset"] != new["asset"]:
        return "moved"
    apart_us = abs(parse_utc(old["rendezvous_at"]) - parse_utc(new["rendezvous_at"]))
    return "retimed" if apart_us >= NEWS_US else None


def _side(escort: Document | None) -> dict[str, Any] | None:
    if escort is None:
        return None
    return {"asset": escort["asset"], "rendezvous_at": escort["rendezvous_at"]}


def _why(kind: str, request: str, old: Document | None, grounds: Grounds) -> str:
    if kind == "added":
        new = request not in grounds.asked_before
        return "asked for since the last plan" if new else "it averts more now than it costs"
    if kind == "retimed":
        return "the ship is expected at another time, or the asset's other escorts have moved"
    assert old is not None, "what is dropped or moved was there"
    why = why_gone(old["asset"], request, grounds)
    return why or ("more risk is averted this way" if kind == "moved" else "another leg is served")


def why_gone(asset: str, request: str, grounds: Grounds) -> str | None:
    """Why the asset does not escort the request any more, None where nothing is in the way."""
    said = _obstacle(asset, request, grounds)
    return said or grounds.gone.get(request) or grounds.unserved.get(request)


def _obstacle(asset: str, request: str, grounds: Grounds) -> str | None:
    """What people have said against the pair that is no more."""
    word = grounds.standing.word(asset, request)
    if word is not None and word.kind in OUT:
        verb = "rejected" if word.kind == "rejection" else "broken off"
        return f"{verb} by {word.by} ({word.nation}): {word.reason}"
    offered = grounds.assets.get(asset)
    if offered is None:
        return f"{asset} is on offer no more"
    return None if offered.down is None else f"{offered.name} cannot sail: {offered.down}"
