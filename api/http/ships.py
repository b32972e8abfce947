"""Ships as port authorities read them: who they are, and bands with reasons fit for the reader."""

from collections.abc import Mapping
from typing import Any, Final

from api.policy import Principal, may_read_reason

_OF_SHIP: Final = (
    "mmsi", "name", "callsign", "imo", "flag", "ship_type", "length_m", "draught_m",
    "destination", "reported_at", "position", "sog_kn", "assessed_at",
)  # fmt: skip


def brief_ship(vessel: Mapping[str, Any], principal: Principal) -> dict[str, Any]:
    """The vessel without figures behind its bands, and without reasons not for this reader."""
    scores = {name: _brief(vessel[name], principal) for name in ("coercion", "smuggling")}
    return {**{name: vessel[name] for name in _OF_SHIP}, **scores}


def _brief(score: Mapping[str, Any] | None, principal: Principal) -> dict[str, Any] | None:
    if score is None:
        return None
    return {
        "band": score["band"],
        "reasons": [
            {name: reason[name] for name in ("code", "text", "innocent_explanation")}
            for reason in score["reasons"]
            if may_read_reason(principal, reason["code"])
        ],
    }
