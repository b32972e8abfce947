/** Taskings on the chart: asset, dashed way to the rendezvous, escorted leg to the release. */
import type { LayerSpecification, Map as MapLibre } from "maplibre-gl";
import { clock } from "../format";
import { ink } from "../ink";
import type { Position, Tasking } from "../model";
import type { Store } from "../store";
import { t } from "../words/words";
import { FONT } from "./basemap";
import { source } from "./ship_layer";

const FADE = ["case", ["get", "chosen"], 1, 0.45] as never;
export const PLAN_LAYERS = ["transit", "leg", "plan-point", "plan-text"] as const;

const layers = (): LayerSpecification[] => [
  { id: "transit", type: "line", source: "plan", filter: ["==", ["get", "part"], "transit"],
    paint: { "line-color": ink("escort"), "line-width": 1.3, "line-dasharray": [2, 3], "line-opacity": FADE } },
  { id: "leg", type: "line", source: "plan", filter: ["==", ["get", "part"], "leg"],
    paint: { "line-color": ink("escort"), "line-width": 2.6, "line-opacity": FADE } },
  { id: "plan-point", type: "symbol", source: "plan", filter: ["has", "icon"],
    layout: { "icon-image": ["get", "icon"], "icon-allow-overlap": true, "icon-ignore-placement": true },
    paint: { "icon-opacity": FADE } },
  { id: "plan-text", type: "symbol", source: "plan", filter: ["has", "text"],
    layout: {
      "text-field": ["get", "text"], "text-font": FONT, "text-size": 11, "text-max-width": 24,
      "text-variable-anchor": ["left", "right", "bottom", "top"], "text-radial-offset": 1,
      "symbol-sort-key": ["case", ["get", "chosen"], 0, 1],
    },
    paint: { "text-color": ink("escort"), "text-halo-color": ink("sea"), "text-halo-width": 1.4, "text-opacity": FADE } },
];

export function addPlanLayers(map: MapLibre): void {
  map.addSource("plan", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  for (const layer of layers()) map.addLayer(layer, "track");
}

export function drawPlan(map: MapLibre, store: Store): void {
  source(map, "plan").setData({ type: "FeatureCollection", features: planFeatures(store) });
}

/** Patrol vessels, ways and legs, meetings and releases; what is not `chosen` stands back. */
export function planFeatures(store: Store): GeoJSON.Feature[] {
  const taskings = store.taskings;
  const tasked = new Set(taskings.map((tasking) => tasking.asset));
  const idle = [...store.assets.values()].filter((asset) => !tasked.has(asset.id));
  return [
    ...idle.flatMap((asset) => drawAsset(asset.position, store.assetName({ asset: asset.id }), false)),
    ...taskings.flatMap((tasking) => drawTasking(tasking, store)),
  ];
}

function drawTasking(tasking: Tasking, store: Store): GeoJSON.Feature[] {
  const asset = store.asset(tasking.asset);
  const start = tasking.position ?? asset.position ?? null;
  const chosen =
    store.selected === null ||
    tasking.escorts.some((escort) => store.mmsisOf(escort).includes(store.selected!.mmsi));
  const running = store.plan?.under_way?.find((each) => each.asset === tasking.asset && each.id !== tasking.id);
  const features = running ? [] : drawAsset(start, store.assetName(tasking), chosen);
  let from = running?.release_position ?? start;
  for (const escort of tasking.escorts) {
    const [request] = escort.requests.map((id) => store.requests.get(id));
    const rendezvous = escort.rendezvous_position ?? request?.rendezvous;
    const release = escort.release_position ?? request?.release;
    if (!rendezvous || !release) continue;
    if (from) features.push(line(from, rendezvous, { part: "transit", chosen }));
    features.push(line(rendezvous, release, { part: "leg", chosen }));
    features.push(point(rendezvous, { icon: "rendezvous", text: t.chart.meet(clock(escort.rendezvous_at)), chosen }));
    features.push(point(release, { icon: "release", text: t.chart.release(clock(escort.release_at)), chosen }));
    from = release;
  }
  return features;
}

function drawAsset(position: Position | null | undefined, text: string, chosen: boolean): GeoJSON.Feature[] {
  return position ? [point(position, { icon: "asset", text, chosen })] : [];
}

const point = (coordinates: Position, properties: GeoJSON.GeoJsonProperties): GeoJSON.Feature => ({
  type: "Feature", properties, geometry: { type: "Point", coordinates },
});

const line = (from: Position, to: Position, properties: GeoJSON.GeoJsonProperties): GeoJSON.Feature => ({
  type: "Feature", properties, geometry: { type: "LineString", coordinates: [from, to] },
});
