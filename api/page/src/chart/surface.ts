/** What the page asks of a chart, however it is drawn. */
import type { Position } from "../model";
import type { Store } from "../store";

export const LAYERS = ["escorts", "hotspots", "vectors", "names"] as const;
export type Layer = (typeof LAYERS)[number];

export interface Surface {
  /** Takes it off the page. */
  close(): void;
  onSelect(select: (mmsi: number | null) => void): void;
  onMove(moved: (zoom: number, lon: number, lat: number) => void): void;
  /** Calls with the position under the pointer as text, empty when it leaves. */
  onPointer(show: (text: string) => void): void;
  draw(store: Store): void;
  drawPlan(store: Store): void;
  drawHotspots(cells: GeoJSON.FeatureCollection): void;
  show(layer: Layer, visible: boolean): void;
  vectorMinutes(): number;
  centre(position: Position, zoom?: number): void;
  /** Brings all the positions into sight. */
  fit(positions: Position[]): void;
}
