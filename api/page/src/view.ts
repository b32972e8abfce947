/** The view in the URL's hash: `#map=5.2/-79.5/3.1&ship=370123456&tab=events&band=3&find=orion&layers=escorts,names&at=2026-11-24T03:14:00Z`. */
import { LAYERS, type Layer } from "./chart/surface";
import type { Tab } from "./dock";

export interface View {
  zoom: number;
  lon: number;
  lat: number;
  ship: number | null;
  /** What is open under the chart. */
  tab: Tab | null;
  /** Least band and search of the list. */
  band: number;
  find: string;
  layers: Set<Layer>;
  /** The instant that is replayed, ms; null is live. */
  at: number | null;
}

const TABS: readonly Tab[] = ["escorts", "unserved", "events"];
const SHOWN: readonly Layer[] = ["escorts", "vectors", "names"];
/** The eastern Pacific from Mexico to Peru, with the Caribbean. */
const HOME = { zoom: 4.1, lon: -84, lat: 8 };

export function parseView(hash: string): View {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const [zoom, lon, lat] = (fields.get("map") ?? "").split("/").map(Number);
  const ship = Number(fields.get("ship"));
  const band = Number(fields.get("band"));
  const sound = [zoom, lon, lat].every((n) => n !== undefined && Number.isFinite(n)) && Math.abs(lat!) < 86;
  const layers = fields.get("layers");
  const at = Date.parse(fields.get("at") ?? "");
  return {
    ...(sound ? { zoom: zoom!, lon: lon!, lat: lat! } : HOME),
    ship: Number.isInteger(ship) && ship > 0 ? ship : null,
    tab: fields.get("tab") === "none" ? null : (TABS.find((tab) => tab === fields.get("tab")) ?? "escorts"),
    band: [2, 3, 4].includes(band) ? band : 0,
    find: fields.get("find") ?? "",
    layers: new Set(layers === null ? SHOWN : LAYERS.filter((layer) => layers.split(",").includes(layer))),
    at: Number.isNaN(at) ? null : at,
  };
}

/** Only what differs from the page as it opens. */
export function formatView({ zoom, lon, lat, ship, tab, band, find, layers, at }: View): string {
  const fields = [`map=${zoom.toFixed(2)}/${lon.toFixed(3)}/${lat.toFixed(3)}`];
  if (ship !== null) fields.push(`ship=${String(ship).padStart(9, "0")}`);
  if (tab !== "escorts") fields.push(`tab=${tab ?? "none"}`);
  if (band) fields.push(`band=${band}`);
  if (find) fields.push(`find=${encodeURIComponent(find)}`);
  const shown = LAYERS.filter((layer) => layers.has(layer));
  if (shown.join() !== SHOWN.join()) fields.push(`layers=${shown.join(",")}`);
  if (at !== null) fields.push(`at=${new Date(at).toISOString().slice(0, 19)}Z`);
  return `#${fields.join("&")}`;
}
