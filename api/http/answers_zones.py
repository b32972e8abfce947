"""What the operations on zones answer."""

from typing import Any, Literal

from api.http.answers import Answer


class ZoneProperties(Answer):
    """What a zone is, and whose."""

    name: str
    kind: str
    nation: str
    valid_from: str
    valid_until: str | None
    version: int
    originator: str
    releasable_to: list[str]
    changed_at: str


class Zone(Answer):
    """An area that a partner has drawn, as a GeoJSON feature."""

    type: Literal["Feature"]
    id: str
    geometry: dict[str, Any]
    properties: ZoneProperties


class Zones(Answer):
    """Areas that partners have drawn, by id."""

    type: Literal["FeatureCollection"]
    features: list[Zone]
