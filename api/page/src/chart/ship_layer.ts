/** Ships, their speed vectors and the selected track. */
import type { GeoJSONSource, LayerSpecification, Map as MapLibre } from "maplibre-gl";
import { LOOKS } from "../band";
import { ahead } from "../geodesy";
import { bandInk, ink } from "../ink";
import { bandOf, type Ship } from "../model";
import type { Store } from "../store";
import { FONT } from "./basemap";

const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
const colour = () => ["match", ["get", "band"], ...LOOKS.flatMap((_, i) => (i ? [i, bandInk(i)] : [])), bandInk(0)] as never;

const layers = (): LayerSpecification[] => [
  { id: "track", type: "line", source: "track", layout: { "line-join": "round" },
    paint: { "line-color": ink("track"), "line-width": 1.6, "line-opacity": 0.75 } },
  { id: "vector", type: "line", source: "vectors",
    paint: { "line-color": colour(), "line-width": 1.1, "line-opacity": 0.7 } },
  { id: "selected", type: "circle", source: "ships", filter: ["==", ["get", "mmsi"], -1],
    paint: { "circle-radius": 15, "circle-color": ink("ring"), "circle-opacity": 0.08, "circle-stroke-color": ink("ring"), "circle-stroke-width": 1.5 } },
  { id: "open-event", type: "circle", source: "ships", filter: ["==", ["get", "open"], true],
    paint: { "circle-radius": 10, "circle-opacity": 0, "circle-stroke-color": ink("track"), "circle-stroke-width": 1, "circle-stroke-opacity": 0.55 } },
  { id: "ships", type: "symbol", source: "ships",
    layout: {
      "icon-image": ["get", "icon"], "icon-rotate": ["get", "turn"], "icon-rotation-alignment": "map",
      "icon-allow-overlap": true, "icon-ignore-placement": true, "symbol-sort-key": ["get", "band"],
    } },
  { id: "ship-name", type: "symbol", source: "ships",
    filter: ["any", [">=", ["get", "band"], 3], [">=", ["zoom"], 7.5]],
    layout: {
      "text-field": ["get", "name"], "text-font": FONT, "text-size": 11, "text-max-width": 24,
      "text-variable-anchor": ["left", "right", "bottom", "top"], "text-radial-offset": 1.1,
      "symbol-sort-key": ["-", 0, ["get", "band"]],
    },
    paint: { "text-color": ink("name"), "text-halo-color": ink("sea"), "text-halo-width": 1.4 } },
];

export function addShipLayers(map: MapLibre): void {
  for (const id of ["track", "vectors", "ships"]) map.addSource(id, { type: "geojson", data: EMPTY });
  for (const layer of layers()) map.addLayer(layer);
}

/** Minutes of way that a vector shows: about the same length on the screen at every zoom. */
export function vectorMinutes(zoom: number): number {
  if (zoom < 5) return 120;
  if (zoom < 7) return 60;
  if (zoom < 9) return 20;
  return zoom < 11 ? 6 : 3;
}

export function drawShips(map: MapLibre, store: Store): void {
  const ships = [...store.ships.values()];
  source(map, "ships").setData({ type: "FeatureCollection", features: ships.map((ship) => shipPoint(ship, store)) });
  const minutes = vectorMinutes(map.getZoom());
  source(map, "vectors").setData({
    type: "FeatureCollection",
    features: ships.flatMap((ship) => vector(ship, minutes)),
  });
}

function shipPoint(ship: Ship, store: Store): GeoJSON.Feature {
  const band = bandOf(ship);
  const turn = ship.heading ?? ship.cog;
  return {
    type: "Feature",
    properties: {
      mmsi: ship.mmsi, band, open: ship.openEvent, turn: turn ?? 0, name: store.name(ship.mmsi),
      icon: turn === null ? `ship-${band}-still` : `ship-${band}`,
    },
    geometry: { type: "Point", coordinates: [ship.lon, ship.lat] },
  };
}

function vector(ship: Ship, minutes: number): GeoJSON.Feature[] {
  if (ship.sog === null || ship.cog === null || ship.sog < 0.5) return [];
  const tip = ahead([ship.lon, ship.lat], ship.cog, (ship.sog * minutes) / 60);
  return [{
    type: "Feature",
    properties: { band: bandOf(ship) },
    geometry: { type: "LineString", coordinates: [[ship.lon, ship.lat], tip] },
  }];
}

export function drawSelection(map: MapLibre, store: Store): void {
  map.setFilter("selected", ["==", ["get", "mmsi"], store.selected?.mmsi ?? -1]);
  source(map, "track").setData(store.selected?.track ?? EMPTY);
}

export const source = (map: MapLibre, id: string) => map.getSource(id) as GeoJSONSource;
