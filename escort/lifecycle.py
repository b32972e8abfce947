"""The life of an escort: proposed, approved, under way, then done or broken off.

Event time moves it: an approved escort is under way once its asset was to leave, and done at its
release. Breaking off is a person's word. What threatens an escort is told, and changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from escort.decision import Standing, Word
from escort.reading import read_asset
from escort.scenario import Asset, EscortRequest, Exclusion, Lock, Place, asset_document
from escort.travel import travel_us
from escort.whereabouts import Commitment, home_at, position_at
from sea.errors import BadInputError
from sea.instants import iso_z, parse_utc
from sea.lanes import sea_distance_nm
from sea.units import Microseconds

Document = Mapping[str, Any]

HELD = ("approval", "lock")
"""Words that fix a pair in the plan."""

OUT = ("rejection", "break_off")
"""Words that keep a pair out of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What a person has to look at; nothing has been changed for it.

    Attributes:
        kind: asset_down, falls_behind, approval_lost or no_longer_asked.
    """

    kind: str
    tasking: str
    asset: str
    requests: tuple[str, ...]
    text: str


def commitment_id(commitment: Commitment) -> str:
    """Id of the escort under way: a hash of its asset and requests, as a tasking's."""
    requests = ",".join(request.id for request in commitment.requests)
    return blake2b(f"{commitment.asset}|{requests}".encode(), digest_size=8).hexdigest()


def assets_now(offered: Sequence[Asset], standing: Standing) -> tuple[Asset, ...]:
    """The assets as their nations have given them since: changed, down, or new."""
    known = {asset.id: asset_document(asset) for asset in offered}
    given = {asset: dict(fields) for asset, fields in standing.assets.items()}
    assets = []
    for asset in [*known, *(a for a in sorted(given) if a not in known)]:
        fields = known.get(asset, {}) | given.get(asset, {})
        try:
            assets.append(
                read_asset({n: value for n, value in fields.items() if value is not None})
            )
        except BadInputError:  # its fleet is gone: what remains of it is a change to nothing
            continue
    return tuple(assets)


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
            broken = _said(commitment, standing, "break_off")
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


def threats(
    commitments: Iterable[Commitment],
    assets: Mapping[str, Asset],
    standing: Standing,
    now: Microseconds,
) -> list[Alert]:
    """Escorts under way whose asset is down, or cannot keep the rendezvous."""
    found = []
    for commitment in commitments:
        asset = assets.get(commitment.asset)
        if commitment.status != "under_way" or asset is None:
            continue
        if asset.down is not None:
            text = f"{asset.name} cannot sail ({asset.down}). Break the escort off?"
            found.append(_alert("asset_down", commitment, text))
        elif late := _late_text(commitment, asset, standing, now):
            found.append(_alert("falls_behind", commitment, late))
    return found


def restated(tasking: Document, standing: Standing) -> dict[str, Any]:
    """A plan's tasking with what officers have said of it: statuses, locks, who and why."""
    asset = tasking["asset"]
    escorts = []
    for escort in tasking["escorts"]:
        words = [standing.word(asset, request) for request in escort["requests"]]
        kinds = {None if word is None else word.kind for word in words}
        last = max((w for w in words if w is not None), key=lambda w: w.decided_at, default=None)
        status = "approved" if kinds == {"approval"} else "proposed"
        if kinds & set(OUT):
            status = "rejected"
        escorts.append({
            **escort, "status": status, "locked": bool(kinds & set(HELD)),
            "decided": None if last is None else word_document(last),
        })  # fmt: skip
    stages = {escort["status"] for escort in escorts}
    status = stages.pop() if len(stages) == 1 else "proposed"
    locked = all(escort["locked"] for escort in escorts)
    return {**tasking, "status": status, "locked": locked, "escorts": escorts}


def commitment_document(
    commitment: Commitment, asset: Asset | None, standing: Standing, now: Microseconds
) -> dict[str, Any]:
    """An escort under way or ended, as users read it."""
    lead, word = commitment.requests[0], _said(commitment, standing, None)
    place = position_at(commitment, min(now, commitment.ended_at or now))
    return {
        "id": commitment_id(commitment),
        "tasking": commitment.tasking,
        "asset": commitment.asset,
        "name": commitment.asset if asset is None else asset.name,
        "nation": None if asset is None else asset.nation,
        "status": commitment.status,
        "requests": [request.id for request in commitment.requests],
        "mmsis": [f"{mmsi:09d}" for request in commitment.requests for mmsi in request.mmsis],
        "depart_at": iso_z(commitment.depart_at),
        "rendezvous_at": iso_z(commitment.rendezvous_at),
        "release_at": iso_z(commitment.release_at),
        "rendezvous_position": [lead.rendezvous.lon, lead.rendezvous.lat],
        "release_position": [lead.release.lon, lead.release.lat],
        "transit_nm": round(commitment.transit_nm, 3),
        "leg_nm": round(commitment.leg_nm, 3),
        "risk_value": sum(request.risk_value for request in commitment.requests),
        "position": [place.lon, place.lat],
        "ended_at": None if commitment.ended_at is None else iso_z(commitment.ended_at),
        "why": commitment.why,
        "decided": None if word is None else word_document(word),
    }


def alert_document(alert: Alert) -> dict[str, Any]:
    """The alert as users read it."""
    return {"kind": alert.kind, "tasking": alert.tasking, "asset": alert.asset,
            "requests": list(alert.requests), "text": alert.text}  # fmt: skip


def word_document(word: Word) -> dict[str, Any]:
    """An officer's word as users read it."""
    return {"kind": word.kind, "by": word.by, "nation": word.nation, "reason": word.reason,
            "at": iso_z(word.decided_at)}  # fmt: skip


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


def _said(commitment: Commitment, standing: Standing, kind: str | None) -> Word | None:
    words = [standing.word(commitment.asset, request.id) for request in commitment.requests]
    said = (word for word in words if word is not None and kind in (None, word.kind))
    return max(said, key=lambda word: word.decided_at, default=None)


def _alert(kind: str, commitment: Commitment, text: str) -> Alert:
    return Alert(
        kind=kind, tasking=commitment_id(commitment), asset=commitment.asset,
        requests=tuple(request.id for request in commitment.requests), text=text,
    )  # fmt: skip


def _late_text(
    commitment: Commitment, asset: Asset, standing: Standing, now: Microseconds
) -> str | None:
    """Told from a position that the asset's officer reported since it left."""
    reported_at = standing.placed_at.get(asset.id, -1)
    if reported_at < commitment.depart_at or now >= commitment.rendezvous_at:
        return None
    lead = commitment.requests[0]
    ends = (asset.position.lon, asset.position.lat), (lead.rendezvous.lon, lead.rendezvous.lat)
    way_nm = float(sea_distance_nm(*ends)[0, 0])
    arrives_at = min(reported_at, now) + travel_us(way_nm, asset.max_speed_kn)
    latest = min(request.latest for request in commitment.requests)
    if arrives_at <= latest:
        return None
    return (
        f"{asset.name} was {way_nm:.0f} nm from the rendezvous and arrives {iso_z(arrives_at)}, "
        f"after the latest {iso_z(latest)}. Break the escort off?"
    )
