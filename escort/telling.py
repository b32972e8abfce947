"""The life of escorts as users read it: stages, who said so, and what threatens them.

What threatens an escort is told, and changes nothing: that is for a person.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from escort.decision import Standing, Word
from escort.lifecycle import HELD, OUT, last_word
from escort.scenario import Asset
from escort.travel import travel_us
from escort.whereabouts import Commitment, position_at
from sea.instants import iso_z
from sea.lanes import sea_distance_nm
from sea.units import Microseconds

Document = Mapping[str, Any]


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
    lead, word = commitment.requests[0], last_word(commitment, standing, None)
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
