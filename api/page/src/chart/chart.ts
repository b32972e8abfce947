/** The chart: MapLibre over the packaged base, told what to draw by the store. */
import {
  AttributionControl, Map as MapLibre, NavigationControl, ScaleControl, setWorkerUrl,
} from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { coordinates } from "../format";
import type { Position } from "../model";
import type { Store } from "../store";
import type { View } from "../view";
import { t } from "../words/words";
import { baseStyle } from "./basemap";
import { labelGrid } from "./grid_label";
import { addHotspotLayer, addPlaceLayers, drawHotspots, HOTSPOT_LAYERS } from "./hotspot_layer";
import { addIcons } from "./icon";
import { addPlanLayers, drawPlan, PLAN_LAYERS } from "./plan_layer";
import type { Layer, Surface } from "./surface";
import type { ShipLayer } from "./ship_gl";
import { addShipLayers, drawNames, drawSelection, vectorMinutes, wrapped } from "./ship_layer";

const HIT_PX = 9;
const LAYERS: Record<Layer, readonly string[]> = {
  hotspots: HOTSPOT_LAYERS, escorts: PLAN_LAYERS, vectors: [], names: ["ship-name"],
};

const FIT_PADDING_PX = 70;
const FIT_ZOOM = 6.5;
const glide = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 600);

export class Chart implements Surface {
  private store: Store | null = null;

  private constructor(
    private readonly map: MapLibre,
    private readonly ships: ShipLayer,
  ) {
    map.on("moveend", () => this.store && this.draw(this.store));
  }

  /** A chart with its layers ready; rejects where the browser has no WebGL. */
  static async open(container: HTMLElement, view: View): Promise<Chart> {
    setWorkerUrl(new URL(workerUrl, location.href).href);
    const map = new MapLibre({
      container,
      style: await baseStyle(),
      center: [view.lon, view.lat],
      zoom: view.zoom,
      minZoom: 1.2,
      maxZoom: 14,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      attributionControl: false,
      fadeDuration: 0,
    });
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    map.addControl(new ScaleControl({ unit: "nautical", maxWidth: 120 }), "bottom-right");
    map.addControl(new AttributionControl({ compact: false, customAttribution: t.chart.credit }), "bottom-right");
    await new Promise<void>((done) => map.once("load", () => done()));
    addIcons(map);
    addHotspotLayer(map);
    const ships = addShipLayers(map);
    addPlanLayers(map);
    addPlaceLayers(map);
    labelGrid(map);
    return new Chart(map, ships);
  }

  close(): void {
    this.map.remove();
  }

  onSelect(select: (mmsi: number | null) => void): void {
    this.map.on("click", (event) => select(this.shipAt(event.point)));
    this.map.on("mousemove", (event) => {
      this.map.getCanvas().style.cursor = this.shipAt(event.point) === null ? "" : "pointer";
    });
  }

  /** The ship of the highest band near a point of the screen. */
  private shipAt({ x, y }: { x: number; y: number }): number | null {
    const ships = this.store?.ships;
    if (!ships) return null;
    const [low, high] = [this.map.unproject([x - HIT_PX, y + HIT_PX]), this.map.unproject([x + HIT_PX, y - HIT_PX])];
    const near = ships.within(wrapped(low.lng), low.lat, wrapped(high.lng), high.lat);
    const [first] = near.sort((a, b) => ships.band[b]! - ships.band[a]!);
    return first === undefined ? null : ships.mmsi[first]!;
  }

  onMove(moved: (zoom: number, lon: number, lat: number) => void): void {
    this.map.on("moveend", () => {
      const centre = this.map.getCenter();
      moved(this.map.getZoom(), centre.lng, centre.lat);
    });
  }

  onPointer(show: (text: string) => void): void {
    this.map.on("mousemove", ({ lngLat }) => show(coordinates([lngLat.wrap().lng, lngLat.lat])));
    this.map.on("mouseout", () => show(""));
  }

  draw(store: Store): void {
    this.store = store;
    this.ships.vectorMinutes = this.vectorMinutes();
    this.ships.set(store.ships);
    drawNames(this.map, store);
    drawSelection(this.map, store);
  }

  drawPlan(store: Store): void {
    drawPlan(this.map, store);
  }

  drawHotspots(cells: GeoJSON.FeatureCollection): void {
    drawHotspots(this.map, cells);
  }

  show(layer: Layer, visible: boolean): void {
    if (layer === "vectors") {
      this.ships.vectors = visible;
      this.map.triggerRepaint();
    }
    for (const id of LAYERS[layer]) this.map.setLayoutProperty(id, "visibility", visible ? "visible" : "none");
  }

  vectorMinutes(): number {
    return vectorMinutes(this.map.getZoom());
  }

  centre(position: Position, zoom = 6): void {
    this.map.resize();
    this.map.easeTo({ center: position, zoom: Math.max(this.map.getZoom(), zoom), duration: glide() });
  }

  fit(positions: Position[]): void {
    this.map.resize();
    const lons = positions.map(([lon]) => lon);
    const lats = positions.map(([, lat]) => lat);
    const box: [Position, Position] = [[Math.min(...lons), Math.min(...lats)], [Math.max(...lons), Math.max(...lats)]];
    this.map.fitBounds(box, { padding: FIT_PADDING_PX, maxZoom: FIT_ZOOM, duration: glide() });
  }
}
