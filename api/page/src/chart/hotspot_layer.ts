/** Hot spots: cells of the hazard field, coloured by how hot they are, and ranked places outlined. */
import type { Map as MapLibre } from "maplibre-gl";
import { ink } from "../ink";
import { t } from "../words/words";
import { FONT } from "./basemap";
import { source } from "./ship_layer";

export const HOTSPOT_LAYERS = ["hotspots", "hotspot-place", "hotspot-point", "hotspot-name"];
const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
const NAMED = 12;

const ramp = () => ["interpolate", ["linear"], ["get", "heat"], 0, ink("heat-0"), 0.5, ink("heat-1"), 0.8, ink("heat-2"), 1, ink("heat-3")] as never;

export function addHotspotLayer(map: MapLibre): void {
  map.addSource("hotspots", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  map.addLayer({
    id: "hotspots", type: "fill", source: "hotspots", layout: { visibility: "none" },
    paint: { "fill-color": ramp(), "fill-opacity": ["interpolate", ["linear"], ["get", "heat"], 0, 0.1, 1, 0.55], "fill-antialias": false },
  }, "land");
}

/** Ranked places, above all else, so that their names have the right of way. */
export function addPlaceLayers(map: MapLibre): void {
  for (const id of ["hotspot-places", "hotspot-points"]) map.addSource(id, { type: "geojson", data: NOTHING });
  map.addLayer({
    id: "hotspot-place", type: "line", source: "hotspot-places", layout: { visibility: "none" },
    paint: { "line-color": ink("place"), "line-width": ["case", ["==", ["get", "patrol"], null], 1, 2.2] },
  });
  map.addLayer({
    id: "hotspot-point", type: "circle", source: "hotspot-points", layout: { visibility: "none" },
    paint: {
      "circle-radius": ["interpolate", ["linear"], ["get", "rank"], 1, 18, 10, 9, 50, 4],
      "circle-color": ink("place"), "circle-opacity": 0.12, "circle-stroke-color": ink("place"),
      "circle-stroke-width": ["case", ["==", ["get", "patrol"], null], 1, 2.4],
    },
  });
  map.addLayer({
    id: "hotspot-name", type: "symbol", source: "hotspot-points", filter: ["<=", ["get", "rank"], NAMED],
    layout: {
      visibility: "none", "text-field": ["get", "label"], "text-font": FONT, "text-size": 11, "text-max-width": 24,
      "text-variable-anchor": ["left", "right", "bottom", "top"], "text-radial-offset": 1.6, "symbol-sort-key": ["get", "rank"],
    },
    paint: { "text-color": ink("place-name"), "text-halo-color": ink("sea"), "text-halo-width": 1.4 },
  });
}

export function drawHotspots(map: MapLibre, served: GeoJSON.FeatureCollection): void {
  source(map, "hotspots").setData(withHeat(served));
  const ranked = places(served);
  source(map, "hotspot-places").setData(ranked);
  source(map, "hotspot-points").setData({ type: "FeatureCollection", features: ranked.features.map(middle) });
}

/** The ranked places, each with a `label`. */
export function places(served: GeoJSON.FeatureCollection): GeoJSON.FeatureCollection {
  const features = served.features.filter(isPlace).map((place) => {
    const told = place.properties!;
    const patrol = told.patrol ? t.chart.patrolHere(Number(told.patrol)) : "";
    return { ...place, properties: { ...told, label: `${told.rank}. ${told.name}${patrol}` } };
  });
  return { type: "FeatureCollection", features };
}

/** A place as a point, amid the corners of its outline. */
function middle(place: GeoJSON.Feature): GeoJSON.Feature {
  const outline = place.geometry as GeoJSON.Polygon | GeoJSON.MultiPolygon;
  const ring = (outline.type === "Polygon" ? outline.coordinates[0]! : outline.coordinates[0]![0]!).slice(1);
  const mean = (axis: number) => ring.reduce((sum, at) => sum + at[axis]!, 0) / ring.length;
  return { ...place, geometry: { type: "Point", coordinates: [mean(0), mean(1)] } };
}

const isPlace = (feature: GeoJSON.Feature) => feature.properties?.rank !== undefined && feature.properties.kind !== "cell";

/** The cells with `heat`, 0 for the coolest and 1 for the hottest served. */
export function withHeat(served: GeoJSON.FeatureCollection): GeoJSON.FeatureCollection {
  const cells = served.features.filter((feature) => !isPlace(feature));
  const rates = cells.map(density);
  const ascending = [...rates].sort((a, b) => a - b);
  const last = Math.max(1, ascending.length - 1);
  const features = cells.map((cell, i) => ({
    ...cell,
    properties: { ...cell.properties, heat: lowerBound(ascending, rates[i]!) / last },
  }));
  return { type: "FeatureCollection", features };
}

/** Incidents a year and square mile where the area is given, else as served. */
function density(cell: GeoJSON.Feature): number {
  const field = cell.properties ?? {};
  const rate = Number(field.incidents_per_year ?? field.rate ?? field.value ?? 0);
  return field.area_nm2 > 0 ? rate / Number(field.area_nm2) : rate;
}

function lowerBound(ascending: number[], value: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
