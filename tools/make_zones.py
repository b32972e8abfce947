"""Makes ``sea/data/zones.geojson``: approximate watch areas, circles drawn by us.

Centres and counts of the watch areas: clusters (within 25 nm, two or more) of reported incidents
2010-2018 in "Crime at Sea: A Global Database of Maritime Pirate Attacks" (Journal of Open
Humanities Data, 2021, doi 10.5334/johd.39). Centres of the canal approaches: chosen by us.
"""

import json
from pathlib import Path

import numpy as np

from sea.geodesy import destination

OUT = Path(__file__).parents[1] / "sea" / "data" / "zones.geojson"
SOURCE = "doi 10.5334/johd.39, clusters of 2010-2018"
RADIUS_NM = 15.0
CORNERS = 48

WATCH_AREAS = [
    ("VE-GUANTA", "Guanta and Puerto La Cruz", "VE", -64.718, 10.246, 37),
    ("PE-CALLAO", "Callao", "PE", -77.188, -12.028, 28),
    ("CO-CARTAGENA", "Cartagena and Mamonal", "CO", -75.533, 10.317, 22),
    ("HT-PORT-AU-PRINCE", "Port au Prince", "HT", -72.39, 18.567, 18),
    ("EC-GUAYAQUIL", "Guayaquil estuary", "EC", -80.005, -2.361, 16),
    ("BR-VILA-DO-CONDE", "Vila do Conde", "BR", -48.755, -1.518, 13),
    ("CO-BUENAVENTURA", "Buenaventura", "CO", -77.147, 3.833, 12),
    ("GY-GEORGETOWN", "Georgetown", "GY", -58.17, 6.802, 10),
    ("PE-TALARA", "Talara", "PE", -81.313, -4.569, 7),
    ("CR-LIMON", "Puerto Limon", "CR", -83.01, 9.977, 5),
    ("BR-MACAPA", "Macapa", "BR", -50.967, 0.062, 4),
    ("EC-ESMERALDAS", "Esmeraldas", "EC", -79.638, 0.995, 2),
    ("BR-SANTOS", "Santos", "BR", -46.3, -24.1, 2),
]
APPROACHES = [
    ("PA-CANAL-PACIFIC", "Panama Canal, Pacific approach", "PA", -79.5, 8.75),
    ("PA-CANAL-ATLANTIC", "Panama Canal, Atlantic approach", "PA", -79.92, 9.5),
]


def feature(zone: str, lon: float, lat: float, **properties: object) -> dict[str, object]:
    """A circle about a position as a GeoJSON feature, counter-clockwise (RFC 7946, 3.1.6)."""
    x, y = destination(lon, lat, -np.arange(CORNERS) * 360 / CORNERS, RADIUS_NM)
    ring = [[round(a, 4), round(b, 4)] for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    return {
        "type": "Feature",
        "id": zone,
        "properties": {**properties, "approximate": True},
        "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
    }


def main() -> None:
    """Writes the file."""
    features = [
        feature(
            zone, lon, lat, name=name, kind="watch", nation=nation, incidents=count, source=SOURCE
        )
        for zone, name, nation, lon, lat, count in WATCH_AREAS
    ]
    features += [
        feature(zone, lon, lat, name=name, kind="approach", nation=nation, source="drawn by us")
        for zone, name, nation, lon, lat in APPROACHES
    ]
    lines = ",\n".join(json.dumps(f, separators=(",", ":")) for f in features)
    OUT.write_text(f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n', "utf-8")


if __name__ == "__main__":
    main()
