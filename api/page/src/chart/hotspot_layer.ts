/** The hazard field on the chart: cells coloured by how hot they are among those served. */
import type { Map as MapLibre } from "maplibre-gl";
import { source } from "./ship_layer";

const RAMP = ["interpolate", ["linear"], ["get", "heat"], 0, "#2a2350", 0.5, "#6b2f6f", 0.8, "#a83d6a", 1, "#e0575b"] as never;

export function addHotspotLayer(map: MapLibre): void {
  map.addSource("hotspots", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  map.addLayer({
    id: "hotspots", type: "fill", source: "hotspots", layout: { visibility: "none" },
    paint: { "fill-color": RAMP, "fill-opacity": ["interpolate", ["linear"], ["get", "heat"], 0, 0.1, 1, 0.55], "fill-antialias": false },
  }, "land");
}

export function drawHotspots(map: MapLibre, served: GeoJSON.FeatureCollection): void {
  source(map, "hotspots").setData(withHeat(served));
}

/** The cells with `heat`, 0 for the coolest and 1 for the hottest served. */
export function withHeat(served: GeoJSON.FeatureCollection): GeoJSON.FeatureCollection {
  const rates = served.features.map(density);
  const ascending = [...rates].sort((a, b) => a - b);
  const last = Math.max(1, ascending.length - 1);
  const features = served.features.map((cell, i) => ({
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
