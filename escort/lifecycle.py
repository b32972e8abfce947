"""The life of an escort: proposed, approved, under way, then done or broken off.

Event time moves it: an approved escort is under way once its asset was to leave, and done at its
release. Breaking off is a person's word.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from escort.decision import Standing, Word
from escort.reading import read_asset
from escort.scenario import Asset, EscortRequest, Exclusion, Lock, Place, asset_document
from escort.whereabouts import Commitment, home_at
from sea.errors import BadInputError
from sea.instants import parse_utc
from sea.units import Microseconds

Document = Mapping[str, Any]

HELD = ("approval", "lock")
"""Words that fix a pair in the plan."""

OUT = ("rejection", "break_off")
"""Words that keep a pair out of it."""


def assets_now(offered: Sequence[Asset], standing: Standing) -> tuple[Asset, ...]:
    """The assets as their nations have given them since: changed, down, or new."""
    known = {asset.id for asset in offered}
    changed = (_changed(asset, standing.assets.get(asset.id)) for asset in offered)
    new = (_new(fields) for a, fields in sorted(standing.assets.items()) if a not in known)
    return (*changed, *(asset for asset in new if asset is not None))


def _changed(asset: Asset, given: Mapping[str, Any] | None) -> Asset:
    if not given:
        return asset
    places = {"position": asset.position, "base": None if asset.base else asset.base_place}
    record = asset_document(asset)
    record |= {name: [p.lon, p.lat] for name, p in places.items() if p is not None}
    try:
        return read_asset(_without_nulls({**record, **given}))
    except BadInputError as error:
        return replace(asset, down=f"its record cannot be used: {error}")


def _new(given: Mapping[str, Any]) -> Asset | None:
    """An asset that an officer offered, None for a change to one that is on offer no more."""
    return read_asset(_without_nulls(given)) if "nation" in given else None


def _without_nulls(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def begun(
    taskings: Iterable[Document],
    assets: Mapping[str, Asset],
    known: Mapping[str, EscortRequest],
    standing: Standing,
    now: Microseconds,
) -> list[Commitment]:
    """Approved escorts of the plan so far whose asset was to leave by now.

    Args:
        taskings: of the plan so far, as its document has them.
        assets: as that plan knew them.
        known: requests, as that plan knew them.
        standing: what officers decided.
        now: us UTC.
    """
    started = []
    for tasking in taskings:
        asset = tasking["asset"]
        if asset not in assets:
            continue
        origin = assets[asset].position
        refuels = {refuel["before"]: refuel for refuel in tasking["refuels"]}
        for escort in tasking["escorts"]:
            words = [standing.word(asset, request) for request in escort["requests"]]
            requests = [known[r] for r in escort["requests"] if r in known]
            approved = all(word is not None and word.kind == "approval" for word in words)
            if approved and len(requests) == len(words) and parse_utc(escort["depart_at"]) <= now:
                at = next((r["depart_at"] for r in map(refuels.get, escort["requests"]) if r), None)
                started.append(_commitment(words[0], asset, requests, escort, origin, at))
            if requests:
                origin = requests[-1].release
    return started


def advanced(
    commitments: Iterable[Commitment], standing: Standing, now: Microseconds
) -> list[Commitment]:
    """The commitments as they stand now: under way, done or broken off."""
    moved = []
    for commitment in commitments:
        if commitment.status == "under_way":
            broken = last_word(commitment, standing, "break_off")
            if broken is not None:
                why = f"broken off by {broken.by} ({broken.nation}): {broken.reason}"
                commitment = replace(commitment, status="broken_off", ended_at=now, why=why)
            elif commitment.release_at <= now:
                at = commitment.release_at
                commitment = replace(commitment, status="done", ended_at=at, why="released in time")
        moved.append(commitment)
    return moved


def settled(
    commitments: Sequence[Commitment],
    assets: Mapping[str, Asset],
    standing: Standing,
    now: Microseconds,
) -> list[Commitment]:
    """Those that no longer tell where their asset is: it is home, or has reported since."""
    over = []
    for asset in sorted({c.asset for c in commitments}):
        chain = [c for c in commitments if c.asset == asset]
        ends = [c.ended_at for c in chain if c.ended_at is not None]
        if len(ends) < len(chain):
            continue
        back_at = home_at(assets[asset], chain) if asset in assets else now
        reported = standing.placed_at.get(asset, -1) > max(ends)
        if reported or (back_at is not None and back_at <= now):
            over.extend(chain)
    return over


def fixed(
    standing: Standing, assets: Mapping[str, Asset], requests: Iterable[str]
) -> tuple[tuple[Lock, ...], tuple[Exclusion, ...]]:
    """Locks and exclusions of the plan to come, of assets and requests it knows.

    An asset that is down holds nothing: what it was to do is offered to the others.
    """
    locks, exclusions = [], []
    for request in requests:
        words = sorted(standing.words.get(request, {}).items())
        for asset, word in words:
            if asset in assets and word.kind in OUT:
                reason = word.reason or "no reason given"
                exclusions.append(Exclusion(asset=asset, request=request, reason=reason))
        holders = [
            (-word.decided_at, asset)
            for asset, word in words
            if word.kind in HELD and asset in assets and assets[asset].down is None
        ]
        if holders:  # the last word counts where officers held it for two assets
            locks.append(Lock(asset=min(holders)[1], request=request))
    return tuple(locks), tuple(exclusions)


def _commitment(
    word: Word | None,
    asset: str,
    requests: Sequence[EscortRequest],
    escort: Document,
    origin: Place,
    refuelled_at: str | None,
) -> Commitment:
    return Commitment(
        tasking="" if word is None else word.tasking,
        asset=asset,
        requests=tuple(requests),
        origin=origin,
        depart_at=parse_utc(escort["depart_at"]),
        rendezvous_at=parse_utc(escort["rendezvous_at"]),
        release_at=parse_utc(escort["release_at"]),
        transit_nm=escort["transit_nm"],
        leg_nm=escort["leg_nm"],
        refuelled_at=None if refuelled_at is None else parse_utc(refuelled_at),
    )


def last_word(commitment: Commitment, standing: Standing, kind: str | None) -> Word | None:
    """The last word on the commitment, of this kind or of any."""
    words = [standing.word(commitment.asset, request.id) for request in commitment.requests]
    said = (word for word in words if word is not None and kind in (None, word.kind))
    return max(said, key=lambda word: word.decided_at, default=None)
