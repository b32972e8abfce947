/** Ships, their names, the selected one and her track. */
import type { GeoJSONSource, LayerSpecification, Map as MapLibre } from "maplibre-gl";
import { ink } from "../ink";
import type { Store } from "../store";
import { FONT } from "./basemap";
import { ShipLayer } from "./ship_gl";

const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
/** From this zoom on all ships have names; before, those of the two highest bands. */
const NAMED_ZOOM = 7.5;
const NAMED_BAND = 3;
/** More would not find room on a screen. */
const NAMES = 400;

const below = (): LayerSpecification[] => [
  { id: "track", type: "line", source: "track", layout: { "line-join": "round" },
    paint: { "line-color": ink("track"), "line-width": 1.6, "line-opacity": 0.75 } },
  { id: "selected", type: "circle", source: "selected",
    paint: { "circle-radius": 15, "circle-color": ink("ring"), "circle-opacity": 0.08, "circle-stroke-color": ink("ring"), "circle-stroke-width": 1.5 } },
];

const above = (): LayerSpecification[] => [
  { id: "ship-name", type: "symbol", source: "names",
    layout: {
      "text-field": ["get", "name"], "text-font": FONT, "text-size": 11, "text-max-width": 24,
      "text-variable-anchor": ["left", "right", "bottom", "top"], "text-radial-offset": 1.1,
      "symbol-sort-key": ["-", 0, ["get", "band"]],
    },
    paint: { "text-color": ink("name"), "text-halo-color": ink("sea"), "text-halo-width": 1.4 } },
];

export function addShipLayers(map: MapLibre): ShipLayer {
  const ships = new ShipLayer();
  for (const id of ["track", "selected", "names"]) map.addSource(id, { type: "geojson", data: EMPTY });
  for (const layer of [...below(), ships, ...above()]) map.addLayer(layer);
  return ships;
}

/** Minutes of way that a vector shows: about the same length on the screen at every zoom. */
export function vectorMinutes(zoom: number): number {
  if (zoom < 5) return 120;
  if (zoom < 7) return 60;
  if (zoom < 9) return 20;
  return zoom < 11 ? 6 : 3;
}

/** Names of the ships in sight, the most urgent first. */
export function drawNames(map: MapLibre, store: Store): void {
  const bounds = map.getBounds();
  const { ships } = store;
  const least = map.getZoom() >= NAMED_ZOOM ? 0 : NAMED_BAND;
  const wide = bounds.getEast() - bounds.getWest() >= 360;
  const [west, east] = wide ? [-180, 180] : [wrapped(bounds.getWest()), wrapped(bounds.getEast())];
  const seen = ships.within(west, bounds.getSouth(), east, bounds.getNorth()).filter((slot) => ships.band[slot]! >= least);
  seen.sort((a, b) => ships.band[b]! - ships.band[a]!);
  source(map, "names").setData({
    type: "FeatureCollection",
    features: seen.slice(0, NAMES).map((slot) => ({
      type: "Feature",
      properties: { name: store.name(ships.mmsi[slot]!), band: ships.band[slot]! },
      geometry: { type: "Point", coordinates: [ships.lon[slot]!, ships.lat[slot]!] },
    })),
  });
}

export function drawSelection(map: MapLibre, store: Store): void {
  const ship = store.selected && store.ships.get(store.selected.mmsi);
  source(map, "selected").setData(ship ? { type: "Point", coordinates: [ship.lon, ship.lat] } : EMPTY);
  source(map, "track").setData(store.selected?.track ?? EMPTY);
}

export const wrapped = (lon: number) => ((((lon + 180) % 360) + 360) % 360) - 180;
export const source = (map: MapLibre, id: string) => map.getSource(id) as GeoJSONSource;
