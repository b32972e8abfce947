/** Wires the page: store, feed, chart, and the parts drawn around it. */
import { html, nothing, render } from "lit-html";
import { Chart } from "./chart/chart";
import { FlatChart } from "./chart/flat";
import type { Layer, Surface } from "./chart/surface";
import { dock, type Tab } from "./dock";
import { Feed } from "./feed";
import { header } from "./header";
import { legend } from "./legend";
import { list } from "./list";
import { positionOf, type Position } from "./model";
import "./page.css";
import { panel } from "./panel";
import { Store } from "./store";
import type { Verdict } from "./verdict";
import { formatView, parseView } from "./view";
import { exposeFlag } from "./flag";

const part = (id: string) => document.getElementById(id)!;
const store = new Store();
const feed = new Feed(store);
const view = parseView(location.hash);
let placed = location.hash.includes("map=");
const layers = new Set<Layer>(["escorts", "vectors", "names"]);
let tab: Tab | null = "escorts";
let chart: Surface | null = null;
const overlay = document.createElement("div");
overlay.className = "overlay";

function select(mmsi: number | null): void {
  view.ship = mmsi;
  writeView();
  void feed.select(mmsi);
}

/** Selects a ship and brings her into sight, with her escort if she has one. */
function show(mmsi: number): void {
  select(mmsi);
  draw(); // the panel takes its room from the chart first
  const ship = store.ships.get(mmsi);
  const vessel = store.vessels.get(mmsi);
  const position: Position | null = ship ? [ship.lon, ship.lat] : vessel ? positionOf(vessel) : null;
  const escort = store.escortPlaces(mmsi);
  if (position && escort.length) chart?.fit([position, ...escort]);
  else if (position) chart?.centre(position, 5);
  document.querySelector("tr.chosen")?.scrollIntoView({ block: "nearest" });
}

/** Opens the chart where the ships are, unless the address says where or some are in sight. */
function place(): void {
  if (placed || !chart || !store.ships.size) return;
  placed = true;
  const positions = [...store.ships.values()].map((s): Position => [s.lon, s.lat]);
  const seen = positions.some(([lon, lat]) => Math.abs(lon - view.lon) < 45 && Math.abs(lat - view.lat) < 30);
  if (!seen) chart.fit(central(positions));
}

/** The positions without the outermost twentieth on each side, which are often wrong. */
function central(positions: Position[]): Position[] {
  const cut = Math.floor(positions.length / 20);
  const bounds = [0, 1].map((axis) => {
    const sorted = positions.map((p) => p[axis]!).sort((a, b) => a - b);
    return [sorted[cut]!, sorted[sorted.length - 1 - cut]!] as const;
  });
  return positions.filter((p) => bounds.every(([low, high], axis) => p[axis]! >= low && p[axis]! <= high));
}

const writeView = () => history.replaceState(null, "", formatView(view));

const actions = {
  select: show,
  open: (event: { mmsis: string[]; lon: number; lat: number }) => {
    select(Number(event.mmsis[0]));
    chart?.centre([event.lon, event.lat], 7);
  },
  consider: (verdict: Verdict | null) => {
    store.verdict = verdict;
    draw();
    document.querySelector<HTMLInputElement>("form.verdict input")?.focus();
  },
  decide: (verdict: Verdict, reason: string) => void feed.decide(verdict, reason),
  turn: (next: Tab) => {
    tab = tab === next ? null : next;
    draw();
  },
};

const listActions = {
  select,
  search: (query: string) => {
    store.query = query;
    store.changed();
  },
  filter: (minBand: number) => {
    store.minBand = minBand;
    store.changed();
  },
};

function toggle(layer: Layer): void {
  if (!layers.delete(layer)) layers.add(layer);
  chart?.show(layer, layers.has(layer));
  if (layer === "hotspots" && layers.has(layer)) void feed.hotspots().then((cells) => cells && chart?.drawHotspots(cells));
  draw();
}

function draw(): void {
  const now = Date.now();
  render(header(store, now), part("bar"));
  render(list(store, listActions), part("list"));
  render(dock(store, tab, actions, now), part("dock"));
  part("panel").hidden = store.selected === null;
  render(store.selected ? panel(store, store.selected, { close: () => select(null), centre: (p) => chart?.centre(p) }, now) : nothing, part("panel"));
  render(legend(layers, toggle, chart?.vectorMinutes() ?? 0), overlay);
  render(notice(), part("notice"));
}

function notice() {
  if (store.signedOut) {
    return html`<div class="sign-in"><h2>You are not signed in</h2>
      <p>Open the sign-in link that <code>make run</code> printed. A link works once; running
      <code>make run</code> again prints a new one.</p></div>`;
  }
  const problem = store.connection === "lost" ? null : store.problem; // the bar says that already
  return problem ? html`<p class="problem">${problem}</p>` : nothing;
}

document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLInputElement;
  if (event.key === "/" && !typing) {
    event.preventDefault();
    part("search").focus();
  } else if (event.key === "Escape") {
    if (store.query || store.minBand) {
      store.query = "";
      listActions.filter(0);
    } else select(null);
    part("ship-list").focus();
  } else if (event.key === "Enter" && typing) {
    const [first] = store.priorityList();
    if (first) show(first.mmsi);
    part("ship-list").focus();
  }
});

const hasWebGl = () => document.createElement("canvas").getContext("webgl2") !== null;

async function openChart(): Promise<void> {
  const box = part("chart");
  chart = hasWebGl() ? await Chart.open(box, view) : await FlatChart.open(box, view);
  chart.onSelect(select);
  chart.onMove((zoom, lon, lat) => {
    Object.assign(view, { zoom, lon, lat });
    writeView();
    draw();
  });
  const pointer = document.createElement("output");
  pointer.className = "pointer";
  part("chart").append(overlay, pointer);
  chart.onPointer((text) => (pointer.textContent = text));
}

store.subscribe(() => {
  draw();
  place();
  chart?.draw(store);
  chart?.drawPlan(store);
});
exposeFlag(store, () => chart !== null);
draw();
setInterval(draw, 1000);
await Promise.all([openChart().then(() => store.changed()), feed.start().then(() => feed.select(view.ship))]);
