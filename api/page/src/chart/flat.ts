/** The chart on a plain canvas, for browsers without WebGL: the same content, drawn more simply. */
import { ASSET_PATH, look } from "../band";
import { coordinates } from "../format";
import { ahead } from "../geodesy";
import { bandInk, ink } from "../ink";
import { bandOf, type Position, type Ship } from "../model";
import { PORTS } from "../port";
import type { Store } from "../store";
import type { View } from "../view";
import { t } from "../words/words";
import { land } from "./basemap";
import { places, withHeat } from "./hotspot_layer";
import { FlatPen } from "./flat_pen";
import { fromWorld, TILE_PX, toWorld, worldPath } from "./mercator";
import { planFeatures } from "./plan_layer";
import { vectorMinutes } from "./ship_layer";
import type { Layer, Surface } from "./surface";

const HIT_PX = 12;
const CLICK_PX = 4;
const FIT_ZOOM = 6.5;
export class FlatChart implements Surface {
  private readonly pen: FlatPen;
  private readonly room = new ResizeObserver(() => this.paint());
  private readonly hidden = new Set<Layer>(["hotspots"]);
  private store: Store | null = null;
  private cells: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
  private places: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
  private moved: (zoom: number, lon: number, lat: number) => void = () => undefined;

  private constructor(box: HTMLElement, view: View, private readonly coast: Path2D, private readonly borders: Path2D) {
    this.pen = new FlatPen(toWorld([view.lon, view.lat]), view.zoom);
    this.canvas.className = "flat-chart";
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("aria-label", t.chart.flat);
    box.append(this.canvas);
    this.room.observe(box);
    this.listen();
  }

  static async open(box: HTMLElement, view: View): Promise<FlatChart> {
    const world = await land();
    return new FlatChart(box, view, worldPath(world.land), worldPath(world.borders));
  }

  close(): void {
    this.room.disconnect();
    this.canvas.remove();
  }

  onSelect(select: (mmsi: number | null) => void): void {
    let from: Position = [0, 0];
    this.canvas.addEventListener("pointerdown", (event) => (from = [event.offsetX, event.offsetY]));
    this.canvas.addEventListener("click", ({ offsetX, offsetY }) => {
      if (Math.hypot(offsetX - from[0], offsetY - from[1]) <= CLICK_PX) select(this.shipAt(offsetX, offsetY));
    });
  }

  onMove(moved: (zoom: number, lon: number, lat: number) => void): void {
    this.moved = moved;
  }

  onPointer(show: (text: string) => void): void {
    this.canvas.addEventListener("mousemove", ({ offsetX, offsetY }) => show(coordinates(this.pen.unproject(offsetX, offsetY))));
    this.canvas.addEventListener("mouseleave", () => show(""));
  }

  draw(store: Store): void {
    this.store = store;
    this.paint();
  }

  /** Drawn with everything else. */
  drawPlan(): void {}

  drawHotspots(cells: GeoJSON.FeatureCollection): void {
    this.cells = withHeat(cells);
    this.places = places(cells);
    this.paint();
  }

  show(layer: Layer, visible: boolean): void {
    if (visible) this.hidden.delete(layer);
    else this.hidden.add(layer);
    this.paint();
  }

  vectorMinutes(): number {
    return vectorMinutes(this.pen.zoom);
  }

  centre(position: Position, zoom = 6): void {
    this.pen.centreAt = toWorld(position);
    this.go(Math.max(this.pen.zoom, zoom));
  }

  fit(positions: Position[]): void {
    const places = positions.map(toWorld);
    const [low, high] = [Math.min, Math.max].map((of): Position => [of(...places.map(([x]) => x)), of(...places.map(([, y]) => y))]) as [Position, Position];
    const room = 0.7 * Math.min(this.canvas.clientWidth / (high[0] - low[0] + 1e-9), this.canvas.clientHeight / (high[1] - low[1] + 1e-9));
    this.pen.centreAt = [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2];
    this.go(Math.min(FIT_ZOOM, Math.log2(room / TILE_PX)));
  }

  private get canvas(): HTMLCanvasElement {
    return this.pen.canvas;
  }

  private listen(): void {
    this.canvas.addEventListener("pointermove", (event) => event.buttons && this.shift(-event.movementX, -event.movementY));
    this.canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const [x, y] = toWorld(this.pen.unproject(event.offsetX, event.offsetY));
      const zoom = this.pen.zoom - event.deltaY / 400;
      const part = 1 - 2 ** (this.pen.zoom - zoom);
      const [left, top] = this.pen.centreAt;
      this.pen.centreAt = [left + (x - left) * part, top + (y - top) * part];
      this.go(zoom);
    }, { passive: false });
    const keys: Record<string, () => void> = {
      ArrowLeft: () => this.shift(-80, 0), ArrowRight: () => this.shift(80, 0), ArrowUp: () => this.shift(0, -80),
      ArrowDown: () => this.shift(0, 80), "+": () => this.go(this.pen.zoom + 0.5), "-": () => this.go(this.pen.zoom - 0.5),
    };
    this.canvas.addEventListener("keydown", (event) => keys[event.key]?.());
  }

  private shift(right: number, down: number): void {
    const [x, y] = this.pen.centreAt;
    this.pen.centreAt = [x + right / this.pen.scale, y + down / this.pen.scale];
    this.go(this.pen.zoom);
  }

  private go(zoom: number): void {
    this.pen.zoom = Math.max(1.2, Math.min(14, zoom));
    this.paint();
    this.moved(this.pen.zoom, ...fromWorld(this.pen.centreAt));
  }

  private shipAt(x: number, y: number): number | null {
    const near = [...(this.store?.ships.values() ?? [])].filter((ship) => {
      const at = this.pen.project([ship.lon, ship.lat]);
      return Math.hypot(at[0] - x, at[1] - y) <= HIT_PX;
    });
    near.sort((a, b) => bandOf(b) - bandOf(a));
    return near[0]?.mmsi ?? null;
  }

  private paint(): void {
    this.pen.clear();
    if (!this.hidden.has("hotspots")) for (const cell of this.cells.features) this.paintCell(cell);
    this.pen.world(this.coast, { fill: ink("land"), line: ink("shore") });
    this.pen.world(this.borders, { line: ink("border") });
    if (!this.hidden.has("hotspots")) for (const place of this.places.features) this.pen.world(worldPath(place), { line: ink("place") }, place.properties?.patrol ? 2.2 : 1);
    for (const [name, lon, lat, rank] of PORTS) if (rank === 1 || this.pen.zoom > 5.2) this.pen.label(name, [lon, lat], ink("port"));
    if (!this.store) return;
    if (this.store.selected?.track) this.pen.world(worldPath(this.store.selected.track), { line: ink("track") }, 1.6);
    if (!this.hidden.has("escorts")) this.paintPlan(this.store);
    for (const ship of [...this.store.ships.values()].sort((a, b) => bandOf(a) - bandOf(b))) this.paintShip(ship, this.store);
  }

  private paintCell(cell: GeoJSON.Feature): void {
    this.pen.strength = 0.1 + 0.45 * Number(cell.properties?.heat);
    this.pen.world(worldPath(cell), { fill: ink("heat-3") });
    this.pen.strength = 1;
  }

  private paintPlan(store: Store): void {
    for (const feature of planFeatures(store)) {
      const field = feature.properties ?? {};
      this.pen.strength = field.chosen ? 1 : 0.45;
      if (feature.geometry.type === "Point") {
        const at = feature.geometry.coordinates as Position;
        this.pen.glyph(field.icon === "asset" ? ASSET_PATH : "M6 6H18V18H6Z", at, 18, 0, ink("escort"));
        this.pen.label(String(field.text), at, ink("escort"));
      } else {
        this.pen.world(worldPath(feature), { line: ink("escort") }, field.part === "leg" ? 2.6 : 1);
      }
    }
    this.pen.strength = 1;
  }

  private paintShip(ship: Ship, store: Store): void {
    const at: Position = [ship.lon, ship.lat];
    const { path, still, size } = look(bandOf(ship));
    const colour = bandInk(bandOf(ship));
    const turn = ship.heading ?? ship.cog;
    if (!this.hidden.has("vectors") && ship.sog !== null && ship.cog !== null && ship.sog >= 0.5) {
      const tip = ahead(at, ship.cog, (ship.sog * this.vectorMinutes()) / 60);
      this.pen.world(worldPath({ type: "LineString", coordinates: [at, tip] }), { line: colour });
    }
    this.pen.glyph(turn === null ? still : path, at, size, turn ?? 0, colour);
    const selected = store.selected?.mmsi === ship.mmsi;
    if (selected) this.pen.glyph("M12 2a10 10 0 1 0 .01 0Z", at, 32, 0, null);
    if (!this.hidden.has("names") && (selected || bandOf(ship) >= 3)) this.pen.label(store.name(ship.mmsi), at, ink("name"));
  }
}
